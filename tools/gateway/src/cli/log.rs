//! The log on stderr.

use std::io;

use papo_gateway::LogBuffer;
use tracing_subscriber::{
    EnvFilter, fmt::time::FormatTime, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::Format;

/// The log filter unless `RUST_LOG` sets another. A request that DynamoDB rejects, such as a failed condition, concerns the
/// function and is often intended.
const FILTER: &str = "info,dynoxide=error";

/// Sends the log to stderr; stdout is for [`papo_gateway::Ready`].
pub(super) fn start(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        // The reader of stderr may be gone, which must not end the gateway.
        .log_internal_errors(false);
    match format {
        Format::Text => {
            log.with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
                .with_target(false)
                .with_timer(Clock)
                .finish()
                .with(LogBuffer)
                .init();
        }
        Format::Json => log
            .json()
            .flatten_event(true)
            .finish()
            .with(LogBuffer)
            .init(),
    }
}

/// Time of day in UTC, without the date: the log is read while it is written.
struct Clock;

impl FormatTime for Clock {
    fn format_time(
        &self,
        writer: &mut tracing_subscriber::fmt::format::Writer<'_>,
    ) -> std::fmt::Result {
        write!(
            writer,
            "{}",
            jiff::Timestamp::now().strftime("%H:%M:%S%.3f")
        )
    }
}
