//! Stored secrets: name, tags and KMS key; promotion, deletion and restore.

use acceptance::{
    PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault};
use serde_json::{Value, json};

use crate::state::{State, assert_receipt_is_true, current_value, pending_value, secret_document};

const CREATE: &str = "POST /v1/cloudaccounts/aws";
const REPLACE: &str = "PUT /v1/cloudaccounts/aws/{uid}";

#[tokio::test]
async fn secret_has_the_configured_name_tags_and_key() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let receipt = app.post(&route(method), &app.request(method, customer, "prod")).await;
        let state = State::snapshot(&app, "prod");
        let (secret, partition, id) = (state.secret(), app.partition(), customer.account.id());
        assert_eq!(secret.name, format!("gangway/{partition}/{id}/prod"));
        assert_eq!(secret.arn, receipt.text_at("/secretArn"));
        let function = app.realm().functions.get(method.id()).expect("the function");
        let key = function.function().environment.get("GANGWAY_KMS_KEY_ID");
        assert!(key.is_some_and(|key| key.starts_with(&format!("arn:{partition}:kms:"))));
        assert_eq!(secret.kms_key.as_ref(), key);
        let tags: Vec<_> = secret.tags.iter().map(|(tag, value)| (&**tag, &**value)).collect();
        let expected = [
            ("gangway:aws-account", id),
            ("gangway:method", "static-credentials"),
            ("gangway:palette-uid", receipt.uid()),
            ("gangway:partition", partition.id()),
            ("gangway:scope", "tenant"),
            ("gangway:state", "registered"),
        ];
        assert_eq!(tags, expected);
        assert_eq!(current_value(secret), secret_document(&customer.keys));
        assert_eq!(secret.versions.len(), 1);
        assert_eq!(secret.versions[0].1, ["AWSCURRENT"]);
    })
    .await;
}

#[tokio::test]
async fn new_value_stays_pending_until_palette_accepts_it() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        let first = app.post(&route(method), &request).await;
        let (key, other) = (
            customer.user.create_access_key(),
            with(request.clone(), &json!({"description": "x"})),
        );
        let renewed =
            with(other.clone(), &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
        for effect in [Effect::InternalError, Effect::Unavailable, Effect::DisconnectBefore] {
            app.realm().functions.stop_idle_instances();
            app.cloud().fault(Fault::on("palette", REPLACE, effect));
            let refused = app.post(&route(method), &renewed).await;
            assert_eq!(refused.status, 502, "{}", refused.text);
            let state = State::snapshot(&app, "prod");
            let secret = state.secret();
            assert_eq!(current_value(secret), secret_document(&customer.keys), "{effect:?}");
            assert_eq!(pending_value(secret), secret_document(&key), "{effect:?}");
            assert_eq!(secret.tags["gangway:palette-uid"], first.uid());
            assert_eq!(secret.tags["gangway:state"], "registered");
            app.cloud().faults().clear();
            // The current value is still the registered one.
            let path = format!("/v1/tenant/accounts/{}/validate", first.uid());
            let report = app.post(&path, &json!({})).await;
            assert_eq!(report.ready(), Some(true), "{}", report.text);
        }
        app.realm().functions.stop_idle_instances();
        let updated = app.post(&route(method), &renewed).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        let state = State::snapshot(&app, "prod");
        assert_eq!(
            (current_value(state.secret()), pending_value(state.secret())),
            (secret_document(&key), Value::Null)
        );
    })
    .await;
}

#[tokio::test]
async fn secret_of_a_refused_registration_is_deleted_and_later_restored() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let quota = |quota| app.cloud().palette().records().tenants[0].quota = quota;
        quota(0);
        for _again in 0..2 {
            let refused = app.post(&route(method), &request).await;
            assert_eq!(refused.status, 502, "{}", refused.text);
            assert!(refused.text_at("/detail").contains("Resource limit"), "{}", refused.text);
            app.assert_untouched();
        }
        quota(10);
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
        assert_eq!(
            State::snapshot(&app, "prod").secrets.len(),
            usize::from(method == AuthMethod::StaticCredentials)
        );
    })
    .await;
}

#[tokio::test]
async fn secret_stays_staged_when_palette_does_not_answer() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        app.cloud().fault(Fault::on("palette", CREATE, Effect::DisconnectBefore));
        let failed = app.post(&route(method), &request).await;
        assert_eq!(failed.status, 502, "{}", failed.text);
        let state = State::snapshot(&app, "prod");
        assert!(state.accounts.is_empty());
        assert_eq!(state.secret().tags["gangway:state"], "staged");
        assert_eq!(state.secret().tags.get("gangway:palette-uid"), None);
        app.cloud().faults().clear();
        let receipt = app.post_registration(method, &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
    })
    .await;
}

#[tokio::test]
async fn keys_are_read_from_an_incoming_or_a_stored_secret() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        let keys = secret_document(&app.customer().keys).to_string();
        let arn = app.realm().put_secret("gangway/incoming/prod", &keys).await;
        let request = json!({"name": "prod", "secretArn": arn});
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
        assert_ne!(receipt.text_at("/secretArn"), arn);
        let incoming =
            app.realm().gangway_account.secret("gangway/incoming/prod").expect("the inbox");
        assert!(!incoming.deleted && incoming.tags.is_empty() && incoming.versions.len() == 1);
        let kept = json!({"name": "prod", "secretArn": receipt.text_at("/secretArn")});
        let inline = app.request(method, app.customer(), "prod");
        for same in [&request, &kept, &inline] {
            let again = app.post(&route(method), same).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        }
        let key = app.customer().user.create_access_key();
        let arn = app
            .realm()
            .put_secret("gangway/incoming/new", &secret_document(&key).to_string())
            .await;
        app.realm().functions.stop_idle_instances();
        let renewed = json!({"name": "prod", "secretArn": arn});
        let updated = app.post(&route(method), &renewed).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        assert_eq!(current_value(State::snapshot(&app, "prod").secret()), secret_document(&key));
    })
    .await;
}

#[tokio::test]
async fn secret_of_another_account_cannot_be_registered() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let project = app.cloud().palette().records().tenants[0].projects[0].uid.clone();
    let scope_of = |project: Option<&str>| project.map(|uid| json!({"scope": {"project": uid}}));
    let mut kept = Vec::new();
    for (customer, name, project) in [
        (app.customer(), "prod", None),
        (app.second_customer(), "prod", Some(&*project)),
        (app.second_customer(), "prod-team", None),
        (app.second_customer(), "prod-sixsix", None),
    ] {
        let request = app.request(method, customer, name);
        let request =
            scope_of(project).map_or(request.clone(), |scope| with(request.clone(), &scope));
        let receipt = app.post_registration(method, &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        kept.push(receipt.text_at("/secretArn").to_owned());
    }
    let [of_tenant, of_project, team, similar] = kept.as_slice() else { panic!("four: {kept:?}") };
    // Secrets Manager accepts an ARN without its random suffix.
    let part = |arn: &str| arn.rsplit_once('-').expect("a suffix").0.to_owned();
    for (project, arn) in [
        (Some(&*project), of_tenant.clone()),
        (None, of_project.clone()),
        (None, team.clone()),
        (None, part(team)),
        (None, part(similar)),
        (None, part(of_tenant)),
    ] {
        let request = json!({"name": "prod", "secretArn": arn});
        let request =
            scope_of(project).map_or(request.clone(), |scope| with(request.clone(), &scope));
        let refused = app.post_registration(method, &request).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/secretArn"]), "{arn}");
        assert!(refused.text.contains("stores for another account"), "{}", refused.text);
    }
    let own = json!({"name": "prod", "secretArn": of_project, "scope": {"project": project}});
    let again = app.post_registration(method, &own).await;
    assert_eq!(again.outcome(), "unchanged", "{}", again.text);
}

/// Palette creates the account without a response, and the following list fails as well.
#[tokio::test]
async fn secret_is_kept_when_the_result_of_a_creation_is_unknown() {
    let app = TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let request = app.request(method, app.customer(), "prod");
    app.cloud().fault(Fault::on("palette", CREATE, Effect::DisconnectAfter));
    let list = Fault::on("palette", "GET /v1/cloudaccounts/aws", Effect::InternalError);
    app.cloud().fault(list.nth(2).times(u32::MAX));
    let unknown = app.post(&route(method), &request).await;
    assert_eq!(unknown.status, 502, "{}", unknown.text);
    assert!(unknown.text_at("/detail").contains("again"), "{}", unknown.text);
    let left = State::snapshot(&app, "prod");
    assert_eq!((left.accounts.len(), left.active().len()), (1, 1));
    app.cloud().faults().clear();
    app.realm().functions.stop_idle_instances();
    let receipt = app.post(&route(method), &request).await;
    assert_eq!(receipt.outcome(), "updated", "{}", receipt.text);
    assert_receipt_is_true(&app, method, "prod", &receipt);
}
