//! How often a registration waits for the network.

use acceptance::{Stage, with};
use serde_json::json;

use crate::way::{Way, everywhere};

/// The portal has to hand out keys before AWS can be asked with them.
const fn most(way: Way) -> usize {
    match way {
        Way::Keys => 8,
        Way::Portal => 10,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_crosses_the_network_in_few_hops() {
    everywhere(|stage: Stage, way| async move {
        // A project that is not there costs one call to Palette, and the function is warm: it holds Palette's key.
        let request = way.request(&stage, stage.customer(), "prod");
        let path = format!("/v1/accounts/{}", way.id());
        let nowhere = with(request.clone(), &json!({"scope": {"project": "Nowhere"}}));
        stage.post(&path, &nowhere).await.assert_status(422);

        stage.tell_hops_apart();
        stage.post(&path, &request).await.assert_status(201);
        let calls = stage.cloud().calls();
        let hops = calls.longest_chain();
        println!("{} in {}: {hops} hops", way.id(), stage.partition());
        assert!(hops <= most(way), "{hops}: {:#?}", calls.lines());
    })
    .await;
}
