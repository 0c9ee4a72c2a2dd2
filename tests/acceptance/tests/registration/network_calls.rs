//! The number of sequential network calls of a registration.

use acceptance::{
    TestApp,
    methods::{for_each_open, project_route, route},
};

use gangway_model::AuthMethod;

/// Returns how many sequential network calls a registration may make. A registration with static
/// credentials makes more calls, because it stages and promotes a secret.
fn max_sequential_calls(method: AuthMethod) -> usize {
    if method == AuthMethod::StaticCredentials { 8 } else { 5 }
}

#[tokio::test]
async fn registration_makes_few_sequential_network_calls() {
    for_each_open(|app: TestApp, method| async move {
        // This request fails after one call to Palette. Afterwards the function has started, and
        // has read the API key of Palette.
        let request = app.request(method, app.customer(), "prod");
        assert_eq!(app.post(&project_route("Nowhere", method), &request).await.status, 422);

        app.delay_every_call();
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let hops = app.cloud().calls().longest_chain();
        println!("{} in {}: {hops} hops", method.id(), app.partition());
        let lines = app.cloud().calls().lines();
        assert!(hops <= max_sequential_calls(method), "{hops}: {lines:#?}");
    })
    .await;
}
