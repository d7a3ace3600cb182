//! Waiting for a condition, with a time limit: the only way in which tests wait.

use std::time::{Duration, Instant};

use crate::duration;

/// How often a condition is looked at again.
const PERIOD: Duration = Duration::from_millis(20);

/// A condition that did not come true in time.
#[derive(Debug, thiserror::Error)]
#[error("waited {} for {what}: {last}", duration::show(*.limit))]
pub struct TimedOut {
    what: String,
    limit: Duration,
    last: String,
}

/// Looks at `condition` until it is `Ok`, for at most `limit`. `what` says what is waited for; the condition's last `Err` says how
/// it was instead.
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

/// As [`until`], for a condition that has to be asked for.
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
    fn what_comes_true_is_returned() {
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
    fn the_error_says_what_was_waited_for_and_what_was_there() {
        let waited = until("two rows", Duration::from_millis(1), || {
            Err::<(), _>("one row".to_owned())
        });
        assert_eq!(
            waited.unwrap_err().to_string(),
            "waited 1 ms for two rows: one row"
        );
    }
}
