//! F16, F17: what the user or the role behind the portal must be allowed.

use acceptance::{Stage, with};
use gangway_model::PermissionProfile;
use gangway_policies::PolicyDocument;
use serde_json::json;

use crate::way::{Way, everywhere, play, role};

#[tokio::test]
async fn f17_a_missing_or_older_policy_is_told_by_its_name_and_mended_by_attaching_it() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let request = way.request(&stage, customer, "prod");
        for missing in gangway_policies::documents_for(PermissionProfile::CoreEks) {
            customer.disallow(*missing);
            let report = way.validate(&stage, &request).await;
            report.assert_check("iam.policies-attached", "failed", missing.name(), missing.name());
            customer.allow(*missing);
        }
        customer.disallow(PolicyDocument::Controller);
        let report = way.blocked(&stage, &request).await;
        let name = "PaletteControllerPolicy";
        report.assert_check("iam.actions-allowed", "failed", name, &format!("attach {name}"));
        customer.allow(PolicyDocument::Controller);
        customer.outdate(PolicyDocument::Controller);
        let report = way.blocked(&stage, &request).await;
        report.assert_check(
            "iam.policies-attached",
            "failed",
            "an older PaletteControllerPolicy",
            "new default version",
        );
        customer.policy(PolicyDocument::Controller);
        way.registered(&stage, &request).await;
    })
    .await;
}

#[tokio::test]
async fn f17_boundaries_and_the_organization_may_take_actions_away() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let request = way.request(&stage, customer, "prod");
        customer.bound();
        let report = way.blocked(&stage, &request).await;
        report.assert_check("iam.boundary-allows", "failed", "does not allow", "boundary");
        customer.unbound();
        customer.deny_by_organization();
        let report = way.blocked(&stage, &request).await;
        report.assert_check("iam.organization-allows", "failed", "ec2:", "SCPs of this account");
        report.assert_check("iam.boundary-allows", "passed", "", "");
        stage.assert_untouched();
    })
    .await;
}

#[tokio::test]
async fn f16_f17_the_role_behind_the_portal_is_looked_at_with_its_own_eyes() {
    play(&[Way::Portal], |stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let request = with(
            way.request(&stage, customer, "prod"),
            &json!({"permissionProfile": "minimum-iaas-static"}),
        );
        for arn in role(customer).attached() {
            role(customer).detach(&arn);
        }
        role(customer).attach(&customer.policy(PolicyDocument::MinimumIaasStatic));
        acceptance::enclave::access(customer).forbid_role_to_look();
        let receipt = way.registered(&stage, &request).await;
        receipt.assert_check(
            "iam.simulation-possible",
            "failed",
            "may not be asked",
            "allow iam:SimulatePrincipalPolicy",
        );
        for id in ["iam.actions-allowed", "iam.boundary-allows", "iam.organization-allows"] {
            receipt.assert_check(id, "unverified", "", "iam:SimulatePrincipalPolicy");
        }
        receipt.assert_check("palette.validation", "passed", "", "");
        acceptance::enclave::access(customer).let_role_look(&customer.account);
        let report = way.register(&stage, &request).await;
        report.assert_check("iam.actions-allowed", "passed", "", "");
        // Nothing was asked as anybody else.
        let asked = stage.cloud().calls().all();
        let iam: Vec<_> =
            asked.iter().filter(|call| call.service == "iam" && !call.nested).collect();
        let own = |who: &Option<String>| {
            who.as_ref().is_none_or(|who| who.contains("assumed-role/PROJECT_"))
        };
        assert!(!iam.is_empty() && iam.iter().all(|call| own(&call.principal)), "{iam:?}");
    })
    .await;
}
