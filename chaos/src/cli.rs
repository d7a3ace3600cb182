//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use papagaio::duration;

use crate::plan::Rates;

const ABOUT: &str = "\
Attacks the whole chat on this machine for a while, and says what became of every message.

Starts the local gateway with the real functions and DynamoDB in a file, and clients that run
the session of the app. While they say numbered messages, connections are cut, stand still and
are late, functions and the gateway itself are killed with SIGKILL, pages are reloaded, and no
connection lasts longer than a few seconds. Then all is left alone until everybody is quiet, the
log is read by somebody new, and everything is counted:

  sent          what people said
  acknowledged  what a client took for safe
  lost          not in the log, or not on somebody's page
  doubled       in the log or on a page more than once
  out of order  on a page in another order than in the log, or in the log in another order than said
  unresolved    still in an outbox";

const AFTER: &str = "\
Exit code:
  0  nothing is lost, doubled, out of order or unresolved
  1  something is; the details, the log of the gateway and its data are kept
  2  the run could not be carried out

Ctrl-C ends the attack early, and all come to rest; the second one ends everything at once.
A seed gives the same plan again; what exactly is hit depends on the machine, too.

Examples:
  cargo xtask chaos
  cargo xtask chaos --minutes 10
  cargo xtask chaos --seed 4711 --seconds 30 --clients 10
  cargo xtask chaos --gateway-every 5s --function-every 500ms
  cargo xtask chaos --calm";

/// What is wanted.
#[derive(Debug, Parser)]
#[command(name = "chaos", bin_name = "cargo xtask chaos", about = "Attacks the whole chat, and says what became of every message", long_about = ABOUT, after_help = AFTER)]
pub(crate) struct Arguments {
    /// How long, in minutes
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1.0,
        conflicts_with = "seconds"
    )]
    minutes: f64,
    /// How long, in seconds
    #[arg(long, value_name = "N")]
    seconds: Option<f64>,
    /// How many clients there are
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    clients: u16,
    /// What the plan is drawn from; another one each time
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Nothing is attacked; everybody is there, says something, and reads
    #[arg(long)]
    calm: bool,
    /// How often somebody says something, on average; every tenth time up to six messages at once
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = duration::parse)]
    say_every: Duration,
    /// How often something happens to a connection
    #[arg(long, value_name = "TIME", default_value = "400ms", value_parser = duration::parse)]
    fault_every: Duration,
    /// How often a function is killed
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = duration::parse)]
    function_every: Duration,
    /// How often the gateway is killed
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration::parse)]
    gateway_every: Duration,
    /// How often somebody reloads the page
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = duration::parse)]
    reload_every: Duration,
    /// How long the gateway lets a connection last
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    max_duration: Duration,
    /// How long the gateway lets a connection be silent
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration::parse)]
    idle_timeout: Duration,
    /// How long nothing may move in the end, while not everybody is quiet, before that is how it ended
    #[arg(long, value_name = "TIME", default_value = "3min", value_parser = duration::parse)]
    patience: Duration,
    /// The SAM template
    #[arg(long, value_name = "FILE", default_value = "lambdas/template.yaml")]
    template: PathBuf,
    /// Where the executables of the gateway and the functions are; beside this program
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

impl Arguments {
    /// How long the attack lasts.
    ///
    /// # Errors
    ///
    /// If it is no time.
    pub(crate) fn lasts(&self) -> Result<Duration> {
        /// A day. More is a slip of the keyboard.
        const LONGEST_SECONDS: f64 = 86_400.0;
        let seconds = self.seconds.unwrap_or(self.minutes * 60.0);
        if !(0.0..=LONGEST_SECONDS).contains(&seconds) {
            bail!("{seconds} s is no time for a run; between 0 s and a day is");
        }
        Ok(Duration::from_secs_f64(seconds))
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.into()
    }

    /// The seed that was asked for, or a new one that is short enough to be typed.
    pub(crate) fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000))
    }

    pub(crate) fn max_duration(&self) -> Duration {
        self.max_duration
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        self.idle_timeout
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    pub(crate) fn template(&self) -> PathBuf {
        self.template.clone()
    }

    /// How often what happens.
    pub(crate) fn rates(&self) -> Rates {
        // No time between two of a kind would be no plan but a halt.
        let every = |time: Duration| Some(time).filter(|time| !time.is_zero());
        let attack = |time: Duration| every(time).filter(|_| !self.calm);
        Rates {
            say: every(self.say_every),
            fault: attack(self.fault_every),
            function: attack(self.function_every),
            gateway: attack(self.gateway_every),
            reload: attack(self.reload_every),
            look: every(Duration::from_secs(1)),
            clean_up: every(Duration::from_secs(15)),
        }
    }

    /// Where the executables are.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub(crate) fn programs(&self) -> Result<PathBuf> {
        if let Some(programs) = &self.programs {
            return Ok(programs.clone());
        }
        let program =
            std::env::current_exe().context("the system does not say where this program is")?;
        let folder = program.parent().context("this program is in no folder")?;
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
    fn a_run_lasts_a_minute_unless_told_otherwise() {
        let lasts = |line| arguments(line).lasts().unwrap();
        assert_eq!(lasts(""), Duration::from_mins(1));
        assert_eq!(lasts("--minutes 10"), Duration::from_mins(10));
        assert_eq!(lasts("--seconds 0.5"), Duration::from_millis(500));
        for wrong in [
            "--seconds=-1",
            "--minutes=nan",
            "--minutes 2000",
            "--seconds inf",
        ] {
            assert!(arguments(wrong).lasts().is_err(), "{wrong}");
        }
    }

    #[test]
    fn calm_means_that_people_only_talk() {
        let rates = arguments("--calm").rates();
        assert!(rates.say.is_some() && rates.look.is_some());
        assert_eq!(
            [rates.fault, rates.function, rates.gateway, rates.reload],
            [None; 4]
        );
    }

    #[test]
    fn what_is_to_happen_all_the_time_does_not_happen() {
        assert_eq!(arguments("--gateway-every 0s").rates().gateway, None);
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
