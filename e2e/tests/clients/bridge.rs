//! A WebSocket server that lets a client program speak for each of its clients.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::{SinkExt as _, StreamExt as _};
use papagaio::endpoint::Endpoint;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// How long the program may take to leave after its input has ended.
const LEAVE: Duration = Duration::from_secs(10);

/// A program that takes the address of the chat as its last argument, reads actions and prints events, one per line.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) interpreter: PathBuf,
    pub(crate) script: PathBuf,
}

/// Starts the bridge to the chat at `chat` and returns its address. It ends with the runtime.
pub(crate) async fn start(program: Program, chat: &Endpoint) -> Result<Endpoint> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let chat = chat.authority().to_owned();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (program, chat) = (program.clone(), chat.clone());
            tokio::spawn(async move {
                if let Err(error) = serve(stream, &program, &chat).await {
                    eprintln!("{}: {error:#}", program.script.display());
                }
            });
        }
    });
    Ok(format!("ws://{address}/").parse()?)
}

/// Connects the program before the client's handshake is answered, so that it misses nothing.
async fn serve(stream: TcpStream, program: &Program, chat: &str) -> Result<()> {
    let url = format!("ws://{chat}{}", requested(&stream).await?);
    let mut child = Command::new(&program.interpreter)
        .arg(&program.script)
        .arg(url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.interpreter.display()))?;
    let mut input = child.stdin.take();
    let output = child.stdout.take().context("no standard output")?;
    let mut output = BufReader::new(output).lines();
    // It asks for its id on its own, which the transcripts do not expect.
    output.next_line().await?.context("it does not connect")?;
    let mut socket = accept_async(stream).await?;
    loop {
        tokio::select! {
            line = output.next_line() => match line? {
                Some(line) => socket.send(Message::text(line)).await?,
                None => bail!("it has ended"),
            },
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(line))) => {
                    let input = input.as_mut().context("a frame after the close frame")?;
                    input.write_all(format!("{line}\n").as_bytes()).await?;
                }
                Some(Ok(Message::Close(_))) => {
                    drop(input.take());
                    left(&mut child).await?;
                    while socket.next().await.is_some() {}
                    return Ok(());
                }
                Some(Ok(_)) => {}
                // Dropped without a close frame; so is the program.
                Some(Err(_)) | None => return Ok(()),
            },
        }
    }
}

/// The path and query of the handshake, which stays unread.
async fn requested(stream: &TcpStream) -> Result<String> {
    let mut head = [0; 1024];
    loop {
        let read = stream.peek(&mut head).await?;
        ensure!(read > 0, "the player left before its handshake");
        let head = String::from_utf8_lossy(&head[..read]);
        if let Some((line, _)) = head.split_once("\r\n") {
            let path = line.split(' ').nth(1);
            return Ok(path.context("not a request")?.to_owned());
        }
        ensure!(
            read < head.len(),
            "the first line of the handshake is too long"
        );
        sleep(Duration::from_millis(1)).await;
    }
}

async fn left(child: &mut Child) -> Result<()> {
    let status = timeout(LEAVE, child.wait()).await;
    let status = status.context("it does not leave when its input ends")??;
    ensure!(status.success(), "it ended with {status}");
    Ok(())
}
