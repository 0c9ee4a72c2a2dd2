//! The number of sequential network calls of a registration.

use acceptance::{PARTITIONS, TestApp};
use local_cloud::fixtures::PodIdentityCase;

use crate::fixture::{ROUTE, valid_request, validate, with};

/// The maximum number of sequential calls.
const MAX_HOPS: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn registration_makes_few_sequential_network_calls() {
    for partition in PARTITIONS {
        for case in PodIdentityCase::ALL {
            let app = TestApp::start(partition).await;
            let request = valid_request(&app, case);
            // The function is warm: it holds Palette's key.
            validate(&app, &with(request.clone(), "name", "another".into())).await;
            app.delay_every_call();
            app.post(ROUTE, &request).await.assert_status(201);
            let calls = app.cloud().calls();
            let hops = calls.longest_chain();
            println!("{case:?} in {partition}: {hops} hops, {} calls", calls.lines().len());
            assert!(hops <= MAX_HOPS, "{hops}: {:#?}", calls.lines());
        }
    }
}
