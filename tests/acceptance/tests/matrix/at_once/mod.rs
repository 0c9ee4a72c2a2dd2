//! Many at the same time: one wins, the others are told so, and both stores say the same afterwards.

mod different;
mod identical;
mod removing;
mod replacing;
mod vending;

use std::{collections::BTreeMap, sync::Arc};

use acceptance::Answer;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    flow::{Ask, Subject, Told},
    ground::Ground,
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

/// All of them at the same time; the answers in the order of the requests. Whoever is told to come again, since Palette is
/// asked too often or since time ran out, does so.
async fn at_once(ground: &Arc<Ground>, asks: &[Ask]) -> Vec<Answer> {
    let all: Vec<_> = (0..asks.len()).collect();
    let mut answers = together(ground, asks, &all).await;
    let first: Vec<_> = answers.values().cloned().collect();
    println!("{} at once: {:?}", asks.len(), kinds(&first));
    for _time in 0..TIMES {
        let again = answers.iter().filter(|(_, answer)| comes_again(answer));
        let again: Vec<_> = again.map(|(place, _)| *place).collect();
        for few in again.chunks(FEW) {
            answers.extend(together(ground, asks, few).await);
        }
    }
    answers.into_values().collect()
}

/// Told to come again, and so that one knows.
fn comes_again(answer: &Answer) -> bool {
    // Where a function's process got no time at all, the gateway has no advice of its own.
    let told = answer.text_at("/detail").contains("again")
        || answer.text_at("/type") == "urn:gangway:problem:gateway";
    let later = answer.header(reqwest::header::RETRY_AFTER);
    match answer.status {
        429 => {
            assert!(told && !later.is_empty(), "{}", answer.text);
            true
        }
        502 | 504 => {
            assert!(told, "{}", answer.text);
            true
        }
        _ => false,
    }
}

async fn together(ground: &Arc<Ground>, asks: &[Ask], places: &[usize]) -> BTreeMap<usize, Answer> {
    let mut requests = JoinSet::new();
    for place in places.iter().copied() {
        let (ground, ask) = (Arc::clone(ground), asks[place].clone());
        requests.spawn(async move {
            let Ask::Http(verb, path, body) = ask else { panic!("a request over HTTP") };
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            (place, ground.stage.send(verb, &path, &headers, body).await)
        });
    }
    requests.join_all().await.into_iter().collect()
}

/// Status and outcome of each kind of answer, and how many there were.
fn kinds(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut kinds = BTreeMap::new();
    for answer in answers {
        *kinds.entry((answer.status, answer.outcome().to_owned())).or_default() += 1;
    }
    kinds
}

/// Both stores say the same.
fn assert_consistent(ground: &Ground, answers: &[Answer]) -> State {
    let state = State::of(ground, &subject());
    let told: Vec<_> = answers.iter().map(|answer| (answer.status, &*answer.text)).collect();
    state.consistent().unwrap_or_else(|wrong| panic!("{wrong}\n{told:#?}"));
    state
}

/// The same once more makes it so, and once more changes nothing.
async fn assert_settles(ground: &Ground, ask: &Ask) {
    for outcomes in [&["created", "updated", "unchanged"][..], &["unchanged"]] {
        let told = ground.carry(ask, &subject()).await;
        let Told::Answer(answer) = &told else { panic!("{}", told.text()) };
        assert!(outcomes.contains(&answer.outcome()), "{}", told.text());
        assert_consistent(ground, &[Answer::clone(answer)]);
    }
}

fn with(request: Value, members: &Value) -> Value {
    acceptance::with(request, members)
}
