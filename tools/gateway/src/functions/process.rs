//! The life of one process of a function: it starts, asks for an invocation, works, asks again, ends.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};

use super::{Failure, Function, Invocation, Next, child::Child, pool::ProcessId};
use crate::{
    clock,
    runtime_api::{Call, Report, RuntimeApi, TooLarge, Verdict, Work},
};

/// Lambda lets initialisation take 10 s, and once more within the time of the first invocation.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a process may be idle before it is let go, as Lambda does after a time that it does not tell.
const RETIREMENT: Duration = Duration::from_mins(10);
/// A process may end right after its answer; the answer may arrive after the news of its end.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long a process that reports that it cannot start may take to end by itself.
const FAREWELL: Duration = Duration::from_millis(500);

/// Runs one process from its start to its end, and says why it ended.
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
        () = function.ending.cancelled() => Failure::Ending,
    };
    process.child.stop().await;
    reason
}

struct Process {
    function: Arc<Function>,
    api: RuntimeApi,
    child: Child,
    /// The request for an invocation that is being held open.
    asks: Option<oneshot::Sender<Work>>,
    /// How the process ended, once it has.
    ended: Option<String>,
}

/// What can happen to a process.
enum Event {
    Called(Call),
    Ended(String),
    TimeIsUp,
}

impl Process {
    async fn live(&mut self, id: ProcessId) -> Failure {
        let initialisation = INIT_TIMEOUT + self.function.spec.timeout;
        if let Err(failure) = self
            .until_it_asks(Instant::now() + initialisation, initialisation)
            .await
        {
            return failure;
        }
        loop {
            let invocation = match self.function.next(id) {
                Next::Now(invocation) => invocation,
                Next::Never => return Failure::Retired,
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

    /// # Cancel safety
    /// Nothing is lost.
    async fn event(&mut self, deadline: Instant) -> Event {
        if let Some(ended) = &self.ended {
            return match timeout(LAST_WORDS, self.api.calls.recv()).await {
                Ok(Some(call)) => Event::Called(call),
                _ => Event::Ended(ended.clone()),
            };
        }
        let ended = tokio::select! {
            biased;
            Some(call) = self.api.calls.recv() => return Event::Called(call),
            () = sleep_until(deadline) => return Event::TimeIsUp,
            ended = self.child.ended() => ended,
        };
        self.ended = Some(ended);
        Box::pin(self.event(deadline)).await
    }

    /// Waits for `GET /next`.
    async fn until_it_asks(&mut self, deadline: Instant, limit: Duration) -> Result<(), Failure> {
        while self.asks.as_ref().is_none_or(oneshot::Sender::is_closed) {
            match self.event(deadline).await {
                Event::Called(Call::Next(asks)) => self.asks = Some(asks),
                Event::Called(Call::InitFailed(report, reply)) => {
                    let _ = reply.send(Verdict::Accepted);
                    // It has still to hear the answer, and may print what went wrong before it ends by itself.
                    let _ = timeout(FAREWELL, self.child.ended()).await;
                    return Err(reported(report));
                }
                Event::Called(call) => refuse(call),
                Event::Ended(how) => return Err(Failure::Exited(how)),
                Event::TimeIsUp => return Err(Failure::TimedOut(limit)),
            }
        }
        Ok(())
    }

    /// Waits until an invocation is handed over.
    async fn idle(
        &mut self,
        mut handed: oneshot::Receiver<Invocation>,
    ) -> Result<Invocation, Failure> {
        let retirement = Instant::now() + RETIREMENT;
        let reason = loop {
            let event = tokio::select! {
                biased;
                handed = &mut handed => return handed.map_err(|_| Failure::Ending),
                event = self.event(retirement) => event,
            };
            match event {
                Event::Called(Call::Next(asks)) => self.asks = Some(asks),
                Event::Called(call) => refuse(call),
                Event::Ended(how) => break Failure::Exited(how),
                Event::TimeIsUp => break Failure::Retired,
            }
        };
        // An invocation may have been handed over at this very moment; another process can still take it.
        handed.close();
        if let Ok(invocation) = handed.try_recv() {
            self.function.submit(invocation);
        }
        Err(reason)
    }

    /// Gives the invocation to the process and its answer to whoever waits. An error means that the process is of no
    /// more use; the one who waits knows by then.
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
        // A runtime may hang up while it asks, and ask again.
        while let Some(asks) = self.asks.take() {
            match asks.send(work) {
                Ok(()) => break,
                Err(returned) => work = returned,
            }
            if let Err(failure) = self.until_it_asks(deadline, limit).await {
                invocation.answer(Err(failure.clone()));
                return Err(failure);
            }
        }
        let result = self.result(&invocation.request_id, deadline, limit).await;
        let broken = result
            .as_ref()
            .err()
            .filter(|failure| !failure.process_survives())
            .cloned();
        invocation.answer(result);
        match broken {
            Some(failure) => Err(failure),
            // Whatever the process does between its answer and its next question counts against its time.
            None => self.until_it_asks(deadline, limit).await,
        }
    }

    async fn result(
        &mut self,
        request_id: &str,
        deadline: Instant,
        limit: Duration,
    ) -> Result<Bytes, Failure> {
        loop {
            let (id, result, reply) = match self.event(deadline).await {
                Event::Called(Call::Respond(id, Ok(body), reply)) => (id, Ok(body), reply),
                Event::Called(Call::Respond(id, Err(TooLarge), reply)) => {
                    (id, Err(Failure::TooLarge), reply)
                }
                Event::Called(Call::Fail(id, report, reply)) => (id, Err(reported(report)), reply),
                // Some runtimes prefetch; it gets its answer when the present invocation is done.
                Event::Called(Call::Next(asks)) => {
                    self.asks = Some(asks);
                    continue;
                }
                Event::Called(call @ Call::InitFailed(..)) => {
                    refuse(call);
                    continue;
                }
                Event::Ended(how) => return Err(Failure::Exited(how)),
                Event::TimeIsUp => return Err(Failure::TimedOut(limit)),
            };
            if id != request_id {
                let _ = reply.send(Verdict::InvalidRequestId);
                continue;
            }
            let too_large = matches!(result, Err(Failure::TooLarge));
            let _ = reply.send(if too_large {
                Verdict::TooLarge
            } else {
                Verdict::Accepted
            });
            return result;
        }
    }
}

fn reported(report: Report) -> Failure {
    Failure::Reported {
        kind: report.error_type,
        message: report.error_message,
    }
}

/// Answers what makes no sense at this point.
fn refuse(call: Call) {
    let (reply, verdict) = match call {
        Call::Next(_) => return,
        Call::Respond(_, _, reply) | Call::Fail(_, _, reply) => (reply, Verdict::InvalidRequestId),
        Call::InitFailed(_, reply) => (reply, Verdict::InvalidState),
    };
    // The process may have hung up.
    let _ = reply.send(verdict);
}
