//! AWS prices: on-demand list prices of us-east-1 in US dollars, without the free tier, as the pricing pages of API
//! Gateway, Lambda and DynamoDB stated them on 26 November 2026.

/// The source of the prices, in a sentence.
pub(super) const SOURCE: &str = "Prices: list prices of us-east-1 from the pricing pages of API Gateway, Lambda and DynamoDB on 26 November 2026, without the \
free tier:\n$1.00 per million frames of up to 32 KB, $0.20 per million Lambda requests, $0.0000133334 per GB-second (arm64), $0.625 per \
million\nwrite units, $0.125 per million read units. Lambda's reads of a DynamoDB stream are free. Connection minutes and CloudWatch are \
the same\nfor all, and left out.";

const FRAME: f64 = 1.00e-6;
const INVOCATION: f64 = 0.20e-6;
const GB_SECOND: f64 = 0.000_013_333_4;
const WRITE_UNIT: f64 = 0.625e-6;
const READ_UNIT: f64 = 0.125e-6;

/// Average usage.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Usage {
    /// Frames of up to 32 KB, in both directions.
    pub(super) frames: f64,
    /// Posts to `@connections`.
    pub(super) posts: f64,
    /// Read units.
    pub(super) reads: f64,
    /// Write units.
    pub(super) writes: f64,
    /// Invocations of functions.
    pub(super) invocations: f64,
    /// Memory times duration of the invocations.
    pub(super) gb_seconds: f64,
}

impl Usage {
    /// The cost in dollars.
    pub(super) fn dollars(&self) -> f64 {
        self.frames * FRAME
            + self.reads * READ_UNIT
            + self.writes * WRITE_UNIT
            + self.invocations * INVOCATION
            + self.gb_seconds * GB_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_of_each_costs_its_list_price() {
        let million = 1_000_000.0;
        let usage = Usage {
            frames: million,
            posts: million,
            reads: million,
            writes: million,
            invocations: million,
            gb_seconds: 1.0,
        };
        let expected = 1.00 + 0.125 + 0.625 + 0.20 + 0.000_013_333_4;
        assert!((usage.dollars() - expected).abs() < 1e-9);
    }
}
