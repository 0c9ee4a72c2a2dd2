//! Concurrent requests: one wins, and Palette and Secrets Manager agree afterwards.

mod conflicting_requests;
mod identical_requests;
mod registration_and_removal;
mod replacements;
mod vending;

use std::{collections::BTreeMap, sync::Arc};

use acceptance::HttpResponse;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    fixture::Fixture,
    flow::{Action, Response, Subject},
    state::State,
};

/// As many as are asked for at the same time.
const MANY: usize = 50;

/// The name of them all.
fn subject() -> Subject {
    Subject { name: "prod-at-once".to_owned(), ..Subject::default() }
}

/// As many are asked again at the same time.
const FEW: usize = 5;

/// How often at most.
const TIMES: usize = 5;

/// Sends all requests concurrently and returns the responses in their order. Requests that hit the
/// rate limit or time out are retried.
async fn at_once(fixture: &Arc<Fixture>, actions: &[Action]) -> Vec<HttpResponse> {
    let all: Vec<_> = (0..actions.len()).collect();
    let mut responses = together(fixture, actions, &all).await;
    let first: Vec<_> = responses.values().cloned().collect();
    println!("{} at once: {:?}", actions.len(), kinds(&first));
    for _time in 0..TIMES {
        let again = responses.iter().filter(|(_, response)| comes_again(response));
        let again: Vec<_> = again.map(|(call_site, _)| *call_site).collect();
        for few in again.chunks(FEW) {
            responses.extend(together(fixture, actions, few).await);
        }
    }
    responses.into_values().collect()
}

/// Whether the response asks for a retry; asserts that it says so.
fn comes_again(response: &HttpResponse) -> bool {
    // Where a function's process got no time at all, the gateway has no advice of its own.
    let advised = response.text_at("/detail").contains("again")
        || response.text_at("/type") == "urn:gangway:problem:gateway";
    let later = response.header(reqwest::header::RETRY_AFTER);
    match response.status {
        429 => {
            assert!(advised && !later.is_empty(), "{}", response.text);
            true
        }
        502 | 504 => {
            assert!(advised, "{}", response.text);
            true
        }
        _ => false,
    }
}

async fn together(
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

/// Status and outcome of each kind of answer, and how many there were.
fn kinds(responses: &[HttpResponse]) -> BTreeMap<(u16, String), usize> {
    let mut kinds = BTreeMap::new();
    for response in responses {
        *kinds.entry((response.status, response.outcome().to_owned())).or_default() += 1;
    }
    kinds
}

/// Both stores say the same.
fn assert_consistent(fixture: &Fixture, responses: &[HttpResponse]) -> State {
    let state = State::of(fixture, &subject());
    let response: Vec<_> =
        responses.iter().map(|response| (response.status, &*response.text)).collect();
    state.consistent().unwrap_or_else(|wrong| panic!("{wrong}\n{response:#?}"));
    state
}

/// The same once more makes it so, and once more changes nothing.
async fn assert_settles(fixture: &Fixture, action: &Action) {
    for outcomes in [&["created", "updated", "unchanged"][..], &["unchanged"]] {
        let response = fixture.execute(action, &subject()).await;
        let Response::Http(http) = &response else { panic!("{}", response.text()) };
        assert!(outcomes.contains(&http.outcome()), "{}", http.text);
        assert_consistent(fixture, &[HttpResponse::clone(http)]);
    }
}

fn with(request: Value, members: &Value) -> Value {
    acceptance::with(request, members)
}
