//! The figures of the chat that Papo is wire-compatible with (React, Node handlers), to compare with.

/// What the figures are, in a sentence.
pub(crate) const SOURCE: &str = "\"original\": the chat that Papo is wire-compatible with (React 19, Node handlers under \
serverless-offline 13.9 with the official DynamoDB Local),\nmeasured on a 2-core machine; medians of 3.";

/// The built app in bytes: as it is, after gzip 9, after brotli 11.
pub(crate) const SITE: [usize; 3] = [341_667, 106_389, 91_964];

/// One function with the SDK, bundled and compressed with gzip, in bytes.
pub(crate) const BUNDLE: &str = "179 kB (613 kB before gzip)";

/// From the start of a process until it can serve.
pub(crate) const INIT: &str = "100-140";

/// Memory of one function's process, in MiB.
pub(crate) const FUNCTION_MEMORY: &str = "57-63";

/// One way of sending: one message at a time, or four in flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    /// Milliseconds until all clients have a message: median and 99th percentile.
    pub(crate) until_all: Option<(&'static str, &'static str)>,
    /// Deliveries a second.
    pub(crate) rate: &'static str,
    /// Milliseconds of processor time a delivery.
    pub(crate) cpu: &'static str,
    /// Share of the deliveries that came after a later message.
    pub(crate) out_of_order: &'static str,
}

/// 100 clients, one message at a time.
pub(crate) const ONE_AT_A_TIME: Load = Load {
    until_all: Some(("112", "182")),
    rate: "863",
    cpu: "1.7",
    out_of_order: "",
};

/// 100 clients, four messages in flight.
pub(crate) const FOUR_IN_FLIGHT: Load = Load {
    until_all: None,
    rate: "975",
    cpu: "",
    out_of_order: "34 %",
};

/// Memory of the whole local system, in MiB.
pub(crate) const MEMORY: &str = "797";
