//! The command line.

use clap::Parser;
use papo_reliability::simulation::safeguard::Safeguard;

const ABOUT: &str = "\
Runs seeded simulations of the real sessions and handlers under injected faults.

Faults: frames are dropped, duplicated, delayed and reordered; connections break at one end or both,
are refused, and live no longer than on API Gateway; handlers crash between any two of their reads,
writes and posts; machines are suspended, pages are reloaded, tables are lost, and messages expire.

Rules, checked after each step: every page shows a part of the log without gaps, and the log has
every acknowledged message. Checked after the drain: every page shows the log of its room, each
message once, in the order in which it was sent, with the edits, deletions and reactions of the
log; and every outbox is empty. Only authors may edit and delete; others try, and a stranger writes
forged changes into the log.";

const AFTER: &str = "\
Exit code:
  0  no violation; with --safeguards: every disabled safeguard was noticed
  1  violations; the seed that shows them, and the command that prints its trace
  2  invalid command line, or output that cannot be written

Examples:
  cargo xtask simulate
  cargo xtask simulate --seeds 10000 --from 5000
  cargo xtask simulate --seed 42
  cargo xtask simulate --safeguards
  cargo xtask simulate --seed 3 --without hold-back";

/// The arguments.
#[derive(Debug, Parser)]
#[command(name = "simulate", bin_name = "cargo xtask simulate", about = "Runs seeded simulations of sessions and handlers under injected faults", long_about = ABOUT, after_help = AFTER)]
pub(crate) struct Arguments {
    /// How many seeds to run
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) from: u64,
    /// Runs only this seed, and prints its trace
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "from"])]
    pub(crate) seed: Option<u64>,
    /// Disables a safeguard; --safeguards lists them
    #[arg(long, value_name = "SAFEGUARD")]
    pub(crate) without: Option<Safeguard>,
    /// Disables each safeguard in turn, and prints the first seed that shows a violation
    #[arg(long, conflicts_with_all = ["seed", "without"])]
    pub(crate) safeguards: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn rejects_zero_seeds_unknown_safeguards_and_words_as_seeds() {
        for invalid in [["--seeds", "0"], ["--without", "luck"], ["--seed", "x"]] {
            let rejected = Arguments::try_parse_from(["simulate"].into_iter().chain(invalid));
            assert_eq!(rejected.unwrap_err().exit_code(), 2, "{invalid:?}");
        }
    }
}
