//! The natural key is scope and name: the same request again changes nothing, other settings change them, another identity
//! is a conflict.

use acceptance::Stage;
use gangway_policies::PolicyDocument;
use local_cloud::palette::SecretsOnRead;
use serde_json::{Value, json};

use crate::{
    scene::{Way, everywhere, play, with},
    state::{State, assert_true, document, in_use, waiting, writes},
};

#[tokio::test]
async fn the_same_request_again_changes_nothing_and_writes_nothing() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &request).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        assert_true(&stage, way, "prod", &first);
        let before = State::of(&stage, "prod");
        for cold in [false, true] {
            if cold {
                stage.realm().functions.kill();
            }
            stage.cloud().calls().clear();
            let again = stage.post(&way.path(), &request).await;
            assert_eq!((again.status, again.outcome()), (200, "unchanged"), "{}", again.text);
            assert_eq!(again.uid(), first.uid());
            assert_eq!(again.text_at("/secretArn"), first.text_at("/secretArn"));
            assert_eq!(writes(&stage), Vec::<String>::new());
        }
        assert_eq!(State::of(&stage, "prod"), before);
    })
    .await;
}

#[tokio::test]
async fn each_setting_is_updated_read_back_and_then_unchanged() {
    everywhere(|stage: Stage, way| async move {
        let plain = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &plain).await;
        let gateway = {
            let records = stage.cloud().palette().records();
            let mut gateways = records.tenants[0].gateways.iter();
            gateways.find(|one| one.name == "dc-east").expect("a gateway").uid.clone()
        };
        let arns: Vec<String> = [PolicyDocument::Nodes, PolicyDocument::Controller]
            .map(|document| stage.customer().policy(document))
            .into();
        let policies = json!({"policyArns": arns});
        let one_policy = json!({"policyArns": [arns[0]]});
        // What is asked for besides the plain request, a member of the account that shows it, and its value there.
        for (members, shown, value) in [
            (json!({"description": "Payments"}), "/description", json!("Payments")),
            (json!({"description": "Payments, EU"}), "/description", json!("Payments, EU")),
            (json!({}), "/description", Value::Null),
            (policies, "/policyArns", json!(arns)),
            (one_policy, "/policyArns", json!([arns[0]])),
            (json!({}), "/policyArns", json!([])),
            (json!({"privateCloudGateway": "dc-east"}), "/privateCloudGateway", json!(gateway)),
            (json!({"permissionProfile": "core"}), "/permissionProfile", json!("core")),
            (json!({}), "/privateCloudGateway", Value::Null),
        ] {
            // A registration has ten calls to Palette at once, those after it wait their turn.
            stage.realm().functions.kill();
            let request = with(&plain, members);
            let updated = stage.post(&way.path(), &request).await;
            assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
            assert_eq!(updated.uid(), first.uid());
            assert_true(&stage, way, "prod", &updated);
            let account = stage.get(&format!("/v1/accounts/{}", first.uid())).await;
            let seen = account.body.pointer(shown).cloned().unwrap_or_default();
            assert_eq!(seen, value, "{shown}: {}", account.text);
            stage.realm().functions.kill();
            let again = stage.post(&way.path(), &request).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_key_of_the_same_user_is_an_update_of_the_same_secret() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let customer = stage.customer();
        let request = way.request(customer, "prod");
        let first = stage.post(&way.path(), &request).await;
        let key = customer.user.keys();
        let renewed = with(&request, json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        let updated = stage.post(&way.path(), &renewed).await;
        assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
        assert_eq!(updated.uid(), first.uid());
        let state = State::of(&stage, "prod");
        let secret = state.secret();
        assert_eq!(secret.arn, first.text_at("/secretArn"));
        assert_eq!((in_use(secret), waiting(secret)), (document(&key), Value::Null));
        assert_eq!(secret.versions.len(), 2);
        let spec = &state.account()["body"]["spec"];
        assert_eq!(spec["secretKey"], key.secret.as_str());
        let again = stage.post(&way.path(), &renewed).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        // And back, which is no new version.
        let back = stage.post(&way.path(), &request).await;
        assert_eq!(back.outcome(), "updated", "{}", back.text);
        assert_true(&stage, way, "prod", &back);
        assert_eq!(State::of(&stage, "prod").secret().versions.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn another_identity_of_that_name_is_a_conflict_and_nothing_is_touched() {
    everywhere(|stage: Stage, way| async move {
        let mine = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        assert_eq!(mine.status, 201, "{}", mine.text);
        let before = State::of(&stage, "prod");
        stage.cloud().calls().clear();
        for (way, whose) in [
            (way, stage.neighbour()),
            (way.other(), stage.customer()),
            (way.other(), stage.neighbour()),
        ] {
            let answer = stage.post(&way.path(), &way.request(whose, "prod")).await;
            assert_eq!(answer.status, 409, "{}", answer.text);
            assert_eq!(answer.text_at("/type"), "urn:gangway:problem:conflict");
            assert!(answer.text_at("/detail").contains(mine.uid()), "{}", answer.text);
            // The report says the same before anybody tries.
            let validate = format!("{}/validate", way.path());
            let report = stage.post(&validate, &way.request(whose, "prod")).await;
            assert_eq!((report.status, report.ready()), (200, Some(false)), "{}", report.text);
            assert_eq!(report.check("palette.name-available")["outcome"], "failed");
        }
        assert_eq!(writes(&stage), Vec::<String>::new());
        assert_eq!(State::of(&stage, "prod"), before);
    })
    .await;
}

#[tokio::test]
async fn what_others_noted_on_an_account_survives_updates() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let first = stage.post(&way.path(), &request).await;
        {
            let mut records = stage.cloud().palette().records();
            let metadata = &mut records.accounts[0].body["metadata"];
            metadata["annotations"]["costCentre"] = json!("4711");
            metadata["labels"] = json!({"team": "payments"});
        }
        let noted = |stage: &Stage| {
            let state = State::of(stage, "prod");
            let metadata = &state.account()["body"]["metadata"];
            assert_eq!(metadata["annotations"]["costCentre"], "4711");
            assert_eq!(metadata["labels"], json!({"team": "payments"}));
        };
        let again = stage.post(&way.path(), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        let described = with(&request, json!({"description": "Payments"}));
        let updated = stage.post(&way.path(), &described).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        noted(&stage);
        stage.realm().functions.kill();
        let replaced = stage.put(&way.path_of(first.uid()), &request).await;
        assert_eq!(replaced.outcome(), "updated", "{}", replaced.text);
        noted(&stage);
    })
    .await;
}

#[tokio::test]
async fn the_same_again_is_unchanged_where_palette_masks_all_of_a_key() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        let masked = SecretsOnRead::MaskedWithId;
        stage.cloud().palette().behave(|palette| palette.secrets = masked);
        let request = way.request(stage.customer(), "prod");
        let outcomes = ["created", "unchanged"];
        for outcome in outcomes {
            let receipt = stage.post(&way.path(), &request).await;
            assert_eq!(receipt.outcome(), outcome, "{}", receipt.text);
        }
        let key = stage.customer().user.keys();
        let renewed = json!({"accessKeyId": key.id, "secretAccessKey": key.secret});
        let updated = stage.post(&way.path(), &with(&request, renewed)).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
    })
    .await;
}
