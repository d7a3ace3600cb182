//! Lambda functions, each run by as many processes as its concurrent invocations need.
//!
//! The rest of the gateway uses `Function::invoke`. Behind it, `build` finds the program of a function, `bundle` runs its
//! bundler, `runtime` finds its interpreter, and `executable` tells whether this machine can run it; `environment` decides its
//! variables, and `pool` which process runs which invocation; `process` talks to one process over `runtime_api`, `child` starts
//! and ends it, and `logs` copies its output. `faults` makes invocations fail or last longer.

pub(crate) mod build;
pub(crate) mod build_error;
mod bundle;
pub(crate) mod child;
pub(crate) mod environment;
mod executable;
pub(crate) mod failure;
pub(crate) mod faults;
mod hint;
mod logs;
mod pool;
mod process;
pub(crate) mod runtime;

use std::{
    collections::HashMap,
    num::NonZero,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until},
};

pub(crate) use self::failure::Failure;
use self::{
    child::Launch,
    failure::MAX_WAITING,
    faults::Faults,
    pool::{Growth, Limits, Pool, ProcessId, Submitted},
};
use crate::{tasks::Tasks, template};

/// A Lambda function, ready to be invoked.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) spec: template::Function,
    /// Faults that a developer injects.
    pub(crate) faults: Faults,
    launch: Launch,
    state: Mutex<State>,
    tasks: Tasks,
}

#[derive(Debug)]
struct State {
    pool: Pool<Invocation>,
    /// How to reach the idle processes.
    idle: HashMap<ProcessId, oneshot::Sender<Invocation>>,
    /// Whether a task waits for the time at which the pool may need another process.
    growth_is_scheduled: bool,
}

/// One invocation on its way to a process.
#[derive(Debug)]
struct Invocation {
    caller: Option<String>,
    request_id: String,
    trace_id: String,
    event: Bytes,
    answer: oneshot::Sender<Result<Bytes, Failure>>,
}

impl Invocation {
    fn answer(self, result: Result<Bytes, Failure>) {
        // The caller may have stopped waiting.
        let _ = self.answer.send(result);
    }
}

/// The next invocation for a process.
enum Next {
    Now(Invocation),
    Later(oneshot::Receiver<Invocation>),
    /// The process runs outdated code.
    Never,
}

impl Function {
    /// A function without processes.
    pub(crate) fn new(
        spec: template::Function,
        launch: Launch,
        max_concurrency: usize,
        tasks: Tasks,
    ) -> Arc<Self> {
        let max = spec
            .reserved_concurrency
            .unwrap_or(max_concurrency)
            .min(max_concurrency);
        let limits = Limits {
            processes: max,
            // One if the system does not say.
            cores: std::thread::available_parallelism().map_or(1, NonZero::get),
            waiting: MAX_WAITING,
        };
        let state = State {
            pool: Pool::new(limits),
            idle: HashMap::new(),
            growth_is_scheduled: false,
        };
        Arc::new(Self {
            spec,
            faults: Faults::default(),
            launch,
            state: Mutex::new(state),
            tasks,
        })
    }

    /// Invokes the function and waits for its result.
    ///
    /// # Cancel safety
    /// When dropped, the invocation runs nevertheless, as on Lambda.
    pub(crate) async fn invoke(
        self: &Arc<Self>,
        event: String,
        trace_id: String,
    ) -> Result<Bytes, Failure> {
        self.invoke_for(None, event, trace_id).await
    }

    /// The same for a `caller`. Callers take turns when processes are scarce.
    pub(crate) async fn invoke_for(
        self: &Arc<Self>,
        caller: Option<String>,
        event: String,
        trace_id: String,
    ) -> Result<Bytes, Failure> {
        if let Err(failure) = self.faults.inject().await {
            tracing::warn!("{}: {failure}", self.spec.logical_id);
            return Err(failure);
        }
        let (answer, result) = oneshot::channel();
        let request_id = crate::ids::uuid();
        self.submit(Invocation {
            caller,
            request_id,
            trace_id,
            event: Bytes::from(event),
            answer,
        });
        let result = tokio::select! {
            result = result => result.unwrap_or(Err(Failure::Ending)),
            () = self.tasks.ending.cancelled() => Err(Failure::Ending),
        };
        if let Err(failure) = &result {
            tracing::error!("{}: {failure}", self.spec.logical_id);
        }
        result
    }

    fn submit(self: &Arc<Self>, mut invocation: Invocation) {
        if self.tasks.ending.is_cancelled() {
            return invocation.answer(Err(Failure::Ending));
        }
        let mut state = self.lock();
        loop {
            let caller = invocation.caller.clone();
            let submitted = state
                .pool
                .submit(invocation, caller.as_deref(), Instant::now());
            match submitted {
                Submitted::Hand(process, job) => match state.idle.remove(&process) {
                    Some(idle) => match idle.send(job) {
                        Ok(()) => return,
                        // It has just ended; the pool counts it as busy until its end is reported.
                        Err(returned) => invocation = returned,
                    },
                    None => invocation = job,
                },
                Submitted::Queued => return self.grow(&mut state),
                Submitted::Refused(job) => return job.answer(Err(Failure::Overloaded)),
            }
        }
    }

    /// Starts the processes that the queued invocations need, now and when they have waited long enough.
    fn grow(self: &Arc<Self>, state: &mut State) {
        if self.tasks.ending.is_cancelled() {
            return;
        }
        let time = loop {
            match state.pool.grow(Instant::now()) {
                Growth::Start(process) => self.start(process),
                Growth::At(time) => break time,
                Growth::Enough => return,
            }
        };
        if std::mem::replace(&mut state.growth_is_scheduled, true) {
            return;
        }
        let function = Arc::clone(self);
        self.tasks.spawn(async move {
            sleep_until(time).await;
            let mut state = function.lock();
            state.growth_is_scheduled = false;
            function.grow(&mut state);
        });
    }

    /// Makes new invocations run in new processes. Running invocations are finished.
    pub(crate) fn renew(&self) {
        let mut state = self.lock();
        state.pool.renew();
        // Idle processes see that no invocation will come, and end as renewed.
        state.idle.clear();
    }

    /// The executable.
    pub(crate) fn program(&self) -> &Path {
        &self.launch.program
    }

    fn next(self: &Arc<Self>, process: ProcessId) -> Next {
        let mut state = self.lock();
        if state.pool.is_outdated(process) {
            return Next::Never;
        }
        if let Some(invocation) = state.pool.ready(process, Instant::now()) {
            self.grow(&mut state);
            return Next::Now(invocation);
        }
        let (sender, receiver) = oneshot::channel();
        state.idle.insert(process, sender);
        Next::Later(receiver)
    }

    fn start(self: &Arc<Self>, id: ProcessId) {
        let function = Arc::clone(self);
        self.tasks.tracker.spawn(async move {
            tracing::debug!("{}: a process starts", function.spec.logical_id);
            let reason = process::run(&function, id).await;
            function.has_ended(id, reason);
        });
    }

    fn has_ended(self: &Arc<Self>, id: ProcessId, reason: Failure) {
        let name = &self.spec.logical_id;
        match reason {
            // The runtime has logged the error that it reports, and the invocation fails with it.
            Failure::Ending | Failure::Retired | Failure::Renewed | Failure::Reported { .. } => {
                tracing::debug!("{name}: a process has exited: {reason}");
            }
            _ => tracing::warn!("{name}: a process has exited: {reason}"),
        }
        let Launch {
            folder, program, ..
        } = &self.launch;
        if let Some(command) = hint::hint(&self.spec.code, folder, program, &reason) {
            tracing::warn!("{name}: to install what it needs, run: {command}");
        }
        let mut state = self.lock();
        state.idle.remove(&id);
        let fails = state.pool.ended(id);
        self.grow(&mut state);
        drop(state);
        if let Some(invocation) = fails {
            invocation.answer(Err(reason));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic halfway through an update.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
