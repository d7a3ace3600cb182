//! `papagaio record`: transcripts that it records from a small server must pass when they are played.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::time::timeout;

use super::server::Server;
use super::{Folder, Said, fed};

/// How long something may take that takes no time. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(20);

/// Records `typed` into `a.wscat` in `folder`.
async fn record(folder: &Folder, url: &str, options: &[&str], typed: &str) -> Result<Said> {
    let mut command = folder.command(&format!("record a.wscat --url {url}"));
    if !options.contains(&"--settle") {
        // On a busy machine, an answer must not arrive too late for its place.
        command.args(["--settle", "500ms"]);
    }
    fed(command.args(options), typed).await
}

/// The transcript recorded from `typed`, after it has passed when played.
async fn recorded(options: &[&str], typed: &str) -> Result<String> {
    let (server, folder) = (Server::start().await?, Folder::with(&[])?);
    let url = format!("{}/dev", server.url());
    let typed = typed.replace("127.0.0.1:3001", &server.address().to_string());
    let said = record(&folder, &url, options, &typed).await?;
    said.ended(0, "wrote");
    let text = folder.read("a.wscat")?;
    let text = text.replace(&server.address().to_string(), "127.0.0.1:3001");
    // Another server, as the next run will have.
    let server = Server::start().await?;
    let arguments = format!("--url {} a.wscat", server.url());
    let played = folder.run(&arguments).await?;
    assert_eq!(played.code, Some(0), "{text}\n{}", played.out);
    let checked = folder.run("fmt --check a.wscat").await?;
    assert_eq!(checked.code, Some(0), "it is already formatted: {text}");
    Ok(text)
}

#[tokio::test]
async fn a_conversation_becomes_a_transcript_that_passes() -> Result<()> {
    let text = recorded(
        &[],
        "/note Says what it is, and echoes.\nid\necho {\"at\": 1733702400000, \"text\": \"<b>\"}\n",
    )
    .await?;
    assert_eq!(
        text,
        "\
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
# Says what it is, and echoes.
> id
< {\"type\":\"connected\",\"connectionId\":\"<string>\"}
> echo {\"at\": 1733702400000, \"text\": \"<b>\"}
< {\"at\": 1733702400000, \"text\": \"\\<b>\"}
"
    );
    Ok(())
}

#[tokio::test]
async fn terminals_have_names_and_repeated_values_are_captured() -> Result<()> {
    let text = recorded(
        &["--as", "alice"],
        "id\n/connect bob\nid\nall {\"from\":\"c-2\",\"to\":\"c-1\"}\n/switch alice\n/close\n/switch bob\necho bye c-1\n/quit\necho late\n",
    )
    .await?;
    assert_eq!(
        text,
        "\
[alice]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> id
< {\"type\":\"connected\",\"connectionId\":\"<alice>\"}

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
Connected (press CTRL+C to quit)
> id
< {\"type\":\"connected\",\"connectionId\":\"<bob>\"}
> all {\"from\":\"<bob>\",\"to\":\"<alice>\"}
< {\"from\":\"<bob>\",\"to\":\"<alice>\"}

[alice]
< {\"from\":\"<bob>\",\"to\":\"<alice>\"}
exit
Disconnected (code: 1005, reason: \"\")

[bob]
> echo bye <alice>
< bye <alice>
"
    );
    Ok(())
}

#[tokio::test]
async fn endings_bytes_long_texts_headers_and_refusals_are_recorded() -> Result<()> {
    let text = recorded(
        &["-H", "x-test: a \"b\"", "-s", "chat.v1"],
        "request\n<bytes 00 ff>\necho <ab * 2><c * 100>\nclose 4001 so long\n/connect\n/send \nvanish\n\
         /connect other -c ws://127.0.0.1:3001/refuse/429\n",
    )
    .await?;
    assert_eq!(
        text,
        "\
[terminal-1]
$ wscat -c ws://127.0.0.1:3001/dev -H \"x-test: a \\\"b\\\"\" -s chat.v1
Connected (press CTRL+C to quit)
> request
< {\"path\":\"/dev\",\"authorization\":\"\",\"x-test\":\"a \\\"b\\\"\",\"subprotocols\":\"chat.v1\"}
> <bytes 00 ff>
< <bytes 00 ff>
> echo <ab * 2><c * 100>
< abab<c * 100>
> close 4001 so long
Disconnected (code: 4001, reason: \"so long\")
$ wscat -c ws://127.0.0.1:3001/dev -H \"x-test: a \\\"b\\\"\" -s chat.v1
Connected (press CTRL+C to quit)
>
< what is ?
> vanish
Disconnected (code: 1006, reason: \"\")

[other]
$ wscat -H \"x-test: a \\\"b\\\"\" -s chat.v1 -c ws://127.0.0.1:3001/refuse/429
error: Unexpected server response: 429
< {\"message\":\"not today\"}
"
    );
    Ok(())
}

#[tokio::test]
async fn invalid_commands_are_answered_and_not_recorded() -> Result<()> {
    let text = recorded(
        &[],
        "/nonsense\n\n/switch bob\n/connect terminal-1\n<bytes 0>\n",
    )
    .await?;
    assert_eq!(text.lines().count(), 2, "{text}");
    Ok(())
}

#[tokio::test]
async fn an_existing_file_is_overwritten_only_on_request() -> Result<()> {
    let server = Server::start().await?;
    let url = format!("{}/dev", server.url());
    let folder = Folder::with(&[("a.wscat", "mine\n")])?;
    let said = record(&folder, &url, &[], "echo oi\n").await?;
    said.ended(2, "a.wscat exists; overwrite it with --force");
    assert_eq!(folder.read("a.wscat")?, "mine\n");
    let said = record(&folder, &url, &["--force"], "echo oi\n").await?;
    said.ended(0, "wrote");
    assert!(folder.read("a.wscat")?.ends_with("> echo oi\n< oi\n"));
    Ok(())
}

#[tokio::test]
async fn an_unreachable_server_leaves_no_file() -> Result<()> {
    // Nothing listens at a port that was free a moment ago.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let folder = Folder::with(&[])?;
    let url = format!("ws://{address}/dev");
    let said = record(&folder, &url, &[], "echo oi\n").await?;
    said.ended(2, "cannot connect to ws://");
    assert!(!folder.path("a.wscat").exists());
    Ok(())
}

/// Interrupts `child`, as Ctrl-C does.
async fn interrupted(child: Child) -> Result<Said> {
    let id = child
        .id()
        .and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()))
        .context("it has ended already")?;
    rustix::process::kill_process(id, rustix::process::Signal::INT)?;
    Said::new(timeout(LIMIT, child.wait_with_output()).await??)
}

#[tokio::test]
async fn an_interruption_keeps_the_recording() -> Result<()> {
    let (server, folder) = (Server::start().await?, Folder::with(&[])?);
    let url = format!("{}/dev", server.url());
    let mut child = folder
        .command(&format!("record a.wscat --url {url}"))
        .stdin(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(b"echo oi\n").await?;
    papagaio::wait::until_async("the answer in the file", LIMIT, async || {
        let text = folder.read("a.wscat").unwrap_or_default();
        if text.ends_with("< oi\n") {
            Ok(())
        } else {
            Err(text)
        }
    })
    .await?;
    interrupted(child)
        .await?
        .ended(0, "wrote 4 lines to a.wscat");
    drop(stdin);
    Ok(())
}

#[tokio::test]
async fn an_interruption_does_not_wait_for_silence() -> Result<()> {
    let (server, folder) = (Server::start().await?, Folder::with(&[])?);
    let url = format!("{}/dev", server.url());
    let arguments = format!("record a.wscat --settle 10min --url {url}");
    let mut child = folder.command(&arguments).spawn()?;
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    while let Some(line) = lines.next_line().await?
        && !line.starts_with("Connected to ")
    {}
    interrupted(child).await?.ended(0, "");
    let text = folder.read("a.wscat")?;
    assert_eq!(text.lines().count(), 2, "{text}");
    Ok(())
}

#[tokio::test]
async fn an_interruption_before_there_is_a_connection_exits_with_130() -> Result<()> {
    // It accepts the connection, and never answers.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/dev", listener.local_addr()?);
    let folder = Folder::with(&[])?;
    let arguments = format!("record a.wscat --timeout 10min --url {url}");
    let child = folder.command(&arguments).spawn()?;
    let _connection = listener.accept().await?;
    interrupted(child).await?.ended(130, "nothing was recorded");
    assert!(!folder.path("a.wscat").exists());
    Ok(())
}

#[tokio::test]
async fn tokens_and_passwords_become_variables() -> Result<()> {
    let (server, folder) = (Server::start().await?, Folder::with(&[])?);
    let address = server.address();
    let url = format!("ws://me:s3cret@{address}/dev?access_token=t0p-secret");
    let options = ["-H", "X-Api-Key: k-123456", "-s", "chat.v1"];
    let typed = "request\necho {\"token\":\"t0p-secret\"}\n";
    let said = record(&folder, &url, &options, typed).await?;
    said.ended(0, "wrote");
    let text = folder.read("a.wscat")?;
    for secret in ["s3cret", "t0p-secret", "k-123456"] {
        assert!(!text.contains(secret), "{text}");
    }
    let address = format!("<$credentials>@{address}/dev?access_token=<$access_token>");
    assert!(text.contains(&address), "{text}");
    assert!(
        text.contains("> echo {\"token\":\"<$access_token>\"}"),
        "{text}"
    );
    let play = "papagaio --secret access_token=VALUE --secret credentials=VALUE --secret x_api_key=VALUE a.wscat";
    assert!(said.out.ends_with(&format!("{play}\n")), "{}", said.out);
    let arguments = play
        .replace("credentials=VALUE", "credentials=me:s3cret")
        .replace("access_token=VALUE", "access_token=t0p-secret");
    let played = folder.run(arguments.trim_start_matches("papagaio")).await?;
    assert_eq!(played.code, Some(0), "{text}\n{}", played.out);
    Ok(())
}

#[tokio::test]
async fn ids_inside_text_are_captured_and_lines_of_text_continue() -> Result<()> {
    let text = recorded(
        &[],
        "echo 40{\"sid\":\"d65daa55-9172955e2afc4936\"}\n\
         text session:9f86d081884c7d65\\n\\nhello\\n\n\
         echo {\"html\":\"<p id=\\\"m123e4567-e89b-42d3-a456-426614174000\\\">hi\"}\n",
    )
    .await?;
    // What was typed comes back, and is no ID of the server.
    assert!(
        text.contains("< session:9f86d081884c7d65\n|\n| hello<\\n>\n"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn what_a_server_sends_by_itself_is_ignored_and_does_not_hold_up_piped_lines() -> Result<()> {
    let (server, folder) = (Server::start().await?, Folder::with(&[])?);
    let url = format!("{}/dev", server.url());
    let said = record(&folder, &url, &["--settle", "50ms"], "tick 10\necho done\n").await?;
    said.ended(0, "wrote");
    let text = folder.read("a.wscat")?;
    assert!(
        text.ends_with("ignoring:\n< {\"type\":\"tick\"}\n\n> tick 10\n> echo done\n< done\n"),
        "{text}"
    );
    let said = format!("{}{}", said.out, said.err);
    assert!(
        said.contains("the server sends this by itself, and it is ignored: < {\"type\":\"tick\"}"),
        "{said}"
    );
    Ok(())
}
