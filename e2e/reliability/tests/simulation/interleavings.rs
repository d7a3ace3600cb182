//! Two concurrent appends in every order of their steps, each interrupted after every step.
//!
//! Every operation of the log is one step. A schedule says which append takes the next one; the test runs all schedules.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use papo_lambdas::append::{AppendError, Appended, append};
use papo_lambdas::message_log::Room;
use papo_protocol::{ClientMessageId, ConnectionId, LogEntry, Message, MessageId, RoomName};
use papo_reliability::simulation::step_executor::StepClock;
use papo_reliability::simulation::step_log::StepLog;

fn room(log: &StepLog) -> Room<'_, StepLog> {
    Room {
        log,
        id: RoomName::default(),
        retention: "30".parse().unwrap(),
    }
}

fn message(text: &str, id: Option<&str>) -> Message {
    Message {
        connection_id: ConnectionId::new("a="),
        message: text.to_owned(),
        message_id: MessageId::new("m="),
        request_time_epoch: 1,
        seq: None,
        client_message_id: id.map(|id| ClientMessageId::parse(id).unwrap()),
        person_id: None,
        name: None,
        reply_to: None,
        deleted: false,
    }
}

type Outcome = Result<Appended, AppendError>;

/// The result of a schedule.
struct Run {
    outcomes: [Option<Appended>; 2],
    log: Vec<Message>,
    /// Whether both appends completed within the schedule.
    completed: bool,
}

/// Takes `steps` steps in the order of the bits of `schedule`. Then drops an append that has not completed, and sends its
/// message again if `retry`.
fn run(messages: [&Message; 2], schedule: u32, steps: u32, retry: bool) -> Run {
    let log = StepLog::default();
    let room = room(&log);
    let mut outcomes = [None, None];
    {
        let [first, second] = messages.map(|message| LogEntry::from(message.clone()));
        let mut first = pin!(append(&room, &StepClock, &first, None, 1, Duration::MAX));
        let mut second = pin!(append(&room, &StepClock, &second, None, 1, Duration::MAX));
        for bit in 0..steps {
            let turn = usize::from(schedule >> bit & 1 == 1);
            let sender: Pin<&mut dyn Future<Output = Outcome>> = if turn == 0 {
                first.as_mut()
            } else {
                second.as_mut()
            };
            if outcomes[turn].is_none() {
                outcomes[turn] = poll(sender);
            }
        }
    }
    let completed = outcomes.iter().all(Option::is_some);
    for (outcome, message) in outcomes.iter_mut().zip(messages) {
        if retry && outcome.is_none() {
            *outcome = Some(complete(&room, message));
        }
    }
    let log = room.log.current().messages(&room.id);
    Run {
        outcomes,
        log,
        completed,
    }
}

fn poll(sender: Pin<&mut dyn Future<Output = Outcome>>) -> Option<Appended> {
    match sender.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome.unwrap()),
        Poll::Pending => None,
    }
}

fn complete(room: &Room<'_, StepLog>, message: &Message) -> Appended {
    let entry = LogEntry::from(message.clone());
    let mut sender = pin!(append(room, &StepClock, &entry, None, 1, Duration::MAX));
    for _ in 0..100 {
        if let Some(outcome) = poll(sender.as_mut()) {
            return outcome;
        }
    }
    panic!("an append completes within 100 steps")
}

/// Steps after which both appends have completed, if each gets half of them.
const STEPS: u32 = 16;

#[track_caller]
fn assert_numbered(log: &[Message]) {
    for (message, seq) in log.iter().zip(1_u64..) {
        assert_eq!(message.seq, Some(seq), "{log:?}");
    }
}

#[test]
fn every_schedule_appends_two_messages_in_one_order() {
    let (a, b) = (message("a", Some("c-a")), message("b", None));
    let mut orders = [0, 0];
    let mut completed = 0;
    for schedule in 0..1 << STEPS {
        let run = run([&a, &b], schedule, STEPS, false);
        assert_numbered(&run.log);
        for (outcome, text) in run.outcomes.iter().zip(["a", "b"]) {
            let there = run
                .log
                .iter()
                .filter(|message| message.message == text)
                .count();
            match outcome {
                Some(Appended::New(LogEntry::Message(message))) => {
                    assert_eq!(message.message, text);
                    assert!(
                        run.log.contains(message),
                        "acknowledged messages are in the log"
                    );
                    assert_eq!(there, 1);
                }
                None => assert!(there <= 1),
                Some(other) => panic!("{other:?}"),
            }
        }
        if run.completed {
            completed += 1;
            orders[usize::from(run.log[0].message == "b")] += 1;
        }
    }
    assert!(
        completed > 1 << (STEPS - 1),
        "{completed} schedules are long enough"
    );
    assert!(
        orders.iter().all(|count| *count > 0),
        "both orders occur: {orders:?}"
    );
}

#[test]
fn every_schedule_appends_a_message_from_two_connections_once() {
    let message = message("a", Some("c-a"));
    for schedule in 0..1 << STEPS {
        let run = run([&message, &message], schedule, STEPS, false);
        assert_numbered(&run.log);
        assert!(run.log.len() <= 1, "{:?}", run.log);
        let mut now = 0;
        for outcome in run.outcomes.into_iter().flatten() {
            now += usize::from(matches!(outcome, Appended::New(_)));
            let (Appended::New(there) | Appended::Duplicate(there)) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(run.log.first().cloned().map(LogEntry::from), Some(there));
        }
        assert!(now <= 1);
    }
}

#[test]
fn a_message_that_is_sent_again_after_any_interruption_is_appended_once() {
    let (a, b) = (message("a", Some("c-a")), message("b", Some("c-b")));
    let mut before = 0;
    for steps in 0..=10 {
        for schedule in 0..1 << steps {
            let run = run([&a, &b], schedule, steps, true);
            assert_numbered(&run.log);
            let mut texts: Vec<_> = run
                .log
                .iter()
                .map(|message| message.message.as_str())
                .collect();
            texts.sort_unstable();
            assert_eq!(texts, ["a", "b"], "schedule {schedule:b} of {steps} steps");
            let was_there = |outcome: &&Appended| matches!(outcome, Appended::Duplicate(_));
            before += run.outcomes.iter().flatten().filter(was_there).count();
        }
    }
    assert!(
        before > 0,
        "some appends are interrupted between the commit and its response"
    );
}
