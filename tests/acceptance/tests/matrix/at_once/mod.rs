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

/// All of them at the same time; the answers in the order of the requests.
async fn at_once(ground: &Arc<Ground>, asks: Vec<Ask>) -> Vec<Answer> {
    let mut requests = JoinSet::new();
    for (place, ask) in asks.into_iter().enumerate() {
        let ground = Arc::clone(ground);
        requests.spawn(async move {
            let Ask::Http(verb, path, body) = ask else { panic!("a request over HTTP") };
            let headers: Vec<_> = body.iter().map(|_| acceptance::JSON).collect();
            let body = body.map(|body| body.to_string().into_bytes());
            (place, ground.stage.send(verb, &path, &headers, body).await)
        });
    }
    let answers: BTreeMap<_, _> = requests.join_all().await.into_iter().collect();
    answers.into_values().collect()
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
