//! Many transcripts, and what is printed about them.
//!
//! Everybody who is connected to a chat hears everybody, so two transcripts that are played at a time against one endpoint would read
//! each other's frames: against one endpoint they are played one after the other. Where each job has a stack of its own, jobs run side
//! by side.

mod junit;
mod outcome;
mod printer;

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub use outcome::{Message, Outcome, Summary, Verdict};

use self::printer::Printer;
use crate::endpoint::Endpoint;
use crate::files::{self, FileError};
use crate::player::{FailureKind, Hooks, Log, Player};
use crate::stack::{self, LocalStack, RunningGateway};
use crate::transcript::Transcript;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The files with the transcripts.
    pub paths: Vec<PathBuf>,
    /// What they are played against.
    pub target: Target,
    /// How long each line may wait.
    pub limit: Duration,
    /// How many are played side by side.
    pub jobs: usize,
    /// Whether everything that happens is printed.
    pub verbose: bool,
    /// Whether stderr is a terminal, where a line can show what is going on.
    pub live: bool,
    /// Where the `JUnit` report goes, if one is wanted.
    pub junit: Option<PathBuf>,
}

/// What transcripts are played against.
#[derive(Clone, Debug)]
pub enum Target {
    /// One endpoint, which all jobs share.
    Endpoint(Endpoint),
    /// A stack for each job, started for it.
    Stacks(stack::Builder),
}

/// A transcript to play, or a file that holds none.
enum Case {
    Transcript(Transcript),
    Broken(PathBuf, FileError),
}

/// What a job has to say.
enum Event {
    Begins(String),
    Ended(Box<Outcome>),
}

impl Suite {
    /// Plays everything, and writes a line for each transcript and the message of each failure to `out`, in colours.
    ///
    /// # Errors
    ///
    /// If a stack cannot be started, or `out` or the report cannot be written to.
    pub async fn run(&self, out: &mut impl Write) -> Result<Summary> {
        let started = Instant::now();
        let cases = self.cases();
        let mut printer = Printer {
            out,
            verbose: self.verbose,
            live: self.live,
            total: cases.len(),
            summary: Summary::default(),
            playing: Vec::new(),
        };
        let mut outcomes = Vec::new();
        let jobs = self.jobs.min(cases.len()).max(1);
        let cases = RefCell::new(cases.into_iter());
        let (sender, mut events) = unbounded_channel();
        let workers: Vec<_> = (0..jobs)
            .map(|_| self.work(&cases, sender.clone()))
            .collect();
        drop(sender);
        let printing = async {
            while let Some(event) = events.recv().await {
                match event {
                    Event::Begins(name) => printer.begins(name),
                    Event::Ended(outcome) => {
                        printer.ended(&outcome)?;
                        outcomes.push(*outcome);
                    }
                }
            }
            anyhow::Ok(())
        };
        let working = futures::future::try_join_all(workers);
        let (worked, shown) = tokio::join!(working, printing);
        shown?;
        worked?;
        printer.finish(&self.against(jobs), started.elapsed())?;
        let summary = printer.summary;
        if let Some(path) = &self.junit {
            junit::write(path, &outcomes, started.elapsed())?;
        }
        Ok(summary)
    }

    fn cases(&self) -> Vec<Case> {
        let mut cases = Vec::new();
        for path in &self.paths {
            match files::read(path) {
                Ok(transcripts) => cases.extend(transcripts.into_iter().map(Case::Transcript)),
                Err(error) => cases.push(Case::Broken(path.clone(), error)),
            }
        }
        cases
    }

    fn against(&self, jobs: usize) -> String {
        match &self.target {
            Target::Endpoint(endpoint) => endpoint.to_string(),
            Target::Stacks(builder) => {
                let stacks = if jobs == 1 { "stack" } else { "stacks" };
                format!("{jobs} {stacks} of {}", builder.template_path().display())
            }
        }
    }

    /// Plays cases until there are none left.
    async fn work(
        &self,
        cases: &RefCell<impl Iterator<Item = Case>>,
        events: UnboundedSender<Event>,
    ) -> Result<()> {
        let stack;
        let gateway;
        let (endpoint, hooks): (&Endpoint, Option<&dyn Hooks>) = match &self.target {
            Target::Endpoint(endpoint) => {
                gateway = RunningGateway::at(endpoint);
                (
                    endpoint,
                    gateway.as_ref().map(|gateway| gateway as &dyn Hooks),
                )
            }
            Target::Stacks(builder) => {
                let builder = builder.clone();
                stack = tokio::task::spawn_blocking(move || LocalStack::start(builder))
                    .await
                    .context("the stack was not started")??;
                (stack.endpoint(), Some(&stack as &dyn Hooks))
            }
        };
        let player = Player {
            endpoint,
            limit: self.limit,
            hooks,
            log: None,
        };
        loop {
            let Some(case) = cases.borrow_mut().next() else {
                return Ok(());
            };
            let outcome = match case {
                Case::Broken(path, error) => broken(&path, &error),
                Case::Transcript(transcript) => {
                    // Nobody listens any more if the output cannot be written to.
                    let _ = events.send(Event::Begins(transcript.name()));
                    played(player, &transcript).await
                }
            };
            let _ = events.send(Event::Ended(Box::new(outcome)));
        }
    }
}

fn broken(path: &Path, error: &FileError) -> Outcome {
    let coloured = match error {
        FileError::Syntax(error) => format!("{error:#}"),
        other => other.to_string(),
    };
    Outcome {
        name: path.display().to_string(),
        verdict: Verdict::NotRun(Message {
            plain: error.to_string(),
            coloured,
        }),
        took: Duration::ZERO,
        log: Vec::new(),
        terminals: Vec::new(),
    }
}

async fn played(player: Player<'_>, transcript: &Transcript) -> Outcome {
    let log = Log::begin();
    let begun = Instant::now();
    let verdict = if let Some((line, hook)) = player.cannot(transcript) {
        Verdict::Skipped(format!("because line {line} needs a local stack: {hook}"))
    } else {
        let player = Player {
            log: Some(&log),
            ..player
        };
        match player.play(transcript).await {
            Ok(()) => Verdict::Passed,
            Err(failure) => {
                let message = Message {
                    plain: failure.to_string(),
                    coloured: format!("{failure:#}"),
                };
                match failure.kind {
                    FailureKind::Unreachable => Verdict::NotRun(message),
                    FailureKind::Different => Verdict::Failed(message),
                }
            }
        }
    };
    Outcome {
        name: transcript.name(),
        verdict,
        took: begun.elapsed(),
        log: log.entries(),
        terminals: transcript.terminals.clone(),
    }
}
