//! A removal and the secret: it goes with its account, and no sooner.

use acceptance::Stage;
use gangway_model::Partition;
use local_cloud::{Effect, Fault, palette::Concealed};

use crate::{
    scene::{Way, everywhere},
    state::{State, assert_true},
};

#[tokio::test]
async fn a_deleted_account_takes_its_secret_into_the_window_and_registering_again_restores_it() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &request).await;
        let path = format!("/v1/accounts/{}", first.uid());
        let removed = stage.delete(&path).await;
        assert_eq!((removed.status, &*removed.text), (204, ""));
        stage.assert_untouched();
        if way == Way::Keys {
            let state = State::of(&stage, "prod");
            assert!(state.secrets[0].deleted, "{state:#?}");
            assert_eq!(state.secrets[0].tags["gangway:state"], "retired");
        }
        let again = stage.delete(&path).await;
        assert_eq!(again.status, 404, "{}", again.text);
        assert_eq!(stage.get(&path).await.status, 404);

        stage.realm().functions.kill();
        let back = stage.post(&way.path(), &request).await;
        assert_eq!((back.status, back.outcome()), (201, "created"), "{}", back.text);
        assert_ne!(back.uid(), first.uid());
        assert_eq!(back.text_at("/secretArn"), first.text_at("/secretArn"));
        assert_true(&stage, way, "prod", &back);
        let unchanged = stage.post(&way.path(), &request).await;
        assert_eq!(unchanged.outcome(), "unchanged", "{}", unchanged.text);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_palette_does_not_let_go_keeps_its_secret() {
    everywhere(|stage: Stage, way| async move {
        let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        stage.cloud().palette().records().accounts[0].in_use = true;
        let before = State::of(&stage, "prod");
        let path = format!("/v1/accounts/{}", first.uid());
        let refused = stage.delete(&path).await;
        assert_eq!(refused.status, 502, "{}", refused.text);
        assert!(refused.text_at("/detail").contains("in use"), "{}", refused.text);
        assert_eq!(State::of(&stage, "prod"), before);
        stage.cloud().palette().records().accounts[0].in_use = false;
        assert_eq!(stage.delete(&path).await.status, 204);
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_is_finished_by_the_next() {
    let stage = Stage::start(Partition::AwsUsGov).await;
    let way = Way::Keys;
    let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
    let path = format!("/v1/accounts/{}", first.uid());
    stage.cloud().fault(Fault::on("secretsmanager", "DeleteSecret", Effect::Unavailable));
    let failed = stage.delete(&path).await;
    assert_eq!(failed.status, 502, "{}", failed.text);
    assert!(stage.registered().is_empty() && stage.kept().len() == 1);
    stage.cloud().faults().clear();
    assert_eq!(stage.delete(&path).await.status, 204);
    stage.assert_untouched();
    assert_eq!(stage.delete(&path).await.status, 404);
}

#[tokio::test]
async fn an_account_that_only_looks_gone_keeps_its_secret() {
    use Concealed::{Lists, Reads, Removals};
    let stage = Stage::start(Partition::Aws).await;
    let way = Way::Keys;
    let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
    let before = State::of(&stage, "prod");
    let path = format!("/v1/accounts/{}", first.uid());
    let conceal = |places: &'static [Concealed]| {
        stage.realm().functions.kill();
        stage.cloud().palette().behave(|palette| palette.conceals = places);
    };
    for places in [&[Reads][..], &[Removals], &[Removals, Lists], &[Removals, Reads]] {
        conceal(places);
        let refused = stage.delete(&path).await;
        assert_eq!(refused.status, 502, "{places:?}: {}", refused.text);
        assert!(refused.text_at("/detail").contains("again"), "{}", refused.text);
        assert_eq!(State::of(&stage, "prod"), before, "{places:?}");
    }
    conceal(&[Lists]);
    assert_eq!(stage.delete(&path).await.status, 204);
    stage.assert_untouched();
}
