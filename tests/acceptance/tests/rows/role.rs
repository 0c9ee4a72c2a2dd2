//! The role is checked, and so is its trust policy: only Palette may assume the role.

use acceptance::{PARTITIONS, TestApp, with};
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

use gangway_model::AuthMethod;

/// Returns a trust policy statement that lets this principal assume the role, with a condition
/// unless it is null.
fn allow_statement(principal: &Value, condition: &Value) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    if condition.is_object() {
        statement["Condition"] = condition.clone();
    }
    statement
}

/// Sets the trust policy of the customer's role to these statements.
fn set_trust_statements(customer: &CustomerAccount, statements: &[Value]) {
    customer.role.set_trust_policy(&json!({"Version": "2012-10-17", "Statement": statements}));
}

/// Acceptance rows: F16.
#[tokio::test]
async fn role_must_exist() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let account = customer.account.id();
        let missing = format!("arn:{partition}:iam::{account}:role/NoSuchRole");
        let report =
            app.assert_blocked(AuthMethod::Sts, &json!({"name": "prod", "roleArn": missing})).await;
        report.assert_check("iam.role-exists", "failed", "no role NoSuchRole", "CloudFormation");
        report.assert_check("palette.validation", "failed", "Palette rejected", "trust policy");
        let elsewhere = format!("arn:{partition}:iam::{account}:role/team/SpectroCloudRole");
        let report = app
            .assert_blocked(AuthMethod::Sts, &json!({"name": "prod", "roleArn": elsewhere}))
            .await;
        let right = customer.role.arn();
        report.assert_check("iam.role-exists", "failed", "the path differs", &right);
        let receipt = app
            .assert_registered(AuthMethod::Sts, &json!({"name": "prod", "roleArn": right}))
            .await;
        receipt.assert_check("iam.role-exists", "passed", &right, "");
    }
}

/// Acceptance rows: F16.
#[tokio::test]
async fn short_session_duration_is_reported_and_a_role_path_is_accepted() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let role = customer.account.role_with_path("/team/", "PaletteRole");
        for arn in customer.role.attached() {
            role.attach(&arn);
        }
        let palette = app.deployment().palette.id().parse().expect("an account id");
        role.set_trust_policy(&gangway_policies::trust_policy(
            partition,
            palette,
            &app.deployment().external_id,
        ));
        role.set_max_session(1800);
        let request = json!({"name": "prod", "roleArn": role.arn()});
        let report = app.assert_blocked(AuthMethod::Sts, &request).await;
        assert_eq!(report.failed(), ["iam.role-session-long-enough", "palette.validation"]);
        report.assert_check("iam.role-session-long-enough", "failed", "30 minutes", "one hour");
        assert_eq!(report.check("iam.role-session-long-enough")["severity"], "warning");
        role.set_max_session(3600);
        app.assert_registered(AuthMethod::Sts, &request).await;
        assert_eq!(app.palette_body("prod")["spec"]["sts"]["arn"], role.arn());
    }
}

/// Acceptance rows: F32.
#[tokio::test]
async fn invalid_role_arn_is_rejected_with_its_rule() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let other = PARTITIONS.into_iter().find(|other| *other != partition).expect("another");
        let iam = |rest: &str| format!("arn:{partition}:iam::{rest}");
        for (arn, status) in [
            (json!("SpectroCloudRole"), 400),
            (json!(""), 400),
            (json!(iam("123456789:role/SpectroCloudRole")), 400),
            (json!(iam("123456789012:user/palette")), 400),
            (json!(iam("123456789012:policy/SpectroCloudRole")), 400),
            (json!(iam("123456789012:role/")), 400),
            (json!(iam("123456789012:role/Spectro Cloud")), 400),
            (json!(format!(" {}", iam("123456789012:role/SpectroCloudRole"))), 400),
            (json!(format!("arn:{partition}:sts::123456789012:assumed-role/A/b")), 400),
            (json!("arn:aws-cn:iam::123456789012:role/SpectroCloudRole"), 400),
            (json!(["arn"]), 400),
            (json!(format!("arn:{other}:iam::123456789012:role/SpectroCloudRole")), 422),
        ] {
            let refused =
                app.register(AuthMethod::Sts, &json!({"name": "prod", "roleArn": arn})).await;
            refused.assert_status(status);
            assert_eq!(refused.pointers(), ["/roleArn"], "{arn}");
        }
        app.assert_untouched();
        assert_eq!(app.cloud().calls().count("sts", "AssumeRole"), 0);
        let good = app.request(AuthMethod::Sts, app.customer(), "prod");
        let receipt = app.assert_registered(AuthMethod::Sts, &good).await;
        receipt.assert_check("sts.role-arn", "passed", app.customer().account.id(), "");
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn palette_assumes_the_role_only_with_its_external_id() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let receipt = app
            .assert_registered(
                AuthMethod::Sts,
                &app.request(AuthMethod::Sts, app.customer(), "prod"),
            )
            .await;
        receipt.assert_check("palette.validation", "passed", "", "");
        receipt.assert_check("sts.external-id-required", "passed", "", "");
        receipt.assert_check("sts.external-id-enforced", "passed", "could not assume", "");
        let assumed = app.cloud().calls().for_operation("sts", "AssumeRole");
        let by_palette: Vec<_> = assumed.iter().filter(|call| call.nested).collect();
        assert!(by_palette.iter().any(|call| call.status == Some(200)), "{by_palette:?}");
        assert!(by_palette.iter().any(|call| call.status == Some(403)), "{by_palette:?}");
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn trust_without_external_id_blocks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let request = app.request(AuthMethod::Sts, customer, "prod");
        customer.trust_without_external_id();
        let report = app.assert_blocked(AuthMethod::Sts, &request).await;
        let wanted = format!("\"sts:ExternalId\":\"{}\"", app.deployment().external_id);
        report.assert_check(
            "sts.external-id-required",
            "failed",
            "without an external id",
            &wanted,
        );
        report.assert_check(
            "sts.external-id-enforced",
            "failed",
            "another tenant",
            "every statement",
        );
        report.assert_check("palette.validation", "passed", "", "");
        customer.trust_palette();
        app.assert_registered(AuthMethod::Sts, &request).await;
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn second_trust_statement_without_external_id_blocks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (customer, deployment) = (app.customer(), app.deployment());
        let palette = json!({"AWS": deployment.palette.root_arn()});
        let condition = json!({"StringEquals": {"sts:ExternalId": deployment.external_id}});
        set_trust_statements(
            customer,
            &[allow_statement(&palette, &condition), allow_statement(&palette, &Value::Null)],
        );
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        report.assert_check(
            "sts.external-id-enforced",
            "failed",
            "not this tenant's",
            "every statement",
        );
        assert_eq!(report.check("sts.external-id-enforced")["severity"], "warning");
        report.assert_check("sts.external-id-required", "failed", "", "every statement");
        // Without the inspection role, only the attempt to assume the role without external id
        // shows the error.
        customer.delete_inspection_role();
        let receipt = app
            .assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        assert_eq!(receipt.failed(), ["sts.external-id-enforced"]);
        receipt.assert_check("sts.external-id-enforced", "failed", "", "every statement");
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn trust_with_another_external_id_blocks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.trust_with_wrong_external_id();
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        let ours = app.deployment().external_id.clone();
        report.assert_check("sts.external-id-required", "failed", "another external id", &ours);
        report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
        report.assert_check("sts.external-id-enforced", "not-applicable", "", "");
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn trust_in_another_account_or_in_everyone_blocks() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (customer, deployment) = (app.customer(), app.deployment());
        let request = app.request(AuthMethod::Sts, customer, "prod");
        let condition = json!({"StringEquals": {"sts:ExternalId": deployment.external_id}});
        customer.set_trust(app.second_customer().account.id(), &deployment.external_id);
        let report = app.assert_blocked(AuthMethod::Sts, &request).await;
        report.assert_check(
            "sts.trusts-palette",
            "failed",
            deployment.palette.id(),
            &deployment.palette.root_arn(),
        );
        set_trust_statements(customer, &[allow_statement(&json!({"AWS": "*"}), &condition)]);
        let report = app.assert_blocked(AuthMethod::Sts, &request).await;
        assert_eq!(report.failed(), ["sts.trusts-palette"]);
        report.assert_check("sts.trusts-palette", "failed", "every AWS account", "trust policy");
        // A trust policy that names only Palette's IAM user is sufficient.
        let source = deployment.palette_user.as_ref().expect("a source of STS").arn();
        set_trust_statements(customer, &[allow_statement(&json!({"AWS": source}), &condition)]);
        app.assert_registered(AuthMethod::Sts, &request).await;
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn trust_conditions_that_exclude_palette_are_reported() {
    for partition in PARTITIONS {
        for (operator, key, value) in [
            ("Bool", "aws:MultiFactorAuthPresent", json!("true")),
            ("IpAddress", "aws:SourceIp", json!("203.0.113.0/24")),
        ] {
            let app = TestApp::start(partition).await;
            let (customer, deployment) = (app.customer(), app.deployment());
            let palette = json!({"AWS": deployment.palette.root_arn()});
            let mut condition = json!({"StringEquals": {"sts:ExternalId": deployment.external_id}});
            condition = with(condition, &json!({operator: {key: value}}));
            set_trust_statements(customer, &[allow_statement(&palette, &condition)]);
            let report = app
                .validate(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
                .await;
            assert_eq!(report.ready(), Some(false), "{:#}", report.body);
            let check = report.check("sts.no-excluding-conditions");
            assert!(["failed", "unverified"].contains(&acceptance::text(&check, "outcome")));
            assert!(acceptance::text(&check, "observed").contains(key), "{check:#}");
            report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
            app.assert_untouched();
        }
    }
}

/// Acceptance rows: F33.
#[tokio::test]
async fn registered_role_is_verified_again() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        let receipt = app
            .assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        let path = format!("/v1/tenant/accounts/{}/validate", receipt.uid());
        assert_eq!(app.post(&path, &json!({})).await.ready(), Some(true));
        customer.trust_with_wrong_external_id();
        let report = app.post(&path, &json!({})).await;
        report.assert_status(200);
        assert_eq!(report.ready(), Some(false));
        report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
        assert_eq!(app.account_names(), ["prod"]);
    }
}
