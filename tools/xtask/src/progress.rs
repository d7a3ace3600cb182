//! Shows which tasks run and how long each took: spinners on a terminal, plain lines elsewhere.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anyhow::{Result, bail};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::interrupt;
use crate::output;
use crate::process::{self, Job};

/// The terminal's bottom lines, shared by everything that runs in parallel.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// How many lines of a quiet command are repeated when it fails.
const TAIL: usize = 20;

/// How long output may still arrive after a command has exited. A daemon that it left behind may keep the pipe open.
const LAST_OUTPUT: Duration = Duration::from_millis(500);

/// Prints a line above the spinners.
pub(crate) fn println(line: &str) {
    BARS.suspend(|| output::error_line(line));
}

/// Something that takes a while.
#[derive(Debug)]
pub(crate) struct Task {
    title: String,
    bar: ProgressBar,
    start: Instant,
}

impl Task {
    pub(crate) fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let bar = if is_terminal() {
            let bar = BARS.add(ProgressBar::new_spinner());
            // The template is constant and valid; without it the default style shows less.
            if let Ok(style) =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed} {wide_msg:.dim}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(title.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        } else {
            output::error_line(format_args!("{title} ..."));
            ProgressBar::hidden()
        };
        Self {
            title,
            bar,
            start: Instant::now(),
        }
    }

    /// Shows what the task is doing next to its spinner, if it has one.
    pub(crate) fn note(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }

    /// Prints a line about the task that stays on the screen.
    pub(crate) fn say(&self, text: &str) {
        println(&format!("{}: {text}", self.title));
    }

    /// Closes the task with the time that it took.
    pub(crate) fn finish(self) {
        self.bar.finish_and_clear();
        let seconds = self.start.elapsed().as_secs_f64();
        println(&format!("{}: {seconds:.1} s", self.title));
    }

    /// Runs a command whose output matters only if it fails.
    ///
    /// # Errors
    /// When it cannot be started or fails, with the end of its output; [`interrupt::Interrupted`] after a signal.
    pub(crate) fn run_quietly(&self, command: &mut Command) -> Result<()> {
        let mut tail = VecDeque::new();
        let result = run_piped(command, |line| {
            self.note(line.trim());
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(line);
        });
        match result {
            Err(error) if !error.is::<interrupt::Interrupted>() && !tail.is_empty() => {
                let lines: Vec<String> = tail.into();
                bail!("{error:#}\n{}", lines.join("\n"))
            }
            other => other,
        }
    }

    /// Runs cargo: its status lines are shown beside the spinner, and everything else above it.
    ///
    /// # Errors
    /// As [`process::run`].
    pub(crate) fn run_cargo(&self, command: &mut Command) -> Result<()> {
        if !is_terminal() {
            return process::run(command);
        }
        let setting = std::env::var_os("CARGO_TERM_COLOR");
        if wants_colours(setting.as_deref(), AutoStream::choice(&std::io::stderr())) {
            command.env("CARGO_TERM_COLOR", "always");
        }
        run_piped(command, |line| match status(&line) {
            Some(status) => self.note(status),
            None => println(&line),
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Whether standard error is a terminal whose lines can be replaced, as spinners do.
fn is_terminal() -> bool {
    std::io::stderr().is_terminal() && can_replace_lines(std::env::var_os("TERM").as_deref())
}

fn can_replace_lines(term: Option<&OsStr>) -> bool {
    term.is_none_or(|it| it != "dumb")
}

/// Whether cargo must be told to use colours because its output passes through us: unless the user has told it, or all programs.
fn wants_colours(setting_of_cargo: Option<&OsStr>, terminal: ColorChoice) -> bool {
    setting_of_cargo.is_none() && terminal != ColorChoice::Never
}

/// Runs a command to completion and passes each line of its output to `each`.
fn run_piped(command: &mut Command, mut each: impl FnMut(String)) -> Result<()> {
    let name = process::line(command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut job = Job::start(&name, command)?;
    let (sender, lines) = mpsc::channel();
    if let Some(stdout) = job.take_stdout() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = job.take_stderr() {
        forward(stderr, sender);
    }
    loop {
        match lines.recv_timeout(process::POLL_INTERVAL) {
            Ok(line) => each(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(process::POLL_INTERVAL),
        }
        interrupt::check()?;
        if let Some(status) = job.exit_status()? {
            while let Ok(line) = lines.recv_timeout(LAST_OUTPUT) {
                each(line);
            }
            return process::require_success(&name, status);
        }
    }
}

/// Sends each line until the pipe is closed.
fn forward(pipe: impl Read + Send + 'static, lines: Sender<String>) {
    std::thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line);
            if lines.send(text.trim_end().to_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
}

/// The current activity of cargo, if the line is a status line: `   Compiling serde v1.0.228`.
fn status(line: &str) -> Option<String> {
    const VERBS: [&str; 10] = [
        "Adding",
        "Blocking",
        "Compiling",
        "Downloaded",
        "Downloading",
        "Finished",
        "Fresh",
        "Locking",
        "Updating",
        "Dirty",
    ];
    let plain = strip_str(line).to_string();
    let plain = plain.trim();
    VERBS
        .iter()
        .any(|verb| {
            plain
                .strip_prefix(verb)
                .is_some_and(|rest| rest.starts_with(' '))
        })
        .then(|| plain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Task, can_replace_lines, run_piped, status, wants_colours};
    use crate::process;
    use anstream::ColorChoice;

    fn sh(script: &str) -> std::process::Command {
        let mut command = process::command("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_line_of_both_outputs_is_read() {
        let mut lines = Vec::new();
        run_piped(
            &mut sh("for i in $(seq 1000); do echo out $i; echo err $i >&2; done; printf last"),
            |line| lines.push(line),
        )
        .unwrap();
        assert_eq!(lines.len(), 2001);
        assert!(lines.contains(&"last".to_owned()));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_replaced() {
        let mut lines = Vec::new();
        run_piped(&mut sh(r"printf 'a\377b\n'"), |line| lines.push(line)).unwrap();
        assert_eq!(lines, ["a\u{fffd}b"]);
    }

    #[test]
    fn a_quiet_command_that_fails_shows_the_end_of_its_output() {
        let task = Task::start("test");
        let error = task
            .run_quietly(&mut sh("seq 100; exit 3"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("failed (exit status: 3)\n81\n"), "{error}");
        assert!(error.ends_with("\n100"), "{error}");
    }

    #[test]
    fn a_terminal_that_can_only_append_has_no_spinners() {
        assert!(!can_replace_lines(Some("dumb".as_ref())));
        assert!(can_replace_lines(Some("xterm-256color".as_ref())));
        assert!(can_replace_lines(None));
    }

    #[test]
    fn cargo_has_colours_unless_the_user_has_chosen() {
        assert!(wants_colours(None, ColorChoice::Always));
        // NO_COLOR, or a terminal without colours.
        assert!(!wants_colours(None, ColorChoice::Never));
        assert!(!wants_colours(Some("never".as_ref()), ColorChoice::Always));
    }

    #[test]
    fn status_lines_are_told_from_messages() {
        let colour = "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m serde v1.0.228";
        assert_eq!(status(colour).as_deref(), Some("Compiling serde v1.0.228"));
        assert_eq!(status("warning: unused variable"), None);
        assert_eq!(status("Compilingserde"), None);
        assert_eq!(status(""), None);
    }
}
