//! The permissions of the user or role are checked.

use acceptance::{PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

fn document(statement: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

fn detach_all(method: AuthMethod, customer: &CustomerAccount) {
    if method == AuthMethod::StaticCredentials {
        for arn in customer.user.attached() {
            customer.user.detach(&arn);
        }
    } else {
        for arn in customer.role.attached() {
            customer.role.detach(&arn);
        }
    }
}

fn inline(method: AuthMethod, customer: &CustomerAccount, name: &str, document: &Value) {
    if method == AuthMethod::StaticCredentials {
        customer.user.inline(name, document);
    } else {
        customer.role.inline(name, document);
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn missing_policy_is_reported_and_fixed_by_attaching_it() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            let request = app.request(method, customer, "prod");
            for missing in gangway_policies::documents_for(PermissionProfile::CoreEks) {
                customer.detach_policy(*missing);
                let report = app.validate(method, &request).await;
                report.assert_check(
                    "iam.policies-attached",
                    "failed",
                    missing.name(),
                    missing.name(),
                );
                customer.attach_policy(*missing);
            }
            customer.detach_policy(PolicyDocument::Controller);
            let report = app.assert_blocked(method, &request).await;
            let name = "PaletteControllerPolicy";
            report.assert_check("iam.actions-allowed", "failed", name, &format!("attach {name}"));
            assert!(report.failed().contains(&"iam.actions-allowed".to_owned()));
            assert_eq!(report.check("iam.actions-allowed")["severity"], "blocker");
            customer.attach_policy(PolicyDocument::Controller);
            app.assert_registered(method, &request).await;
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn outdated_policy_is_reported_with_missing_actions() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            customer.set_outdated_policy(PolicyDocument::Controller);
            let report = app.assert_blocked(method, &app.request(method, customer, "prod")).await;
            report.assert_check(
                "iam.policies-attached",
                "failed",
                "an older PaletteControllerPolicy: it lacks",
                "new default version",
            );
            report.assert_check("iam.actions-allowed", "failed", "", "PaletteControllerPolicy");
            app.assert_untouched();
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn differently_named_policies_are_a_warning() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            detach_all(method, customer);
            let everything = document(&json!({"Effect": "Allow", "Action": "*", "Resource": "*"}));
            inline(method, customer, "Everything", &everything);
            let receipt =
                app.assert_registered(method, &app.request(method, customer, "prod")).await;
            assert_eq!(receipt.failed(), ["iam.policies-attached"]);
            receipt.assert_check(
                "iam.policies-attached",
                "failed",
                "every action is allowed nevertheless",
                "PaletteNodesPolicy",
            );
            assert_eq!(receipt.check("iam.policies-attached")["severity"], "warning");
            assert_eq!(app.account_names(), ["prod"]);
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn policies_through_a_group_are_accepted() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let group = customer.account.group("palette");
        for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            let arn = customer.policy(*document);
            customer.user.detach(&arn);
            group.attach(&arn);
        }
        let request = app.request(AuthMethod::StaticCredentials, customer, "prod");
        let outside = app.assert_blocked(AuthMethod::StaticCredentials, &request).await;
        outside.assert_check("iam.actions-allowed", "failed", "", "user palette");
        customer.user.add_to_group(&group);
        let receipt = app.assert_registered(AuthMethod::StaticCredentials, &request).await;
        receipt.assert_check("iam.policies-attached", "passed", "", "");
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn permissions_boundary_that_denies_actions_is_reported() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            let request = app.request(method, customer, "prod");
            customer.set_restrictive_boundary();
            let report = app.assert_blocked(method, &request).await;
            report.assert_check("iam.boundary-allows", "failed", "does not allow", "boundary");
            report.assert_check("iam.organization-allows", "passed", "", "");
            customer.widen_boundary();
            app.assert_registered(method, &request).await;
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn scp_that_denies_actions_is_reported() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            customer.deny_by_scp();
            let report = app.assert_blocked(method, &app.request(method, customer, "prod")).await;
            report.assert_check(
                "iam.organization-allows",
                "failed",
                "ec2:",
                "SCPs of this account",
            );
            report.assert_check("iam.boundary-allows", "passed", "", "");
            app.assert_untouched();
            app.assert_registered(method, &app.request(method, app.second_customer(), "prod"))
                .await;
        }
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn denial_without_mfa_is_reported_as_missing_mfa() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let deny = json!({
            "Effect": "Deny", "Action": "ec2:*", "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        });
        customer.user.inline("DemandMfa", &document(&deny));
        let request = app.request(AuthMethod::StaticCredentials, customer, "prod");
        let report = app.assert_blocked(AuthMethod::StaticCredentials, &request).await;
        report.assert_check("iam.mfa-not-required", "failed", "unless MFA was used", "MFA");
        report.assert_check("iam.actions-allowed", "failed", "explicitly denied", "DemandMfa");
        let deny = json!({"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"});
        customer.user.inline("DemandMfa", &document(&deny));
        let report = app.assert_blocked(AuthMethod::StaticCredentials, &request).await;
        report.assert_check("iam.mfa-not-required", "passed", "", "");
        report.assert_check(
            "iam.actions-allowed",
            "failed",
            "ec2:RunInstances",
            "exempt user palette",
        );
        app.assert_untouched();
    }
}

/// Acceptance rows: F17.
#[tokio::test]
async fn user_without_iam_read_access_leaves_checks_unverified() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.deny_user_inspection();
        // The minimum profiles do not allow reading IAM users.
        detach_all(AuthMethod::StaticCredentials, customer);
        customer.user.attach(&customer.policy(PolicyDocument::MinimumIaasStatic));
        let request = with(
            app.request(AuthMethod::StaticCredentials, customer, "prod"),
            &json!({"permissionProfile": "minimum-iaas-static"}),
        );
        let receipt = app.assert_registered(AuthMethod::StaticCredentials, &request).await;
        receipt.assert_check(
            "iam.simulation-possible",
            "failed",
            "may not simulate",
            "allow iam:SimulatePrincipalPolicy",
        );
        for id in ["iam.actions-allowed", "iam.boundary-allows", "iam.organization-allows"] {
            receipt.assert_check(id, "unverified", "", "iam:SimulatePrincipalPolicy");
        }
        receipt.assert_check("palette.validation", "passed", "", "");
        customer.allow_user_inspection();
        let receipt = app.register(AuthMethod::StaticCredentials, &request).await;
        receipt.assert_check("iam.actions-allowed", "passed", "", "");
    }
}
