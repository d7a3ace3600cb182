use super::*;

#[test]
fn a_run_whose_pages_show_the_log_is_clean() {
    run("a1 b1 a2 b2").shows(&[]);
    let verdict = check(&run("a1 b1 a2 b2").0);
    assert_eq!((verdict.sent, verdict.acknowledged), (4, 4));
    assert!(check(&History::default()).is_clean());
}

#[test]
fn a_page_may_begin_late_and_an_abandoned_page_may_end_early() {
    run("a1 b1 a2 b2").page(0, "3:a2 b2").shows(&[]);
    let pages: &[&[&str]] = &[&["a1 b1"], &[""], &["2:b1 a2 b2"]];
    run("a1 b1 a2 b2").pages(1, pages).shows(&[]);
}

#[test]
fn messages_that_scroll_off_the_top_and_are_loaded_again_were_shown() {
    let page: &[&str] = &["a1 b1", "2:b1 a2 b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2").pages(0, &[page]).shows(&[]);
}

#[test]
fn a_page_that_was_scrolled_up_must_show_the_beginning() {
    let mut run = run("a1 b1 a2 b2").page(0, "3:a2 b2");
    run.0.clients[0].scrolled_to_start = true;
    run.shows(&[
        (Lost, "client 1, page 1 does not show a1, seq 1"),
        (Lost, "client 1, page 1 does not show b1, seq 2"),
    ]);
}

#[test]
fn a_message_that_a_page_skips_is_lost() {
    run("a1 b1 a2 b2").page(0, "a1 - a2").shows(&[
        (Lost, "client 1, page 1 does not show b1, seq 2"),
        (Lost, "client 1, page 1 does not show b2, seq 4"),
    ]);
    let detail = "client 1, page 1 shows text of a2, seq 3, without seq 2 above it";
    run("a1 b1 a2 b2")
        .page(0, "a1 - a2 b2")
        .with_losses(EXPIRED)
        .shows(&[(Lost, detail)]);
    let nothing = "client 1, page 1 shows nothing, but the log has 4 messages";
    run("a1 b1 a2 b2").page(0, "").shows(&[(Lost, nothing)]);
}

#[test]
fn messages_skipped_between_two_snapshots_are_lost() {
    let page: &[&str] = &["a1", "3:a2 b2"];
    let skipped = "client 1, page 1 does not show b1, seq 2";
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Lost, skipped)]);
}

#[test]
fn a_divider_does_not_excuse_messages_that_are_in_the_log() {
    let divider =
        "client 1, page 1 shows a divider for missing messages, but the log has all of them";
    run("a1 b1 a2 b2").page(0, "a1 | 3:a2 b2").shows(&[
        (Lost, divider),
        (Lost, "client 1, page 1 does not show b1, seq 2"),
    ]);
    let losses = run("a1 b1 a2 b2")
        .page(0, "a1 | 3:a2 b2")
        .with_losses(TABLE_LOST);
    losses.shows(&[]);
}

#[test]
fn a_divider_with_nothing_missing_is_a_violation_even_after_losses() {
    let detail = "client 1, page 1 shows text of b1, seq 2, below a divider, although seq 1 is directly above";
    let run = run("a1 b1 a2 b2").page(0, "a1 | 2:b1 a2 b2");
    run.with_losses(EXPIRED).shows(&[(Lost, detail)]);
}

#[test]
fn a_displayed_message_that_is_not_in_the_log_is_lost() {
    let run = run("a1 b1 a2").not_acknowledged("b2", true);
    run.page(0, "a1 b1 a2 b2").shows(&[
        (
            Lost,
            "client 1, page 1 shows text of b2 as seq 4, but the log has nothing there",
        ),
        (
            Unresolved,
            "client 2 has b2 in the outbox, waiting; it is not in the log",
        ),
    ]);
}

#[test]
fn a_message_that_a_page_shows_twice_is_duplicated() {
    let twice = "client 2, page 1 shows text of b1, seq 2, twice";
    run("a1 b1 a2 b2")
        .page(1, "a1 b1 2:b1 a2 b2")
        .shows(&[(Duplicated, twice)]);
}

#[test]
fn a_page_in_another_order_is_reordered() {
    let order = "client 1, page 1 shows text of b1, seq 2, after seq 3";
    let page: &[&str] = &["a1 b1 3:a2 2:b1 4:b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Reordered, order)]);
}

#[test]
fn a_page_with_other_numbers_than_the_log_is_reordered() {
    run("a1 b1 a2 b2").page(0, "a1 a2 b1 b2").shows(&[
        (
            Reordered,
            "client 1, page 1 shows text of a2 as seq 2, but the log has text of b1 there",
        ),
        (
            Reordered,
            "client 1, page 1 shows text of b1 as seq 3, but the log has text of a2 there",
        ),
    ]);
}

#[test]
fn a_message_that_changes_on_a_page_is_reordered() {
    let changes = "client 1, page 1 shows text of b1 as seq 2, which was text of b2 before";
    let page: &[&str] = &["a1 b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Reordered, changes)]);
}

#[test]
fn a_message_that_disappears_from_the_end_of_a_page_is_lost() {
    let lost = "client 1, page 1 no longer shows seq 3, and ends at Some(2)";
    let page: &[&str] = &["a1 b1 a2", "a1 b1", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2").pages(0, &[page]).shows(&[(Lost, lost)]);
}

#[test]
fn a_page_that_ends_before_the_log_is_a_loss_even_after_losses() {
    let detail = "client 1, page 1 ends at seq 2, but the log ends at Some(4)";
    let run = run("a1 b1 a2 b2").page(0, "a1 b1").with_losses(TABLE_LOST);
    run.shows(&[(Lost, detail)]);
}
