//! Raises the limits of this process for many connections, and measures the processor time and memory that it uses.

use std::time::{Duration, Instant};

use procfs_core::FromRead as _;
use procfs_core::process::Status;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Open files besides the connections: output, certificates and the runtime's own.
const OTHER_FILES: u64 = 64;

/// This system does not allow that many clients.
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
        /// Open files they need.
        needed: u64,
        /// Maximum number of open files.
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
        /// The number of available ports.
        ports: usize,
    },
}

/// Raises the limit of open files to what `clients` concurrent connections need.
///
/// # Errors
///
/// If the hard limit or the range of ports is too small.
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

/// How a limit compares with the need.
#[derive(Debug, PartialEq, Eq)]
enum Room {
    Enough,
    /// Enough after raising the limit to these values.
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

/// The number of ports in `range`, the first and the last port.
fn count_ports(range: &str) -> Option<usize> {
    let mut ends = range.split_whitespace().map(str::parse::<usize>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(last.checked_sub(first)? + 1)
}

/// Measures what this process uses from a point in time.
pub(super) struct Usage {
    since: Instant,
    cpu: Duration,
}

/// The resources that this process used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Used {
    /// Average number of busy cores.
    pub(super) cores: f64,
    /// Peak memory in bytes, where the system reports it.
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
    fn a_limit_is_raised_no_further_than_needed() {
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
    fn counts_processor_time() {
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
