//! F90–F94: profiles, the quota of policies, next steps, remedies.

use acceptance::{Answer, Stage, enclave::portal, text, with};
use gangway_model::PermissionProfile;
use gangway_policies::PolicyDocument;
use local_cloud::{Effect, Fault, palette::SECRET_PARTITION_FLAG};
use serde_json::{Value, json};

use crate::way::{Way, everywhere, role};

#[tokio::test]
async fn f90_the_eks_policy_is_asked_for_only_where_eks_is_planned() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        let request = way.request(&stage, customer, "prod");
        customer.disallow(PolicyDocument::ControllersEks);
        let name = "PaletteControllersEKSPolicy";
        way.blocked(&stage, &request).await.assert_check(
            "iam.actions-allowed",
            "failed",
            name,
            name,
        );
        let core = with(request, &json!({"permissionProfile": "core"}));
        way.registered(&stage, &core).await;
    })
    .await;
}

#[tokio::test]
async fn f91_f93_each_profile_is_asked_for_its_own_policies_and_tells_its_next_steps() {
    use PermissionProfile::{
        Core, CoreEks, MinimumEksDynamic, MinimumEksStatic, MinimumIaasDynamic, MinimumIaasStatic,
    };
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        for profile in [
            CoreEks,
            Core,
            MinimumEksDynamic,
            MinimumEksStatic,
            MinimumIaasDynamic,
            MinimumIaasStatic,
        ] {
            for document in gangway_policies::documents_for(CoreEks) {
                customer.disallow(*document);
            }
            for document in gangway_policies::documents_for(profile) {
                customer.allow(*document);
            }
            let request = with(
                way.request(&stage, customer, profile.id()),
                &json!({"permissionProfile": profile.id()}),
            );
            let document = gangway_policies::documents_for(profile)[0];
            customer.disallow(document);
            let report = way.validate(&stage, &request).await;
            report.assert_check("iam.actions-allowed", "failed", "", document.name());
            customer.allow(document);
            let report = way.validate(&stage, &request).await;
            assert_eq!(report.ready(), Some(true), "{profile}: {:#}", report.body);
            report.assert_check("iam.policies-attached", "passed", document.name(), "");
            let notices = report.body["notices"].as_array().expect("notices");
            let next: Vec<_> = notices
                .iter()
                .filter_map(Value::as_str)
                .filter(|notice| notice.starts_with("Next step"))
                .collect();
            // The matrix has EKS clusters only, in these partitions.
            if profile.supports_eks() {
                let [next] = next.as_slice() else { panic!("{notices:?}") };
                let others = next.contains("IaaS") || next.contains("hybrid");
                assert!(next.contains("EKS") && !others, "{profile}: {next}");
            } else {
                let told = format!("{notices:?}");
                assert!(next.is_empty() && told.contains("no cluster can be made"), "{told}");
            }
            for document in gangway_policies::documents_for(profile) {
                customer.disallow(*document);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn f92_more_policies_than_the_quota_allows_are_told() {
    everywhere(|stage: Stage, way: Way| async move {
        let customer = stage.customer();
        for number in 0..6 {
            let arn = customer.account.policy(&format!("Extra{number}"), &json!({"Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}));
            customer.user.attach(&arn);
            role(customer).attach(&arn);
        }
        let request = way.request(&stage, customer, "prod");
        way.validate(&stage, &request).await.assert_check("iam.policy-quota", "failed", "11 of 10", "raise the quota");
        for kind in ["User", "Role"] {
            customer.account.quota(&format!("AttachedPoliciesPer{kind}Quota"), 20);
        }
        way.registered(&stage, &request).await.assert_check("iam.policy-quota", "passed", "11 of 20", "");
    })
    .await;
}

/// A way to break a set-up.
type Break = fn(&Stage);

const BREAKS: &[(&str, Break)] = &[
    ("nothing", |_stage| {}),
    ("missing policy", |stage| stage.customer().disallow(PolicyDocument::Controller)),
    ("boundary", |stage| stage.customer().bound()),
    ("inactive key", |stage| stage.customer().deactivate_keys()),
    ("no looking at itself", |stage| {
        stage.customer().forbid_user_to_look();
        acceptance::enclave::access(stage.customer()).forbid_role_to_look();
    }),
    ("no user, no role", |stage| {
        stage.customer().user.clone().remove();
        role(stage.customer()).clone().remove();
    }),
    ("no flag", |stage| {
        stage.cloud().palette().records().features.insert(SECRET_PARTITION_FLAG.to_owned(), false);
    }),
    ("no VerteX", |stage| {
        stage.cloud().palette().records().features.clear();
    }),
    ("no entitlement", |stage| {
        portal(stage.realm()).disentitle(&acceptance::enclave::access(stage.customer()).entity);
    }),
    ("portal switched off", |stage| {
        portal(stage.realm()).behave(|behaviour| behaviour.enabled = false);
    }),
    ("portal without tokens", |stage| {
        portal(stage.realm()).behave(|behaviour| behaviour.tells_token = false);
    }),
    ("Palette without a portal", |stage| stage.cloud().palette().records().portals.clear()),
    ("IAM too busy", |stage| {
        stage.cloud().fault(Fault::on("iam", "GetAccountSummary", Effect::Throttle));
    }),
];

#[tokio::test]
async fn f94_every_finding_that_is_not_well_has_a_remedy() {
    everywhere(|stage: Stage, way: Way| async move {
        // Its own stage stays whole; each break has another.
        for (broken, break_it) in BREAKS {
            let broken_stage = Stage::start(stage.partition()).await;
            break_it(&broken_stage);
            let request = way.request(&broken_stage, broken_stage.customer(), "prod");
            let request = with(request, &json!({"privateCloudGateway": "dc-west"}));
            let report = way.validate(&broken_stage, &request).await;
            report.assert_status(200);
            complete(&report, broken);
            broken_stage.assert_untouched();
        }
    })
    .await;
}

/// Every check is told in full; what is not well has a remedy, and what is well has none.
fn complete(report: &Answer, broken: &str) {
    let checks = report.checks();
    for check in &checks {
        let told = |member| text(check, member);
        for member in ["id", "title", "observed"] {
            assert!(!told(member).trim().is_empty(), "{broken}: {check:#}");
        }
        assert!(
            check["covers"].as_array().is_some_and(|ids| !ids.is_empty()),
            "{broken}: {check:#}"
        );
        match told("outcome") {
            "failed" | "unverified" => {
                assert!(told("remedy").len() > 8, "{broken}: no remedy: {check:#}");
            }
            "passed" | "not-applicable" => assert_eq!(check.get("remedy"), None, "{check:#}"),
            other => assert_eq!(other, "", "{broken}: no such outcome"),
        }
    }
    let mut ids: Vec<_> = checks.iter().map(|check| text(check, "id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), checks.len(), "{broken}: a check is answered twice");
}
