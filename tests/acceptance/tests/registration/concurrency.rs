//! Many at once: whoever is first creates, the others find it done.

use std::sync::Arc;

use acceptance::Stage;
use tokio::task::JoinSet;

use crate::{
    scene::everywhere,
    state::{State, assert_true},
};

const AT_ONCE: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn ten_of_the_same_at_once_make_one_account() {
    everywhere(|stage: Stage, way| async move {
        let stage = Arc::new(stage);
        let mut requests = JoinSet::new();
        for _ in 0..AT_ONCE {
            let stage = Arc::clone(&stage);
            requests.spawn(async move {
                stage.post(&way.path(), &way.request(stage.customer(), "prod")).await
            });
        }
        let answers = requests.join_all().await;
        let told: Vec<_> = answers.iter().map(|answer| (answer.status, &*answer.text)).collect();
        assert!(answers.iter().all(|answer| [200, 201].contains(&answer.status)), "{told:#?}");
        let created = answers.iter().filter(|answer| answer.outcome() == "created").count();
        assert_eq!(created, 1, "{told:#?}");
        assert!(answers.iter().all(|answer| answer.uid() == answers[0].uid()), "{told:#?}");
        assert_true(&stage, way, "prod", &answers[0]);
        let before = State::of(&stage, "prod");
        let after = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        assert_eq!(after.outcome(), "unchanged", "{}", after.text);
        assert_eq!(State::of(&stage, "prod"), before);
    })
    .await;
}
