//! Stacks as [`Hooks`]: they do what only their operator can do.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tempfile::TempDir;

use super::{Builder, Stack, gateway};
use crate::endpoint::Endpoint;
use crate::player::Hooks;
use crate::transcript::Hook;

/// A stack that can be restarted: its tables are kept in a temporary directory. It ends when it is dropped.
#[must_use = "the stack ends when it is dropped"]
pub struct LocalStack {
    inner: Arc<Inner>,
    endpoint: Endpoint,
}

struct Inner {
    /// Restarts it at the same address.
    builder: Builder,
    /// `None` if restarting failed.
    stack: Mutex<Option<Stack>>,
    _data: TempDir,
}

impl LocalStack {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub fn start(builder: Builder) -> Result<Self> {
        let data = tempfile::tempdir().context("cannot create a temporary directory")?;
        let builder = builder.data(data.path());
        let stack = builder.clone().start()?;
        let endpoint = stack.endpoint().clone();
        let address: SocketAddr = endpoint
            .authority()
            .parse()
            .with_context(|| format!("the gateway listens at {endpoint}"))?;
        Ok(Self {
            inner: Arc::new(Inner {
                builder: builder.listen(address),
                stack: Mutex::new(Some(stack)),
                _data: data,
            }),
            endpoint,
        })
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// What the gateway has printed since its last start.
    pub fn log(&self) -> String {
        let stack = self.inner.stack.lock();
        let stack = stack.unwrap_or_else(PoisonError::into_inner);
        stack.as_ref().map(Stack::log).unwrap_or_default()
    }
}

impl Inner {
    fn restart(&self) -> Result<()> {
        let mut stack = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stack) = stack.take() {
            stack.stop()?;
        }
        *stack = Some(self.builder.clone().start()?);
        Ok(())
    }
}

impl Hooks for LocalStack {
    fn can(&self, _: &Hook) -> bool {
        true
    }

    fn run<'a>(&'a self, hook: &'a Hook) -> BoxFuture<'a, Result<(), String>> {
        match hook {
            Hook::FireSchedule(name) => fire(&self.endpoint, name),
            Hook::RestartGateway => {
                let inner = Arc::clone(&self.inner);
                blocking(move || inner.restart())
            }
        }
    }
}

/// A gateway on this machine that was started elsewhere.
pub struct RunningGateway {
    endpoint: Endpoint,
}

impl RunningGateway {
    /// The gateway at `endpoint`, if that is on this machine.
    pub fn at(endpoint: &Endpoint) -> Option<Self> {
        endpoint.is_on_this_machine().then(|| Self {
            endpoint: endpoint.clone(),
        })
    }
}

impl Hooks for RunningGateway {
    fn can(&self, hook: &Hook) -> bool {
        matches!(hook, Hook::FireSchedule(_))
    }

    fn run<'a>(&'a self, hook: &'a Hook) -> BoxFuture<'a, Result<(), String>> {
        match hook {
            Hook::FireSchedule(name) => fire(&self.endpoint, name),
            Hook::RestartGateway => {
                let error = "it was not started by this program".to_owned();
                async move { Err(error) }.boxed()
            }
        }
    }
}

fn fire(endpoint: &Endpoint, name: &str) -> BoxFuture<'static, Result<(), String>> {
    let (endpoint, name) = (endpoint.clone(), name.to_owned());
    blocking(move || gateway::fire(&endpoint, &name).map(drop))
}

fn blocking(
    work: impl FnOnce() -> Result<()> + Send + 'static,
) -> BoxFuture<'static, Result<(), String>> {
    async move {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result.map_err(|error| format!("{error:#}")),
            Err(error) => Err(error.to_string()),
        }
    }
    .boxed()
}
