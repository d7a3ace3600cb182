//! The program `papagaio`, started as a user starts it. Here: exit codes, input and variables.

mod connecting;
mod load;
mod output;
mod proxy;
mod record;
#[path = "../player/server.rs"]
mod server;
mod update;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use anyhow::Result;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use self::server::Server;

const PASSING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< oi\n";
const FAILING: &str = "$ wscat -c ws://127.0.0.1:3001/dev\n> echo oi\n< tchau\n";

const SKIPPED: &str = "$ wscat -c ws://127.0.0.1:3001/dev\nrestart the gateway\n";

/// The result of a run.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Said {
    fn new(output: Output) -> Result<Self> {
        Ok(Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// The program ended with this exit code, and printed these words.
    #[track_caller]
    fn ended(&self, code: i32, words: &str) {
        let printed = format!("{}{}", self.out, self.err);
        assert_eq!(self.code, Some(code), "{printed}");
        assert!(printed.contains(words), "{printed}");
    }
}

/// A folder with transcripts, in which the program runs.
struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Result<Self> {
        let folder = Self(tempfile::tempdir()?);
        for (name, text) in files {
            std::fs::write(folder.path(name), text)?;
        }
        Ok(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> Result<String> {
        Ok(std::fs::read_to_string(self.path(name))?)
    }

    /// The program with arguments, which blanks separate, and without an input. Its output is collected.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_papagaio"));
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &str) -> Result<Said> {
        self.run_with(&[], arguments).await
    }

    /// With these environment variables.
    async fn run_with(&self, variables: &[(&str, &str)], arguments: &str) -> Result<Said> {
        let mut command = self.command(arguments);
        Said::new(command.envs(variables.iter().copied()).output().await?)
    }
}

/// Runs the program with this input.
async fn fed(program: &mut Command, input: &str) -> Result<Said> {
    let mut child = program.stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // It fails if the program exits at once.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    Said::new(child.wait_with_output().await?)
}

/// Runs the program in a folder with these transcripts, against a server.
async fn played(files: &[(&str, &str)], arguments: &str) -> Result<Said> {
    let server = Server::start().await?;
    let arguments = format!("--url {} {arguments}", server.url());
    Folder::with(files)?.run(&arguments).await
}

#[tokio::test]
async fn the_exit_code_and_the_output_say_how_it_went() -> Result<()> {
    for (what, files, arguments, code, words) in [
        (
            "all passed",
            &[("a.wscat", PASSING), ("b.wscat", PASSING)][..],
            ".",
            0,
            &["./a.wscat: ok (", "2 passed, 0 failed, against ws://"][..],
        ),
        (
            "one failed, and the others were played",
            &[("a.wscat", FAILING), ("b.wscat", PASSING)],
            "a.wscat b.wscat",
            1,
            &[
                "a.wscat: FAILED\n\nerror: the text differs\n --> a.wscat:3:1\n",
                "b.wscat: ok (",
                "\nif the server is right, papagaio --update rewrites",
            ],
        ),
        (
            "some could not be read, and the others were played",
            &[
                ("a.wscat", "oi\n"),
                ("b.wscat", FAILING),
                ("c.wscat", PASSING),
            ],
            "a.wscat b.wscat c.wscat d.wscat",
            2,
            &["1 passed, 1 failed, 2 could not run"],
        ),
        (
            "one needs a local stack",
            &[("a.wscat", SKIPPED), ("b.wscat", PASSING)],
            ".",
            0,
            &[
                "./a.wscat: skipped, because line 2 needs a local stack: restart the gateway\n",
                "1 passed, 0 failed, 1 skipped, against",
            ],
        ),
        (
            "there is none",
            &[("notes.txt", PASSING)],
            ".",
            2,
            &[
                "error: no transcript (*.wscat) in .; Markdown documents are read if they are named\n",
            ],
        ),
    ] {
        let said = played(files, arguments).await?;
        let printed = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, Some(code), "{what}: {printed}");
        for words in words {
            assert!(printed.contains(words), "{what}: {printed}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn invalid_arguments_exit_with_2_and_the_remedy() -> Result<()> {
    let folder = Folder::with(&[("a.wscat", PASSING)])?;
    for (arguments, words) in [
        (
            "--url ftp://a",
            "the address of a WebSocket begins with ws:// or wss://",
        ),
        ("--template none.yaml", "gateway"),
        (
            "--report html x",
            "error: unknown report format html; the only one is junit\n",
        ),
        (
            "--proxy socks5://me:s3cret@a:1",
            "should look like http://127.0.0.1:3128",
        ),
        (
            "--update -",
            "error: - is standard input, in which --update cannot rewrite lines; name a file\n",
        ),
        (
            "fmt -",
            "error: - is standard input, which is formatted alone; leave out the files\n",
        ),
    ] {
        let said = folder.run(&format!("{arguments} a.wscat")).await?;
        said.ended(2, words);
    }
    Ok(())
}

#[tokio::test]
async fn variables_come_from_the_command_line_the_environment_and_files() -> Result<()> {
    let server = Server::start().await?;
    let text = "$ wscat -c <$server>/<$path> -H \"x-test: <$token>\"\n> request\n\
                < {\"path\":\"/<$path>\",\"x-test\":\"<$token>\"}\n> echo <$token>\n< other\n";
    let folder = Folder::with(&[("a.wscat", text), ("vars", "path = from/file\n")])?;
    let arguments = format!(
        "--variable server={} --secret token --variables-file vars --verbose --report junit r.xml a.wscat",
        server.url()
    );
    let said = folder
        .run_with(&[("token", "hunter2\"x")], &arguments)
        .await?;
    said.ended(1, "got: < ***");
    let report = folder.read("r.xml")?;
    for text in [&said.out, &said.err, &report] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    Ok(())
}

#[tokio::test]
async fn standard_input_is_a_file_too() -> Result<()> {
    let server = Server::start().await?;
    let folder = Folder::with(&[])?;
    let mut play = folder.command(&format!("--url {} -", server.url()));
    fed(&mut play, PASSING).await?.ended(0, "-: ok");
    Ok(())
}

#[tokio::test]
async fn standard_input_is_formatted_or_checked() -> Result<()> {
    let folder = Folder::with(&[])?;
    for (arguments, input, code, printed) in [
        ("fmt -", "wscat -c ws://a  ", 0, "$ wscat -c ws://a\n"),
        (
            "fmt --check -",
            "wscat -c ws://a  ",
            1,
            "<stdin>: would change\n",
        ),
        ("fmt --check -", PASSING, 0, ""),
    ] {
        let said = fed(&mut folder.command(arguments), input).await?;
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(code), printed),
            "{arguments}"
        );
    }
    Ok(())
}
