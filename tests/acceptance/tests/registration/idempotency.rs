//! Scope and name identify an account: a repeated request changes nothing, and a request with
//! another identity is a conflict.

use acceptance::{
    PARTITIONS, TestApp,
    methods::{for_each, for_each_open, other_method, route},
    with,
};
use gangway_model::AuthMethod;
use gangway_policies::PolicyDocument;
use local_cloud::palette::{KeptAnnotations, SecretsOnRead};
use serde_json::{Value, json};

use crate::state::{
    State, assert_receipt_is_true, current_value, pending_value, secret_document, write_calls,
};

#[tokio::test]
async fn repeated_request_writes_nothing() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &request).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        assert_receipt_is_true(&app, method, "prod", &first);
        let before = State::snapshot(&app, "prod");
        for cold in [false, true] {
            if cold {
                app.deployment().functions.stop_idle_instances();
            }
            app.cloud().calls().clear();
            let again = app.post(&route(method), &request).await;
            assert_eq!((again.status, again.outcome()), (200, "unchanged"), "{}", again.text);
            assert_eq!(again.uid(), first.uid());
            assert_eq!(again.text_at("/secretArn"), first.text_at("/secretArn"));
            // A new instance writes missing annotations once, to find out whether Palette keeps
            // them.
            let learned = usize::from(cold && app.drops_annotations());
            assert_eq!(write_calls(&app).len(), learned, "{:?}", write_calls(&app));
        }
        let after = State::snapshot(&app, "prod");
        assert_eq!(after.normalized("prod"), before.normalized("prod"));
    })
    .await;
}

#[tokio::test]
async fn each_setting_is_updated_read_back_and_then_unchanged() {
    for_each_open(|app: TestApp, method| async move {
        let plain = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &plain).await;
        let gateway = {
            let records = app.cloud().palette().records();
            let mut gateways = records.tenants[0].gateways.iter();
            gateways.find(|one| one.name == "dc-east").expect("a gateway").uid.clone()
        };
        let arns: Vec<String> = [PolicyDocument::Nodes, PolicyDocument::Controller]
            .map(|document| app.customer().policy(document))
            .into();
        let policies = json!({"policyArns": arns});
        let one_policy = json!({"policyArns": [arns[0]]});
        // The members of the request, the member of the account that shows them, and its value.
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
            let is_recorded = app.recorded(method, shown) == shown;
            if shown == "/permissionProfile" && !is_recorded {
                continue;
            }
            // A new instance does not wait for Palette's rate limit.
            app.deployment().functions.stop_idle_instances();
            let request = with(plain.clone(), &members);
            let updated = app.post(&route(method), &request).await;
            assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
            assert_eq!(updated.uid(), first.uid());
            assert_receipt_is_true(&app, method, "prod", &updated);
            let account = app.get(&format!("/v1/tenant/accounts/{}", first.uid())).await;
            let seen = account.body.pointer(shown).cloned().unwrap_or_default();
            assert_eq!(seen, value, "{shown}: {}", account.text);
            app.deployment().functions.stop_idle_instances();
            let again = app.post(&route(method), &request).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        }
    })
    .await;
}

#[tokio::test]
async fn new_key_of_the_same_user_updates_the_same_secret() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        let first = app.post(&route(method), &request).await;
        let key = customer.user.create_access_key();
        let renewed =
            with(request.clone(), &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        let updated = app.post(&route(method), &renewed).await;
        assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
        assert_eq!(updated.uid(), first.uid());
        let state = State::snapshot(&app, "prod");
        let secret = state.secret();
        assert_eq!(secret.arn, first.text_at("/secretArn"));
        assert_eq!(
            (current_value(secret), pending_value(secret)),
            (secret_document(&key), Value::Null)
        );
        assert_eq!(secret.versions.len(), 2);
        let spec = &state.account()["body"]["spec"];
        assert_eq!(spec["secretKey"], key.secret.as_str());
        let again = app.post(&route(method), &renewed).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        // A request with the first key uses the first version of the secret, and creates no new
        // version.
        let back = app.post(&route(method), &request).await;
        assert_eq!(back.outcome(), "updated", "{}", back.text);
        assert_receipt_is_true(&app, method, "prod", &back);
        assert_eq!(State::snapshot(&app, "prod").secret().versions.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn another_identity_under_the_same_name_is_a_conflict() {
    for_each_open(|app: TestApp, method| async move {
        let mine = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(mine.status, 201, "{}", mine.text);
        let before = State::snapshot(&app, "prod");
        app.cloud().calls().clear();
        for (method, customer) in [
            (method, app.second_customer()),
            (other_method(method), app.customer()),
            (other_method(method), app.second_customer()),
        ] {
            let response = app.post(&route(method), &app.request(method, customer, "prod")).await;
            assert_eq!(response.status, 409, "{}", response.text);
            assert_eq!(response.text_at("/type"), "urn:gangway:problem:conflict");
            assert!(response.text_at("/detail").contains(mine.uid()), "{}", response.text);
            // Validation reports the same conflict.
            let validate = format!("{}/validate", route(method));
            let report = app.post(&validate, &app.request(method, customer, "prod")).await;
            assert_eq!((report.status, report.ready()), (200, Some(false)), "{}", report.text);
            assert_eq!(report.check("palette.name-available")["outcome"], "failed");
        }
        assert_eq!(write_calls(&app), Vec::<String>::new());
        assert_eq!(State::snapshot(&app, "prod"), before);
    })
    .await;
}

#[tokio::test]
async fn annotations_of_other_clients_are_kept_by_updates() {
    for_each_open(|app: TestApp, method| async move {
        app.set_kept_annotations(KeptAnnotations::All);
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &request).await;
        {
            let mut records = app.cloud().palette().records();
            let metadata = &mut records.accounts[0].body["metadata"];
            metadata["annotations"]["costCentre"] = json!("4711");
            metadata["labels"] = json!({"team": "payments"});
        }
        let assert_kept = |app: &TestApp| {
            let state = State::snapshot(app, "prod");
            let metadata = &state.account()["body"]["metadata"];
            assert_eq!(metadata["annotations"]["costCentre"], "4711");
            assert_eq!(metadata["labels"], json!({"team": "payments"}));
        };
        let again = app.post(&route(method), &request).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        let described = with(request.clone(), &json!({"description": "Payments"}));
        let updated = app.post(&route(method), &described).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        assert_kept(&app);
        app.deployment().functions.stop_idle_instances();
        let replaced = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!(replaced.outcome(), "updated", "{}", replaced.text);
        assert_kept(&app);
    })
    .await;
}

#[tokio::test]
async fn repeated_request_is_unchanged_when_palette_masks_the_whole_key() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let masked = SecretsOnRead::MaskedWithoutAccessKeyId;
        app.cloud().palette().configure(|palette| palette.secrets = masked);
        let request = app.request(method, app.customer(), "prod");
        let outcomes = ["created", "unchanged"];
        for outcome in outcomes {
            let receipt = app.post(&route(method), &request).await;
            assert_eq!(receipt.outcome(), outcome, "{}", receipt.text);
        }
        let key = app.customer().user.create_access_key();
        let renewed = json!({"accessKeyId": key.id, "secretAccessKey": key.secret});
        let updated = app.post(&route(method), &with(request.clone(), &renewed)).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
    })
    .await;
}
