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

/// How long a client waits for a socket to open, in milliseconds, before it gives that attempt up.
pub const OPEN_TIMEOUT_MS: u64 = 10_000;

/// How long a client waits for the answer to `connected`, in milliseconds, before it tries another connection.
pub const GREETING_TIMEOUT_MS: u64 = 8_000;

/// How long a client waits for its own message to come back, in milliseconds, before it calls it failed.
///
/// Longer than the back end's own time limit for a broadcast, so that a slow one is not reported as lost.
pub const ACKNOWLEDGEMENT_TIMEOUT_MS: u64 = 25_000;

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
