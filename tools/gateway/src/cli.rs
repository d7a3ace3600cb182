//! The command line: its options, and what they configure.

mod log;
mod values;

use std::{collections::BTreeMap, io, net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Parser, ValueEnum};
use papo_gateway::{
    Allowed, Config, Limits, Ready, absolute,
    template::{self, Overrides, Throttle},
};
use tokio::net::TcpListener;

/// A local API Gateway for WebSocket APIs, from an AWS SAM or CloudFormation template or a serverless.yml.
///
/// Runs the functions of the template unchanged, provides the Lambda Runtime API, DynamoDB and @connections to them, and
/// behaves towards clients like API Gateway. Once ready, it prints what runs and where.
#[derive(Debug, Parser)]
#[command(
    name = "gateway",
    version,
    after_help = "Example:\n  gateway --template template.yaml\n  npx wscat -c ws://127.0.0.1:3001/dev\n\n\
                  http://127.0.0.1:3001/_gateway/ shows connections, messages and functions; it fires schedules, injects \
                  faults and advances the clock.\n\n\
                  RUST_LOG sets the log filter, for instance RUST_LOG=debug."
)]
pub(crate) struct Cli {
    /// The SAM or CloudFormation template, a serverless.yml, the folder of one, or the cdk.out of a CDK app. By default, the
    /// template in the current folder. Can be repeated: exports of one stack are imports of the others.
    #[arg(long = "template", value_name = "FILE")]
    templates: Vec<PathBuf>,
    /// Accepted only so that the error can name `--template`.
    #[arg(hide = true, value_name = "FILE")]
    stray: Option<PathBuf>,
    /// Address to listen on; port 0 selects a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3001", value_parser = values::address)]
    listen: SocketAddr,
    /// Value of the template's parameter Stage; without such a parameter, the name of the stage to serve.
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Logical id of the WebSocket API to serve, where the template has several.
    #[arg(long, value_name = "API")]
    api: Option<String>,
    /// Value of a template parameter, or of something that the template refers to elsewhere, such as `ssm:/app/key`, which
    /// functions then read from Systems Manager too; can be repeated.
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = values::parameter)]
    parameters: Vec<(String, String)>,
    /// Do not run the function with this logical id; its routes answer `Internal server error`. Can be repeated.
    #[arg(long, value_name = "FUNCTION")]
    without: Vec<String>,
    /// Environment of `samconfig.toml`: its `parameter_overrides`, `stack_name`, `template_file` and `build_dir` are used.
    #[arg(long, value_name = "NAME")]
    config_env: Option<String>,
    /// Store the tables in this folder, so that they survive a restart.
    #[arg(
        help_heading = "Storage and sources",
        long,
        value_name = "DIR",
        conflicts_with = "memory"
    )]
    data: Option<PathBuf>,
    /// Keep the tables in memory (the default).
    #[arg(help_heading = "Storage and sources", long)]
    memory: bool,
    /// Serve the built web app in this folder on the same port.
    #[arg(help_heading = "Storage and sources", long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// Close a connection after this time without a message.
    #[arg(help_heading = "Limits", long, value_name = "TIME", default_value = "10m", value_parser = values::duration)]
    idle_timeout: Duration,
    /// Close a connection this long after its handshake.
    #[arg(help_heading = "Limits", long, value_name = "TIME", default_value = "2h", value_parser = values::duration)]
    max_duration: Duration,
    /// Maximum number of concurrent processes of one function.
    #[arg(help_heading = "Limits", long, value_name = "NUMBER", default_value_t = 16, value_parser = values::concurrency)]
    max_concurrency: usize,
    /// Limit of requests per second for connections, messages and calls to @connections together, with half of it as the
    /// burst; further requests get 429. An AWS account has 10000. Unlimited by default.
    #[arg(help_heading = "Limits", long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(1..))]
    account_rate: Option<u32>,
    /// Take the executables of functions with `BuildMethod: rust-cargolambda` from this folder instead of building them.
    #[arg(help_heading = "Storage and sources", long, value_name = "DIR")]
    functions: Option<PathBuf>,
    /// Let functions reach AWS, with the credentials and the region of this environment, for services that are not emulated.
    /// Without it, their requests to AWS are refused.
    #[arg(help_heading = "Access", long)]
    allow_aws: bool,
    /// Rebuild and restart functions when their sources or layers change; clients stay connected.
    #[arg(
        help_heading = "Storage and sources",
        long,
        conflicts_with = "functions"
    )]
    watch: bool,
    /// Let web pages of this origin (`scheme://host`) use the gateway; can be repeated, * allows all.
    #[arg(help_heading = "Access", long = "allow-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Accept requests for this host name besides those of this machine; can be repeated, * accepts all.
    #[arg(help_heading = "Access", long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,
    /// Format of the log on stderr.
    #[arg(help_heading = "Output", long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    log_format: Format,
    /// Format of what is printed to stdout once the gateway is ready.
    #[arg(help_heading = "Output", long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
    ready: Format,
}

/// Format of the output.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object per line, for programs.
    Json,
}

impl Cli {
    /// Starts the log.
    pub(crate) fn start_log(&self) {
        log::start(self.log_format);
    }

    /// Reads the template and combines it with the options.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        if let Some(file) = &self.stray {
            let file = file.display();
            bail!("unexpected argument {file}; a template is --template {file}");
        }
        let mut parameters = BTreeMap::new();
        for (key, value) in &self.parameters {
            if parameters.insert(key.clone(), value.clone()).is_some() {
                bail!("--parameter {key} is given twice");
            }
        }
        let environment = self.config_env.as_deref();
        let current = [PathBuf::new()];
        let given = if self.templates.is_empty() {
            &current
        } else {
            &self.templates[..]
        };
        let mut files = Vec::new();
        for path in given {
            files.extend(template::locate(path, environment)?);
        }
        let overrides = Overrides {
            parameters,
            stage: self.stage.clone(),
            api: self.api.clone(),
            without: self.without.clone(),
            environment: self.config_env.clone(),
        };
        let mut stack = template::load(&files, &overrides)?;
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
            allow_aws: self.allow_aws,
            launcher: std::env::current_exe().ok(),
        })
    }

    /// What is printed once the gateway is ready.
    pub(crate) fn ready(&self, ready: &Ready) -> String {
        match self.ready {
            Format::Text => ready.to_string(),
            Format::Json => ready.json(),
        }
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
                    "{address} is in use; stop the process that listens there, or choose another address with --listen"
                )
            }
            Err(error) => return Err(error).with_context(|| format!("cannot listen on {address}")),
        };
        if !address.ip().is_loopback() {
            tracing::warn!(
                "listening on {address}: anyone who reaches this machine can connect, post to every connection and \
                 fire schedules; signatures are not checked"
            );
        }
        Ok(listener)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
