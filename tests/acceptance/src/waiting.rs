//! Waits for the effects of other processes and tasks.

use std::time::Duration;

use tokio::time::{sleep, timeout};

/// On a machine that has much else to do.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Whether it comes to be so, as with a line on its way through a pipe.
pub async fn wait_until(mut condition: impl FnMut() -> bool) -> bool {
    let so = async {
        while !condition() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(TIMEOUT, so).await.is_ok()
}
