//! Logging: one JSON object per line on standard output, with the fields of the invocation under `span`.
//!
//! `{"timestamp":"2024-11-11T13:45:46.514Z","level":"INFO","message":"broadcast","reached":3,"gone":0,"failed":0,
//! "target":"papo_lambdas::broadcast","span":{"requestId":"…","connectionId":"BFaT_fALIAMCKug=","route":"sendMessage",
//! "name":"invocation"}}`
//!
//! Lambda's log controls read `timestamp` and `level` (AWS Lambda Developer Guide, "Configuring JSON and plain text log
//! formats"). Message texts are never logged, at any level. Libraries, which do not know that rule, log warnings at most.

use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use tracing::Subscriber;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

/// Installs the subscriber and a panic hook that logs.
///
/// The level comes from `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets to the template's `ApplicationLogLevel`, or else from
/// `RUST_LOG` if that is a plain level; the default is `INFO`.
pub fn init() {
    let settings = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"].map(|name| std::env::var(name).ok());
    let level = level(settings.iter().flatten().map(String::as_str));
    // Fails only if a subscriber is installed already, and then that one is used.
    let _ = Registry::default()
        .with(layer(level, std::io::stdout))
        .try_init();
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        let reason = panic.payload_as_str().unwrap_or("no text");
        tracing::error!(reason, location, "panic");
    }));
}

/// The first setting that is a level. `FATAL` exists only in Lambda; nothing here is more severe than an error.
fn level<'a>(settings: impl IntoIterator<Item = &'a str>) -> LevelFilter {
    settings
        .into_iter()
        .find_map(|setting| match setting {
            // `LevelFilter` parses an empty string as ERROR.
            "" => None,
            "FATAL" => Some(LevelFilter::ERROR),
            other => other.parse().ok(),
        })
        .unwrap_or(LevelFilter::INFO)
}

/// The JSON layer: writes what is at least as severe as `level` to `writer`.
pub fn layer<S, W>(level: LevelFilter, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_writer(writer)
        .with_filter(
            Targets::new()
                .with_default(level.min(LevelFilter::WARN))
                .with_target(env!("CARGO_CRATE_NAME"), level)
                // Repeats what the panic hook has logged with the fields of the invocation.
                .with_target("lambda_runtime::layers::panic", LevelFilter::OFF),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn chosen<const N: usize>(settings: [&str; N], expected: LevelFilter) {
        assert_eq!(level(settings), expected, "{settings:?}");
    }

    #[test]
    fn uses_the_first_setting_that_is_a_level() {
        chosen([], LevelFilter::INFO);
        chosen(["DEBUG", "error"], LevelFilter::DEBUG);
        chosen(["FATAL"], LevelFilter::ERROR);
        chosen(["", "warn"], LevelFilter::WARN);
        chosen(["hyper=trace,info"], LevelFilter::INFO);
    }
}
