//! Tests how many network calls of a registration wait for each other.

use acceptance::{PARTITIONS, TestApp};
use local_cloud::fixtures::PodIdentityCase;

use crate::fixture::{ROUTE, valid_request, validate, with_member};

/// The maximum number of calls of which each waits for the one before.
const MAX_SEQUENTIAL_CALLS: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn registration_makes_few_sequential_network_calls() {
    for partition in PARTITIONS {
        for case in PodIdentityCase::ALL {
            let app = TestApp::start(partition).await;
            let request = valid_request(&app, case);
            // After this request, the function has Palette's API key in its cache.
            validate(&app, &with_member(request.clone(), "name", "another".into())).await;
            app.delay_every_call();
            app.post(ROUTE, &request).await.assert_status(201);
            let calls = app.cloud().calls();
            let hops = calls.longest_chain();
            println!("{case:?} in {partition}: {hops} hops, {} calls", calls.lines().len());
            assert!(hops <= MAX_SEQUENTIAL_CALLS, "{hops}: {:#?}", calls.lines());
        }
    }
}
