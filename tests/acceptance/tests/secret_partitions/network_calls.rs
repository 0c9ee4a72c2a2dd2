//! The number of sequential network calls of a registration.

use acceptance::{
    TestApp,
    methods::{for_each_classified, project_route},
};

use gangway_model::AuthMethod;

/// Returns how many sequential network calls a registration may make. A registration through the
/// access portal makes more calls, because the portal issues credentials before AWS is called.
fn max_sequential_calls(method: AuthMethod) -> usize {
    if method == AuthMethod::StaticCredentials { 8 } else { 10 }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_makes_few_sequential_network_calls() {
    for_each_classified(|app: TestApp, method| async move {
        // This request fails after one call to Palette. Afterwards the function has started, and
        // has read the API key of Palette.
        let request = app.request(method, app.customer(), "prod");
        let path = format!("/v1/tenant/accounts/{}", method.id());
        app.post(&project_route("Nowhere", method), &request).await.assert_status(422);

        app.delay_every_call();
        app.post(&path, &request).await.assert_status(201);
        let calls = app.cloud().calls();
        let hops = calls.longest_chain();
        println!("{} in {}: {hops} hops", method.id(), app.partition());
        assert!(hops <= max_sequential_calls(method), "{hops}: {:#?}", calls.lines());
    })
    .await;
}
