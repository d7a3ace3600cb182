//! What the system lets one program have, and what this one uses of it.

use std::time::{Duration, Instant};

use procfs_core::FromRead as _;
use procfs_core::process::Status;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Files that are open beside the connections: output, certificates, the runtime's own.
const OTHER_FILES: u64 = 64;

/// Why there cannot be so many clients on this system.
#[derive(Debug, thiserror::Error)]
pub enum SystemError {
    /// Each connection is a file.
    #[error(
        "{clients} clients need {needed} open files, and this system allows {allowed}; \
        raise it, as root, with: ulimit -Hn {needed}, or ask for fewer clients"
    )]
    Files {
        /// How many were asked for.
        clients: usize,
        /// Open files that they need.
        needed: u64,
        /// Open files that they may have at most.
        allowed: u64,
    },
    /// Each connection to one address needs its own port.
    #[error(
        "{clients} clients need a port each, and this system has {ports} for connections to one address; \
        ask for fewer clients, or widen net.ipv4.ip_local_port_range"
    )]
    Ports {
        /// How many were asked for.
        clients: usize,
        /// Ports that there are.
        ports: usize,
    },
}

/// Lets this program have `clients` connections at the same time, as far as it may decide that itself.
///
/// # Errors
///
/// If it may not.
pub fn make_room(clients: usize) -> Result<(), SystemError> {
    let ports = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    if let Some(ports) = ports.ok().as_deref().and_then(count_ports)
        && clients > ports
    {
        return Err(SystemError::Ports { clients, ports });
    }
    let needed = clients as u64 + OTHER_FILES;
    let limits = getrlimit(Resource::Nofile);
    match wanted(limits, needed) {
        Room::Enough => Ok(()),
        Room::Raise(limits) if setrlimit(Resource::Nofile, limits).is_ok() => Ok(()),
        Room::Raise(_) | Room::TooLittle => Err(SystemError::Files {
            clients,
            needed,
            allowed: limits.maximum.unwrap_or(u64::MAX),
        }),
    }
}

/// Whether there is room for something.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Enough,
    /// With these limits there is.
    Raise(Rlimit),
    TooLittle,
}

fn wanted(limits: Rlimit, needed: u64) -> Room {
    let enough = |limit: Option<u64>| limit.is_none_or(|limit| limit >= needed);
    if enough(limits.current) {
        Room::Enough
    } else if enough(limits.maximum) {
        Room::Raise(Rlimit {
            current: Some(needed),
            ..limits
        })
    } else {
        Room::TooLittle
    }
}

/// Reads the first port and the last one.
fn count_ports(range: &str) -> Option<usize> {
    let mut ends = range.split_whitespace().map(str::parse::<usize>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(last.checked_sub(first)? + 1)
}

/// What this program has used since a moment.
pub(super) struct Usage {
    since: Instant,
    cpu: Duration,
}

/// What this program used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Of one core, on average; 1 is all of it.
    pub(super) cores: f64,
    /// The most memory that it had, in bytes, where the system tells it.
    pub(super) memory: Option<u64>,
}

impl Usage {
    pub(super) fn begin() -> Self {
        Self {
            since: Instant::now(),
            cpu: cpu_time(),
        }
    }

    pub(super) fn end(&self) -> Used {
        let busy = cpu_time().saturating_sub(self.cpu);
        let status = Status::from_file("/proc/self/status");
        Used {
            cores: busy.as_secs_f64() / self.since.elapsed().as_secs_f64().max(1e-9),
            memory: status.ok().and_then(|it| it.vmhwm).map(|kib| kib * 1024),
        }
    }
}

fn cpu_time() -> Duration {
    // The clock counts up from the start of the process, so it is never negative.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_raised_only_as_far_as_it_must() {
        let limits = |current, maximum| Rlimit { current, maximum };
        let (low, high) = (Some(1_024), Some(20_000));
        assert_eq!(wanted(limits(low, high), 1_024), Room::Enough);
        assert_eq!(wanted(limits(None, None), 1_000_000), Room::Enough);
        assert_eq!(
            wanted(limits(low, high), 5_064),
            Room::Raise(limits(Some(5_064), high))
        );
        assert_eq!(wanted(limits(low, high), 20_001), Room::TooLittle);
    }

    #[test]
    fn more_clients_than_ports_or_files_are_refused_with_a_remedy() {
        let message = make_room(1_000_000).unwrap_err().to_string();
        assert!(message.starts_with("1000000 clients need "), "{message}");
        assert!(message.contains("fewer clients"), "{message}");
        make_room(1).unwrap();
    }

    #[test]
    fn a_malformed_range_of_ports_is_ignored() {
        assert_eq!(count_ports("32768\t60999\n"), Some(28_232));
        assert_eq!(count_ports("60999 32768"), None);
        assert_eq!(count_ports(""), None);
    }

    #[test]
    fn time_of_the_processor_is_counted() {
        let usage = Usage::begin();
        let until = Instant::now() + Duration::from_millis(20);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let used = usage.end();
        assert!(used.cores > 0.0);
        #[cfg(target_os = "linux")]
        assert!(used.memory > Some(100_000), "{used:?}");
    }
}
