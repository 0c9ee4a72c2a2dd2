//! Waits for the effects of other processes and tasks.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// The longest time to wait for a condition. Long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Waits until `condition` returns `true`. Returns `false` if that does not happen within 15
/// seconds.
pub async fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let polling = async {
        while !condition() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(TIMEOUT, polling).await.is_ok()
}
