//! The result of a run, as a table or JSON.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Load;
use super::faults::Faults;
use super::format::{grouped, in_milliseconds, milliseconds, per_second, rounded};
use super::ledger::Figures;
use super::shared::Shared;
use super::system::Used;

/// Above this share of a core, the program itself may be the bottleneck.
const BUSY: f64 = 0.9;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    load: Load,
    connected: usize,
    connecting: Duration,
    sending: Duration,
    figures: Figures,
    lost: u64,
    faults: Faults,
    used: Used,
}

impl Report {
    pub(super) fn new(
        load: &Load,
        connected: usize,
        connecting: Duration,
        sending: Duration,
        shared: &Shared,
        used: Used,
    ) -> Self {
        let ledger = shared.ledger.borrow();
        Self {
            load: load.clone(),
            connected,
            connecting,
            sending,
            figures: ledger.figures().clone(),
            lost: ledger.undelivered(),
            faults: shared.faults.borrow().clone(),
            used,
        }
    }

    /// Whether every client received every message once, and there were no errors.
    pub fn is_flawless(&self) -> bool {
        self.lost == 0 && self.figures.duplicated == 0 && self.faults.total() == 0
    }

    /// How many deliveries are missing.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// How many frames a client received for each message; fewer than one if frames had several messages.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of frames are far below 2^52"
    )]
    pub fn frames_per_delivery(&self) -> f64 {
        self.figures.frames as f64 / self.figures.deliveries as f64
    }

    fn per_second(&self) -> f64 {
        per_second(self.figures.deliveries, self.sending)
    }

    /// The percentiles that are shown, by name.
    fn percentiles(&self) -> [(&'static str, Duration); 5] {
        [
            ("p50", self.figures.latency.percentile(50.0)),
            ("p90", self.figures.latency.percentile(90.0)),
            ("p99", self.figures.latency.percentile(99.0)),
            ("p99.9", self.figures.latency.percentile(99.9)),
            ("max", self.figures.latency.max()),
        ]
    }

    /// The same as JSON. Times are in milliseconds unless their name says otherwise.
    pub fn to_json(&self) -> Value {
        let mut latency: Map<String, Value> = self
            .percentiles()
            .into_iter()
            .map(|(name, time)| (name.to_owned(), in_milliseconds(time).into()))
            .collect();
        latency.insert(
            "mean".to_owned(),
            in_milliseconds(self.figures.latency.mean()).into(),
        );
        let errors: Map<String, Value> = self
            .faults
            .by_frequency()
            .into_iter()
            .map(|(kind, times)| (kind.to_owned(), times.into()))
            .collect();
        json!({
            "address": self.load.address,
            "clients": self.load.clients,
            "ratePerSecond": self.load.schedule.rate(),
            "durationSeconds": self.load.schedule.duration().as_secs_f64(),
            "connected": self.connected,
            "connectingSeconds": self.connecting.as_secs_f64(),
            "messages": self.load.schedule.messages(),
            "sent": self.figures.sent,
            "frames": self.figures.frames,
            "deliveries": self.figures.deliveries,
            "deliveriesPerSecond": self.per_second(),
            "lost": self.lost,
            "duplicated": self.figures.duplicated,
            "latencyMs": latency,
            "sentLateMs": {
                "p99": in_milliseconds(self.figures.lag.percentile(99.0)),
                "max": in_milliseconds(self.figures.lag.max()),
            },
            "errors": errors,
            "self": { "cores": self.used.cores, "memoryBytes": self.used.memory },
        })
    }
}

fn row(name: &str, value: &str, remark: &str) -> String {
    let line = format!("{name:<12}{value:>14}  {remark}");
    line.trim_end().to_owned()
}

/// As a table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = &self.load;
        writeln!(
            f,
            "{} clients, {} messages a second for {} s, against {}\n",
            grouped(load.clients as u64),
            load.schedule.rate(),
            load.schedule.duration().as_secs_f64(),
            load.address
        )?;
        let clients = grouped(load.clients as u64);
        let (messages, rate) = (
            grouped(load.schedule.messages()),
            rounded(self.per_second()),
        );
        let connected = format!("of {clients}, in {:.1} s", self.connecting.as_secs_f64());
        let deliveries = grouped(self.figures.deliveries);
        for row in [
            row("connected", &grouped(self.connected as u64), &connected),
            row(
                "sent",
                &grouped(self.figures.sent),
                &format!("of {messages}"),
            ),
            row("deliveries", &deliveries, &format!("{rate} a second")),
            row("lost", &grouped(self.lost), ""),
            row("duplicated", &grouped(self.figures.duplicated), ""),
            row("errors", &grouped(self.faults.total()), ""),
        ] {
            writeln!(f, "{row}")?;
        }
        for (kind, times) in self.faults.by_frequency() {
            writeln!(f, "{}", row("", &grouped(times), kind))?;
        }
        writeln!(f, "\nlatency, from when a message was due to each delivery")?;
        for (name, time) in self.percentiles() {
            let time = milliseconds(time);
            writeln!(f, "{}", row(&format!("  {name}"), &time, ""))?;
        }
        let (p99, max) = (self.figures.lag.percentile(99.0), self.figures.lag.max());
        writeln!(
            f,
            "\nof which this program sent late: p99 {}, max {}",
            milliseconds(p99),
            milliseconds(max)
        )?;
        let mut itself = format!(
            "this program used {:.0} % of a core",
            self.used.cores * 100.0
        );
        if let Some(bytes) = self.used.memory {
            let _ = write!(itself, " and {} MB", bytes / 1_000_000);
        }
        writeln!(f, "{itself}")?;
        if self.used.cores > BUSY {
            writeln!(
                f,
                "it was busy all the time, so the latencies may be its own; choose fewer clients or a lower rate"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Schedule;
    use super::*;

    fn report(cores: f64) -> Report {
        let load = Load {
            address: "ws://127.0.0.1:3001/dev".to_owned(),
            clients: 5_000,
            connect_rate: 500.0,
            schedule: Schedule::new(2.0, Duration::from_secs(2)),
            size: 0,
            introduced: false,
            settle: Duration::ZERO,
            timeout: Duration::ZERO,
        };
        let shared = Shared::new(3);
        let mut ledger = shared.ledger.borrow_mut();
        (0..3).for_each(|client| ledger.joined(client));
        let ms = Duration::from_millis;
        for at in [0, 500] {
            let number = ledger.intend(ms(at));
            ledger.sent(number, ms(at + 1));
            ledger.delivered(0, number, ms(at + 4));
            ledger.delivered(1, number, ms(at + 1_600));
        }
        ledger.delivered(1, 0, ms(2_000));
        drop(ledger);
        let fault = "gateway: Internal server error";
        shared.faults.borrow_mut().count(fault);
        let used = Used {
            cores,
            memory: Some(42_000_000),
        };
        Report::new(&load, 3, ms(10_040), ms(2_000), &shared, used)
    }

    #[test]
    fn the_table_has_all_figures() {
        let expected = "\
5,000 clients, 2 messages a second for 2 s, against ws://127.0.0.1:3001/dev

connected                3  of 5,000, in 10.0 s
sent                     2  of 4
deliveries               4  2 a second
lost                     2
duplicated               1
errors                   1
                         1  gateway: Internal server error

latency, from when a message was due to each delivery
  p50               4.0 ms
  p90             1,600 ms
  p99             1,600 ms
  p99.9           1,600 ms
  max             1,600 ms

of which this program sent late: p99 1.0 ms, max 1.0 ms
this program used 31 % of a core and 42 MB
";
        assert_eq!(report(0.31).to_string(), expected);
    }

    #[test]
    fn warns_when_the_program_itself_was_busy() {
        assert!(
            report(0.97)
                .to_string()
                .contains("it was busy all the time")
        );
    }

    #[test]
    fn json_has_the_same_figures() {
        let json = report(0.31).to_json();
        assert_eq!(json["deliveries"], 4);
        assert_eq!(json["deliveriesPerSecond"], 2.0);
        assert_eq!(json["lost"], 2);
        assert_eq!(json["errors"]["gateway: Internal server error"], 1);
        let p50 = json["latencyMs"]["p50"].as_f64().unwrap();
        assert!((4.0..4.01).contains(&p50), "{p50}");
    }

    #[test]
    fn a_single_failure_is_a_flaw() {
        assert!(!report(0.0).is_flawless());
        let mut flawless = report(0.0);
        (flawless.lost, flawless.figures.duplicated) = (0, 0);
        flawless.faults = Faults::default();
        assert!(flawless.is_flawless());
    }
}
