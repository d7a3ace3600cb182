//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use papagaio::duration;
use papo_reliability::chaos::Options;
use papo_reliability::chaos::fault_plan::Rates;

const ABOUT: &str = "\
Attacks the whole chat on this machine and accounts for every message.

Starts the local gateway with the real functions and DynamoDB in a file, and clients that run
the app's session. While they send numbered messages, connections are cut, stalled and delayed,
functions and the gateway itself are killed with SIGKILL, pages are reloaded, and no connection
lives longer than half a minute. Then the faults end, every client becomes idle, and the history
is checked against the message log:

  sent              messages that clients sent
  acknowledged      messages that their sender considers safe
  lost              missing from the log or from a page
  duplicated        more than once in the log or on a page
  reordered         on a page in another order than in the log, or in the log than sent
  unresolved        still in an outbox at the end
  forged            an edit or a deletion by another person than the author
  misfolded         on a page with another author, text or reactions than in the log
  reconnect storms  clients that connected more than 20 times within a minute

With --hostile, no faults are injected, and connections live for up to two hours. Instead, hostile
clients attack during the second half of the run: each sends bursts of 200 messages, requests a
page of history every 30 ms, and reads nothing. The report compares how long the messages of the
other clients take in both halves. RateLimit has the default of the template, 6000, unless
--parameter sets it. Without --hostile there is no limit: the clients send faster than people.";

const AFTER: &str = "\
Exit code:
  0  no violations
  1  violations, or a slowdown above the limit; the gateway's log and data are kept
  2  the run failed

Ctrl-C ends the attack early and drains; pressed again, it stops at once. A seed reproduces the
fault plan; which messages a fault hits also depends on timing.

Examples:
  cargo xtask chaos
  cargo xtask chaos --minutes 10
  cargo xtask chaos --seed 4711 --duration 30s --clients 10
  cargo xtask chaos --gateway-every 5s --function-every 500ms
  cargo xtask chaos --no-faults
  cargo xtask chaos --release --hostile 1
  cargo xtask chaos --parameter Fanout=stream";

/// The arguments.
#[derive(Debug, Parser)]
#[command(name = "chaos", bin_name = "cargo xtask chaos", about = "Attacks the whole chat and accounts for every message", long_about = ABOUT, after_help = AFTER)]
pub(crate) struct Arguments {
    /// How long the attack lasts
    #[arg(long, value_name = "TIME", default_value = "1min", value_parser = duration::parse)]
    duration: Duration,
    /// How long the attack lasts, in minutes
    #[arg(long, value_name = "N", conflicts_with = "duration", value_parser = minutes)]
    minutes: Option<Duration>,
    /// The number of clients
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    clients: u16,
    /// The seed of the fault plan; random by default
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Injects no faults: clients only send and read
    #[arg(long)]
    no_faults: bool,
    /// The number of hostile clients, which attack during the second half of the run; disables faults
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=100))]
    hostile: u16,
    /// Fails if the 99th percentile of latencies under attack exceeds that before it, or 100 ms, by this factor
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0)]
    slowdown_limit: f64,
    /// The mean time between messages; every tenth time, up to six are sent at once
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration::parse)]
    send_every: Duration,
    /// The mean time between network faults
    #[arg(long, value_name = "TIME", default_value = "400ms", value_parser = duration::parse)]
    fault_every: Duration,
    /// The mean time between kills of a function
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration::parse)]
    function_every: Duration,
    /// The mean time between kills of the gateway
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration::parse)]
    gateway_every: Duration,
    /// The mean time between reloads of a page
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration::parse)]
    reload_every: Duration,
    /// The gateway's limit on the life of a connection [default: 30s; 2h with --hostile]
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    max_duration: Option<Duration>,
    /// The gateway's limit on the silence of a connection
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration::parse)]
    idle_timeout: Duration,
    /// The drain gives up after this long without progress
    #[arg(long, value_name = "TIME", default_value = "3min", value_parser = duration::parse)]
    patience: Duration,
    /// The SAM template
    #[arg(long, value_name = "FILE", default_value = "lambdas/template.yaml")]
    template: PathBuf,
    /// A parameter of the template, such as Fanout=stream; may be repeated
    #[arg(long = "parameter", value_name = "KEY=VALUE")]
    parameters: Vec<String>,
    /// The directory with the executables of the gateway and the functions [default: that of this program]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// Reads a number of minutes.
fn minutes(text: &str) -> Result<Duration, String> {
    duration::parse(&format!("{text} min"))
}

impl Arguments {
    /// What to run, with its data in `folder`.
    pub(crate) fn options(&self, folder: &Path) -> Result<Options> {
        Ok(Options {
            programs: self.programs()?,
            template: self.template.clone(),
            parameters: self.parameters(),
            folder: folder.to_owned(),
            clients: self.clients.into(),
            hostile: self.hostile.into(),
            duration: self.duration(),
            // Short enough to be typed again.
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000)),
            rates: self.rates(),
            max_duration: self.max_duration(),
            idle_timeout: self.idle_timeout,
            patience: self.patience,
        })
    }

    /// The slowdown under an attack that is not a failure.
    pub(crate) fn slowdown_limit(&self) -> f64 {
        self.slowdown_limit
    }

    fn duration(&self) -> Duration {
        self.minutes.unwrap_or(self.duration)
    }

    /// The parameters of the template.
    fn parameters(&self) -> Vec<String> {
        let mut parameters = self.parameters.clone();
        let is_limit = |parameter: &String| parameter.starts_with("RateLimit=");
        if self.hostile == 0 && !parameters.iter().any(is_limit) {
            parameters.push("RateLimit=0".to_owned());
        }
        parameters
    }

    /// Clients that all reconnect at once would slow the chat down like an attack, so under an attack connections live as
    /// long as on AWS.
    fn max_duration(&self) -> Duration {
        self.max_duration.unwrap_or(if self.hostile > 0 {
            Duration::from_hours(2)
        } else {
            Duration::from_secs(30)
        })
    }

    fn rates(&self) -> Rates {
        // Without any time between two events, a plan would never advance.
        let every = |time: Duration| Some(time).filter(|time| !time.is_zero());
        let fault = |time: Duration| every(time).filter(|_| !self.no_faults && self.hostile == 0);
        Rates {
            send: every(self.send_every),
            network: fault(self.fault_every),
            function: fault(self.function_every),
            gateway: fault(self.gateway_every),
            reload: fault(self.reload_every),
            resume: every(Duration::from_secs(1)),
            clean_up: every(Duration::from_secs(15)),
        }
    }

    fn programs(&self) -> Result<PathBuf> {
        if let Some(programs) = &self.programs {
            return Ok(programs.clone());
        }
        let program = std::env::current_exe().context("could not locate this program")?;
        let folder = program
            .parent()
            .context("this program has no parent directory")?;
        Ok(folder.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Arguments {
        let words = std::iter::once("chaos").chain(line.split_whitespace());
        Arguments::try_parse_from(words).unwrap()
    }

    #[test]
    fn a_run_takes_one_minute_by_default() {
        let duration = |line| arguments(line).duration();
        assert_eq!(duration(""), Duration::from_mins(1));
        assert_eq!(duration("--minutes 10"), Duration::from_mins(10));
        assert_eq!(duration("--minutes 0.5"), Duration::from_secs(30));
        assert_eq!(duration("--duration 500ms"), Duration::from_millis(500));
    }

    #[test]
    fn rejects_durations_that_are_negative_or_longer_than_a_day() {
        for invalid in [
            "--minutes=-1",
            "--minutes=nan",
            "--minutes inf",
            "--minutes 2000",
            "--duration 25h",
        ] {
            let words = std::iter::once("chaos").chain(invalid.split_whitespace());
            assert!(Arguments::try_parse_from(words).is_err(), "{invalid}");
        }
    }

    #[test]
    fn clients_still_send_without_faults() {
        let rates = arguments("--no-faults").rates();
        assert!(rates.send.is_some() && rates.resume.is_some());
        assert_eq!(
            [rates.network, rates.function, rates.gateway, rates.reload],
            [None; 4]
        );
    }

    #[test]
    fn hostile_clients_meet_the_default_limits_and_no_faults() {
        let attack = arguments("--hostile 1");
        assert!(attack.parameters().is_empty());
        assert_eq!(attack.rates(), arguments("--no-faults").rates());
        let own = arguments("--hostile 1 --parameter RateLimit=10");
        assert_eq!(own.parameters(), ["RateLimit=10"]);
        assert_eq!(arguments("").parameters(), ["RateLimit=0"]);
    }

    #[test]
    fn connections_are_not_rotated_during_an_attack_unless_asked_for() {
        let lifetime = |line| arguments(line).max_duration();
        assert_eq!(lifetime(""), Duration::from_secs(30));
        assert_eq!(lifetime("--hostile 1"), Duration::from_hours(2));
        let rotated = "--hostile 1 --max-duration 10s";
        assert_eq!(lifetime(rotated), Duration::from_secs(10));
    }

    #[test]
    fn a_mean_time_of_zero_disables_an_event() {
        assert_eq!(arguments("--gateway-every 0s").rates().gateway, None);
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
