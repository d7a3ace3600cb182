//! What handlers work with: the services of the process, and one frame of a client.

use lambda_runtime::Context;
use papo_protocol::{ErrorEvent, Event, Person};

use crate::clock::Clock;
use crate::connections::ListRoom;
use crate::deliverer::Deliverer;
use crate::error::{Error, StoreError};
use crate::event::RequestContext;
use crate::fanout::Fanout;
use crate::management::{Close, Post};
use crate::message_log::{Retention, Room};
use crate::presence::{PeopleCounts, Presence};
use crate::rate_limit::{RateLimiter, RoomSizes};
use crate::reply::{reply, unavailable};

/// The services and settings that all handlers of frames share; created once per process.
#[derive(Debug)]
pub struct Services<'a, S, L, G, C> {
    /// The connection rows.
    pub connections: &'a S,
    /// The message log.
    pub log: &'a L,
    /// `@connections`.
    pub gateway: &'a G,
    /// Time and randomness.
    pub clock: &'a C,
    /// How long messages are kept.
    pub retention: Retention,
    /// Which function broadcasts.
    pub fanout: Fanout,
    /// Limits how much a person may use.
    pub rate_limiter: RateLimiter,
    /// How many people are in large rooms.
    pub people_counts: &'a PeopleCounts,
}

/// One frame of a client, and what its handler works with.
#[derive(Debug)]
pub struct Request<'a, S, L, G, C> {
    /// The connection rows.
    pub connections: &'a S,
    /// The room that the connection is in.
    pub room: Room<'a, L>,
    /// Who it is, if the client has introduced itself.
    pub person: Option<Person>,
    /// Which function broadcasts.
    pub fanout: Fanout,
    /// Sends frames.
    pub deliverer: Deliverer<'a, G, C>,
    /// Estimates what a broadcast costs.
    pub room_sizes: &'a RoomSizes,
    /// How many people are in large rooms.
    pub people_counts: &'a PeopleCounts,
    /// The connection and the time of the frame.
    pub context: &'a RequestContext,
    /// The invocation.
    pub lambda: &'a Context,
}

impl<G: Post + Close, S, L, C: Clock> Request<'_, S, L, G, C> {
    /// Sends `event` to the client that sent the frame; see [`reply`].
    ///
    /// # Errors
    ///
    /// As [`reply`].
    pub async fn reply(&self, event: &Event) -> Result<(), Error> {
        reply(&self.deliverer, &self.context.connection_id, event).await
    }

    /// Refuses the request with `error`.
    ///
    /// # Errors
    ///
    /// As [`reply`].
    pub async fn refuse(&self, error: ErrorEvent) -> Result<(), Error> {
        tracing::info!(code = error.code.as_str(), "refused");
        self.reply(&Event::Error(error)).await
    }

    /// Replies that the request cannot be served, because of the table of messages or of connections.
    ///
    /// # Errors
    ///
    /// `error` if the reply fails too.
    pub(crate) async fn reply_unavailable(&self, error: StoreError) -> Result<(), Error> {
        tracing::error!(%error, "the request could not be served");
        let refusal = unavailable("The messages could not be read. Try again in a moment.");
        let replied = self.reply(&Event::Error(refusal)).await;
        replied.map_err(|_| error.into())
    }
}

impl<S: ListRoom, L, G, C> Request<'_, S, L, G, C> {
    /// Who is in the room. Logs a failure and returns `None`.
    pub async fn presence(&self) -> Option<Presence> {
        let now_ms = self.context.request_time_epoch;
        let (connections, room) = (self.connections, &self.room.id);
        // Boxed, because the future of two queries is large.
        let presence = Box::pin(self.people_counts.presence(connections, room, now_ms)).await?;
        if self.fanout == Fanout::Stream {
            // Another function broadcasts, so this is all that this process learns about the size of the room.
            let people = usize::try_from(presence.count()).unwrap_or(usize::MAX);
            self.room_sizes.observe(room, people);
        }
        Some(presence)
    }
}
