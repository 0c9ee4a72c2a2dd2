//! Permission profiles, the quota of attached policies, and next steps.

use acceptance::{HttpResponse, PARTITIONS, TestApp, methods::OPEN_METHODS, with};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::CustomerAccount;
use serde_json::{Value, json};

/// Attaches the policies of this profile, and no others.
fn attach_profile_policies(customer: &CustomerAccount, profile: PermissionProfile) {
    for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
        customer.detach_policy(*document);
    }
    for document in gangway_policies::documents_for(profile) {
        customer.attach_policy(*document);
    }
}

fn request_with_profile(
    app: &TestApp,
    method: AuthMethod,
    customer: &CustomerAccount,
    profile: PermissionProfile,
) -> Value {
    with(app.request(method, customer, "prod"), &json!({"permissionProfile": profile.id()}))
}

/// Acceptance rows: F90.
#[tokio::test]
async fn eks_policy_is_required_only_when_eks_is_planned() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            customer.detach_policy(PolicyDocument::ControllersEks);
            let plain = app.assert_blocked(method, &app.request(method, customer, "prod")).await;
            let name = "PaletteControllersEKSPolicy";
            plain.assert_check("iam.actions-allowed", "failed", name, name);
            let planned = request_with_profile(&app, method, customer, PermissionProfile::CoreEks);
            app.assert_blocked(method, &planned).await;
            let core = request_with_profile(&app, method, customer, PermissionProfile::Core);
            let receipt = app.assert_registered(method, &core).await;
            assert_eq!(receipt.failed(), Vec::<String>::new());
            let annotations = &app.palette_body("prod")["metadata"]["annotations"];
            if !app.drops_annotations() {
                assert_eq!(annotations["gangwayPermissionProfile"], "core");
            }
            // The request with the wider profile succeeds after the policy is attached.
            customer.attach_policy(PolicyDocument::ControllersEks);
            let updated = app.register(method, &planned).await;
            updated.assert_status(200);
            let outcome = match app.recorded(method, "updated") {
                "" => "unchanged",
                outcome => outcome,
            };
            assert_eq!((updated.outcome(), updated.uid()), (outcome, receipt.uid()));
        }
    }
}

/// Acceptance rows: F91.
#[tokio::test]
async fn each_minimum_profile_requires_only_its_own_policy() {
    use PermissionProfile::{
        MinimumEksDynamic, MinimumEksStatic, MinimumIaasDynamic, MinimumIaasStatic,
    };
    for partition in PARTITIONS {
        for profile in [MinimumEksDynamic, MinimumEksStatic, MinimumIaasDynamic, MinimumIaasStatic]
        {
            let app = TestApp::start(partition).await;
            for (method, customer) in OPEN_METHODS.into_iter().zip(&app.deployment().customers) {
                let request = with(
                    request_with_profile(&app, method, customer, profile),
                    &json!({"name": format!("prod-{}", method.id())}),
                );
                attach_profile_policies(customer, profile);
                let document = gangway_policies::documents_for(profile)[0];
                customer.detach_policy(document);
                let report = app.assert_blocked(method, &request).await;
                report.assert_check("iam.actions-allowed", "failed", "", document.name());
                customer.attach_policy(document);
                let receipt = app.assert_registered(method, &request).await;
                receipt.assert_check("iam.policies-attached", "passed", document.name(), "");
                assert_eq!(receipt.with_outcome("unverified"), Vec::<String>::new(), "{profile}");
                let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
                let recorded = app.recorded(method, profile.id());
                assert_eq!(shown.text_at("/permissionProfile"), recorded);
            }
        }
    }
}

/// Acceptance rows: F91.
#[tokio::test]
async fn the_cloudformation_option_adds_its_policy_to_the_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let path = "/v1/sts/trust?permissionProfile=minimum-iaas-dynamic";
        let plain = app.get(path).await;
        let with_stack =
            app.get(&format!("{path}&addOns=cloudformation,host-resource-groups")).await;
        with_stack.assert_status(200);
        let names = |response: &HttpResponse| -> Vec<String> {
            let policies = response.body["permissionPolicies"].as_array().expect("policies");
            policies.iter().map(|policy| acceptance::text(policy, "name").to_owned()).collect()
        };
        assert_eq!(names(&plain), ["PaletteMinimumIaaSDynamicPermissions"]);
        assert_eq!(
            names(&with_stack),
            [
                "PaletteMinimumIaaSDynamicPermissions",
                "PaletteCloudFormationStackPermissions",
                "PaletteHostResourceGroupsPolicy",
            ]
        );
        let resources = &with_stack.body["cloudFormationTemplate"]["Resources"];
        assert!(resources.get("PaletteCloudFormationStackPermissions").is_some(), "{resources:#}");
        let unknown = app.get(&format!("{path}&addOns=everything")).await;
        unknown.assert_status(400);
        assert_eq!(unknown.pointers(), ["/addOns"]);
        let unknown = app.get("/v1/sts/trust?permissionProfile=most").await;
        unknown.assert_status(400);
        assert_eq!(unknown.pointers(), ["/permissionProfile"]);
    }
}

/// Acceptance rows: F92.
#[tokio::test]
async fn policies_over_the_quota_are_reported() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            for number in 0..6 {
                let allow = json!({
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
                });
                let arn = customer.account.policy(&format!("Extra{number}"), &allow);
                customer.user.attach(&arn);
                customer.role.attach(&arn);
            }
            let request = app.request(method, customer, "prod");
            let report = app.validate(method, &request).await;
            report.assert_check("iam.policy-quota", "failed", "11 of 10", "raise the quota");
            // The quota is raised.
            for kind in ["User", "Role"] {
                customer.account.set_quota(&format!("AttachedPoliciesPer{kind}Quota"), 20);
            }
            let receipt = app.assert_registered(method, &request).await;
            receipt.assert_check("iam.policy-quota", "passed", "11 of 20", "");
        }
    }
}

/// Acceptance rows: F92.
#[tokio::test]
async fn policies_still_to_be_attached_count_towards_the_quota() {
    for partition in PARTITIONS {
        for method in OPEN_METHODS {
            let app = TestApp::start(partition).await;
            let customer = app.customer();
            customer.detach_policy(PolicyDocument::Controller);
            for kind in ["User", "Role"] {
                customer.account.set_quota(&format!("AttachedPoliciesPer{kind}Quota"), 4);
            }
            let report = app.assert_blocked(method, &app.request(method, customer, "prod")).await;
            report.assert_check("iam.policy-quota", "failed", "4 of 4", "merge policies");
            report.assert_check("iam.policy-quota", "failed", "1 more needed", "");
        }
    }
}

/// Acceptance rows: F93.
#[tokio::test]
async fn report_lists_the_cluster_types_of_the_account() {
    let all = ["IaaS", "EKS clusters", "hybrid nodes"];
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for method in OPEN_METHODS {
            for (profile, kinds) in [
                (PermissionProfile::CoreEks, &all[..]),
                (PermissionProfile::Core, &["IaaS"]),
                (PermissionProfile::MinimumIaasStatic, &["IaaS"]),
                (PermissionProfile::MinimumIaasDynamic, &["IaaS"]),
                (PermissionProfile::MinimumEksStatic, &["EKS clusters", "hybrid nodes"]),
                (PermissionProfile::MinimumEksDynamic, &["EKS clusters", "hybrid nodes"]),
            ] {
                let request = request_with_profile(&app, method, app.customer(), profile);
                let report = app.validate(method, &request).await;
                let notices = report.body["notices"].as_array().expect("notices");
                let next: Vec<_> = notices
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|notice| notice.starts_with("Next step"))
                    .collect();
                let [next] = next.as_slice() else { panic!("{notices:?}") };
                for kind in all {
                    assert_eq!(next.contains(kind), kinds.contains(&kind), "{profile}: {next}");
                }
            }
            // The report also names permissions that allow privilege escalation.
            let report = app.validate(method, &app.request(method, app.customer(), "prod")).await;
            assert!(report.text.contains("allows privilege escalation"), "{:#}", report.body);
        }
    }
}
