//! The search itself, over all that was said.

use std::{pin::Pin, sync::Arc};

use acceptance::{PARTITIONS, enclave::ENCLAVES, evidence::Evidence};
use tokio::sync::Semaphore;

use crate::{enclave, open, vended};

/// A scene, and all that was said in it.
type Scene = Pin<Box<dyn Future<Output = Evidence> + Send>>;

/// How many worlds there are at the same time: most of a scene is waiting.
const AT_ONCE: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn f15_f95_no_secret_is_in_anything_that_any_function_says_whatever_goes_wrong() {
    let mut scenes: Vec<Scene> = Vec::new();
    scenes.extend(PARTITIONS.map(|partition| Box::pin(open::life(partition)) as Scene));
    scenes.extend(ENCLAVES.map(|partition| Box::pin(enclave::life(partition)) as Scene));
    scenes.extend(open::all_struck().map(|scene| Box::pin(scene) as Scene));
    scenes.extend(enclave::all_struck().map(|scene| Box::pin(scene) as Scene));
    scenes.extend(vended::all().map(|scene| Box::pin(scene) as Scene));
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let played: Vec<_> = scenes
        .into_iter()
        .map(|scene| {
            let turns = Arc::clone(&turns);
            tokio::spawn(async move {
                let _turn = turns.acquire().await;
                scene.await
            })
        })
        .collect();
    let mut evidence = Evidence::default();
    for scene in played {
        evidence.merge(scene.await.expect("a scene that was played to its end"));
    }
    let searched = evidence.search();
    searched.print();
    assert_eq!(searched.elsewhere, Vec::<String>::new());
    assert!(searched.found.is_empty(), "{:#?}", searched.found);
    assert!(searched.canaries > 100 && searched.places.len() >= 15, "too little was looked at");
    for (place, texts, bytes) in searched.places {
        // Some calls have no body.
        assert!(texts > 5, "{place}: {texts} texts of {bytes} bytes");
    }
}
