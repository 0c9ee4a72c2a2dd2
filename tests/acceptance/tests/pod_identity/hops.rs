//! How often a registration waits for the network.

use acceptance::{PARTITIONS, Stage};
use local_cloud::world::Case;

use crate::method::{ROUTE, request, validate, with};

/// Palette's cluster is described before its Kubernetes API can be asked, in which many things are asked at once.
const MOST: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_crosses_the_network_in_few_hops() {
    for partition in PARTITIONS {
        for case in Case::ALL {
            let stage = Stage::start(partition).await;
            let wish = request(&stage, case);
            // The function is warm: it holds Palette's key.
            validate(&stage, &with(wish.clone(), "name", "another".into())).await;
            stage.tell_hops_apart();
            stage.post(ROUTE, &wish).await.assert_status(201);
            let calls = stage.cloud().calls();
            let hops = calls.longest_chain();
            println!("{case:?} in {partition}: {hops} hops, {} calls", calls.lines().len());
            assert!(hops <= MOST, "{hops}: {:#?}", calls.lines());
        }
    }
}
