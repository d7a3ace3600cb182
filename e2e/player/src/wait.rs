//! Waits for a condition with a time limit.

use std::time::{Duration, Instant};

use crate::duration;

/// How often a condition is checked.
const PERIOD: Duration = Duration::from_millis(20);

/// A condition that was not met in time.
#[derive(Debug, thiserror::Error)]
#[error("waited {} for {what}: {last}", duration::show(*.limit))]
pub struct TimedOut {
    what: String,
    limit: Duration,
    last: String,
}

/// Checks `condition` until it is `Ok`, for at most `limit`. `what` describes it in the error; the last `Err` describes the
/// actual state.
///
/// # Errors
///
/// [`TimedOut`], with both.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, String>,
) -> Result<T, TimedOut> {
    let deadline = Instant::now() + limit;
    loop {
        match condition() {
            Ok(value) => return Ok(value),
            Err(last) if Instant::now() >= deadline => {
                let what = what.to_owned();
                return Err(TimedOut { what, limit, last });
            }
            Err(_) => std::thread::sleep(PERIOD),
        }
    }
}

/// As [`until`], for an asynchronous condition.
///
/// # Errors
///
/// [`TimedOut`].
pub async fn until_async<T>(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Result<T, String>,
) -> Result<T, TimedOut> {
    let deadline = Instant::now() + limit;
    loop {
        match condition().await {
            Ok(value) => return Ok(value),
            Err(last) if Instant::now() >= deadline => {
                let what = what.to_owned();
                return Err(TimedOut { what, limit, last });
            }
            Err(_) => tokio::time::sleep(PERIOD).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_returned_once_the_condition_is_met() {
        let mut left = 3;
        let value = until("zero", Duration::from_secs(5), || {
            left -= 1;
            if left == 0 {
                Ok("zero")
            } else {
                Err(left.to_string())
            }
        });
        assert_eq!(value.unwrap(), "zero");
    }

    #[test]
    fn the_error_contains_the_condition_and_the_last_state() {
        let waited = until("two rows", Duration::from_millis(1), || {
            Err::<(), _>("one row".to_owned())
        });
        assert_eq!(
            waited.unwrap_err().to_string(),
            "waited 1 ms for two rows: one row"
        );
    }
}
