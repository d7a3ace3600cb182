//! Reads typed lines while messages are printed: from a terminal with a line editor, or a pipe.
//!
//! Reading a line blocks, so a separate thread reads one line per request.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc as blocking;

use rustyline::ExternalPrinter as _;
use rustyline::error::ReadlineError;
use tokio::sync::mpsc;

/// The last message. Other messages end with a newline, so they never equal it.
const END: &str = "";

/// Typed lines.
pub struct Input {
    prompts: blocking::Sender<String>,
    lines: mpsc::UnboundedReceiver<String>,
    messages: blocking::Sender<String>,
    /// Ends when everything has been printed.
    printer: std::thread::JoinHandle<()>,
    is_terminal: bool,
}

impl Input {
    /// A line editor with history if stdin and stdout are terminals, or else the piped input.
    ///
    /// # Errors
    ///
    /// If the terminal cannot be used.
    pub fn standard() -> io::Result<Self> {
        if io::stdin().is_terminal() && io::stdout().is_terminal() {
            Self::terminal().map_err(io::Error::other)
        } else {
            Ok(Self::pipe())
        }
    }

    fn terminal() -> rustyline::Result<Self> {
        let mut editor = rustyline::DefaultEditor::new()?;
        let mut terminal = editor.create_external_printer()?;
        let (messages, to_print) = blocking::channel::<String>();
        // A separate thread, because it may wait for the editor.
        let printer = std::thread::spawn(move || {
            for text in to_print.into_iter().take_while(|text| text != END) {
                let _ = terminal.print(text);
            }
        });
        let next = move |prompt: &str| match editor.readline(prompt) {
            Ok(line) => {
                // A missing history is no reason to stop.
                let _ = editor.add_history_entry(line.as_str());
                Some(line)
            }
            // Ctrl-C, Ctrl-D, or a closed terminal.
            Err(ReadlineError::Interrupted | ReadlineError::Eof | _) => None,
        };
        Ok(Self::reading(messages, printer, true, next))
    }

    fn pipe() -> Self {
        let (messages, to_print) = blocking::channel::<String>();
        let echo = messages.clone();
        let printer = std::thread::spawn(move || {
            for text in to_print.into_iter().take_while(|text| text != END) {
                // The output may be closed; the file matters.
                let _ = io::stdout().write_all(text.as_bytes());
                let _ = io::stdout().flush();
            }
        });
        let next = move |prompt: &str| {
            let mut line = Vec::new();
            match io::stdin().lock().read_until(b'\n', &mut line) {
                Ok(1..) => {
                    let line = String::from_utf8_lossy(&line)
                        .trim_end_matches(['\r', '\n'])
                        .to_owned();
                    let _ = echo.send(format!("{prompt}{line}\n"));
                    Some(line)
                }
                Ok(0) | Err(_) => None,
            }
        };
        Self::reading(messages, printer, false, next)
    }

    fn reading(
        messages: blocking::Sender<String>,
        printer: std::thread::JoinHandle<()>,
        is_terminal: bool,
        mut next: impl FnMut(&str) -> Option<String> + Send + 'static,
    ) -> Self {
        let (prompts, to_show) = blocking::channel::<String>();
        let (sender, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for prompt in to_show {
                let Some(line) = next(&prompt) else {
                    return;
                };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self {
            prompts,
            lines,
            messages,
            printer,
            is_terminal,
        }
    }

    /// Waits until all messages are printed. A line that is being read is abandoned.
    pub fn finish(self) {
        let _ = self.messages.send(END.to_owned());
        let _ = self.printer.join();
    }

    /// Whether input comes from a person, who sees what arrives before typing on.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Shows `prompt` and starts reading a line, which [`Self::line`] returns.
    pub(super) fn prompt(&self, prompt: &str) {
        // It fails if there are no more lines; then [`Self::line`] returns none.
        let _ = self.prompts.send(prompt.to_owned());
    }

    /// The requested line; `None` at the end of the input.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn line(&mut self) -> Option<String> {
        self.lines.recv().await
    }

    /// Prints a message.
    pub(super) fn print(&self, message: &str) {
        let _ = self.messages.send(format!("{message}\n"));
    }
}
