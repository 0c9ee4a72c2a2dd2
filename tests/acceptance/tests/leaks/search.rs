//! Collects the evidence of all flows and faults, and searches it for secrets.

use std::{pin::Pin, sync::Arc};

use acceptance::{PARTITIONS, classified::CLASSIFIED_PARTITIONS, evidence::Evidence};
use tokio::sync::Semaphore;

use crate::{classified_partitions, open_partitions, rotation, vending};

/// A run that returns its evidence.
type EvidenceFuture = Pin<Box<dyn Future<Output = Evidence> + Send>>;

/// The number of runs at the same time, each with a local cloud. Runs spend most of their time
/// waiting.
const MAX_CONCURRENT: usize = 20;

/// Acceptance rows: F15, F95.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks_in_any_flow_or_fault() {
    let mut runs: Vec<EvidenceFuture> = Vec::new();
    runs.extend(PARTITIONS.map(|partition| {
        Box::pin(open_partitions::run_whole_lifecycle(partition)) as EvidenceFuture
    }));
    runs.extend(CLASSIFIED_PARTITIONS.map(|partition| {
        Box::pin(classified_partitions::run_whole_lifecycle(partition)) as EvidenceFuture
    }));
    runs.extend(
        open_partitions::runs_with_faults().map(|future| Box::pin(future) as EvidenceFuture),
    );
    runs.extend(
        classified_partitions::runs_with_faults().map(|future| Box::pin(future) as EvidenceFuture),
    );
    runs.extend(vending::runs().map(|future| Box::pin(future) as EvidenceFuture));
    runs.extend(rotation::runs().map(|future| Box::pin(future) as EvidenceFuture));
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENT));
    let tasks: Vec<_> = runs
        .into_iter()
        .map(|future| {
            let permits = Arc::clone(&permits);
            tokio::spawn(async move {
                let _permit = permits.acquire().await;
                future.await
            })
        })
        .collect();
    let mut evidence = Evidence::default();
    for task in tasks {
        evidence.merge(task.await.expect("a run that ends without a panic"));
    }
    let result = evidence.search();
    result.print();
    assert_eq!(result.misplaced, Vec::<String>::new());
    assert!(result.found.is_empty(), "{:#?}", result.found);
    assert!(result.secret_count > 100 && result.places.len() >= 15, "too little was searched");
    for (place, texts, bytes) in result.places {
        // `bytes` may be 0, because some calls have no body.
        assert!(texts > 5, "{place}: {texts} texts of {bytes} bytes");
    }
}
