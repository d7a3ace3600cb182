use papo_simulation::safeguard::Safeguard;
use papo_simulation::trace::Trace;
use papo_simulation::world;

/// Seeds whose worlds must be good.
const SEEDS: u64 = 250;

/// Seeds within which a safeguard that is left out must be missed.
const SEEDS_TO_MISS_IT: u64 = 250;

#[test]
fn after_every_storm_everybody_shows_the_same_log_with_each_message_once() {
    for seed in 0..SEEDS {
        let ledger = world::live(seed, None, Trace::default()).ledger;
        let wrong = &ledger.findings;
        assert!(
            wrong.is_empty(),
            "{wrong:?}; to see it: cargo xtask simulate --seed {seed}"
        );
        assert!(
            ledger.acknowledged >= ledger.said,
            "seed {seed}: {ledger:?}"
        );
    }
}

#[test]
fn a_safeguard_that_is_left_out_is_missed() {
    for safeguard in Safeguard::ALL {
        let finding = (0..SEEDS_TO_MISS_IT).find_map(|seed| {
            let ledger = world::live(seed, Some(safeguard), Trace::default()).ledger;
            Some((seed, ledger.findings.into_iter().next()?))
        });
        match finding {
            Some((seed, finding)) => println!("without {safeguard}, seed {seed}: {finding}"),
            None => panic!("nobody misses {safeguard} within {SEEDS_TO_MISS_IT} seeds"),
        }
    }
}

#[test]
fn a_seed_lives_the_same_life_again() {
    let story = |seed| {
        let outcome = world::live(seed, None, Trace::kept());
        (outcome.trace.lines().to_vec(), outcome.ledger)
    };
    let (lines, ledger) = story(3);
    assert!(lines.len() > 100, "{} lines", lines.len());
    assert_eq!(story(3), (lines, ledger));
}
