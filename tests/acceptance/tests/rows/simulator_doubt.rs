//! IAM's policy simulator returns an incomplete result or an error: Gangway must not report a
//! denial.

use acceptance::{HttpResponse, PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, Partition};
use local_cloud::{Effect, Fault, aws::FalseDenial};
use serde_json::json;

const SIMULATED: [&str; 3] =
    ["iam.actions-allowed", "iam.boundary-allows", "iam.organization-allows"];

/// Acceptance rows: F17.
#[tokio::test]
async fn scp_denial_without_a_statement_is_unverified() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            app.cloud().aws().set_false_denial(Some(FalseDenial::Organization));
            let receipt =
                app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            let check = "iam.organization-allows";
            receipt.assert_check(check, "unverified", "shows no statement", "SCPs of this account");
            let check = "iam.actions-allowed";
            receipt.assert_check(check, "unverified", "none is known to be denied", "as Palette");
            receipt.assert_check("iam.boundary-allows", "passed", "", "");
            receipt.assert_check("palette.validation", "passed", "", "");
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn missing_context_value_is_unverified_and_named() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let denial = FalseDenial::MissingContextValue("aws:PrincipalTag/team");
            app.cloud().aws().set_false_denial(Some(denial));
            let receipt =
                app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            let check = "iam.actions-allowed";
            receipt.assert_check(check, "unverified", "aws:PrincipalTag/team", "conditions");
            receipt.assert_check("iam.organization-allows", "passed", "", "");
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn scp_with_a_condition_on_an_unknown_key_is_unverified() {
    for method in OPEN_METHODS {
        let app = TestApp::start(Partition::Aws).await;
        app.customer().account.attach_scp(
            "CostCenterTag",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Deny", "Action": ["ec2:CreateTags", "ec2:DeleteTags"], "Resource": "*",
                    "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "CostCenter"}},
                }],
            }),
        );
        let receipt =
            app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
        receipt.assert_check("iam.actions-allowed", "unverified", "aws:TagKeys", "SCPs");
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn simulator_that_cannot_evaluate_leaves_only_its_checks_unverified() {
    for (status, code) in [(500, "PolicyEvaluation"), (400, "InvalidInput")] {
        for method in OPEN_METHODS {
            let app = TestApp::start(Partition::Aws).await;
            let effect = Effect::AwsError { status, code };
            app.cloud().fault(Fault::on("iam", "SimulatePrincipalPolicy", effect));
            let receipt =
                app.assert_registered(method, &app.request(method, app.customer(), "prod")).await;
            receipt.assert_check("iam.simulation-possible", "unverified", code, "simulator");
            for id in SIMULATED {
                receipt.assert_check(id, "unverified", code, "simulator");
            }
            receipt.assert_check("iam.policies-attached", "passed", "", "");
        }
    }
}

async fn revalidate(app: &TestApp, uid: &str) -> HttpResponse {
    app.deployment().functions.stop_idle_instances();
    app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!({})).await
}

/// Acceptance rows: F17.
#[tokio::test]
async fn permissions_are_checked_for_the_region_of_the_clusters() {
    for (partition, own, region) in [
        (Partition::Aws, "us-east-1", "eu-central-1"),
        (Partition::AwsUsGov, "us-gov-west-1", "us-gov-east-1"),
    ] {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            // Control Tower's control that denies other Regions attaches such an SCP.
            app.customer().account.attach_scp(
                "OneRegion",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
                        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [region]}},
                    }],
                }),
            );
            let request = app.request(method, app.customer(), "prod");
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("iam.simulation-possible", "passed", own, "");
            report.assert_check("iam.organization-allows", "failed", "denies", "SCPs");

            let request = with(request, &json!({ "region": region }));
            let receipt = app.assert_registered(method, &request).await;
            receipt.assert_check("iam.simulation-possible", "passed", region, "");
            receipt.assert_check("iam.actions-allowed", "passed", "none denied", "");

            // The re-validation uses the recorded Region, and the same request changes nothing.
            let report = revalidate(&app, receipt.uid()).await;
            if app.recorded(method, region).is_empty() {
                assert_eq!(report.ready(), None, "{:#}", report.body);
                let check = "iam.organization-allows";
                report.assert_check(check, "unverified", "not recorded", "names the profile");
            } else {
                assert_eq!(report.ready(), Some(true), "{:#}", report.body);
            }
            let again = app.register(method, &request).await;
            again.assert_status(200);
            assert_eq!(again.text_at("/outcome"), "unchanged");
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn deployment_may_name_the_region_of_the_clusters() {
    let app = TestApp::start_with_parameter(Partition::Aws, "ClusterRegion", "eu-west-1").await;
    let request = app.request(AuthMethod::Sts, app.customer(), "prod");
    let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
    receipt.assert_check("iam.simulation-possible", "passed", "eu-west-1", "");
    for (region, status, rule) in [
        (json!("us-gov-west-1"), 422, "must be a region of partition aws"),
        (json!("us-east"), 400, "must be a region, such as us-east-1"),
        (json!(7), 400, "must be a string"),
    ] {
        let report =
            app.validate(AuthMethod::Sts, &with(request.clone(), &json!({"region": region}))).await;
        report.assert_status(status);
        assert_eq!(report.text_at("/errors/0/pointer"), "/region");
        assert!(report.text_at("/errors/0/detail").contains(rule), "{:#}", report.body);
    }
}
