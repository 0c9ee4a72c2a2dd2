//! What looks for secrets finds one that is told on purpose, at each place and in each spelling; and what the frame keeps in
//! is not there.

use std::collections::BTreeSet;

use acceptance::{
    HttpResponse,
    evidence::{Evidence, VERBOSE_SETTINGS},
    wait_until,
};
use gangway_model::Partition;
use local_cloud::{
    canaries::{Spelling, spellings},
    functions::Lambda,
};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::open_partitions::app;

/// Leaked texts and the places where the search must find them.
const TOLD: [(&str, &str); 10] = [
    ("log", "logs"),
    ("log of a failure", "logs"),
    ("standard output", "logs"),
    ("standard error", "logs"),
    ("panic without the frame's hook", "logs"),
    ("answer", "answers"),
    ("problem", "answers"),
    ("pointer of a problem", "answers"),
    ("query of a call", "sent to Palette: targets and headers"),
    ("trace header of a call", "sent to Palette: targets and headers"),
];

/// What the frame keeps in: lines of libraries, those finer than INFO, and what a panic says.
const KEPT_IN: [&str; 4] = ["log of a library", "finer log", "finest log", "panic"];

async fn tell(lambda: &Lambda, place: &str, text: &str, to: &str) -> String {
    let body = json!({"place": place, "text": text, "to": to}).to_string();
    let event = json!({
        "requestContext": {"requestId": "planted"}, "httpMethod": "POST", "path": "/v1/leak", "resource": "/v1/leak",
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
async fn planted_secret_is_found_in_every_place_and_encoding() {
    let app = app(Partition::Aws).await;
    let (cloud, realm) = (app.cloud(), app.realm());
    let lambda = realm
        .functions
        .get("accounts")
        .expect("a function")
        .altered(|function| "leaky".clone_into(&mut function.package));
    for (name, value) in VERBOSE_SETTINGS {
        lambda.set(name, value);
    }
    let secret = &app.customer().keys.secret;
    let mut missed = Vec::new();
    for (place, found_in) in TOLD.into_iter().chain([("body of a call", "sent to Palette: bodies")])
    {
        for Spelling { how, text, .. } in some(secret) {
            lambda.logs().clear();
            let response = tell(&lambda, place, &text, &cloud.url()).await;
            written(&lambda).await;
            let mut found = BTreeSet::new();
            let is_found = wait_until(|| {
                let mut evidence = Evidence::default();
                evidence.add("answers", response.clone());
                evidence.add("logs", lambda.logs().text());
                evidence.of(cloud, realm);
                found = evidence.search().found;
                found.iter().any(|(at, _)| at.starts_with(found_in))
            });
            if !is_found.await {
                missed.push(format!("{place} {how}: {found:?}\n{}", lambda.logs().text()));
            }
        }
        lambda.kill();
    }
    assert!(missed.is_empty(), "{} were not found:\n{}", missed.len(), missed.join("\n"));
    for place in KEPT_IN {
        lambda.logs().clear();
        let mut evidence = Evidence::default();
        evidence.add("answers", tell(&lambda, place, secret, &cloud.url()).await);
        written(&lambda).await;
        let panicked =
            || lambda.logs().text().contains(r#""message":"panic""#) == (place == "panic");
        assert!(wait_until(panicked).await, "{}", lambda.logs().text());
        evidence.add("logs", lambda.logs().text());
        evidence.of(cloud, realm);
        assert_eq!(evidence.search().found, BTreeSet::new(), "{place}");
    }
}

/// Its lines come through pipes, after its answer. The last one of an invocation is that with its metrics.
async fn written(lambda: &Lambda) {
    let last = || lambda.logs().text().contains("\"CloudWatchMetrics\"");
    assert!(wait_until(last).await, "no line was written\n{}", lambda.logs().text());
}

/// The secret, a fragment, and each spelling of it that is another one.
fn some(secret: &str) -> Vec<Spelling> {
    let mut all: Vec<Spelling> = spellings(secret);
    let mut fragment = all.last().expect("as it is").clone();
    fragment.how = "a fragment";
    fragment.text = fragment.text.drain(7..7 + fragment.least).collect();
    all.push(fragment);
    all.dedup_by(|one, other| one.text == other.text);
    all
}

#[tokio::test]
async fn secret_in_stored_data_or_in_a_header_is_found() {
    let app = app(Partition::Aws).await;
    let secret = &app.customer().keys.secret;
    let searched = |evidence: Evidence| {
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
    evidence.of(app.cloud(), app.realm());
    assert_eq!(searched(evidence), BTreeSet::from(["answers: headers"]));

    app.customer().role.tag("note", secret);
    app.realm().queues[0].send(secret);
    let mut evidence = Evidence::default();
    evidence.of(app.cloud(), app.realm());
    let expected =
        ["left in AWS: names and tags", "left in queues: messages and dead-letter queues"];
    assert_eq!(searched(evidence), BTreeSet::from(expected));
}
