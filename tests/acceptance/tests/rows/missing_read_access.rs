//! Checks when Gangway may not read the account.

use acceptance::{PARTITIONS, TestApp};
use gangway_model::AuthMethod;
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::INSPECTION_EXTERNAL_ID;
use serde_json::json;

/// Checks that need read access to the account.
const INSIDE: [&str; 12] = [
    "iam.role-exists",
    "iam.role-session-long-enough",
    "sts.trusts-palette",
    "sts.external-id-required",
    "sts.no-excluding-conditions",
    "iam.simulation-possible",
    "iam.actions-allowed",
    "iam.boundary-allows",
    "iam.organization-allows",
    "iam.mfa-not-required",
    "iam.policies-attached",
    "iam.policy-quota",
];

/// Rows: F17.
#[tokio::test]
async fn checks_without_read_access_are_unverified() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.delete_inspection_role();
        // This is not visible from outside the account.
        customer.detach_policy(PolicyDocument::Controller);
        let receipt = app
            .assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        let role = format!("{}:role/GangwayInspection", customer.account.id());
        for id in INSIDE {
            receipt.assert_check(id, "unverified", "", &role);
        }
        assert_eq!(receipt.failed(), Vec::<String>::new());
        receipt.assert_check("palette.validation", "passed", "", "");
        receipt.assert_check("sts.external-id-enforced", "passed", "", "");
        assert_eq!(app.account_names(), ["prod"]);
    }
}

/// Rows: F33.
#[tokio::test]
async fn palettes_validation_decides_without_read_access() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.delete_inspection_role();
        customer.trust_with_wrong_external_id();
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        assert_eq!(report.failed(), ["palette.validation"]);
        report.assert_check("palette.validation", "failed", "AccessDenied", "trust policy");
        customer.role.clone().delete();
        let report = app
            .assert_blocked(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        report.assert_check("iam.role-exists", "unverified", "", "inspection");
        app.assert_untouched();
    }
}

/// Rows: F16.
#[tokio::test]
async fn role_in_gangways_account_needs_no_inspection_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (own, customer) = (&app.realm().gangway_account, app.customer());
        let role = own.role("SpectroCloudRole");
        for document in gangway_policies::documents_for(gangway_model::PermissionProfile::CoreEks) {
            role.attach(&own.policy(document.name(), &document.render(partition)));
        }
        let palette = app.realm().palette.id().parse().expect("an account id");
        role.set_trust_policy(&gangway_policies::trust_policy(
            partition,
            palette,
            &app.realm().external_id,
        ));
        assert_ne!(own.id(), customer.account.id());
        let request = serde_json::json!({"name": "own", "roleArn": role.arn()});
        let receipt = app.assert_registered(AuthMethod::Sts, &request).await;
        assert_eq!(receipt.with_outcome("unverified"), Vec::<String>::new());
        receipt.assert_check("iam.actions-allowed", "passed", "", "");
        // A policy without required actions is reported, at registration and at revalidation.
        let empty = serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
        });
        own.policy(PolicyDocument::Nodes.name(), &empty);
        let again = format!("/v1/tenant/accounts/{}/validate", receipt.uid());
        for report in [
            app.post("/v1/tenant/accounts/sts/validate", &request).await,
            app.post(&again, &serde_json::json!({})).await,
        ] {
            report.assert_status(200);
            assert_eq!(report.with_outcome("unverified"), Vec::<String>::new());
            report.assert_check("iam.actions-allowed", "failed", "", "");
            report.assert_check("iam.policies-attached", "failed", "PaletteNodesPolicy", "");
        }
    }
}

/// The trust of the inspection role names roles, not a pattern of names.
#[tokio::test]
async fn only_named_roles_of_gangway_may_read_another_account() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let realm = app.realm();
        let account = app.customer().account.id();
        let inspection = format!("arn:{partition}:iam::{account}:role/GangwayInspection");
        let known = Some(INSPECTION_EXTERNAL_ID);
        let (sts, vended) = (realm.execution_role("sts"), realm.execution_role("account-vended"));
        let similar = realm.gangway_account.role("gangway-anything");
        for (role, external_id, may) in [
            (&sts, known, true),
            (&realm.execution_role("pod-identity"), known, true),
            (&realm.execution_role("revalidation"), known, true),
            (&sts, None, false),
            (&sts, Some("another-id"), false),
            (&realm.execution_role("accounts"), known, false),
            (&vended, known, false),
            (&similar, known, false),
        ] {
            role.inline(
                "AssumeAnything",
                &json!({
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
                }),
            );
            let client = realm.administrator().with_keys(&role.session("test"));
            let answer = client.assume_role(&inspection, "test", external_id).await;
            let is_in = answer.expect("a response").is_ok();
            assert_eq!(is_in, may, "{} {external_id:?}", role.arn());
        }
    }
}
