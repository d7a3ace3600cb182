//! The log: one JSON object a line on standard output, the fields of the invocation in every line.
//!
//! `{"timestamp":"2024-11-11T13:45:46.514Z","level":"INFO","requestId":"…","connectionId":"BFaT_fALIAMCKug=",
//! "route":"sendMessage","message":"broadcast","reached":3,"gone":0,"failed":0}`
//!
//! `timestamp` and `level` are what Lambda's log controls look for (AWS Lambda Developer Guide, "Configuring JSON and
//! plain text log formats"). What people write is never logged, at no level; libraries, which do not know that, are held
//! at warnings.

use std::fmt;
use std::io::Write;

use jiff::Timestamp;
use lambda_runtime::tracing::subscriber::Layer;
use lambda_runtime::tracing::subscriber::filter::{LevelFilter, Targets};
use lambda_runtime::tracing::subscriber::layer::{Context, SubscriberExt};
use lambda_runtime::tracing::subscriber::registry::{LookupSpan, Registry, Scope};
use lambda_runtime::tracing::subscriber::util::SubscriberInitExt;
use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};

/// Starts logging, panics included.
///
/// The level comes from `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets to the template's `ApplicationLogLevel`, else from
/// `RUST_LOG`, if that is a level and not a list of directives; it is `INFO` otherwise.
pub fn init() {
    let settings = ["AWS_LAMBDA_LOG_LEVEL", "RUST_LOG"].map(|name| std::env::var(name).ok());
    let level = level(settings.iter().flatten().map(String::as_str));
    // Fails only if there is a log already, and then that one is as good.
    let _ = Registry::default().with(layer(level, to_stdout)).try_init();
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        let reason = panic.payload_as_str().unwrap_or("no text");
        tracing::error!(reason, location, "panic");
    }));
}

/// The first setting that is a level. `FATAL` is Lambda's, and nothing here is worse than an error.
fn level<'a>(settings: impl IntoIterator<Item = &'a str>) -> LevelFilter {
    settings
        .into_iter()
        .find_map(|setting| match setting {
            // The filter would take an empty string for an error.
            "" => None,
            "FATAL" => Some(LevelFilter::ERROR),
            other => other.parse().ok(),
        })
        .unwrap_or(LevelFilter::INFO)
}

/// Hands each line of at least `level`, with its line feed, to `write`.
pub fn layer<S>(level: LevelFilter, write: impl Fn(&[u8]) + Send + Sync + 'static) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    Lines { write }.with_filter(
        Targets::new()
            .with_default(level.min(LevelFilter::WARN))
            .with_target(env!("CARGO_CRATE_NAME"), level)
            // It repeats what has been logged with the fields of the invocation.
            .with_target("lambda_runtime::layers::panic", LevelFilter::OFF),
    )
}

/// One call a line, so that lines of several processes on one pipe do not mix. A closed pipe is no reason to stop working.
fn to_stdout(line: &[u8]) {
    let _ = std::io::stdout().lock().write_all(line);
}

struct Lines<W> {
    write: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&[u8]) + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Fields::default();
        line.add("timestamp", format!("{:.3}", Timestamp::now()));
        line.add("level", metadata.level().as_str());
        let spans = context.event_scope(event).map(Scope::from_root);
        for span in spans.into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend_from_slice(&fields.0);
            }
        }
        event.record(&mut line);
        // A library's line says which one it is.
        if metadata.target().split("::").next() != Some(env!("CARGO_CRATE_NAME")) {
            line.add("target", metadata.target());
        }
        // Strings, numbers and string keys only: serialising them into memory cannot fail.
        let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
        bytes.push(b'\n');
        (self.write)(&bytes);
    }
}

/// Names and values in the order in which they came.
#[derive(Clone, Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn add(&mut self, name: &'static str, value: impl Into<Value>) {
        self.0.push((name, value.into()));
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field.name(), value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field.name(), value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn chosen<const N: usize>(settings: [&str; N], expected: LevelFilter) {
        assert_eq!(level(settings), expected, "{settings:?}");
    }

    #[test]
    fn the_first_setting_that_is_a_level_counts() {
        chosen([], LevelFilter::INFO);
        chosen(["DEBUG", "error"], LevelFilter::DEBUG);
        chosen(["FATAL"], LevelFilter::ERROR);
        chosen(["", "warn"], LevelFilter::WARN);
        chosen(["hyper=trace,info"], LevelFilter::INFO);
    }
}
