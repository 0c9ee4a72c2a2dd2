//! Tests that the search finds secrets that the function `leaky` leaks on purpose, in each place
//! and encoding, and that the function's runtime prevents some leaks.

use std::collections::BTreeSet;

use acceptance::{
    HttpResponse,
    evidence::{Evidence, VERBOSE_SETTINGS},
    wait_until,
};
use gangway_model::Partition;
use local_cloud::{
    canaries::{Encoding, encodings},
    lambda::LambdaFunction,
};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::open_partitions::start_with_verbose_logs;

/// The places in which `leaky` leaks a text, and the places in which the search must find that
/// text.
const LEAKS: [(&str, &str); 10] = [
    ("log", "logs"),
    ("log of a failure", "logs"),
    ("standard output", "logs"),
    ("standard error", "logs"),
    ("panic without the runtime's hook", "logs"),
    ("response", "responses"),
    ("problem", "responses"),
    ("pointer of a problem", "responses"),
    ("query of a call", "sent to Palette: targets and headers"),
    ("trace header of a call", "sent to Palette: targets and headers"),
];

/// Leaks of `leaky` that the function's runtime prevents: log lines of libraries, log lines of
/// levels below INFO, and panic messages.
const PREVENTED_LEAKS: [&str; 4] = ["log of a library", "finer log", "finest log", "panic"];

/// Makes the function `leaky` leak a text in a place. Returns the body of its response, or its
/// error.
async fn leak(lambda: &LambdaFunction, place: &str, text: &str, url: &str) -> String {
    let body = json!({"place": place, "text": text, "to": url}).to_string();
    let event = json!({
        "requestContext": {"requestId": "leaked"}, "httpMethod": "POST", "path": "/v1/leak", "resource": "/v1/leak",
        "headers": {"content-type": "application/json"}, "body": body,
    });
    let response = lambda.invoke(&event).await;
    assert!(!format!("{response:?}").contains("NotBuilt"), "{response:?}");
    response
        .as_ref()
        .ok()
        .and_then(|response| response["body"].as_str())
        .map_or_else(|| format!("{response:?}"), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn leaked_secret_is_found_in_every_place_and_encoding() {
    let app = start_with_verbose_logs(Partition::Aws).await;
    let (cloud, deployment) = (app.cloud(), app.deployment());
    let lambda = deployment
        .functions
        .get("accounts")
        .expect("a function")
        .with_changes(|function| "leaky".clone_into(&mut function.package));
    for (name, value) in VERBOSE_SETTINGS {
        lambda.set_variable(name, value);
    }
    let secret = &app.customer().keys.secret;
    let mut missed = Vec::new();
    for (place, found_in) in
        LEAKS.into_iter().chain([("body of a call", "sent to Palette: bodies")])
    {
        for Encoding { name: encoding, text, .. } in distinct_encodings(secret) {
            lambda.logs().clear();
            let response = leak(&lambda, place, &text, &cloud.url()).await;
            wait_until_logged(&lambda).await;
            let mut found = BTreeSet::new();
            let is_found = wait_until(|| {
                let mut evidence = Evidence::default();
                evidence.add("responses", response.clone());
                evidence.add("logs", lambda.logs().text());
                evidence.add_partition(cloud, deployment);
                found = evidence.search().found;
                found.iter().any(|(at, _)| at.starts_with(found_in))
            });
            if !is_found.await {
                missed.push(format!("{place} {encoding}: {found:?}\n{}", lambda.logs().text()));
            }
        }
        lambda.stop_idle_instances();
    }
    assert!(missed.is_empty(), "{} were not found:\n{}", missed.len(), missed.join("\n"));
    for place in PREVENTED_LEAKS {
        lambda.logs().clear();
        let mut evidence = Evidence::default();
        evidence.add("responses", leak(&lambda, place, secret, &cloud.url()).await);
        wait_until_logged(&lambda).await;
        let panicked =
            || lambda.logs().text().contains(r#""message":"panic""#) == (place == "panic");
        assert!(wait_until(panicked).await, "{}", lambda.logs().text());
        evidence.add("logs", lambda.logs().text());
        evidence.add_partition(cloud, deployment);
        assert_eq!(evidence.search().found, BTreeSet::new(), "{place}");
    }
}

/// Waits until an invocation has written its last log line, which contains the metrics.
async fn wait_until_logged(lambda: &LambdaFunction) {
    let last_line = || lambda.logs().text().contains("\"CloudWatchMetrics\"");
    assert!(wait_until(last_line).await, "no line was written\n{}", lambda.logs().text());
}

/// Returns the encodings of a secret, and a fragment of it. Encodings with the same text appear
/// once.
fn distinct_encodings(secret: &str) -> Vec<Encoding> {
    let mut all: Vec<Encoding> = encodings(secret);
    let mut fragment = all.last().expect("as it is").clone();
    fragment.name = "a fragment";
    fragment.text = fragment.text.drain(7..7 + fragment.min_length).collect();
    all.push(fragment);
    all.dedup_by(|one, other| one.text == other.text);
    all
}

#[tokio::test]
async fn secret_in_stored_data_or_in_a_header_is_found() {
    let app = start_with_verbose_logs(Partition::Aws).await;
    let secret = &app.customer().keys.secret;
    let places_with_secrets = |evidence: Evidence| {
        let found = evidence.search().found;
        found.into_iter().map(|(place, _)| place).collect::<BTreeSet<_>>()
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-secret", HeaderValue::from_str(secret).expect("a header"));
    let mut evidence = Evidence::default();
    evidence.add_response(&HttpResponse {
        status: 200,
        headers,
        text: String::new(),
        body: Value::Null,
    });
    evidence.add_partition(app.cloud(), app.deployment());
    assert_eq!(places_with_secrets(evidence), BTreeSet::from(["responses: headers"]));

    app.customer().role.tag("note", secret);
    app.deployment().queues[0].send(secret);
    let mut evidence = Evidence::default();
    evidence.add_partition(app.cloud(), app.deployment());
    let expected =
        ["stored in AWS: names and tags", "stored in queues: messages and dead-letter queues"];
    assert_eq!(places_with_secrets(evidence), BTreeSet::from(expected));
}
