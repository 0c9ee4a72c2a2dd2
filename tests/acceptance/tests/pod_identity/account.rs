//! Tests requirements that every method has, with Pod Identity: with a role in the AWS account of
//! the cluster, and with a role in another account.

use acceptance::{HttpResponse, PARTITIONS, TestApp, text, with};
use gangway_model::{
    AuthMethod,
    PermissionProfile::{CoreEks, MinimumEksDynamic, MinimumEksStatic},
};
use gangway_policies::PolicyDocument;
use local_cloud::{
    fixtures::{API_KEY_SECRET, PodIdentityCase},
    palette::MEMBER_KEY,
};
use serde_json::{Value, json};

use crate::fixture::{
    attach_only_profile_policies, cluster, purpose_of_registered_role, valid_request,
};

const METHOD: AuthMethod = AuthMethod::PodIdentity;

/// Runs a test for each of [`PARTITIONS`] and each account case.
async fn for_each_case<Running: Future<Output = ()>>(
    test: impl Fn(TestApp, PodIdentityCase) -> Running,
) {
    for partition in PARTITIONS {
        for case in PodIdentityCase::ALL {
            test(TestApp::start(partition).await, case).await;
        }
    }
}

/// Acceptance rows: F01.
#[tokio::test]
async fn registration_needs_the_key_of_a_tenant_administrator() {
    for_each_case(async |app, case| {
        app.deployment().put_secret(API_KEY_SECRET, MEMBER_KEY).await;
        let report = app.assert_blocked(METHOD, &valid_request(&app, case)).await;
        report.assert_check("palette.session", "failed", "Palette", "tenant administrator");
        for id in ["palette.name-available", "palette.validation"] {
            assert_ne!(report.check(id)["outcome"], "passed", "{id}");
        }
    })
    .await;
}

/// Acceptance rows: F02, F23.
#[tokio::test]
async fn registered_account_is_listed_and_can_be_revalidated() {
    for_each_case(async |app, case| {
        let receipt = app.assert_registered(METHOD, &valid_request(&app, case)).await;
        receipt.assert_check("palette.account-readable", "passed", "", "");
        let list = app.get("/v1/tenant/accounts").await;
        let path = format!("/v1/tenant/accounts/{}", receipt.uid());
        let shown = app.get(&path).await;
        shown.assert_status(200);
        assert_eq!(list.body["accounts"], json!([shown.body]));
        let role = cluster(&app).roles(case).palette().account();
        for (pointer, expected) in [
            ("/uid", receipt.uid()),
            ("/name", "prod"),
            ("/method", METHOD.id()),
            ("/partition", app.partition().id()),
            ("/awsAccountId", role.as_str()),
            ("/scope", "tenant"),
            ("/permissionProfile", app.recorded(METHOD, "core-eks")),
        ] {
            assert_eq!(shown.text_at(pointer), expected, "{pointer}");
        }
        let again = app.post(&format!("{path}/validate"), &json!({})).await;
        again.assert_status(200);
        assert_eq!(again.ready(), Some(true), "{:#}", again.body);
        app.delete(&path).await.assert_status(204);
        app.assert_untouched();
    })
    .await;
}

/// Acceptance rows: F04.
#[tokio::test]
async fn name_of_another_account_is_a_conflict() {
    for_each_case(async |app, case| {
        // An account with an access key. Its AWS account is neither that of the cluster nor that of
        // the target role.
        let access_key = &app.customer().keys;
        let other = json!({
            "name": "prod",
            "accessKeyId": access_key.id,
            "secretAccessKey": access_key.secret,
        });
        app.assert_registered(AuthMethod::StaticCredentials, &other).await;
        let (body_before, secrets_before) = (app.palette_body("prod"), app.active_secrets());
        let request = valid_request(&app, case);
        let report = app.validate(METHOD, &request).await;
        let id = "palette.name-available";
        assert_eq!(report.failed(), [id]);
        report.assert_check(id, "failed", "belongs to account", "choose another name");
        let rejected = app.register(METHOD, &request).await;
        rejected.assert_status(409);
        assert_eq!(rejected.text_at("/type"), "urn:gangway:problem:conflict");
        assert_eq!(app.account_names(), ["prod"]);
        assert_eq!((app.palette_body("prod"), app.active_secrets()), (body_before, secrets_before));
    })
    .await;
}

/// Acceptance rows: F05.
#[tokio::test]
async fn description_and_policies_are_optional_and_returned_as_sent() {
    for_each_case(async |app, case| {
        let plain = valid_request(&app, case);
        let uid = app.assert_registered(METHOD, &plain).await.uid().to_owned();
        let palette_members = |member: &str| {
            let body = app.palette_body("prod");
            (body["metadata"]["annotations"][member].clone(), body["spec"]["policyARNs"].clone())
        };
        assert_eq!(palette_members("description").1, json!([]));
        let policy =
            cluster(&app).profile_policy(purpose_of_registered_role(case), PolicyDocument::Nodes);
        let description = "Zahlungen – Größe ≥ 3, \"prod\"";
        for (more, policies) in [
            (json!({"description": description}), json!([])),
            (json!({"description": description, "policyArns": [policy]}), json!([policy])),
        ] {
            let updated = app.register(METHOD, &with(plain.clone(), &more)).await;
            updated.assert_status(200);
            assert_eq!((updated.outcome(), updated.uid()), ("updated", &*uid));
            assert_eq!(palette_members("description"), (json!(description), policies));
            let shown = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
            assert_eq!(shown.text_at("/description"), description);
        }
        assert_eq!(app.register(METHOD, &plain).await.outcome(), "updated");
        let shown = app.get(&format!("/v1/tenant/accounts/{uid}")).await;
        assert_eq!(shown.body.get("description"), None);
        assert_eq!(palette_members("description").1, json!([]));
    })
    .await;
}

/// Acceptance rows: F90, F91.
#[tokio::test]
async fn registered_role_needs_the_policies_of_its_profile() {
    for_each_case(async |app, case| {
        for (profile, missing) in [
            (CoreEks, PolicyDocument::ControllersEks),
            (MinimumEksStatic, gangway_policies::documents_for(MinimumEksStatic)[0]),
            (MinimumEksDynamic, gangway_policies::documents_for(MinimumEksDynamic)[0]),
        ] {
            let more = json!({"name": profile.id(), "permissionProfile": profile.id()});
            let request = with(valid_request(&app, case), &more);
            let (palette, purpose) = (cluster(&app), purpose_of_registered_role(case));
            let (role, policy) = (palette.role(purpose), palette.profile_policy(purpose, missing));
            attach_only_profile_policies(&app, case, profile);
            role.detach(&policy);
            let report = app.assert_blocked(METHOD, &request).await;
            report.assert_check("iam.actions-allowed", "failed", "", missing.name());
            role.attach(&policy);
            let receipt = app.assert_registered(METHOD, &request).await;
            receipt.assert_check("iam.policies-attached", "passed", missing.name(), "");
            let shown = app.get(&format!("/v1/tenant/accounts/{}", receipt.uid())).await;
            let recorded = app.recorded(METHOD, profile.id());
            assert_eq!(shown.text_at("/permissionProfile"), recorded);
        }
    })
    .await;
}

/// Acceptance rows: F36, F45, F91.
#[tokio::test]
async fn minimum_profile_also_needs_the_policy_about_add_ons() {
    const ADD_ONS: PolicyDocument = PolicyDocument::MinimumEksPodIdentity;
    for_each_case(async |app, case| {
        let (palette, purpose) = (cluster(&app), purpose_of_registered_role(case));
        let (role, policy) = (palette.role(purpose), palette.profile_policy(purpose, ADD_ONS));
        for profile in [MinimumEksStatic, MinimumEksDynamic] {
            let more = json!({"name": profile.id(), "permissionProfile": profile.id()});
            let request = with(valid_request(&app, case), &more);
            attach_only_profile_policies(&app, case, profile);
            role.detach(&policy);
            let report = app.assert_blocked(METHOD, &request).await;
            let check = report.check("iam.actions-allowed");
            for action in ["eks:DescribeAddonVersions", "eks:CreateAddon", "eks:UpdateAddon"] {
                assert!(text(&check, "observed").contains(action), "{action}: {check:#}");
            }
            assert!(text(&check, "remedy").contains(ADD_ONS.name()), "{check:#}");
            role.attach(&policy);
            let receipt = app.assert_registered(METHOD, &request).await;
            receipt.assert_check("iam.policies-attached", "passed", ADD_ONS.name(), "");
            // A re-validation checks the same policies.
            role.detach(&policy);
            let path = format!("/v1/tenant/accounts/{}/validate", receipt.uid());
            let again = app.post(&path, &json!({})).await;
            again.assert_check("iam.actions-allowed", "failed", "eks:UpdateAddon", ADD_ONS.name());
        }
        // In profile `core-eks`, another policy document allows these actions.
        let request = valid_request(&app, case);
        attach_only_profile_policies(&app, case, CoreEks);
        let report = app.validate(METHOD, &request).await;
        assert_eq!(report.ready(), Some(true), "{:#}", report.body);
        assert!(!report.text.contains(ADD_ONS.name()), "{}", report.text);
    })
    .await;
}

/// Acceptance rows: F92.
#[tokio::test]
async fn policies_over_the_quota_are_reported() {
    for_each_case(async |app, case| {
        let request = valid_request(&app, case);
        let role = cluster(&app).role(purpose_of_registered_role(case));
        let account = match case {
            PodIdentityCase::SameAccount => cluster(&app).cluster.account(),
            PodIdentityCase::CrossAccount => &cluster(&app).target,
        };
        let allow = json!({"Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]});
        for number in role.attached().len()..11 {
            role.attach(&account.policy(&format!("Extra{number}"), &allow));
        }
        let report = app.validate(METHOD, &request).await;
        report.assert_check("iam.policy-quota", "failed", "11 of 10", "raise the quota");
        account.set_quota("AttachedPoliciesPerRoleQuota", 20);
        let receipt = app.assert_registered(METHOD, &request).await;
        receipt.assert_check("iam.policy-quota", "passed", "11 of 20", "");
    })
    .await;
}

/// Acceptance rows: F93.
#[tokio::test]
async fn report_names_an_eks_cluster_as_the_next_step() {
    for_each_case(async |app, case| {
        let next_steps = |response: &HttpResponse| -> Vec<String> {
            let notices =
                response.body["notices"].as_array().map(Vec::as_slice).unwrap_or_default();
            let notices = notices.iter().filter_map(Value::as_str);
            notices.filter(|one| one.starts_with("Next step")).map(str::to_owned).collect()
        };
        for profile in [CoreEks, MinimumEksStatic, MinimumEksDynamic] {
            let more = json!({"permissionProfile": profile.id()});
            let report = app.validate(METHOD, &with(valid_request(&app, case), &more)).await;
            let next = next_steps(&report);
            assert_eq!(next.len(), 1, "{:#}", report.body);
            assert!(next[0].contains("EKS clusters"), "{next:?}");
            assert!(!next[0].contains("IaaS") && !next[0].contains("hybrid"), "{next:?}");
        }
    })
    .await;
}
