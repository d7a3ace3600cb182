use super::*;

#[test]
fn an_acknowledged_message_that_is_not_in_the_log_is_lost() {
    let detail = "client 2 has b2 acknowledged, but the log does not have it";
    run("a1 b1 a2").shows(&[(Lost, detail)]);
}

#[test]
fn a_message_that_is_neither_in_the_log_nor_in_the_outbox_is_lost() {
    let detail = "client 2 sent b2, which is neither in the log nor in the outbox";
    let run = run("a1 b1 a2").not_acknowledged("b2", false);
    run.shows(&[(Lost, detail)]);
}

#[test]
fn a_gap_in_the_log_is_a_loss() {
    let pages = run("a1 - b1 a2 b2")
        .page(0, "3:b1 a2 b2")
        .page(1, "3:b1 a2 b2");
    pages.shows(&[(Lost, "the log has no seq 2; b1 has 3")]);
}

#[test]
fn a_log_may_begin_late_after_messages_expired() {
    let mut run = run("3:a2 b2").with_losses(EXPIRED);
    for name in ["a1", "b1"] {
        let entry = message(name, 1).into();
        run.0.written.insert(&Epoch::new("e"), entry);
    }
    run.shows(&[]);
}

#[test]
fn a_message_that_is_twice_in_the_log_is_duplicated() {
    run("a1 b1 a2 b2 b2").shows(&[(Duplicated, "the log has b2 more than once")]);
}

#[test]
fn a_message_that_was_never_sent_is_duplicated() {
    run("a1 b1 a2 b2 b3").shows(&[(Duplicated, "the log has b3, which was never sent")]);
}

#[test]
fn a_log_that_reorders_the_messages_of_a_sender_is_reordered() {
    let detail = "client 1 sent a2 after a message whose seq is higher than 1";
    run("a2 b1 a1 b2").shows(&[(Reordered, detail)]);
    let mut failed = run("a2 b1 a1 b2");
    failed.0.clients[0].failed.insert(sent("a1").id);
    failed.shows(&[]);
    run("a2 b1 a1 b2").with_losses(EXPIRED).shows(&[]);
}

#[test]
fn a_message_in_an_outbox_is_unresolved_even_if_it_is_in_the_log() {
    let detail = "client 1 has a2 in the outbox, waiting; it is seq 3 of the log";
    let run = run("a1 b1 a2 b2").not_acknowledged("a2", true);
    run.shows(&[(Unresolved, detail)]);
}

#[test]
fn another_text_under_the_same_id_is_lost() {
    let mut run = run("a1 b1 a2 b2");
    let mut other = message("a1", 1);
    other.message = "something else".to_owned();
    run.0.log[0] = other.into();
    let verdict = check(&run.0);
    assert_eq!(
        verdict.violations[0].to_string(),
        "lost: the log has another text for a1"
    );
}

#[test]
fn more_than_20_attempts_to_connect_within_a_minute_are_a_reconnect_storm() {
    let mut recorder = crate::recorder::Recorder::new(0);
    for attempt in 0..40 {
        recorder.connect(attempt * 3_000);
    }
    assert_eq!(attempts(recorder.history()), Ok(()));
    for attempt in 0..21 {
        recorder.connect(200_000 + attempt);
    }
    let storm = attempts(recorder.history()).unwrap_err();
    assert_eq!(
        storm.to_string(),
        "reconnect storms: client 1 tried to connect 21 times within a minute"
    );
}
