//! Palette drops Gangway's annotations. Gangway then knows an account by its role, its secret and
//! its access key.

use acceptance::{
    HttpResponse, PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
    with,
};
use gangway_model::{AuthMethod, Partition};
use gangway_policies::PolicyDocument;
use local_cloud::{
    Effect, Fault,
    palette::{KeptAnnotations, SecretsOnRead},
};
use serde_json::{Value, json};

use crate::{
    listing::create_in_palette,
    state::{State, assert_receipt_is_true, current_value, secret_document, write_calls},
};

const KEY_METHODS: &[AuthMethod] = &[AuthMethod::StaticCredentials];

fn drop_annotations(app: &TestApp) {
    app.set_kept_annotations(KeptAnnotations::Published);
}

async fn revalidate(app: &TestApp, uid: &str) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await;
    report.assert_status(200);
    report
}

#[tokio::test]
async fn repeated_request_is_unchanged() {
    for_each_open(|app: TestApp, method| async move {
        drop_annotations(&app);
        let request = app.request(method, app.customer(), "prod");
        let first = app.post(&route(method), &request).await;
        assert_eq!((first.status, first.outcome()), (201, "created"), "{}", first.text);
        let before = State::snapshot(&app, "prod");
        app.cloud().calls().clear();
        let again = app.post(&route(method), &request).await;
        assert_eq!((again.outcome(), again.uid()), ("unchanged", first.uid()), "{}", again.text);
        assert_eq!(write_calls(&app), Vec::<String>::new());
        // A new instance of the function writes annotations once, to find out whether Palette keeps
        // them.
        app.deployment().functions.stop_idle_instances();
        let again = app.put(&format!("{}/{}", route(method), first.uid()), &request).await;
        assert_eq!((again.outcome(), again.uid()), ("unchanged", first.uid()), "{}", again.text);
        let after = State::snapshot(&app, "prod");
        assert_eq!(after.normalized("prod"), before.normalized("prod"));
        let described = with(request, &json!({"description": "Payments"}));
        let updated = app.post(&route(method), &described).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        assert_receipt_is_true(&app, method, "prod", &updated);
    })
    .await;
}

#[tokio::test]
async fn new_key_is_updated_and_another_aws_account_is_a_conflict() {
    for_each(&PARTITIONS, KEY_METHODS, |app: TestApp, method| async move {
        drop_annotations(&app);
        let key = app.customer().user.create_access_key();
        for (secrets, name) in
            [(SecretsOnRead::Plain, "plain"), (SecretsOnRead::MaskedWithoutAccessKeyId, "masked")]
        {
            app.cloud().palette().configure(|behaviour| behaviour.secrets = secrets);
            app.deployment().functions.stop_idle_instances();
            let request = app.request(method, app.customer(), name);
            let first = app.post(&route(method), &request).await;
            assert_eq!(first.status, 201, "{}", first.text);
            let again = app.post(&route(method), &request).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
            let renewed =
                with(request, &json!({"accessKeyId": key.id, "secretAccessKey": key.secret}));
            let updated = app.post(&route(method), &renewed).await;
            assert_eq!((updated.status, updated.outcome()), (200, "updated"), "{}", updated.text);
            assert_eq!(updated.uid(), first.uid());
            let before = State::snapshot(&app, name);
            assert_eq!(current_value(before.secret()), secret_document(&key));
            let other = app.request(method, app.second_customer(), name);
            let report = app.post(&format!("{}/validate", route(method)), &other).await;
            assert_eq!(report.check("palette.name-available")["outcome"], "failed");
            let refused = app.post(&route(method), &other).await;
            assert_eq!(refused.status, 409, "{}", refused.text);
            assert!(
                refused.text_at("/detail").contains("the same AWS account"),
                "{}",
                refused.text
            );
            assert_eq!(State::snapshot(&app, name), before);
        }
    })
    .await;
}

#[tokio::test]
async fn account_with_an_inactive_key_is_not_ready() {
    for_each(&PARTITIONS, KEY_METHODS, |app: TestApp, method| async move {
        drop_annotations(&app);
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(revalidate(&app, receipt.uid()).await.ready(), Some(true));
        app.customer().deactivate_access_key();
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(false), "{}", report.text);
        assert_eq!(report.check("aws.identity-valid")["outcome"], "failed", "{}", report.text);
    })
    .await;
}

#[tokio::test]
async fn secret_records_the_aws_account_and_the_settings() {
    for_each(&[Partition::Aws], KEY_METHODS, |app: TestApp, method| async move {
        drop_annotations(&app);
        app.customer().detach_policy(PolicyDocument::ControllersEks);
        let settings = json!({"permissionProfile": "core", "region": "eu-central-1"});
        let plain = app.request(method, app.customer(), "prod");
        let request = with(plain.clone(), &settings);
        let receipt = app.post(&route(method), &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let path = format!("/v1/tenant/accounts/{}", receipt.uid());
        let shown = app.get(&path).await;
        for (pointer, expected) in [
            ("/awsAccountId", app.customer().account.id()),
            ("/permissionProfile", "core"),
            ("/region", "eu-central-1"),
        ] {
            assert_eq!(shown.text_at(pointer), expected, "{pointer}: {}", shown.text);
        }
        let list = app.get("/v1/tenant/accounts").await;
        assert_eq!(list.body["accounts"], json!([shown.body]));
        // The re-validation uses the profile and the Region that the secret records.
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.ready(), Some(true), "{}", report.text);
        report.assert_check("iam.simulation-possible", "passed", "eu-central-1", "");
        // Only the secret shows the changed settings: the account in Palette is the same as before.
        app.customer().attach_policy(PolicyDocument::ControllersEks);
        let updated = app.post(&route(method), &plain).await;
        assert_eq!(updated.outcome(), "updated", "{}", updated.text);
        let again = app.post(&route(method), &plain).await;
        assert_eq!(again.outcome(), "unchanged", "{}", again.text);
        let shown = app.get(&path).await;
        assert_eq!(shown.text_at("/permissionProfile"), "core-eks", "{}", shown.text);
        assert_eq!(shown.text_at("/region"), "", "{}", shown.text);
        // The deletion of the account also deletes its secret.
        assert_eq!(app.delete(&path).await.status, 204);
        app.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn readiness_of_a_role_without_recorded_profile_is_unknown() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        drop_annotations(&app);
        app.customer().detach_policy(PolicyDocument::ControllersEks);
        let request = with(
            app.request(method, app.customer(), "prod"),
            &json!({"permissionProfile": "core"}),
        );
        let receipt = app.post(&route(method), &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        let report = revalidate(&app, receipt.uid()).await;
        assert_eq!(report.body["ready"], Value::Null, "{}", report.text);
        report.assert_check(
            "iam.actions-allowed",
            "unverified",
            "not recorded",
            "names the profile",
        );
        assert_eq!(report.text_at("/awsAccountId"), app.customer().account.id());
        // A role with the permissions of the widest profile is ready for every profile.
        app.customer().attach_policy(PolicyDocument::ControllersEks);
        assert_eq!(revalidate(&app, receipt.uid()).await.ready(), Some(true));
        app.customer().trust_with_wrong_external_id();
        assert_eq!(revalidate(&app, receipt.uid()).await.ready(), Some(false));
    })
    .await;
}

#[tokio::test]
async fn creation_without_a_response_is_completed_by_the_same_request() {
    for_each(&PARTITIONS, KEY_METHODS, |app: TestApp, method| async move {
        drop_annotations(&app);
        app.cloud()
            .palette()
            .configure(|behaviour| behaviour.secrets = SecretsOnRead::MaskedWithoutAccessKeyId);
        let request = app.request(method, app.customer(), "prod");
        let create = "POST /v1/cloudaccounts/aws";
        app.cloud().fault(Fault::on("palette", create, Effect::DisconnectAfter).once());
        let first = app.post(&route(method), &request).await;
        assert_eq!(first.status, 409, "{}", first.text);
        assert!(first.text_at("/detail").contains("send this request again"), "{}", first.text);
        let again = app.post(&route(method), &request).await;
        assert_eq!(again.status, 200, "{}", again.text);
        assert_receipt_is_true(&app, method, "prod", &again);
        assert_eq!(app.cloud().calls().count("palette", create), 1);
    })
    .await;
}

#[tokio::test]
async fn account_created_outside_gangway_is_updated_by_a_registration() {
    for_each(&[Partition::Aws], KEY_METHODS, |app: TestApp, method| async move {
        drop_annotations(&app);
        let keys = &app.customer().keys;
        let spec = json!({
            "credentialType": "secret", "partition": "aws", "policyARNs": [],
            "accessKey": keys.id, "secretKey": keys.secret,
        });
        let uid = create_in_palette(&app, None, &spec, "by-hand");
        let report = revalidate(&app, &uid).await;
        assert_eq!(report.body["ready"], Value::Null, "{}", report.text);
        let request = app.request(method, app.customer(), "by-hand");
        let adopted = app.post(&route(method), &request).await;
        assert_eq!((adopted.uid(), adopted.outcome()), (&*uid, "updated"), "{}", adopted.text);
        let again = app.post(&route(method), &request).await;
        assert_eq!((again.uid(), again.outcome()), (&*uid, "unchanged"), "{}", again.text);
        assert_eq!(revalidate(&app, &uid).await.ready(), Some(true));
    })
    .await;
}
