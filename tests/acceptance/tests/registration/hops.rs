//! How often a registration waits for the network.

use acceptance::Stage;
use serde_json::json;

use crate::scene::{Way, everywhere, with};

/// Keys have a secret to stage and to put in use besides.
const fn most(way: Way) -> usize {
    match way {
        Way::Keys => 8,
        Way::Role => 5,
    }
}

#[tokio::test]
async fn a_registration_crosses_the_network_in_few_hops() {
    everywhere(|stage: Stage, way| async move {
        // A project that is not there costs one call to Palette, and the function is warm: it holds Palette's key.
        let nowhere = json!({"scope": {"project": "Nowhere"}});
        let request = with(&way.request(stage.customer(), "prod"), nowhere);
        assert_eq!(stage.post(&way.path(), &request).await.status, 422);

        stage.tell_hops_apart();
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let hops = stage.cloud().calls().longest_chain();
        println!("{} in {}: {hops} hops", way.method(), stage.partition());
        let lines = stage.cloud().calls().lines();
        assert!(hops <= most(way), "{hops}: {lines:#?}");
    })
    .await;
}
