//! The command line.

use clap::Parser;
use papo_simulation::safeguard::Safeguard;

const ABOUT: &str = "\
Lets the real sessions and the real handlers live in a world that does its worst, the same each
time from one seed.

Frames are lost, doubled, late and overtake one another; connections break at both ends or at
one, are refused, and last no longer than API Gateway lets them; handlers die between any two of
their reads, writes and posts; machines sleep, pages are loaded again, tables are lost, messages
expire. At every moment each page must show a part of the log without a gap, and what is
acknowledged must be in it. After a calm everybody must show the same log, with each message
that anybody said in it once, in the order in which its sender said it, and nothing to send.";

const AFTER: &str = "\
Exit code:
  0  nothing is wrong; with --safeguards: leaving out any of them is noticed
  1  something is; the seed that shows it, and how to see it again
  2  the command line makes no sense

Examples:
  cargo xtask simulate
  cargo xtask simulate --seeds 10000 --from 5000
  cargo xtask simulate --seed 42
  cargo xtask simulate --safeguards
  cargo xtask simulate --seed 3 --without hold-back";

/// What is wanted.
#[derive(Debug, Parser)]
#[command(name = "simulate", bin_name = "cargo xtask simulate", about = "Lets sessions and handlers live in a world that does its worst", long_about = ABOUT, after_help = AFTER)]
pub(crate) struct Arguments {
    /// How many worlds there are, each from its own seed
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// The first seed
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) from: u64,
    /// Only this one, told in full
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "from"])]
    pub(crate) seed: Option<u64>,
    /// Leaves a safeguard out; --safeguards names them all
    #[arg(long, value_name = "SAFEGUARD")]
    pub(crate) without: Option<Safeguard>,
    /// Leaves out one safeguard after the other, and says which seed shows it
    #[arg(long, conflicts_with_all = ["seed", "without"])]
    pub(crate) safeguards: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_makes_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_world_at_all_and_a_safeguard_that_there_is_not_are_refused() {
        for nonsense in [["--seeds", "0"], ["--without", "luck"], ["--seed", "x"]] {
            let refused = Arguments::try_parse_from(["simulate"].into_iter().chain(nonsense));
            assert_eq!(refused.unwrap_err().exit_code(), 2, "{nonsense:?}");
        }
    }
}
