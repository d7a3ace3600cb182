//! Addresses, TLS and credentials.

use std::net::TcpListener;

use anyhow::Result;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinHandle;

use super::server::Server;
use super::{Folder, PASSING, played};

#[tokio::test]
async fn no_answer_at_the_address_exits_with_2() -> Result<()> {
    // Nothing listens at a port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("ws://{address}");
    let folder = Folder::with(&[("a.wscat", PASSING)])?;
    let said = folder.run(&format!("--url {url} .")).await?;
    said.ended(
        2,
        &format!("cannot connect to {url}/dev: connection refused"),
    );
    said.ended(2, "if one is still starting, pass --wait-for-server 30s");
    let said = folder
        .run(&format!("--url {url} --wait-for-server 1ms ."))
        .await?;
    said.ended(2, "connection refused");
    assert!(!said.out.contains("--wait-for-server"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_violates_the_protocol_exits_with_1() -> Result<()> {
    let text = "$ wscat -c ws://a/header/sec-websocket-protocol/v9\n";
    let said = played(&[("a.wscat", text)], ".").await?;
    said.ended(
        1,
        "the server chose the sub-protocol v9, which was not offered",
    );
    Ok(())
}

#[tokio::test]
async fn an_address_without_its_colon_is_not_taken_for_a_host() -> Result<()> {
    let folder = Folder::with(&[("a.wscat", "$ wscat -c http//a:8080/dev\n")])?;
    let reason = "the address begins with http// instead of http://";
    for arguments in [
        "a.wscat",
        "--url http//a a.wscat",
        "record --url http//a b.wscat",
    ] {
        let said = folder.run(arguments).await?;
        said.ended(2, reason);
        assert!(!said.err.contains("error: error:"), "{}", said.err);
    }
    Ok(())
}

#[tokio::test]
async fn an_encrypted_endpoint_works() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}", server.address());
    let folder = Folder::with(&[("a.wscat", PASSING), ("ca.pem", &certificate.cert.pem())])?;
    let said = folder
        .run_with(&[("SSL_CERT_FILE", "ca.pem")], &format!("--url {url} ."))
        .await?;
    said.ended(0, "1 passed");
    Ok(())
}

#[tokio::test]
async fn an_untrusted_certificate_exits_with_2() -> Result<()> {
    let (shown, trusted) = (
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?,
    );
    let server = Server::start_tls(&shown).await?;
    let url = format!("wss://{}", server.address());
    let folder = Folder::with(&[("a.wscat", PASSING), ("ca.pem", &trusted.cert.pem())])?;
    let said = folder
        .run_with(&[("SSL_CERT_FILE", "ca.pem")], &format!("--url {url} ."))
        .await?;
    said.ended(2, "certificate");
    Ok(())
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_by_file_or_not_checked_at_all() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}", server.address());
    let no_check = PASSING.replace("wscat -c", "wscat -n -c");
    let files = [
        ("a.wscat", PASSING),
        ("b.wscat", &no_check),
        ("ca.pem", &certificate.cert.pem()),
    ];
    let folder = Folder::with(&files)?;
    for (options, file) in [
        ("--insecure", "a.wscat"),
        ("--cacert ca.pem", "a.wscat"),
        ("", "b.wscat"),
    ] {
        let said = folder.run(&format!("--url {url} {file} {options}")).await?;
        assert_eq!(said.code, Some(0), "{options} {}", said.out);
    }
    let said = folder
        .run(&format!("--url {url} --cacert a.wscat a.wscat"))
        .await?;
    said.ended(2, "cannot read certificates from a.wscat");
    Ok(())
}

#[tokio::test]
async fn a_self_signed_certificate_that_may_sign_others_is_trusted_by_file() -> Result<()> {
    // As `openssl req -x509` makes it.
    let mut params = rcgen::CertificateParams::new(["127.0.0.1".to_owned()])?;
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let signing_key = rcgen::KeyPair::generate()?;
    let cert = params.self_signed(&signing_key)?;
    let certificate = rcgen::CertifiedKey { cert, signing_key };
    let server = Server::start_tls(&certificate).await?;
    let url = format!("wss://{}", server.address());
    let elsewhere = url.replace("127.0.0.1", "localhost");
    let folder = Folder::with(&[("a.wscat", PASSING), ("ca.pem", &certificate.cert.pem())])?;
    for (arguments, code, words) in [
        (format!("{url} --cacert ca.pem"), 0, "1 passed"),
        (url.clone(), 2, "certificate: self-signed certificate\n"),
        (url.clone(), 2, "to trust a certificate, pass --cacert FILE"),
        (
            format!("{elsewhere} --cacert ca.pem"),
            2,
            "certificate not valid for name",
        ),
    ] {
        let said = folder.run(&format!("--url {arguments} a.wscat")).await?;
        said.ended(code, words);
    }
    Ok(())
}

#[tokio::test]
async fn without_a_url_each_file_goes_to_its_own_server() -> Result<()> {
    let (one, two) = (Server::start().await?, Server::start().await?);
    let text = format!(
        "[a]\n$ wscat -c ws://{}/ws/chat/?x=1\n> request\n< {{\"path\":\"/ws/chat/?x=1\"}}\n\
         [b]\n$ wscat -c ws://{}/\n> request\n< {{\"path\":\"/\"}}\n",
        one.address(),
        two.address()
    );
    let folder = Folder::with(&[("a.wscat", &text)])?;
    let said = folder.run("a.wscat").await?;
    said.ended(0, "1 passed");
    Ok(())
}

#[tokio::test]
async fn the_base_path_says_which_part_of_paths_is_replaced() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://{}/prod", server.address());
    let text = "$ wscat -c ws://127.0.0.1:3001/dev/x\n> request\n< {\"path\":\"/prod/x\"}\n";
    let folder = Folder::with(&[("a.wscat", text)])?;
    let said = folder
        .run(&format!("--url {url} --base-path /dev ."))
        .await?;
    said.ended(0, "1 passed");
    let said = folder.run(&format!("--url {url} .")).await?;
    said.ended(2, "for example --base-path /prod");
    Ok(())
}

#[tokio::test]
async fn credentials_of_an_address_are_sent_and_never_printed() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("ws://me:s3cret@{}", server.address());
    let text = "$ wscat -c ws://a/dev -H \"Host: other\"\n> request\n\
                < {\"authorization\":\"Basic bWU6czNjcmV0\"}\n> host\n< other\n> request\n< {\"x\":1}\n";
    let folder = Folder::with(&[("a.wscat", text)])?;
    let said = folder.run(&format!("--url {url} --verbose .")).await?;
    said.ended(1, "this field is missing");
    assert!(!said.out.contains("expected \"other\""), "{}", said.out);
    assert!(!said.out.contains("s3cret"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn credentials_are_not_sent_to_another_server_that_one_redirects_to() -> Result<()> {
    let (one, two) = (Server::start().await?, Server::start().await?);
    let asks = |location: &str, authorization: &str| {
        format!(
            "$ wscat -L -c \"ws://{}/a/moved?{location}\" -H \"Authorization: Basic x\" -H \"X-Test: 1\"\n\
             > request\n< {{\"authorization\":\"{authorization}\",\"x-test\":\"1\"}}\n",
            one.address()
        )
    };
    let other = asks(&format!("http://{}/dev", two.address()), "");
    let same = asks("../dev", "Basic x");
    let folder = Folder::with(&[("other.wscat", &other), ("same.wscat", &same)])?;
    let said = folder.run(".").await?;
    said.ended(0, "2 passed");
    Ok(())
}

#[tokio::test]
async fn a_connection_error_can_be_expected() -> Result<()> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let text = format!("$ wscat -c ws://{address}\nerror: connection refused\n");
    let folder = Folder::with(&[("a.wscat", &text)])?;
    let said = folder.run("a.wscat").await?;
    said.ended(0, "1 passed");
    Ok(())
}

#[tokio::test]
async fn connection_errors_are_expected_as_wscat_prints_them() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let secure = Server::start_tls(&certificate).await?;
    let plain = Server::start().await?;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    for (address, printed) in [
        (
            format!("ws://{closed}"),
            format!("connect ECONNREFUSED {closed}"),
        ),
        (
            format!("wss://{}", secure.address()),
            "self-signed certificate".to_owned(),
        ),
        (
            format!("wss://{}", plain.address()),
            "Client network socket disconnected before secure TLS connection was established"
                .to_owned(),
        ),
        (
            format!("ws://{}/refuse/403", plain.address()),
            "Unexpected server response: 403".to_owned(),
        ),
        (
            "ws://no-such-host.invalid".to_owned(),
            "getaddrinfo ENOTFOUND no-such-host.invalid".to_owned(),
        ),
    ] {
        let text = format!("$ wscat -c {address}\nerror: {printed}\n");
        let folder = Folder::with(&[("a.wscat", &text)])?;
        let said = folder.run("a.wscat").await?;
        said.ended(0, "1 passed");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_starting_is_waited_for() -> Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // At first a proxy answers for the server, then nothing, then the server.
    let starting = async {
        let (mut stream, _) = listener.accept().await?;
        let unavailable = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(unavailable).await?;
        drop(listener);
        Server::start_at(address).await
    };
    let url = format!("ws://{address}");
    let folder = Folder::with(&[("a.wscat", PASSING)])?;
    let arguments = format!("--url {url} --wait-for-server 1min a.wscat");
    let (server, said) = tokio::join!(starting, folder.run(&arguments));
    assert_eq!(said?.code, Some(0));
    drop(server?);

    let said = folder
        .run(&format!("--url {url} --wait-for-server 1ms a.wscat"))
        .await?;
    said.ended(2, "cannot connect");
    Ok(())
}

/// A server that gives this response to everything.
async fn answering(response: &'static [u8]) -> Result<(String, JoinHandle<()>)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            // Tests notice if it fails.
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(response).await;
            let _ = stream.shutdown().await;
        }
    });
    Ok((url, task))
}

#[tokio::test]
async fn responses_that_violate_http_do_not_pass() -> Result<()> {
    let body = "$ wscat -c ws://a/\nerror: Unexpected server response: 403\n< no\n";
    let folder = Folder::with(&[("a.wscat", PASSING), ("b.wscat", body)])?;
    for (file, response, words) in [
        (
            "a.wscat",
            &b"HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"[..],
            "the response is HTTP/1.0, and not HTTP/1.1",
        ),
        (
            "b.wscat",
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno",
            "the body of the response is not complete",
        ),
    ] {
        let (url, server) = answering(response).await?;
        let said = folder.run(&format!("--url {url} {file}")).await?;
        server.abort();
        assert_ne!(said.code, Some(0), "{}", said.out);
        assert!(said.out.contains(words), "{}", said.out);
    }
    Ok(())
}
