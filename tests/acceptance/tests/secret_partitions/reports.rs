//! Reports: permission profiles, the quota of policies, next steps and remedies.

use acceptance::{
    TestApp,
    classified::{portal, portal_role},
    methods::for_each_classified,
    with,
};
use gangway_model::{AuthMethod, PermissionProfile};
use gangway_policies::PolicyDocument;
use local_cloud::{Effect, Fault, palette::SECRET_PARTITION_FLAG};
use serde_json::{Value, json};

/// Acceptance rows: F90.
#[tokio::test]
async fn eks_policy_is_required_only_when_eks_is_planned() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        let request = app.request(method, customer, "prod");
        customer.detach_policy(PolicyDocument::ControllersEks);
        let name = "PaletteControllersEKSPolicy";
        app.assert_blocked(method, &request).await.assert_check(
            "iam.actions-allowed",
            "failed",
            name,
            name,
        );
        let core = with(request, &json!({"permissionProfile": "core"}));
        app.assert_registered(method, &core).await;
    })
    .await;
}

/// Acceptance rows: F91, F93.
#[tokio::test]
async fn each_profile_needs_its_policies_and_reports_its_next_steps() {
    use PermissionProfile::{
        Core, CoreEks, MinimumEksDynamic, MinimumEksStatic, MinimumIaasDynamic, MinimumIaasStatic,
    };
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        for profile in [
            CoreEks,
            Core,
            MinimumEksDynamic,
            MinimumEksStatic,
            MinimumIaasDynamic,
            MinimumIaasStatic,
        ] {
            for document in gangway_policies::documents_for(CoreEks) {
                customer.detach_policy(*document);
            }
            for document in gangway_policies::documents_for(profile) {
                customer.attach_policy(*document);
            }
            let request = with(
                app.request(method, customer, profile.id()),
                &json!({"permissionProfile": profile.id()}),
            );
            let document = gangway_policies::documents_for(profile)[0];
            customer.detach_policy(document);
            let report = app.validate(method, &request).await;
            report.assert_check("iam.actions-allowed", "failed", "", document.name());
            customer.attach_policy(document);
            let report = app.validate(method, &request).await;
            assert_eq!(report.ready(), Some(true), "{profile}: {:#}", report.body);
            report.assert_check("iam.policies-attached", "passed", document.name(), "");
            let notices = report.body["notices"].as_array().expect("notices");
            let next: Vec<_> = notices
                .iter()
                .filter_map(Value::as_str)
                .filter(|notice| notice.starts_with("Next step"))
                .collect();
            // These partitions support EKS clusters only.
            if profile.supports_eks() {
                let [next] = next.as_slice() else { panic!("{notices:?}") };
                let others = next.contains("IaaS") || next.contains("hybrid");
                assert!(next.contains("EKS") && !others, "{profile}: {next}");
            } else {
                let expected = format!("{notices:?}");
                assert!(
                    next.is_empty() && expected.contains("can create no cluster"),
                    "{expected}"
                );
            }
            for document in gangway_policies::documents_for(profile) {
                customer.detach_policy(*document);
            }
        }
    })
    .await;
}

/// Acceptance rows: F92.
#[tokio::test]
async fn policies_over_the_quota_are_reported() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        let customer = app.customer();
        for number in 0..6 {
            let arn = customer.account.policy(&format!("Extra{number}"), &json!({"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}));
            customer.user.attach(&arn);
            portal_role(customer).attach(&arn);
        }
        let request = app.request(method, customer, "prod");
        app.validate(method, &request).await.assert_check("iam.policy-quota", "failed", "11 of 10", "raise the quota");
        for kind in ["User", "Role"] {
            customer.account.set_quota(&format!("AttachedPoliciesPer{kind}Quota"), 20);
        }
        app.assert_registered(method, &request).await.assert_check("iam.policy-quota", "passed", "11 of 20", "");
    })
    .await;
}

/// A function that makes one change in AWS or Palette, so that checks fail or are unverified.
type Break = fn(&TestApp);

const BREAKAGES: &[(&str, Break)] = &[
    ("nothing", |_app| {}),
    ("missing policy", |app| app.customer().detach_policy(PolicyDocument::Controller)),
    ("boundary", |app| app.customer().set_restrictive_boundary()),
    ("inactive key", |app| app.customer().deactivate_access_key()),
    ("no looking at itself", |app| {
        app.customer().deny_user_inspection();
        acceptance::classified::portal_access(app.customer()).deny_role_inspection();
    }),
    ("no user, no role", |app| {
        app.customer().user.clone().delete();
        portal_role(app.customer()).clone().delete();
    }),
    ("no flag", |app| {
        app.cloud().palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
    }),
    ("no VerteX", |app| {
        app.cloud().palette().records().features.clear();
    }),
    ("no entitlement", |app| {
        portal(app.deployment()).remove_entitlements(
            &acceptance::classified::portal_access(app.customer()).common_name,
        );
    }),
    ("portal switched off", |app| {
        portal(app.deployment()).configure(|behaviour| behaviour.enabled = false);
    }),
    ("portal without tokens", |app| {
        portal(app.deployment()).configure(|behaviour| behaviour.returns_token = false);
    }),
    ("Palette without a portal", |app| app.cloud().palette().records().portals.clear()),
    ("IAM too busy", |app| {
        app.cloud().fault(Fault::on("iam", "GetAccountSummary", Effect::Throttle));
    }),
];

/// Acceptance rows: F94.
#[tokio::test]
async fn every_failed_or_unverified_check_has_a_remedy() {
    for_each_classified(|app: TestApp, method: AuthMethod| async move {
        // Each entry gets a local cloud of its own.
        for (broken, break_it) in BREAKAGES {
            let broken_app = TestApp::start(app.partition()).await;
            break_it(&broken_app);
            let request = broken_app.request(method, broken_app.customer(), "prod");
            let request = with(request, &json!({"privateCloudGateway": "dc-west"}));
            let report = broken_app.validate(method, &request).await;
            report.assert_status(200);
            report.assert_complete_report(broken);
            broken_app.assert_untouched();
        }
    })
    .await;
}
