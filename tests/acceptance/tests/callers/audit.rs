//! Tests that Gangway records who changed an account: in the log, in annotations of the account in
//! Palette, in tags of the secret, and in the names of sessions.

use acceptance::{PARTITIONS, TestApp, initiator::CHANGED_BY_TAG};
use gangway_model::AuthMethod;
use local_cloud::{fixtures::CustomerAccount, palette::KeptAnnotations};
use serde_json::{Value, json};

use crate::client::{Caller, start_gateway_that_requires_signatures};

/// Returns the log lines that report a change of an account.
fn find_change_log_lines(app: &TestApp) -> Vec<Value> {
    let logs = app.logs();
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"] == "account changed").collect()
}

/// Returns the annotation of the only account in Palette that names who changed the account.
fn changed_by_annotation(app: &TestApp) -> String {
    let records = app.cloud().palette().records();
    let annotations = &records.accounts[0].body["metadata"]["annotations"];
    let changed_at = annotations["gangwayChangedAt"].as_str().unwrap_or_default();
    assert!(changed_at.ends_with('Z') && changed_at.len() == 20, "{annotations}");
    annotations["gangwayChangedBy"].as_str().unwrap_or_default().to_owned()
}

/// Returns the tag of the account's secret that names who changed the secret.
fn changed_by_tag(app: &TestApp) -> String {
    let secrets = app.deployment().gangway_account.secrets();
    let secret = secrets.iter().find(|secret| secret.tags.contains_key("gangway:palette-uid"));
    secret.expect("a secret").tags[CHANGED_BY_TAG].clone()
}

fn registration_request(app: &TestApp, customer: &CustomerAccount) -> Value {
    app.request(AuthMethod::StaticCredentials, customer, "prod-payments")
}

#[tokio::test]
async fn log_annotation_and_tag_name_the_caller_of_every_change() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let gateway = start_gateway_that_requires_signatures(&app).await;
        let pipeline = app.cloud().aws().account(partition.id(), "444455556666").role("Pipeline");
        let trusted = pipeline.arn();
        let caller = |name: &str| {
            let parameters = [
                ("RoleName", name),
                ("Scope", "tenant"),
                ("AllowDelete", "true"),
                ("TrustedPrincipals", &*trusted),
            ];
            Caller::deploy_role_and_assume_it(&app, &gateway, &parameters)
        };
        let account = app.deployment().gangway_account.id().to_owned();
        let arn = |name: &str| format!("arn:{partition}:sts::{account}:assumed-role/{name}/portal");
        let (one, two, three) = (caller("One"), caller("Two"), caller("Three"));

        let path = "/v1/tenant/accounts/static-credentials";
        let body = registration_request(&app, app.customer());
        let created = one.send("POST", path, Some(&body)).await;
        assert_eq!(created.status, 201, "{}", created.body);
        assert_eq!((changed_by_annotation(&app), changed_by_tag(&app)), (arn("One"), arn("One")));
        app.deployment().functions.stop_idle_instances();

        // After a request that changes nothing, the annotation and the tag still name the first
        // caller.
        let again = two.send("POST", path, Some(&body)).await;
        assert_eq!(again.text("outcome"), "unchanged", "{}", again.body);
        assert_eq!((changed_by_annotation(&app), changed_by_tag(&app)), (arn("One"), arn("One")));
        app.deployment().functions.stop_idle_instances();

        // With another access key of the same user, the secret gets a new version.
        let access_key = app.customer().user.create_access_key();
        let mut rotated = body.clone();
        rotated["accessKeyId"] = access_key.id.into();
        rotated["secretAccessKey"] = access_key.secret.into();
        let updated = two.send("POST", path, Some(&rotated)).await;
        assert_eq!(updated.text("outcome"), "updated", "{}", updated.body);
        assert_eq!((changed_by_annotation(&app), changed_by_tag(&app)), (arn("Two"), arn("Two")));
        app.deployment().functions.stop_idle_instances();

        let uid = created.text("uid").to_owned();
        let deleted = three.send("DELETE", &format!("/v1/tenant/accounts/{uid}"), None).await;
        assert_eq!(deleted.status, 204, "{}", deleted.body);
        assert_eq!(changed_by_tag(&app), arn("Three"));

        let expected = [("created", "One"), ("updated", "Two"), ("deleted", "Three")];
        let lines = find_change_log_lines(&app);
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (change, name) in expected {
            let line = lines.iter().find(|line| line["change"] == change);
            let line = line.unwrap_or_else(|| panic!("no line about {change}: {lines:#?}"));
            let caller = arn(name);
            for (field, value) in [
                ("caller", &*caller),
                ("callerAccount", &*account),
                ("sourceIp", "127.0.0.1"),
                ("scope", "tenant"),
                ("name", "prod-payments"),
                ("uid", &*uid),
                ("awsAccountId", app.customer().account.id()),
            ] {
                assert_eq!(line[field], value, "{field} of {line:#}");
            }
            let secret = created.text("secretArn");
            let written = (change != "deleted").then_some(secret);
            assert_eq!(line.get("secretArn").and_then(Value::as_str), written, "{line:#}");
        }

        // The line `request completed` of each request names the caller, too.
        let completed = app.logs();
        let completed: Vec<Value> = completed
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["message"] == "request completed")
            .collect();
        assert_eq!(completed.len(), 4, "{completed:#?}");
        for line in completed {
            assert!(line["caller"].is_string(), "{line:#}");
            for (field, value) in [("name", "prod-payments"), ("scope", "tenant"), ("uid", &*uid)] {
                assert_eq!(line[field], value, "{field} of {line:#}");
            }
        }
    }
}

#[tokio::test]
async fn change_by_an_event_is_recorded_with_its_id_source_and_account() {
    let app = TestApp::start(gangway_model::Partition::Aws).await;
    app.set_kept_annotations(KeptAnnotations::All);
    let access_key = &app.customer().keys;
    let secret =
        json!({"accessKeyId": access_key.id, "secretAccessKey": access_key.secret}).to_string();
    let arn = app.deployment().put_secret("gangway/incoming/tenant/prod-payments", &secret).await;
    let detail = json!({"method": "static-credentials", "name": "prod-payments", "secretArn": arn});
    let deliveries = app.send_event(&detail).await;
    let outcome = deliveries[0].outcome.as_ref().expect("a receipt");
    assert_eq!(outcome["outcome"], "created", "{outcome}");

    let lines = find_change_log_lines(&app);
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    let member = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let (id, source, account) = (member("eventId"), member("eventSource"), member("eventAccount"));
    assert!(!id.is_empty() && !source.is_empty() && account.len() == 12, "{line:#}");
    assert_eq!(line["secretArn"], outcome["secretArn"]);
    assert_eq!(
        changed_by_annotation(&app),
        format!("event {id} from {source} of account {account}")
    );
    assert_eq!(changed_by_tag(&app), changed_by_annotation(&app));
}

#[tokio::test]
async fn session_name_of_the_inspection_role_contains_the_request_id() {
    let app = TestApp::start(gangway_model::Partition::Aws).await;
    let body = app.request(AuthMethod::Sts, app.customer(), "prod");
    let created = app.post("/v1/tenant/accounts/sts", &body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let lines = find_change_log_lines(&app);
    let request_id = lines[0]["requestId"].as_str().expect("a request id");
    let role = app.customer().account.role("GangwayInspection");
    assert_eq!(role.session_names(), [format!("gangway-{request_id}")]);
}
