//! Every failed or unverified check, and every problem, has a remedy.

use acceptance::{PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, Partition};
use gangway_policies::PolicyDocument;
use local_cloud::{Effect, Fault, fixtures::API_KEY_SECRET, palette::MEMBER_KEY};
use serde_json::{Value, json};

/// A function that makes one change in AWS or Palette, so that checks fail or are unverified.
type Break = fn(&TestApp);

const BREAKAGES: &[(&str, Break)] = &[
    ("nothing", |_app| {}),
    ("missing policy", |app| app.customer().detach_policy(PolicyDocument::Controller)),
    ("old policy", |app| app.customer().set_outdated_policy(PolicyDocument::Deployment)),
    ("boundary", |app| app.customer().set_restrictive_boundary()),
    ("SCP", |app| app.customer().deny_by_scp()),
    ("inactive key", |app| app.customer().deactivate_access_key()),
    ("old key", |app| {
        app.customer().user.set_key_age(&app.customer().keys, 200);
    }),
    ("no looking at itself", |app| app.customer().deny_user_inspection()),
    ("no inspection", |app| app.customer().delete_inspection_role()),
    ("no role", |app| app.customer().role.clone().delete()),
    ("no user", |app| app.customer().user.clone().delete()),
    ("short sessions", |app| {
        app.customer().role.set_max_session(900);
    }),
    ("wrong external id", |app| app.customer().trust_with_wrong_external_id()),
    ("no external id", |app| app.customer().trust_without_external_id()),
    ("another account", |app| {
        app.customer().set_trust(app.second_customer().account.id(), "some-id");
    }),
    ("no source account", |app| app.cloud().palette().records().sts_sources.clear()),
    ("IAM too busy", |app| {
        app.cloud().fault(Fault::on("iam", "GetAccountSummary", Effect::Throttle));
    }),
];

/// Asserts that validation and registration return complete reports after each of [`BREAKAGES`].
async fn check_every_breakage(partition: Partition) {
    for (broken, break_it) in BREAKAGES {
        let app = TestApp::start(partition).await;
        let more = json!({
            "privateCloudGateway": "dc-west",
            "policyArns": [app.customer().account.managed_policy_arn("SecurityAudit")],
        });
        break_it(&app);
        for method in OPEN_METHODS {
            let request = with(app.request(method, app.customer(), "prod"), &more);
            let report = app.validate(method, &request).await;
            report.assert_status(200);
            report.assert_complete_report(broken);
            let refused = app.register(method, &request).await;
            refused.assert_status(422);
            refused.assert_complete_report(broken);
            let fixed = refused.text_at("/detail");
            for id in refused.failed() {
                let blocker = refused.check(&id)["severity"] == "blocker";
                assert_eq!(fixed.contains(&id), blocker, "{broken}: {id}: {fixed}");
            }
        }
        app.assert_untouched();
    }
}

/// Acceptance rows: F94.
#[tokio::test]
async fn every_failed_or_unverified_check_has_a_remedy_in_aws() {
    check_every_breakage(Partition::Aws).await;
}

/// Acceptance rows: F94.
#[tokio::test]
async fn every_failed_or_unverified_check_has_a_remedy_in_govcloud() {
    check_every_breakage(Partition::AwsUsGov).await;
}

/// Acceptance rows: F94.
#[tokio::test]
async fn receipts_and_revalidations_are_complete_reports() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let receipt =
                app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            receipt.assert_complete_report("receipt");
            let path = format!("/v1/tenant/accounts/{}/validate", receipt.uid());
            for (broken, break_it) in BREAKAGES.iter().filter(|(name, _)| *name != "no user") {
                break_it(&app);
                let report = app.post(&path, &json!({})).await;
                report.assert_status(200);
                report.assert_complete_report(broken);
            }
        }
    }
}

/// Acceptance rows: F94.
#[tokio::test]
async fn every_problem_states_its_remedy() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let good = app.request(AuthMethod::Sts, app.customer(), "prod");
        let wrong: [(u16, Value); 3] = [
            (400, json!({"name": ""})),
            (400, with(good.clone(), &json!({"colour": "blue"}))),
            (422, with(good.clone(), &json!({"scope": {"project": "Nowhere"}}))),
        ];
        for (status, request) in wrong {
            let problem = app.register(AuthMethod::Sts, &request).await;
            problem.assert_status(status);
            assert!(problem.header(reqwest::header::CONTENT_TYPE).contains("problem+json"));
            for member in ["/type", "/title", "/detail", "/requestId"] {
                assert!(!problem.text_at(member).is_empty(), "{member}: {:#}", problem.body);
            }
            assert!(!problem.pointers().is_empty());
        }
        app.deployment().put_secret(API_KEY_SECRET, MEMBER_KEY).await;
        app.deployment().functions.stop_idle_instances();
        let report = app
            .validate(
                AuthMethod::StaticCredentials,
                &app.request(AuthMethod::StaticCredentials, app.customer(), "prod"),
            )
            .await;
        report.assert_complete_report("no administrator");
    }
}
