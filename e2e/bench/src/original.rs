//! Figures of the chat that Papo is wire-compatible with (React, Node handlers), measured once. Sizes do not depend on the
//! machine; [`INIT`] and [`FUNCTION_MEMORY`] do, and are a rough comparison only. Everything else is measured in the same run,
//! by [`peers`](crate::peers).

/// The source of the figures, in a sentence.
pub(crate) const SOURCE: &str = "\"original\": the chat that Papo is wire-compatible with (React 19, Node 20 handlers). Its sizes and \
the start of its functions\nwere measured once; the load on the Node peers is measured in this run.";

/// The built app in bytes: as it is, after gzip 9, after brotli 11.
pub(crate) const SITE: [usize; 3] = [341_667, 106_389, 91_964];

/// One function with the SDK, bundled and compressed with gzip, in bytes.
pub(crate) const BUNDLE: &str = "179 kB (613 kB before gzip)";

/// From the start of a process until it can serve, in ms on the machine of the measurement.
pub(crate) const INIT: &str = "100-140";

/// Memory of one function's process, in MiB on the machine of the measurement.
pub(crate) const FUNCTION_MEMORY: &str = "57-63";
