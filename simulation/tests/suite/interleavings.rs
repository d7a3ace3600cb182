//! Two senders who append at the same time, in every order of their steps, and each cut off at every step.
//!
//! Every operation of the log is one step. A schedule says who takes the next one; all schedules of the two senders are
//! tried, which are few enough to be counted.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use papo_lambdas::append::{AppendError, Appended, append};
use papo_lambdas::message_log::{Room, RoomId};
use papo_protocol::{ClientMessageId, ConnectionId, Message, MessageId};
use papo_simulation::stepwise::{Steps, StepwiseLog};

fn room(log: &StepwiseLog) -> Room<'_, StepwiseLog> {
    Room {
        log,
        id: RoomId::main(),
        retention: "30".parse().unwrap(),
    }
}

fn said(text: &str, name: Option<&str>) -> Message {
    Message {
        connection_id: ConnectionId::new("a="),
        message: text.to_owned(),
        message_id: MessageId::new("m="),
        request_time_epoch: 1,
        seq: None,
        client_message_id: name.map(|name| ClientMessageId::parse(name).unwrap()),
    }
}

type Outcome = Result<Appended, AppendError>;

/// How a run of two senders went on.
struct Run {
    outcomes: [Option<Appended>; 2],
    log: Vec<Message>,
    /// Whether both were through before the schedule was.
    ended: bool,
}

/// Lets the two take steps as the bits of `schedule` say, `steps` of them; then whoever is not through is dropped, and says
/// it again if `again`.
fn run(messages: [&Message; 2], schedule: u32, steps: u32, again: bool) -> Run {
    let log = StepwiseLog::default();
    let room = room(&log);
    let mut outcomes = [None, None];
    {
        let mut first = pin!(append(&room, &Steps, messages[0], Duration::MAX));
        let mut second = pin!(append(&room, &Steps, messages[1], Duration::MAX));
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
    let ended = outcomes.iter().all(Option::is_some);
    for (outcome, message) in outcomes.iter_mut().zip(messages) {
        if again && outcome.is_none() {
            *outcome = Some(to_its_end(&room, message));
        }
    }
    let log = room.log.now().messages(&room.id);
    Run {
        outcomes,
        log,
        ended,
    }
}

fn poll(sender: Pin<&mut dyn Future<Output = Outcome>>) -> Option<Appended> {
    match sender.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome.unwrap()),
        Poll::Pending => None,
    }
}

fn to_its_end(room: &Room<'_, StepwiseLog>, message: &Message) -> Appended {
    let mut sender = pin!(append(room, &Steps, message, Duration::MAX));
    for _ in 0..100 {
        if let Some(outcome) = poll(sender.as_mut()) {
            return outcome;
        }
    }
    panic!("an append alone ends within 100 steps")
}

/// Steps after which both are through whatever the schedule, if each gets half of them.
const STEPS: u32 = 16;

#[track_caller]
fn numbered(log: &[Message]) {
    for (message, seq) in log.iter().zip(1_u64..) {
        assert_eq!(message.seq, Some(seq), "{log:?}");
    }
}

#[test]
fn two_messages_are_both_there_in_one_order_whatever_the_schedule() {
    let (a, b) = (said("a", Some("c-a")), said("b", None));
    let mut orders = [0, 0];
    let mut ended = 0;
    for schedule in 0..1 << STEPS {
        let run = run([&a, &b], schedule, STEPS, false);
        numbered(&run.log);
        for (outcome, said) in run.outcomes.iter().zip(["a", "b"]) {
            let there = run
                .log
                .iter()
                .filter(|message| message.message == said)
                .count();
            match outcome {
                Some(Appended::New(message)) => {
                    assert_eq!(message.message, said);
                    assert!(run.log.contains(message), "what is acknowledged is there");
                    assert_eq!(there, 1);
                }
                None => assert!(there <= 1),
                Some(other) => panic!("{other:?}"),
            }
        }
        if run.ended {
            ended += 1;
            orders[usize::from(run.log[0].message == "b")] += 1;
        }
    }
    assert!(
        ended > 1 << (STEPS - 1),
        "{ended} schedules are long enough"
    );
    assert!(
        orders.iter().all(|count| *count > 0),
        "both orders happen: {orders:?}"
    );
}

#[test]
fn one_message_from_two_connections_is_there_once_whatever_the_schedule() {
    let said = said("a", Some("c-a"));
    for schedule in 0..1 << STEPS {
        let run = run([&said, &said], schedule, STEPS, false);
        numbered(&run.log);
        assert!(run.log.len() <= 1, "{:?}", run.log);
        let mut now = 0;
        for outcome in run.outcomes.into_iter().flatten() {
            now += usize::from(matches!(outcome, Appended::New(_)));
            let (Appended::New(there) | Appended::Duplicate(there)) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(run.log, [there]);
        }
        assert!(now <= 1);
    }
}

#[test]
fn whoever_is_cut_off_at_any_step_says_it_again_and_it_is_there_once() {
    let (a, b) = (said("a", Some("c-a")), said("b", Some("c-b")));
    let mut before = 0;
    for steps in 0..=10 {
        for schedule in 0..1 << steps {
            let run = run([&a, &b], schedule, steps, true);
            numbered(&run.log);
            let mut texts: Vec<_> = run.log.iter().map(|said| said.message.as_str()).collect();
            texts.sort_unstable();
            assert_eq!(texts, ["a", "b"], "schedule {schedule:b} of {steps} steps");
            let was_there = |outcome: &&Appended| matches!(outcome, Appended::Duplicate(_));
            before += run.outcomes.iter().flatten().filter(was_there).count();
        }
    }
    assert!(
        before > 0,
        "some were cut off between the commit and its answer"
    );
}
