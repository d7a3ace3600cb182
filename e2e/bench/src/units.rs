//! Formats numbers for tables, with one decimal place.

use std::time::Duration;

/// Milliseconds.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

/// Mebibytes.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory is far below 2^52 kibibytes"
)]
pub(crate) fn mebibytes(kibibytes: u64) -> String {
    format!("{:.1}", kibibytes as f64 / 1024.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{mebibytes, milliseconds};

    #[test]
    fn figures_have_one_decimal_place() {
        assert_eq!(milliseconds(Duration::from_micros(1_250)), "1.2");
        assert_eq!(milliseconds(Duration::from_secs(2)), "2000.0");
        assert_eq!(mebibytes(1_536), "1.5");
    }
}
