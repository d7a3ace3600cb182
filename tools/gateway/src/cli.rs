//! The command line.

use std::{collections::BTreeMap, io, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use papo_gateway::{
    Allowed, Config, Limits,
    gateway::{absolute, is_private},
    template::{self, Overrides, Throttle},
};
use tokio::net::TcpListener;
use tracing_subscriber::{EnvFilter, fmt::time::FormatTime};

/// What is logged unless `RUST_LOG` says otherwise. A request that DynamoDB refuses, such as one whose condition does not
/// hold, is the function's business and often no mistake.
const FILTER: &str = "info,dynoxide=error";

/// API Gateway for WebSocket APIs on one machine, from an AWS SAM template.
///
/// Runs the functions of the template as they are, speaks the Lambda Runtime API to them, gives them DynamoDB and
/// @connections, and behaves towards clients as API Gateway does. Once ready, it prints what runs and where.
#[derive(Debug, Parser)]
#[command(
    name = "gateway",
    version,
    after_help = "Example:\n  gateway --template template.yaml\n  npx wscat -c ws://127.0.0.1:3001/dev\n\n\
                  A schedule is fired at once with\n  \
                  curl -X POST http://127.0.0.1:3001/_gateway/schedules/FUNCTION\n\n\
                  RUST_LOG chooses what is logged, for instance RUST_LOG=debug."
)]
pub(crate) struct Cli {
    /// The SAM template.
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// Address to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
    /// Value of the template's parameter Stage; where it has none, the stage's name.
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Value of a parameter of the template; may be repeated.
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = parse_parameter)]
    parameters: Vec<(String, String)>,
    /// Keep the tables in this folder, so that they survive a restart.
    #[arg(long, value_name = "DIR", conflicts_with = "memory")]
    data: Option<PathBuf>,
    /// Keep the tables in memory (the default).
    #[arg(long)]
    memory: bool,
    /// Serve the built web app in this folder on the same port.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Close a connection after this time without a message.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = parse_time)]
    idle_timeout: Duration,
    /// Close a connection after this time.
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = parse_time)]
    max_duration: Duration,
    /// Most processes of one function at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 16, value_parser = parse_concurrency)]
    max_concurrency: usize,
    /// Requests a second that connections, messages and calls to @connections may make together, half as many at once;
    /// beyond it they get 429. AWS gives an account 10000. Without it they are not counted.
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..))]
    account_rate: Option<u32>,
    /// Take the executables of functions with `BuildMethod: rust-cargolambda` from this folder instead of building them.
    #[arg(long, value_name = "DIR")]
    functions: Option<PathBuf>,
    /// Build functions anew and restart them when their sources change; clients stay connected.
    #[arg(long, conflicts_with = "functions")]
    watch: bool,
    /// Let web pages of this origin (`scheme://host`) use the gateway; may be repeated, * allows all.
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Accept requests for this host name besides those of this machine; may be repeated, * accepts all.
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Form of the log on stderr.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

impl Cli {
    /// Sends the log to stderr; stdout is for what is ready.
    pub(crate) fn start_log(&self) {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(io::stderr)
            // Whoever started the gateway may have stopped listening; that must not bring it down.
            .log_internal_errors(false);
        match self.log_format {
            LogFormat::Text => {
                log.with_ansi(io::IsTerminal::is_terminal(&io::stderr()))
                    .with_target(false)
                    .with_timer(Clock)
                    .init();
            }
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
    }

    /// Reads the template, and puts together what the gateway is to run.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let mut parameters = BTreeMap::new();
        for (key, value) in &self.parameters {
            if parameters.insert(key.clone(), value.clone()).is_some() {
                bail!("--parameter {key} is given twice");
            }
        }
        let mut stack = template::load(
            &self.template,
            &Overrides {
                parameters,
                stage: self.stage.clone(),
            },
        )?;
        stack.api.throttles.account = self.account_rate.map(|rate| Throttle {
            rate: f64::from(rate),
            burst: rate.div_ceil(2),
        });
        Ok(Config {
            stack,
            data: self.data.as_deref().map(absolute),
            site: self.site.as_deref().map(absolute),
            limits: Limits {
                idle_timeout: self.idle_timeout,
                max_duration: self.max_duration,
            },
            allowed: Allowed {
                origins: self.origins.clone(),
                hosts: self.hosts.clone(),
            },
            max_concurrency: self.max_concurrency,
            functions: self.functions.as_deref().map(absolute),
            launcher: std::env::current_exe().ok(),
        })
    }

    /// Whether the sources of functions are watched.
    pub(crate) fn watches(&self) -> bool {
        self.watch
    }

    /// Binds the address.
    pub(crate) async fn listen(&self) -> anyhow::Result<TcpListener> {
        let address = self.listen;
        let listener = match TcpListener::bind(address).await {
            Ok(listener) => listener,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                bail!(
                    "{address} is in use; end what listens there, or choose another address with --listen"
                )
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {address}")),
        };
        if !is_private(address) {
            tracing::warn!(
                "listening on {address}: whoever reaches this machine can connect, post to every connection and run \
                 the schedules; signatures are not checked"
            );
        }
        Ok(listener)
    }
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("KEY=VALUE is wanted")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn parse_concurrency(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=1_000).contains(number))
        .ok_or_else(|| "1 to 1000 is wanted".to_owned())
}

/// `500ms`, `30s`, `10m` or `2h`.
fn parse_time(text: &str) -> Result<Duration, String> {
    const WANTED: &str = "a time such as 500ms, 30s, 10m or 2h is wanted, at most 1000h";
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or(WANTED)?;
    let number: u64 = text[..split].parse().map_err(|_| WANTED)?;
    let milliseconds = match &text[split..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(WANTED.to_owned()),
    };
    let total = number
        .checked_mul(milliseconds)
        .filter(|total| (1..=3_600_000_000).contains(total))
        .ok_or(WANTED)?;
    Ok(Duration::from_millis(total))
}

/// Time of day in UTC: the log of an afternoon is read, not archived.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        assert_eq!(parse_time("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(parse_time("2h"), Ok(Duration::from_hours(2)));
        for wrong in [
            "",
            "10",
            "m",
            "0s",
            "-1s",
            "1d",
            "99999999999999999999s",
            "999999999999h",
        ] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
