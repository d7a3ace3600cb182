use clap::ValueEnum as _;
use papo_reliability::simulation;
use papo_reliability::simulation::safeguard::Safeguard;
use papo_reliability::simulation::trace::Trace;

/// Seeds that must not show a violation.
const SEEDS: u64 = 250;

/// Seeds within which a disabled safeguard must show a violation.
const SEEDS_TO_NOTICE: u64 = 250;

#[test]
fn every_page_shows_the_same_log_with_each_message_once_after_the_drain() {
    for seed in 0..SEEDS {
        let verdict = simulation::run(seed, None, Trace::default()).verdict;
        let violations = &verdict.violations;
        assert!(
            violations.is_empty(),
            "{violations:?}; to print its trace: cargo xtask simulate --seed {seed}"
        );
        assert_eq!(verdict.acknowledged, verdict.sent, "seed {seed}");
    }
}

#[test]
fn a_disabled_safeguard_is_noticed() {
    for &safeguard in Safeguard::value_variants() {
        let violation = (0..SEEDS_TO_NOTICE).find_map(|seed| {
            let verdict = simulation::run(seed, Some(safeguard), Trace::default()).verdict;
            Some((seed, verdict.violations.into_iter().next()?))
        });
        match violation {
            Some((seed, violation)) => println!("without {safeguard}, seed {seed}: {violation}"),
            None => panic!("no violation without {safeguard} within {SEEDS_TO_NOTICE} seeds"),
        }
    }
}

#[test]
fn a_seed_reproduces_its_run() {
    let run = |seed| {
        let outcome = simulation::run(seed, None, Trace::recording());
        (outcome.trace.lines().to_vec(), outcome.verdict)
    };
    let (lines, verdict) = run(3);
    assert!(lines.len() > 100, "{} lines", lines.len());
    assert_eq!(run(3), (lines, verdict));
}
