//! PUT: the account of a uid becomes another one, whatever it was.

use std::time::Duration;

use acceptance::Stage;
use local_cloud::{Effect, Fault};
use serde_json::json;

use crate::{
    scene::{Way, everywhere, play, with},
    state::{State, assert_true, document, in_use, writes},
};

#[tokio::test]
async fn new_keys_of_another_aws_account_retire_the_old_secret() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let request = way.request(stage.neighbour(), "prod");
        let replaced = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_eq!(replaced.uid(), first.uid());
        assert_eq!(replaced.text_at("/awsAccountId"), stage.neighbour().account.id());
        let state = State::of(&stage, "prod");
        let (secret, new) = (state.secret(), document(&stage.neighbour().keys));
        assert_eq!(in_use(secret), new);
        assert_eq!(secret.tags["gangway:aws-account"], stage.neighbour().account.id());
        let old = state.secrets.iter().find(|one| one.deleted).expect("the old secret");
        assert_eq!(old.arn, first.text_at("/secretArn"));
        assert_eq!(old.tags["gangway:state"], "retired");
        assert_eq!(state.account()["body"]["spec"]["secretKey"], new["secretAccessKey"]);
        let again = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        assert_eq!(State::of(&stage, "prod"), state);
    })
    .await;
}

#[tokio::test]
async fn new_keys_of_the_same_account_keep_its_secret() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &request).await;
        let key = stage.customer().user.keys();
        let renewed = with(&request, json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        let replaced = stage.put(&way.path_of(first.uid()), &renewed).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        let state = State::of(&stage, "prod");
        assert_eq!(state.secrets.len(), 1);
        assert_eq!(state.secret().arn, first.text_at("/secretArn"));
        assert_eq!(in_use(state.secret()), document(&key));
    })
    .await;
}

#[tokio::test]
async fn another_role_takes_the_place_of_the_first() {
    play(&[Way::Role], |stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let request = way.request(stage.neighbour(), "prod");
        let replaced = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        let state = State::of(&stage, "prod");
        let arn = stage.neighbour().role.arn();
        assert_eq!(state.account()["body"]["spec"]["sts"]["arn"], arn.as_str());
        assert_eq!(state.account()["uid"], first.uid());
        let again = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
    })
    .await;
}

#[tokio::test]
async fn the_other_method_takes_over_and_leaves_no_secret_behind_that_nobody_uses() {
    everywhere(|stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let other = way.other();
        let request = other.request(stage.customer(), "prod");
        let replaced = stage.put(&other.path_of(first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_eq!(replaced.uid(), first.uid());
        assert_true(&stage, other, "prod", &replaced);
        // And back again: the retired secret comes out of its window.
        let back =
            stage.put(&way.path_of(first.uid()), &way.request(stage.customer(), "prod")).await;
        assert_eq!((back.status, back.outcome()), (200, "updated"), "{}", back.text);
        assert_true(&stage, way, "prod", &back);
    })
    .await;
}

/// A replica shows the account as it was: no sign that another run has replaced it since.
#[tokio::test]
async fn a_reader_that_lags_behind_keeps_no_secret_that_nobody_uses() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let late = Effect::Stale(Duration::from_secs(10));
        stage.cloud().fault(Fault::on("palette", "PUT /v1/cloudaccounts/aws/{uid}", late).once());
        let other = way.other();
        let request = other.request(stage.customer(), "prod");
        let replaced = stage.put(&other.path_of(first.uid()), &request).await;
        assert_eq!((replaced.status, replaced.outcome()), (200, "updated"), "{}", replaced.text);
        assert_true(&stage, other, "prod", &replaced);
    })
    .await;
}

#[tokio::test]
async fn an_account_is_renamed_and_its_secret_with_it() {
    everywhere(|stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let request = way.request(stage.customer(), "payments");
        let renamed = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!((renamed.status, renamed.outcome()), (200, "updated"), "{}", renamed.text);
        assert_eq!((renamed.uid(), renamed.text_at("/name")), (first.uid(), "payments"));
        assert_true(&stage, way, "payments", &renamed);
        let old = State::of(&stage, "prod");
        assert!(old.accounts.is_empty() && old.live().is_empty(), "{old:#?}");
        assert_eq!(stage.registered(), ["payments"]);
        let again = stage.post(&way.path(), &request).await;
        assert_eq!((again.uid(), again.outcome()), (first.uid(), "unchanged"), "{}", again.text);
    })
    .await;
}

#[tokio::test]
async fn the_name_of_another_account_is_a_conflict() {
    everywhere(|stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        let second = stage.post(&way.path(), &way.request(stage.neighbour(), "test")).await;
        let before = (State::of(&stage, "prod"), State::of(&stage, "test"));
        stage.cloud().calls().clear();
        let request = way.request(stage.neighbour(), "prod");
        let answer = stage.put(&way.path_of(second.uid()), &request).await;
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert!(answer.text_at("/detail").contains(first.uid()), "{}", answer.text);
        assert_eq!(writes(&stage), Vec::<String>::new());
        assert_eq!((State::of(&stage, "prod"), State::of(&stage, "test")), before);
    })
    .await;
}

#[tokio::test]
async fn a_uid_that_nobody_has_here_is_not_found() {
    everywhere(|stage: Stage, way| async move {
        let project = {
            let records = stage.cloud().palette().records();
            records.tenants[0].projects[1].uid.clone()
        };
        let request = way.request(stage.customer(), "prod");
        let in_project = with(&request, json!({"scope": {"project": project}}));
        for (uid, status) in [("65f000ffffffffffffffffff", 404), ("no_uid", 400)] {
            let answer = stage.put(&way.path_of(uid), &request).await;
            assert_eq!(answer.status, status, "{uid}: {}", answer.text);
        }
        stage.assert_untouched();

        let tenants = stage.post(&way.path(), &request).await;
        let projects = stage.post(&way.path(), &in_project).await;
        let before = State::of(&stage, "prod");
        stage.realm().functions.kill();
        stage.cloud().calls().clear();
        // From the tenant a project's account is not seen.
        let answer = stage.put(&way.path_of(projects.uid()), &request).await;
        assert_eq!(answer.status, 404, "{}", answer.text);
        // From a project the tenant's is seen, and does not move.
        let answer = stage.put(&way.path_of(tenants.uid()), &in_project).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(answer.text_at("/errors/0/pointer"), "/scope", "{}", answer.text);
        assert_eq!(writes(&stage), Vec::<String>::new());
        assert_eq!(State::of(&stage, "prod"), before);
    })
    .await;
}
