//! Concurrent requests: one wins, and Palette and Secrets Manager agree afterwards.

mod conflicting_requests;
mod identical_requests;
mod registration_and_removal;
mod replacements;
mod vending;

use std::{collections::BTreeMap, sync::Arc};

use acceptance::HttpResponse;
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    fixture::Fixture,
    flow::{Action, Response, Subject},
    state::State,
};

/// The number of concurrent requests.
const REQUESTS: usize = 50;

/// Returns the account that all requests are about.
fn subject() -> Subject {
    Subject { name: "prod-at-once".to_owned(), ..Subject::default() }
}

/// The number of concurrent retries.
const RETRY_BATCH: usize = 5;

/// The maximum number of retries.
const MAX_RETRIES: usize = 5;

/// Held while requests are sent concurrently: two tests at once would be too much for two cores, and
/// services would not answer in time.
static CONCURRENT_REQUESTS: Mutex<()> = Mutex::const_new(());

/// Sends all requests concurrently and returns the responses in their order. Requests that hit the
/// rate limit or time out are retried.
async fn send_concurrently(fixture: &Arc<Fixture>, actions: &[Action]) -> Vec<HttpResponse> {
    let _only_one = CONCURRENT_REQUESTS.lock().await;
    let indices: Vec<_> = (0..actions.len()).collect();
    let mut responses = send_batch(fixture, actions, &indices).await;
    let first_responses: Vec<_> = responses.values().cloned().collect();
    println!("{} at once: {:?}", actions.len(), count_outcomes(&first_responses));
    for _time in 0..MAX_RETRIES {
        let retries = responses.iter().filter(|(_, response)| is_retryable(response));
        let retries: Vec<_> = retries.map(|(call_site, _)| *call_site).collect();
        for batch in retries.chunks(RETRY_BATCH) {
            responses.extend(send_batch(fixture, actions, batch).await);
        }
    }
    responses.into_values().collect()
}

/// Returns `true` if the client should send the request again. Asserts that the response says so.
fn is_retryable(response: &HttpResponse) -> bool {
    // If the function does not respond in time, API Gateway returns its own response, without a remedy.
    let has_advice = response.text_at("/detail").contains("again")
        || response.text_at("/type") == "urn:gangway:problem:gateway";
    let retry_after = response.header(reqwest::header::RETRY_AFTER);
    match response.status {
        429 => {
            assert!(has_advice && !retry_after.is_empty(), "{}", response.text);
            true
        }
        502 | 504 => {
            assert!(has_advice, "{}", response.text);
            true
        }
        _ => false,
    }
}

async fn send_batch(
    fixture: &Arc<Fixture>,
    actions: &[Action],
    call_sites: &[usize],
) -> BTreeMap<usize, HttpResponse> {
    let mut requests = JoinSet::new();
    for call_site in call_sites.iter().copied() {
        let (fixture, action) = (Arc::clone(fixture), actions[call_site].clone());
        requests.spawn(async move {
            let Action::Http(verb, path, body) = action else { panic!("a request over HTTP") };
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            (call_site, fixture.app.send(verb, &path, &headers, body).await)
        });
    }
    requests.join_all().await.into_iter().collect()
}

/// Counts the responses by status and outcome.
fn count_outcomes(responses: &[HttpResponse]) -> BTreeMap<(u16, String), usize> {
    let mut counts = BTreeMap::new();
    for response in responses {
        *counts.entry((response.status, response.outcome().to_owned())).or_default() += 1;
    }
    counts
}

/// Asserts that Palette and Secrets Manager agree.
fn assert_consistent(fixture: &Fixture, responses: &[HttpResponse]) -> State {
    let state = State::snapshot(fixture, &subject());
    let response: Vec<_> =
        responses.iter().map(|response| (response.status, &*response.text)).collect();
    state.check_consistency().unwrap_or_else(|wrong| panic!("{wrong}\n{response:#?}"));
    state
}

/// Asserts that a repeated request succeeds, and that another one changes nothing.
async fn assert_settles(fixture: &Fixture, action: &Action) {
    for outcomes in [&["created", "updated", "unchanged"][..], &["unchanged"]] {
        let response = fixture.execute(action, &subject()).await;
        let Response::Http(http) = &response else { panic!("{}", response.text()) };
        assert!(outcomes.contains(&http.outcome()), "{}", http.text);
        assert_consistent(fixture, &[HttpResponse::clone(http)]);
    }
}
