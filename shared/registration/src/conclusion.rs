//! How a preflight ends.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use gangway_checks::Accounts;
use gangway_model::{Done, Failure, Intent, Preflight};
use tokio::time::sleep;

use crate::Deployment;

/// From the first round to the last: eleven seconds together, and more than replicas lag behind.
const RESTS: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
    Duration::from_secs(7),
];

impl Deployment {
    /// Does what the caller intends: answers the report, or goes on to register.
    pub async fn conclude(
        &self,
        preflight: Preflight,
        intent: &Intent,
        registry: &Accounts<'_>,
    ) -> Result<Done, Failure> {
        preflight.conclude(intent, &self.clients.vault, registry, rest).await
    }
}

/// Others come to their end meanwhile, and readers catch up.
async fn rest(round: usize) {
    let longest = RESTS.last().copied().unwrap_or_default();
    let rest = RESTS.get(round.saturating_sub(1)).copied().unwrap_or(longest);
    // Two that rest alike would meet again.
    let more = RandomState::new().hash_one(round) % 1000;
    sleep(rest + Duration::from_millis(more)).await;
}
