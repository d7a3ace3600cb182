//! Every size and every time of the protocol: the only home of these numbers.

/// Longest message text, in bytes of UTF-8.
///
/// JSON can double it (every character escaped), which still fits one frame of [`FRAME_BYTES`].
pub const TEXT_BYTES: usize = 8 * 1024;

/// Longest `clientMessageId`, in characters. A UUID with hyphens has 36.
pub const CLIENT_MESSAGE_ID_CHARS: usize = 64;

/// Largest WebSocket frame that API Gateway accepts from a client, in bytes; a larger one closes the connection with 1009.
///
/// A browser cannot split a message into frames, so this is the ceiling of everything that the app sends.
/// Source: the WebSocket quotas in the API Gateway Developer Guide.
pub const FRAME_BYTES: usize = 32 * 1024;

/// Largest WebSocket message that API Gateway passes on in either direction, in bytes. Same source as [`FRAME_BYTES`].
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// Longest life of a connection at API Gateway, in seconds (2 h). Same source as [`FRAME_BYTES`].
pub const CONNECTION_LIFE_SECONDS: u64 = 2 * 60 * 60;

/// How long the row of a connection may outlive the connection, in seconds, before DynamoDB expires it by itself.
///
/// An hour covers clocks that differ; the clean-up is what removes rows in time.
pub const ROW_MARGIN_SECONDS: u64 = 60 * 60;

/// How many messages one page of history has at most.
///
/// About what fits a frame of [`FRAME_BYTES`] if people write short messages.
pub const HISTORY_MESSAGES: u16 = 100;

/// How long a client waits for a socket to open, in milliseconds, before it gives that attempt up.
pub const OPEN_TIMEOUT_MS: u64 = 10_000;

/// How long a client waits for the answer to `connected`, in milliseconds, before it tries another connection.
pub const GREETING_TIMEOUT_MS: u64 = 8_000;

/// How long a client waits for its own message to come back, in milliseconds, before it sends it again.
///
/// Longer than the back end's own time limit for a broadcast, so that a slow one is not asked twice.
pub const ACKNOWLEDGEMENT_TIMEOUT_MS: u64 = 25_000;

/// How often a client sends a message that the back end could not take, before it leaves it to the person.
pub const SEND_ATTEMPTS: u32 = 5;

/// How long a client waits before it sends a message again that API Gateway could not pass on, in milliseconds.
pub const SEND_AGAIN_MS: u32 = 2_000;

/// Shortest wait before another connection attempt, in milliseconds.
pub const BACK_OFF_FLOOR_MS: u64 = 500;

/// Longest wait before another connection attempt, in milliseconds.
pub const BACK_OFF_CEILING_MS: u64 = 30_000;

/// How long a connection must have lasted, in milliseconds, before its end no longer counts as another failure.
///
/// Without it, a back end that accepts and drops at once would be asked again every half second.
pub const STABLE_MS: u64 = 10_000;

/// How many messages a client keeps on the page; the oldest go first.
pub const TIMELINE_MESSAGES: usize = 2_000;

/// How long nothing may be heard, in milliseconds, before a client asks whether the connection is alive, while a message is
/// on its way or somebody writes one.
pub const HEARTBEAT_BUSY_MS: u64 = 25_000;

/// The same while nobody waits for anything, in milliseconds (4.5 min).
///
/// API Gateway ends a connection that was silent for 10 min (WebSocket quotas of the Developer Guide) and bills each
/// message, so it is as long as it can be for a second one to come in time if the first is lost.
pub const HEARTBEAT_IDLE_MS: u64 = 270_000;

/// How long a client waits for `pong`, in milliseconds, before it takes the connection for dead.
pub const PONG_TIMEOUT_MS: u64 = 3_000;

/// How old a connection is, in milliseconds, when a client makes the next one: 1 h 50 min, before
/// [`CONNECTION_LIFE_SECONDS`] ends it.
pub const ROTATE_AFTER_MS: u64 = 110 * 60_000;

/// By how much [`ROTATE_AFTER_MS`] varies in both directions, in milliseconds, so that clients that came together do not
/// all go together.
pub const ROTATE_JITTER_MS: u64 = 5 * 60_000;

/// How long a client waits before it tries again to make the next connection, in milliseconds, while the old one lives.
pub const ROTATE_AGAIN_MS: u64 = 60_000;

/// By how much a timer may be late, in milliseconds, before a client takes it that the machine has slept.
pub const SLEPT_MS: u64 = 5_000;

/// How long a client waits for a message that is missing in between, in milliseconds, before it asks for it. Frames that
/// were posted at the same time overtake one another by this much and not more.
pub const HOLD_BACK_MS: u64 = 300;

/// How long a client waits for `history`, in milliseconds, before it asks again.
pub const HISTORY_TIMEOUT_MS: u64 = 8_000;

/// How many earlier messages a client asks for at once.
pub const HISTORY_EARLIER: u16 = 50;

/// How many messages a client holds back because earlier ones are missing. More are dropped and asked for later.
pub const HELD_BACK_MESSAGES: usize = 200;
