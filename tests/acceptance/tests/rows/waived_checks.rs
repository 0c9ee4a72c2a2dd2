//! Requests whose `waivedChecks` names checks that may fail.

use acceptance::{PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, Partition};
use gangway_policies::PolicyDocument;
use serde_json::{Value, json};

const WAIVED_CHECK: &str = "iam.actions-allowed";

/// Starts a deployment in which the check may be waived, with a customer that fails the check.
async fn start(partition: Partition) -> TestApp {
    let app = TestApp::start_with_parameter(partition, "WaivableChecks", WAIVED_CHECK).await;
    app.customer().detach_policy(PolicyDocument::Nodes);
    app
}

fn with_waived_checks(request: Value, checks: &Value) -> Value {
    with(request, &json!({"waivedChecks": checks}))
}

#[tokio::test]
async fn waived_check_does_not_prevent_the_registration() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = start(partition).await;
            let request = app.request(method, app.customer(), "prod");
            app.assert_blocked(method, &request).await;

            let request = with_waived_checks(request, &json!([WAIVED_CHECK]));
            let receipt = app.assert_registered(method, &request).await;
            receipt.assert_check(WAIVED_CHECK, "waived", "denied", "");
            assert!(app.logs().contains(r#""waivedChecks":"iam.actions-allowed""#), "{method}");
            let again = app.register(method, &request).await;
            assert_eq!(again.text_at("/outcome"), "unchanged", "{:#}", again.body);

            let account = format!("/v1/tenant/accounts/{}", receipt.uid());
            let shown = app.get(&account).await;
            assert_eq!(shown.body["waivedChecks"], json!([WAIVED_CHECK]), "{:#}", shown.body);
            let report = app.post(&format!("{account}/validate"), &json!({})).await;
            report.assert_check(WAIVED_CHECK, "waived", "denied", "");
            assert_eq!(report.ready(), Some(true), "{:#}", report.body);
        }
    }
}

#[tokio::test]
async fn waiver_covers_the_named_check_only() {
    let app = start(Partition::Aws).await;
    let method = AuthMethod::Sts;
    app.customer().trust_with_wrong_external_id();
    let request =
        with_waived_checks(app.request(method, app.customer(), "prod"), &json!([WAIVED_CHECK]));
    let report = app.assert_blocked(method, &request).await;
    report.assert_check(WAIVED_CHECK, "waived", "denied", "");
    report.assert_check("palette.validation", "failed", "", "");
    // A check that passes is not shown as waived.
    let app = TestApp::start_with_parameter(Partition::Aws, "WaivableChecks", WAIVED_CHECK).await;
    let request =
        with_waived_checks(app.request(method, app.customer(), "prod"), &json!([WAIVED_CHECK]));
    app.assert_registered(method, &request).await.assert_check(WAIVED_CHECK, "passed", "", "");
}

#[tokio::test]
async fn checks_that_the_deployment_does_not_list_cannot_be_waived() {
    let none = TestApp::start(Partition::Aws).await;
    let one = start(Partition::Aws).await;
    for (app, checks, status, pointer, rule) in [
        (&none, json!([WAIVED_CHECK]), 422, "/waivedChecks/0", "lets requests waive no check"),
        (&one, json!([WAIVED_CHECK, "palette.validation"]), 422, "/waivedChecks/1", WAIVED_CHECK),
        (&one, json!(["no.such-check"]), 422, "/waivedChecks/0", "parameter WaivableChecks"),
        (&one, json!([7]), 400, "/waivedChecks/0", "must be a string"),
        (&one, json!(WAIVED_CHECK), 400, "/waivedChecks", "must be a list of check ids"),
    ] {
        for method in OPEN_METHODS {
            let request = with_waived_checks(app.request(method, app.customer(), "prod"), &checks);
            let problem = app.register(method, &request).await;
            problem.assert_status(status);
            assert_eq!(problem.text_at("/errors/0/pointer"), pointer);
            assert!(problem.text_at("/errors/0/detail").contains(rule), "{:#}", problem.body);
        }
    }
    none.assert_untouched();
    one.assert_untouched();
}
