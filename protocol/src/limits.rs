//! The sizes and times of the protocol.

/// Longest message text, in bytes of UTF-8.
///
/// JSON can double it (every character escaped), which still fits one frame of [`FRAME_BYTES`].
pub const TEXT_BYTES: usize = 8 * 1024;

/// Longest `clientMessageId`, in characters. A UUID with hyphens has 36.
pub const CLIENT_MESSAGE_ID_CHARS: usize = 64;

/// Longest name of a person, in characters as a reader counts them.
pub const NAME_CHARACTERS: usize = 32;

/// Longest name of a person, in bytes of UTF-8. Four per character; fewer characters fit if they have many marks.
pub const NAME_BYTES: usize = 128;

/// Length of a person's key, in characters. 22 characters of base64 have 128 bits.
pub const PERSON_KEY_CHARS: std::ops::RangeInclusive<usize> = 16..=64;

/// Longest name of a room, in characters.
pub const ROOM_NAME_CHARS: usize = 32;

/// Longest emoji, in bytes of UTF-8. A family of four has 25, a couple with skin tones 35.
pub const EMOJI_BYTES: usize = 48;

/// Maximum number of rooms in one `heads` action.
pub const HEADS_ROOMS: usize = 50;

/// Above this many connections in a room, there are no `joined`, `left` and `typing` events, and `people` has only a count:
/// the cost of presence grows with the square of the connections.
pub const PRESENCE_CONNECTIONS: usize = 50;

/// Shortest interval between two `typing` actions of a client, in milliseconds.
pub const TYPING_INTERVAL_MS: u64 = 3_000;

/// How long a person counts as typing after a `typing` event, in milliseconds.
pub const TYPING_EXPIRY_MS: u64 = 6_000;

/// Interval at which a client asks for the heads of other rooms, in milliseconds. Each request is a billed message.
pub const HEADS_INTERVAL_MS: u64 = 60_000;

/// How long a person who left is still shown, in milliseconds, so that others do not see a reconnection.
pub const LEFT_GRACE_MS: u64 = 10_000;

/// Largest WebSocket frame that API Gateway accepts from a client, in bytes; a larger one closes the connection with 1009.
///
/// A browser cannot split a message into frames, so this limits everything that the app sends.
/// Source: the WebSocket quotas in the API Gateway Developer Guide.
pub const FRAME_BYTES: usize = 32 * 1024;

/// Largest WebSocket message that API Gateway forwards in either direction, in bytes. Same source as [`FRAME_BYTES`].
pub const MESSAGE_BYTES: usize = 128 * 1024;

/// Longest life of a connection at API Gateway, in seconds (2 h). Same source as [`FRAME_BYTES`].
pub const CONNECTION_LIFE_SECONDS: u64 = 2 * 60 * 60;

/// How long the row of a connection may outlive the connection, in seconds, before its TTL expires.
///
/// An hour allows for clock skew; normally the clean-up removes the row earlier.
pub const ROW_MARGIN_SECONDS: u64 = 60 * 60;

/// Maximum number of messages in a page of history.
///
/// About as many short messages as fit a frame of [`FRAME_BYTES`].
pub const HISTORY_MESSAGES: u16 = 100;

/// How long a client waits for a socket to open, in milliseconds, before it gives up the attempt.
pub const OPEN_TIMEOUT_MS: u64 = 10_000;

/// How long a client waits for the answer to `connected`, in milliseconds, before it tries another connection.
pub const GREETING_TIMEOUT_MS: u64 = 8_000;

/// How long a client waits for its own message to come back, in milliseconds, before it sends it again.
///
/// Longer than the back end's own time limit for a broadcast, so that a slow broadcast is not repeated.
pub const ACKNOWLEDGEMENT_TIMEOUT_MS: u64 = 25_000;

/// How many times a client sends a message that the back end could not store, before it reports the message as failed.
pub const SEND_ATTEMPTS: u32 = 5;

/// How long a client waits before it resends a message that API Gateway could not process, in milliseconds.
pub const RESEND_DELAY_MS: u32 = 2_000;

/// Shortest wait before another connection attempt, in milliseconds.
pub const BACK_OFF_FLOOR_MS: u64 = 500;

/// Longest wait before another connection attempt, in milliseconds.
pub const BACK_OFF_CEILING_MS: u64 = 30_000;

/// How long a connection must last, in milliseconds, to reset the back-off.
///
/// Otherwise a client would reconnect every half second to a back end that accepts and drops connections.
pub const STABLE_MS: u64 = 10_000;

/// Maximum number of messages in a client's timeline; the oldest are dropped first.
pub const TIMELINE_MESSAGES: usize = 2_000;

/// The same while the user reads earlier messages, which should not disappear meanwhile: about 10 MB of short messages.
pub const READING_MESSAGES: usize = 10 * TIMELINE_MESSAGES;

/// How many bytes of the newest frames a client keeps for its next start: about 200 messages of a kilobyte.
pub const CACHE_BYTES: usize = 200 * 1_024;

/// How long a connection may be silent, in milliseconds, before a client sends a ping, while a message is in flight or being
/// typed.
pub const HEARTBEAT_BUSY_MS: u64 = 25_000;

/// The same while the client is idle, in milliseconds (4.5 min).
///
/// API Gateway closes connections that are idle for 10 min (WebSocket quotas in the Developer Guide) and bills each
/// message. This is the longest interval that leaves time for a second ping if the first is lost.
pub const HEARTBEAT_IDLE_MS: u64 = 270_000;

/// How long a client waits for `pong`, in milliseconds, before it considers the connection dead.
pub const PONG_TIMEOUT_MS: u64 = 3_000;

/// The age of a connection, in milliseconds, at which a client opens the next one: 1 h 50 min, before
/// [`CONNECTION_LIFE_SECONDS`] ends it.
pub const ROTATE_AFTER_MS: u64 = 110 * 60_000;

/// Maximum deviation from [`ROTATE_AFTER_MS`] in either direction, in milliseconds, so that clients that connected together do
/// not reconnect together.
pub const ROTATE_JITTER_MS: u64 = 5 * 60_000;

/// How long a client waits before it retries to open the next connection, in milliseconds, while the old one works.
pub const ROTATE_RETRY_MS: u64 = 60_000;

/// Delay of a timer, in milliseconds, above which a client assumes that the machine was suspended.
pub const SUSPENDED_MS: u64 = 5_000;

/// How long a client waits for a message that is missing between others, in milliseconds, before it asks for it. Frames
/// that are posted concurrently are reordered by no more than this.
pub const HOLD_BACK_MS: u64 = 300;

/// How long after its introduction a client may still receive broadcasts that were addressed before it, in milliseconds. They
/// lack the authors of messages.
pub const INTRODUCTION_MS: u64 = 10_000;

/// How long a client waits for `history`, in milliseconds, before it asks again.
pub const HISTORY_TIMEOUT_MS: u64 = 8_000;

/// How many earlier messages a client asks for at a time.
pub const HISTORY_EARLIER: u16 = 50;

/// Maximum number of messages that a client holds back because earlier ones are missing. The rest is dropped and fetched
/// later.
pub const HELD_BACK_MESSAGES: usize = 200;
