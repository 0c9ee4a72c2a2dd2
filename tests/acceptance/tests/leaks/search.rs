//! Runs all leak tests and searches their evidence for secrets.

use std::{pin::Pin, sync::Arc};

use acceptance::{PARTITIONS, classified::CLASSIFIED_PARTITIONS, evidence::Evidence};
use tokio::sync::Semaphore;

use crate::{classified_partitions, open_partitions, rotation, vending};

/// A test that returns its evidence.
type EvidenceFuture = Pin<Box<dyn Future<Output = Evidence> + Send>>;

/// The number of concurrent local clouds; most of the time is waiting.
const MAX_CONCURRENT: usize = 20;

/// Acceptance rows: F15, F95.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_leaks_in_any_flow_or_fault() {
    let mut futures: Vec<EvidenceFuture> = Vec::new();
    futures.extend(
        PARTITIONS.map(|partition| {
            Box::pin(open_partitions::whole_lifecycle(partition)) as EvidenceFuture
        }),
    );
    futures.extend(CLASSIFIED_PARTITIONS.map(|partition| {
        Box::pin(classified_partitions::whole_lifecycle(partition)) as EvidenceFuture
    }));
    futures.extend(
        open_partitions::runs_with_faults().map(|future| Box::pin(future) as EvidenceFuture),
    );
    futures.extend(
        classified_partitions::runs_with_faults().map(|future| Box::pin(future) as EvidenceFuture),
    );
    futures.extend(vending::runs().map(|future| Box::pin(future) as EvidenceFuture));
    futures.extend(rotation::runs().map(|future| Box::pin(future) as EvidenceFuture));
    let permits = Arc::new(Semaphore::new(MAX_CONCURRENT));
    let results: Vec<_> = futures
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
    for future in results {
        evidence.merge(future.await.expect("a test that ends without a panic"));
    }
    let searched = evidence.search();
    searched.print();
    assert_eq!(searched.misplaced, Vec::<String>::new());
    assert!(searched.found.is_empty(), "{:#?}", searched.found);
    assert!(searched.secret_count > 100 && searched.places.len() >= 15, "too little was searched");
    for (place, texts, bytes) in searched.places {
        // Some calls have no body.
        assert!(texts > 5, "{place}: {texts} texts of {bytes} bytes");
    }
}
