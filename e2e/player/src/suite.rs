//! Plays many transcripts, and prints a line for each.
//!
//! Clients of one server may affect each other, so transcripts against a running server are played one after the other. Where each job
//! has its own stack, jobs run in parallel.

mod case;
mod junit;
mod outcome;
mod printer;

use std::cell::RefCell;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub(crate) use case::Case;
pub(crate) use outcome::{Outcome, Summary, Verdict};

use self::printer::Printer;
use crate::diagnostic::Rendered;
use crate::endpoint::{Endpoint, Target};
use crate::player::{FailureKind, Hooks, Log, Player, Settings};
use crate::stack::{self, LocalStack, RunningGateway};
use crate::transcript::{Directive, Transcript};

/// How transcripts are played.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    /// What they are played against.
    pub server: Server,
    /// How each is played.
    pub settings: Settings,
    /// How many are played at the same time.
    pub jobs: usize,
    /// Whether everything that happens is printed.
    pub verbose: bool,
    /// Whether stderr is a terminal, on which a progress line can be shown.
    pub live: bool,
    /// The file for a `JUnit` report.
    pub junit: Option<PathBuf>,
}

/// The server that transcripts are played against.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// The addresses in the files, or the target of the settings; shared by all jobs.
    Running,
    /// A stack for each job.
    Stacks(Box<stack::Builder>),
}

/// A message of a job.
enum Event {
    Begins(String),
    Ended(Box<Outcome>),
}

impl Suite {
    /// Plays `cases`, and writes a line for each and the message of each failure to `out`, in colours. Ctrl-C and SIGTERM end the
    /// run; the report is still written.
    pub(crate) async fn run(&self, cases: Vec<Case>, out: &mut impl Write) -> Result<Summary> {
        let started = Instant::now();
        let jobs = self.jobs.min(cases.len()).max(1);
        let mut printer = Printer {
            out,
            verbose: self.verbose,
            can_update: matches!(self.server, Server::Running),
            live: self.live,
            total: cases.len(),
            summary: Summary::default(),
            playing: Vec::new(),
        };
        // Here, so that a file that cannot be written is known before anything is played. If the program is killed, this report remains.
        let names = cases.iter().map(Case::name);
        self.report(names.map(Outcome::interrupted).collect(), started)?;
        let mut outcomes = Vec::new();
        let cases = RefCell::new(cases.into_iter());
        printer.summary.interrupted = tokio::select! {
            result = self.play(&cases, jobs, &mut printer, &mut outcomes) => {
                result?;
                false
            }
            result = interrupted() => {
                result?;
                true
            }
        };
        printer.finish(&self.against(jobs), started.elapsed())?;
        let summary = printer.summary;
        let left = cases.into_inner().map(|case| case.name());
        let left = printer.playing.into_iter().chain(left);
        outcomes.extend(left.map(Outcome::interrupted));
        self.report(outcomes, started)?;
        Ok(summary)
    }

    /// Plays `cases` in several jobs, and prints and collects the outcomes as they come.
    async fn play(
        &self,
        cases: &RefCell<impl Iterator<Item = Case>>,
        jobs: usize,
        printer: &mut Printer<'_, impl Write>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<()> {
        let (sender, mut events) = unbounded_channel();
        let workers: Vec<_> = (0..jobs)
            .map(|_| self.work(cases, sender.clone()))
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
        let (worked, shown) = tokio::join!(futures::future::try_join_all(workers), printing);
        shown.and(worked.map(drop))
    }

    /// Writes the report, if there is to be one. Transcripts that did not end are in it, so that they do not look as if they had passed.
    fn report(&self, outcomes: Vec<Outcome>, started: Instant) -> Result<()> {
        match &self.junit {
            Some(path) => junit::write(path, &outcomes, started.elapsed()),
            None => Ok(()),
        }
    }

    fn against(&self, jobs: usize) -> String {
        match (&self.server, &self.settings.target) {
            (Server::Running, Some(target)) => format!(", against {target}"),
            (Server::Running, None) => String::new(),
            (Server::Stacks(builder), _) => {
                let stacks = if jobs == 1 { "stack" } else { "stacks" };
                let template = builder.template_path().display();
                format!(", against {jobs} {stacks} of {template}")
            }
        }
    }

    /// Plays cases until there are none left.
    async fn work(
        &self,
        cases: &RefCell<impl Iterator<Item = Case>>,
        events: UnboundedSender<Event>,
    ) -> Result<()> {
        let stack = match &self.server {
            Server::Running => None,
            Server::Stacks(builder) => {
                let builder = stack::Builder::clone(builder);
                let starting = tokio::task::spawn_blocking(move || LocalStack::start(builder));
                Some(starting.await.context("the stack was not started")??)
            }
        };
        let mut settings = self.settings.clone();
        if let Some(stack) = &stack {
            settings.target = Some(Target::server_of(stack.endpoint()));
        }
        loop {
            let Some(case) = cases.borrow_mut().next() else {
                return Ok(());
            };
            let outcome = match case {
                Case::Broken(path, error) => case::broken(&path, &error),
                Case::Transcript(transcript) => {
                    // The receiver is gone if the output cannot be written to.
                    let _ = events.send(Event::Begins(transcript.name()));
                    let gateway = gateway(&transcript, &settings);
                    let hooks = match (&stack, &gateway) {
                        (Some(stack), _) => Some(stack as &dyn Hooks),
                        (None, Some(gateway)) => Some(gateway as &dyn Hooks),
                        (None, None) => None,
                    };
                    played(&settings, hooks, &transcript).await
                }
            };
            let _ = events.send(Event::Ended(Box::new(outcome)));
        }
    }
}

/// Waits for Ctrl-C or the request to terminate, which must not leave stacks running.
async fn interrupted() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The gateway that a transcript connects to first, if it is on this machine.
pub(crate) fn gateway(transcript: &Transcript, settings: &Settings) -> Option<RunningGateway> {
    if let Some(target) = &settings.target {
        return RunningGateway::at(target.endpoint());
    }
    let url = transcript
        .steps
        .iter()
        .find_map(|step| match &step.directive {
            Directive::Connect(connect) => Some(connect.url.fill(settings.variables.values())),
            _ => None,
        });
    let endpoint: Endpoint = url?.parse().ok()?;
    RunningGateway::at(&endpoint)
}

async fn played(
    settings: &Settings,
    hooks: Option<&dyn Hooks>,
    transcript: &Transcript,
) -> Outcome {
    let log = Log::begin(&settings.variables);
    let begun = Instant::now();
    let player = Player {
        hooks,
        log: Some(&log),
        ..Player::new(settings)
    };
    let verdict = if let Some((line, hook)) = player.first_unsupported_hook(transcript) {
        Verdict::Skipped(format!("because line {line} needs a local stack: {hook}"))
    } else {
        match player.play(transcript).await {
            Ok(()) => Verdict::Passed,
            Err(failure) => {
                let message = Rendered::of(&failure);
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
