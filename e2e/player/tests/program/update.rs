//! `papagaio --update` against a small server: what it rewrites, and what it leaves to the author.
//!
//! Each `tests/update/NAME.wscat` becomes `NAME.updated`; `E2E_UPDATE=1` writes the latter.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::Folder;
use super::server::Server;

/// The exit code and output of updating `text`, and the file afterwards.
async fn updated(name: &str, text: &str) -> Result<(Option<i32>, String, String)> {
    let server = Server::start().await?;
    let folder = Folder::with(&[(name, text)])?;
    let url = server.url();
    let said = folder
        .run(&format!("--update --timeout 1s --url {url} {name}"))
        .await?;
    let after = folder.read(name)?;
    Ok((said.code, said.out, after))
}

#[tokio::test]
async fn what_still_fits_stays_as_it_is_written() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/update");
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path
            .extension()
            .is_none_or(|extension| extension != "wscat")
        {
            continue;
        }
        count += 1;
        let text = std::fs::read_to_string(&path)?;
        let (code, said, after) = updated("a.wscat", &text).await?;
        assert_eq!(code, Some(0), "{}: {said}", path.display());
        let result = path.with_extension("updated");
        if std::env::var_os("E2E_UPDATE").is_some() {
            std::fs::write(result, after)?;
        } else {
            let expected = std::fs::read_to_string(&result)
                .with_context(|| format!("cannot read {}", result.display()))?;
            assert_eq!(after, expected, "{}", path.display());
        }
    }
    assert!(count > 0, "there is no file to update");
    Ok(())
}

const FAILING: &str = "\
# Comments stay.
[alice]
$ wscat -c ws://127.0.0.1:3001/dev
> id
<   {\"connectionId\":\"<alice>\", \"kind\": 1}
> echo {\"a\":1,\"messageId\":\"m-1\",\"at\":1733702400000,\"text\":\"<alice>!\"}
< {\"a\": 2, \"at\": 3, \"messageId\": \"m-2\", ...}
> echo oi
<  ola
> close 4001 bye
Disconnected (code: 1000)
";

const UPDATED: &str = "\
# Comments stay.
[alice]
$ wscat -c ws://127.0.0.1:3001/dev
> id
< {\"connectionId\":\"<alice>\"}
> echo {\"a\":1,\"messageId\":\"m-1\",\"at\":1733702400000,\"text\":\"<alice>!\"}
< {\"a\": 1, \"at\": 1733702400000, \"messageId\": \"m-1\", ...}
> echo oi
< oi
> close 4001 bye
Disconnected (code: 4001, reason: \"bye\")
";

#[tokio::test]
async fn every_line_that_fails_is_rewritten_and_shown() -> Result<()> {
    let (code, said, after) = updated("a.wscat", FAILING).await?;
    assert_eq!(after, UPDATED);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.starts_with(
            "a.wscat: updated\n\
             --> a.wscat:5\n\
             - <   {\"connectionId\":\"<alice>\", \"kind\": 1}\n\
             + < {\"connectionId\":\"<alice>\"}\n"
        ),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn passing_lines_do_not_change() -> Result<()> {
    let (code, said, after) = updated("a.wscat", UPDATED).await?;
    assert_eq!((code, said.as_str()), (Some(0), "a.wscat: ok\n"));
    assert_eq!(after, UPDATED);
    Ok(())
}

#[tokio::test]
async fn a_document_is_updated_in_place() -> Result<()> {
    let block = "```wscat\n   $ wscat -c ws://a/dev\n   > echo oi\n   < ola\n   ```\n";
    let text = format!("# A\n\n1. b\n   {block}\nwords\n\n   {block}");
    let (code, said, after) = updated("a.md", &text).await?;
    assert_eq!(after, text.replace("< ola", "< oi"));
    assert_eq!(code, Some(0), "{said}");
    Ok(())
}

#[tokio::test]
async fn values_that_differ_each_time_become_types() -> Result<()> {
    // The server counts its connections, and each attempt is a new one.
    let text = "$ wscat -c ws://a/dev\n> id\n< c-9\n";
    let (code, said, after) = updated("a.wscat", text).await?;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        after,
        text.replace(
            "< c-9",
            r#"< {"type":"connected","connectionId":"<string>"}"#
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_line_that_nothing_arrives_for_is_left_to_the_author() -> Result<()> {
    let text = "$ wscat -c ws://a/dev\n> echo oi\n< ola\n< ola\n";
    let (code, said, after) = updated("a.wscat", text).await?;
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(after, text.replacen("< ola", "< oi", 1));
    assert!(
        said.contains("change this line by hand: nothing arrived that certainly belongs there"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn a_noisy_server_does_not_overwrite_a_line_whose_frame_arrives_later() -> Result<()> {
    let text = "$ wscat -c ws://a/dev\n> many 2\n> echo oi\n< oi\n";
    let (code, said, after) = updated("a.wscat", text).await?;
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(after, text);
    assert!(
        said.contains("list what came before it below ignoring:"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn every_line_about_a_rejection_is_rewritten() -> Result<()> {
    let text = "\
$ wscat -c ws://a/refuse/403 --show-headers
< X-Reason: tomorrow
< X-Late: true
error: Unexpected server response: 401
< {\"message\":\"today\", \"code\": 7}

$ wscat -c ws://a/refuse/403
error: Unexpected server response: 403
< not JSON

$ wscat -c ws://a/header/sec-websocket-accept/x
error: connection reset
";
    let (code, said, after) = updated("a.wscat", text).await?;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        after,
        "\
$ wscat -c ws://a/refuse/403 --show-headers
< X-Reason: not today
< X-Late: <none>
error: Unexpected server response: 403
< {\"message\":\"not today\"}

$ wscat -c ws://a/refuse/403
error: Unexpected server response: 403
< {\"message\":\"not today\"}

$ wscat -c ws://a/header/sec-websocket-accept/x
error: the header Sec-WebSocket-Accept of the response does not match the request
"
    );
    Ok(())
}
