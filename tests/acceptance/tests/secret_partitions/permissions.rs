//! The permissions of the IAM user, or of the role whose credentials the access portal issues, are
//! checked.

use acceptance::{
    TestApp,
    classified::{CLASSIFIED_PARTITIONS, portal_role},
    methods::{for_each, for_each_classified},
    with,
};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::PolicyDocument;
use serde_json::json;

/// Acceptance rows: F17.
#[tokio::test]
async fn missing_or_outdated_policy_is_reported_by_name() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        for missing in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            customer.detach_policy(*missing);
            let report = app.validate(method, &request).await;
            report.assert_check("iam.policies-attached", "failed", missing.name(), missing.name());
            customer.attach_policy(*missing);
        }
        customer.detach_policy(PolicyDocument::Controller);
        let report = app.assert_blocked(method, &request).await;
        let name = "PaletteControllerPolicy";
        report.assert_check("iam.actions-allowed", "failed", name, &format!("attach {name}"));
        customer.attach_policy(PolicyDocument::Controller);
        customer.set_outdated_policy(PolicyDocument::Controller);
        let report = app.assert_blocked(method, &request).await;
        report.assert_check(
            "iam.policies-attached",
            "failed",
            "an older PaletteControllerPolicy",
            "new default version",
        );
        customer.policy(PolicyDocument::Controller);
        app.assert_registered(method, &request).await;
    })
    .await;
}

/// Acceptance rows: F17.
#[tokio::test]
async fn boundaries_and_scps_that_deny_actions_are_reported() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        customer.set_restrictive_boundary();
        let report = app.assert_blocked(method, &request).await;
        report.assert_check("iam.boundary-allows", "failed", "does not allow", "boundary");
        customer.widen_boundary();
        customer.deny_by_scp();
        let report = app.assert_blocked(method, &request).await;
        report.assert_check("iam.organization-allows", "failed", "ec2:", "SCPs of this account");
        report.assert_check("iam.boundary-allows", "passed", "", "");
        app.assert_untouched();
    })
    .await;
}

/// Acceptance rows: F16, F17.
#[tokio::test]
async fn portal_role_is_checked_with_its_own_credentials() {
    for_each(
        &CLASSIFIED_PARTITIONS,
        &[AuthMethod::Scap],
        |app: TestApp, method: AuthMethod| async move {
            let customer = app.customer();
            let request = with(
                app.request(method, customer, "prod"),
                &json!({"permissionProfile": "minimum-iaas-static"}),
            );
            for arn in portal_role(customer).attached() {
                portal_role(customer).detach(&arn);
            }
            portal_role(customer).attach(&customer.policy(PolicyDocument::MinimumIaasStatic));
            acceptance::classified::portal_access(customer).deny_role_inspection();
            let receipt = app.assert_registered(method, &request).await;
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
            acceptance::classified::portal_access(customer)
                .allow_role_inspection(&customer.account);
            let report = app.register(method, &request).await;
            report.assert_check("iam.actions-allowed", "passed", "", "");
            // No other identity made a call.
            let calls = app.cloud().calls().all();
            let iam: Vec<_> =
                calls.iter().filter(|call| call.service == "iam" && !call.nested).collect();
            let own = |who: &Option<String>| {
                who.as_ref().is_none_or(|who| who.contains("assumed-role/PROJECT_"))
            };
            assert!(!iam.is_empty() && iam.iter().all(|call| own(&call.principal)), "{iam:?}");
        },
    )
    .await;
}
