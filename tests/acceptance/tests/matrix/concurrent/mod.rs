//! Tests concurrent requests about one account. After them, Palette and Secrets Manager have the
//! same credential.

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

/// The number of requests that are sent at the same time.
const REQUEST_COUNT: usize = 50;

/// Returns the account that all requests of these tests are about.
fn subject() -> Subject {
    Subject { name: "prod-at-once".to_owned(), ..Subject::default() }
}

/// The number of requests that are sent again at the same time.
const RETRY_BATCH: usize = 5;

/// The maximum number of times that a request is sent again.
const MAX_RETRIES: usize = 5;

/// Locked while a test sends concurrent requests. If two tests did so at the same time on a machine
/// with two cores, services would not respond in time.
static CONCURRENT_REQUESTS_LOCK: Mutex<()> = Mutex::const_new(());

/// Sends all requests concurrently. Sends requests again that got status 429, 502 or 504. Returns
/// the last response to each request, in the order of the requests.
async fn send_concurrently(fixture: &Arc<Fixture>, actions: &[Action]) -> Vec<HttpResponse> {
    let _lock = CONCURRENT_REQUESTS_LOCK.lock().await;
    let indices: Vec<_> = (0..actions.len()).collect();
    let mut responses = send_batch(fixture, actions, &indices).await;
    let first_responses: Vec<_> = responses.values().cloned().collect();
    println!("{} at once: {:?}", actions.len(), count_outcomes(&first_responses));
    for _retry in 0..MAX_RETRIES {
        let retries = responses.iter().filter(|(_, response)| is_retryable(response));
        let retries: Vec<_> = retries.map(|(position, _)| *position).collect();
        for batch in retries.chunks(RETRY_BATCH) {
            responses.extend(send_batch(fixture, actions, batch).await);
        }
    }
    responses.into_values().collect()
}

/// Returns `true` if the client should send the request again. Asserts that the response then says
/// so.
fn is_retryable(response: &HttpResponse) -> bool {
    // If the function does not respond in time, API Gateway writes the response, without advice.
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

/// Sends the requests at these positions concurrently. Returns the responses by position.
async fn send_batch(
    fixture: &Arc<Fixture>,
    actions: &[Action],
    positions: &[usize],
) -> BTreeMap<usize, HttpResponse> {
    let mut requests = JoinSet::new();
    for position in positions.iter().copied() {
        let (fixture, action) = (Arc::clone(fixture), actions[position].clone());
        requests.spawn(async move {
            let Action::Http(verb, path, body) = action else { panic!("a request over HTTP") };
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            (position, fixture.app.send(verb, &path, &headers, body).await)
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

/// Asserts that Palette and Secrets Manager have the same credential of the account. Returns the
/// stored state.
fn assert_stores_agree(fixture: &Fixture, responses: &[HttpResponse]) -> State {
    let state = State::snapshot(fixture, &subject());
    let response: Vec<_> =
        responses.iter().map(|response| (response.status, &*response.text)).collect();
    state.check_consistency().unwrap_or_else(|wrong| panic!("{wrong}\n{response:#?}"));
    state
}

/// Sends a request two more times. Asserts that the first one succeeds, and that the second one
/// changes nothing.
async fn assert_repetition_becomes_unchanged(fixture: &Fixture, action: &Action) {
    for outcomes in [&["created", "updated", "unchanged"][..], &["unchanged"]] {
        let response = fixture.execute(action, &subject()).await;
        let Response::Http(http) = &response else { panic!("{}", response.text()) };
        assert!(outcomes.contains(&http.outcome()), "{}", http.text);
        assert_stores_agree(fixture, &[HttpResponse::clone(http)]);
    }
}
