//! Parses the values of options.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use jiff::SignedDuration;

const MIN_DURATION: Duration = Duration::from_millis(1);
const MAX_DURATION: Duration = Duration::from_hours(1_000);

/// An address with its port, or a port of this machine.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").unwrap_or(text);
    let port = local.parse().ok();
    port.map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .or_else(|| text.parse().ok())
        .ok_or_else(|| {
            "expected an address with its port, such as 127.0.0.1:3001 or [::1]:3001".to_owned()
        })
}

/// A key and its value.
pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A number of processes.
pub(super) fn concurrency(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000).contains(number))
        .ok_or_else(|| "expected 1 to 1000".to_owned())
}

/// A duration such as `500ms`, `30s`, `10m` or `2h`, with the syntax and the errors of papagaio's `duration::parse`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if text.parse::<f64>().is_ok() {
        return Err(format!(
            "\"{text}\" has no unit; write {text} ms or {text} s"
        ));
    }
    let duration = text.parse::<SignedDuration>().ok();
    let duration = duration
        .and_then(|duration| Duration::try_from(duration).ok())
        .ok_or_else(|| {
            format!("\"{text}\" is not a duration; write for example 300 ms, 5 s or 2 min")
        })?;
    if !(MIN_DURATION..=MAX_DURATION).contains(&duration) {
        return Err(format!("\"{text}\" is not from 1 ms to 1000 h"));
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_limit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        for wrong in ["", "10", "m", "0s", "-1s", "99999999999999999999s", "1001h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_read_as_by_papagaio() {
        for text in [
            "500ms", "30 s", "1.5 s", "10m", "1h 30m", "", "10", "m", "-1s",
        ] {
            assert_eq!(duration(text), papagaio::duration::parse(text), "{text}");
        }
    }

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        let local = Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, 3001)));
        for text in ["3001", "localhost:3001", "127.0.0.1:3001"] {
            assert_eq!(address(text), local, "{text}");
        }
        assert!(address("[::1]:0").is_ok());
        for wrong in ["", "localhost", "example.com:3001", "70000", "127.0.0.1"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
