//! How a preflight ends.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use gangway_checks::ScopedAccounts;
use gangway_model::{Done, Operation, PreflightResult, RegistrationError};
use tokio::time::sleep;

use crate::AppContext;

/// From the first round to the last: eleven seconds together, and more than replicas lag behind.
const BACKOFF: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
];

impl AppContext {
    /// Does what the caller intends: answers the report, or goes on to register.
    pub async fn conclude(
        &self,
        preflight: PreflightResult,
        intent: &Operation,
        registry: &ScopedAccounts<'_>,
    ) -> Result<Done, RegistrationError> {
        preflight.conclude(intent, &self.clients.secrets, registry, sleep_with_jitter).await
    }
}

/// Others come to their end meanwhile, and readers catch up.
async fn sleep_with_jitter(round: usize) {
    let longest = BACKOFF.last().copied().unwrap_or_default();
    let rest = BACKOFF.get(round.saturating_sub(1)).copied().unwrap_or(longest);
    // Two that rest alike would meet again.
    let more = RandomState::new().hash_one(round) % 1000;
    sleep(rest + Duration::from_millis(more)).await;
}
