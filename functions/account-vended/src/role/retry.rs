//! Retries calls while a new role or policy is not visible in all of AWS.

use std::time::Duration;

use gangway_http::{RetryPolicy, Retryable as _};
use gangway_model::UpstreamError;

/// Time that must be left until the deadline of the invocation after the last delay.
const RESPONSE_RESERVE: Duration = Duration::from_secs(8);

/// Retry policy for calls that need a role or policy that was just created.
pub(crate) const PROPAGATION_RETRY: RetryPolicy =
    RetryPolicy::PROPAGATION.with_reserve(RESPONSE_RESERVE);

/// Repeats a call while IAM does not find a new role or policy, or throttles the call.
pub(super) async fn retry_until_consistent<T, F>(
    call: impl FnMut() -> F,
) -> Result<T, UpstreamError>
where
    F: Future<Output = Result<T, UpstreamError>>,
{
    let is_retryable = |error: &UpstreamError| {
        matches!(error, UpstreamError::NotFound { .. } | UpstreamError::Throttled { .. })
    };
    call.retry(PROPAGATION_RETRY).when(is_retryable).await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use gangway_http::deadline;
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_not_found_and_throttled_are_retried() {
        let missing = || UpstreamError::NotFound { service: "AWS IAM", resource: "such role" };
        let attempts = Cell::new(0);
        let succeeds_at_fourth = async || {
            attempts.set(attempts.get() + 1);
            if attempts.get() < 4 { Err(missing()) } else { Ok(()) }
        };
        assert!(retry_until_consistent(succeeds_at_fourth).await.is_ok());
        let start = Instant::now();
        let result = retry_until_consistent(async || Err::<(), _>(missing())).await;
        assert!(matches!(result, Err(UpstreamError::NotFound { .. })));
        let waited = start.elapsed();
        assert!((7..20).contains(&waited.as_secs()), "{waited:?}");
        attempts.set(0);
        let denied = retry_until_consistent(async || {
            attempts.set(attempts.get() + 1);
            Err::<(), _>(UpstreamError::AccessDenied { service: "AWS IAM", reason: String::new() })
        });
        assert!(matches!(denied.await, Err(UpstreamError::AccessDenied { .. })));
        assert_eq!(attempts.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn delays_end_before_the_deadline_of_the_invocation() {
        deadline::scope(Instant::now() + Duration::from_secs(9), async {
            let start = Instant::now();
            for delay in PROPAGATION_RETRY.within(Duration::from_mins(1)).delays() {
                sleep(delay).await;
            }
            assert!(start.elapsed() <= Duration::from_secs(1));
        })
        .await;
    }
}
