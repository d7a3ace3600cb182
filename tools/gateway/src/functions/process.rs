//! The life cycle of one process of a function: it starts, asks for an invocation, runs it, and asks for the next, until it
//! ends.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};

use super::{Failure, Function, Invocation, Next, child::Child, pool::ProcessId};
use crate::{
    clock,
    runtime_api::{Acknowledgement, Call, Report, RuntimeApi, TooLarge, Work},
};

/// Lambda allows 10 s for initialisation, and retries it within the timeout of the first invocation.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a process may be idle before it is ended. Lambda does so too, after an undocumented time.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// How long to wait for the last calls of a process that has ended: it may end right after its response.
const LAST_CALLS_TIMEOUT: Duration = Duration::from_millis(100);
/// How long a process that has reported a failed initialisation may take to end by itself.
const EXIT_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs one process from start to end; returns why it ended.
pub(super) async fn run(function: &Arc<Function>, id: ProcessId) -> Failure {
    let api = match RuntimeApi::start().await {
        Ok(api) => api,
        Err(error) => return Failure::NotStarted(error.to_string()),
    };
    let child = match Child::start(&function.launch, &api.address.to_string()) {
        Ok(child) => child,
        Err(error) => {
            return Failure::NotStarted(format!("{}: {error}", function.launch.program.display()));
        }
    };
    let mut process = Process {
        function: Arc::clone(function),
        api,
        child,
        asks: None,
        ended: None,
    };
    let reason = tokio::select! {
        reason = process.live(id) => reason,
        () = function.tasks.ending.cancelled() => Failure::Ending,
    };
    process.child.stop().await;
    reason
}

struct Process {
    function: Arc<Function>,
    api: RuntimeApi,
    child: Child,
    /// The pending request for an invocation.
    asks: Option<oneshot::Sender<Work>>,
    /// How the process ended, once it has ended.
    ended: Option<String>,
}

/// An event in the life of a process.
enum Event {
    Called(Call),
    Ended(String),
    TimeIsUp,
}

impl Process {
    async fn live(&mut self, id: ProcessId) -> Failure {
        let initialisation = INIT_TIMEOUT + self.function.spec.timeout;
        if let Err(failure) = self
            .wait_for_next(Instant::now() + initialisation, initialisation)
            .await
        {
            return failure;
        }
        loop {
            let invocation = match self.function.next(id) {
                Next::Now(invocation) => invocation,
                Next::Never => return Failure::Renewed,
                Next::Later(handed) => match self.idle(handed).await {
                    Ok(invocation) => invocation,
                    Err(failure) => return failure,
                },
            };
            if let Err(failure) = self.work(invocation).await {
                return failure;
            }
        }
    }

    /// The next call of the process, or its end.
    ///
    /// # Cancel safety
    /// Cancel safe.
    async fn event(&mut self, deadline: Instant) -> Event {
        if self.ended.is_none() {
            self.ended = tokio::select! {
                biased;
                Some(call) = self.api.calls.recv() => return Event::Called(call),
                () = sleep_until(deadline) => return Event::TimeIsUp,
                ended = self.child.ended() => Some(ended),
            };
        }
        match timeout(LAST_CALLS_TIMEOUT, self.api.calls.recv()).await {
            Ok(Some(call)) => Event::Called(call),
            _ => Event::Ended(self.ended.clone().unwrap_or_default()),
        }
    }

    /// Waits for `GET /next`.
    async fn wait_for_next(&mut self, deadline: Instant, limit: Duration) -> Result<(), Failure> {
        while self.asks.as_ref().is_none_or(oneshot::Sender::is_closed) {
            match self.event(deadline).await {
                Event::Called(Call::Next(asks)) => self.asks = Some(asks),
                Event::Called(Call::InitFailed(report, reply)) => {
                    let _ = reply.send(Acknowledgement::Accepted);
                    // The process has yet to receive the response, and may log the error before it ends by itself.
                    let _ = timeout(EXIT_TIMEOUT, self.child.ended()).await;
                    return Err(reported(report));
                }
                Event::Called(call) => refuse(call),
                Event::Ended(how) => return Err(Failure::Exited(how)),
                Event::TimeIsUp => return Err(Failure::TimedOut(limit)),
            }
        }
        Ok(())
    }

    /// Waits for an invocation.
    async fn idle(
        &mut self,
        mut handed: oneshot::Receiver<Invocation>,
    ) -> Result<Invocation, Failure> {
        let deadline = Instant::now() + IDLE_TIMEOUT;
        let reason = loop {
            let event = tokio::select! {
                biased;
                handed = &mut handed => return handed.map_err(|_| Failure::Renewed),
                event = self.event(deadline) => event,
            };
            match event {
                Event::Called(Call::Next(asks)) => self.asks = Some(asks),
                Event::Called(call) => refuse(call),
                Event::Ended(how) => break Failure::Exited(how),
                Event::TimeIsUp => break Failure::Retired,
            }
        };
        // An invocation may have been handed over meanwhile; another process can take it.
        handed.close();
        if let Ok(invocation) = handed.try_recv() {
            self.function.submit(invocation);
        }
        Err(reason)
    }

    /// Runs an invocation and passes its result to the caller. An error means that the process cannot be used any more;
    /// the caller has been informed.
    async fn work(&mut self, invocation: Invocation) -> Result<(), Failure> {
        let limit = self.function.spec.timeout;
        let deadline = Instant::now() + limit;
        let mut work = Work {
            request_id: invocation.request_id.clone(),
            deadline_ms: clock::now().as_millisecond()
                + i64::try_from(limit.as_millis()).unwrap_or(i64::MAX),
            function_arn: crate::template::resolve::function_arn(&self.function.spec.name),
            trace_id: invocation.trace_id.clone(),
            event: invocation.event.clone(),
        };
        // A runtime may close its connection while it waits, and ask again.
        while let Some(asks) = self.asks.take() {
            match asks.send(work) {
                Ok(()) => break,
                Err(returned) => work = returned,
            }
            if let Err(failure) = self.wait_for_next(deadline, limit).await {
                invocation.answer(Err(failure.clone()));
                return Err(failure);
            }
        }
        let result = self.result(deadline, limit).await;
        let broken = result
            .as_ref()
            .err()
            .filter(|failure| !failure.process_survives())
            .cloned();
        invocation.answer(result);
        match broken {
            Some(failure) => Err(failure),
            // What the process does between its response and its next request counts towards its timeout.
            None => self.wait_for_next(deadline, limit).await,
        }
    }

    async fn result(&mut self, deadline: Instant, limit: Duration) -> Result<Bytes, Failure> {
        loop {
            return match self.event(deadline).await {
                Event::Called(Call::Respond(result)) => {
                    result.map_err(|TooLarge| Failure::TooLarge)
                }
                Event::Called(Call::Fail(report)) => Err(reported(report)),
                // Some runtimes prefetch; the request is answered after the current invocation.
                Event::Called(Call::Next(asks)) => {
                    self.asks = Some(asks);
                    continue;
                }
                Event::Called(call @ Call::InitFailed(..)) => {
                    refuse(call);
                    continue;
                }
                Event::Ended(how) => Err(Failure::Exited(how)),
                Event::TimeIsUp => Err(Failure::TimedOut(limit)),
            };
        }
    }
}

fn reported(report: Report) -> Failure {
    Failure::Reported {
        kind: report.error_type,
        message: report.error_message,
    }
}

/// Rejects a call that is invalid in the current state. Results of other invocations do not get here.
fn refuse(call: Call) {
    if let Call::InitFailed(_, reply) = call {
        // The process may have closed its connection.
        let _ = reply.send(Acknowledgement::InvalidState);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        functions::child::Launch,
        tasks::Tasks,
        template::{self, Code},
    };

    #[tokio::test]
    async fn an_idle_process_with_outdated_code_ends_because_its_code_was_replaced() {
        let launch = Launch {
            name: "f".to_owned(),
            program: "/bin/sleep".into(),
            arguments: vec!["60".into()],
            folder: "/".into(),
            environment: BTreeMap::new(),
            launcher: None,
        };
        let spec = template::Function::with_code("f", Code::Bootstrap { folder: "/".into() });
        let child = Child::start(&launch, "").unwrap();
        let function = Function::new(spec, launch, 1, Tasks::default());
        let mut process = Process {
            function: Arc::clone(&function),
            api: RuntimeApi::start().await.unwrap(),
            child,
            asks: None,
            ended: None,
        };
        let Next::Later(handed) = function.next(ProcessId(0)) else {
            panic!("an invocation without a caller");
        };
        function.renew();
        let reason = process.idle(handed).await.err();
        assert_eq!(reason, Some(Failure::Renewed));
    }
}
