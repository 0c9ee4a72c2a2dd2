//! Checks when Gangway has no read access to the customer's AWS account.

use acceptance::{PARTITIONS, TestApp};
use gangway_model::AuthMethod;
use gangway_policies::{PolicyDocument, pod_identity::RolePurpose};
use local_cloud::{
    fixtures::{INSPECTION_EXTERNAL_ID, PodIdentityCase},
    palette::KeptAnnotations,
};
use serde_json::json;

/// Checks that need read access to the account.
const CHECKS_THAT_NEED_READ_ACCESS: [&str; 12] = [
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

/// Acceptance rows: F17.
#[tokio::test]
async fn checks_without_read_access_are_unverified() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let customer = app.customer();
        customer.delete_inspection_role();
        // Gangway cannot see a detached policy without read access to the AWS account.
        customer.detach_policy(PolicyDocument::Controller);
        let receipt = app
            .assert_registered(AuthMethod::Sts, &app.request(AuthMethod::Sts, customer, "prod"))
            .await;
        let role = format!("{}:role/GangwayInspection", customer.account.id());
        for id in CHECKS_THAT_NEED_READ_ACCESS {
            receipt.assert_check(id, "unverified", "", &role);
        }
        assert_eq!(receipt.failed(), Vec::<String>::new());
        receipt.assert_check("palette.validation", "passed", "", "");
        receipt.assert_check("sts.external-id-enforced", "passed", "", "");
        assert_eq!(app.account_names(), ["prod"]);
    }
}

/// Acceptance rows: F33.
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

/// Acceptance rows: F16.
#[tokio::test]
async fn role_in_gangways_account_needs_no_inspection_role() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        app.set_kept_annotations(KeptAnnotations::All);
        let (own, customer) = (&app.deployment().gangway_account, app.customer());
        let role = own.role("SpectroCloudRole");
        for document in gangway_policies::documents_for(gangway_model::PermissionProfile::CoreEks) {
            role.attach(&own.policy(document.name(), &document.render(partition)));
        }
        let palette = app.deployment().palette.id().parse().expect("an account id");
        role.set_trust_policy(&gangway_policies::trust_policy(
            partition,
            palette,
            &app.deployment().external_id,
        ));
        assert_ne!(own.id(), customer.account.id());
        let request = serde_json::json!({"name": "own", "roleArn": role.arn()});
        // Without the owner's tag, the request is rejected and there is no report.
        let refused = app.validate(AuthMethod::Sts, &request).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec!["/roleArn"]));
        role.tag("gangway:scopes", "Payments tenant");
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

/// Without the tag, a report would show every caller details of each role in Gangway's AWS account.
#[tokio::test]
async fn role_of_gangways_account_without_scope_tag_reveals_nothing() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let (deployment, own) = (app.deployment(), &app.deployment().gangway_account);
        let deployer = own.role("Deployer");
        let attack = async |arn: &str| {
            let request = serde_json::json!({"name": "x", "roleArn": arn});
            let mut responses = vec![
                app.validate(AuthMethod::Sts, &request).await,
                app.register(AuthMethod::Sts, &request).await,
            ];
            let mut request = deployment
                .palette_cluster()
                .restore_for(PodIdentityCase::SameAccount)
                .request(PodIdentityCase::SameAccount);
            request["name"] = "x".into();
            for field in ["hubbleRoleArn", "identityRoleArn", "roleArn"] {
                let mut request = request.clone();
                request[field] = arn.into();
                responses
                    .push(app.post("/v1/tenant/accounts/pod-identity/validate", &request).await);
            }
            let request = serde_json::json!({"roleArn": arn});
            responses.push(app.post("/v1/policies", &request).await);
            let fields: Vec<_> = responses
                .iter()
                .map(|response| {
                    assert_eq!(response.status, 422, "{arn}: {}", response.text);
                    response.body["errors"].clone()
                })
                .collect();
            fields
        };
        let of_function = attack(&deployment.execution_role("account-vended").arn()).await;
        assert_eq!(of_function[0][0]["pointer"], "/roleArn");
        let detail = of_function[0][0]["detail"].as_str().unwrap_or_default();
        assert!(detail.contains("gangway:scopes lists tenant: let the owner"), "{detail}");
        assert_eq!(of_function[2][0]["pointer"], "/hubbleRoleArn");
        // The response is the same for a role that does not exist, and for one that is for another
        // scope.
        assert_eq!(attack(&deployer.arn()).await, of_function);
        assert_eq!(attack(&format!("{}X", deployer.arn())).await, of_function);
        deployer.tag("gangway:scopes", "Payments");
        assert_eq!(attack(&deployer.arn()).await, of_function);
        app.assert_untouched();
    }
}

/// After the registration, the owner removes the scope from the tag of the role.
#[tokio::test]
async fn revalidation_is_rejected_after_the_owner_changes_the_tag() {
    let app = TestApp::start(gangway_model::Partition::Aws).await;
    app.set_kept_annotations(KeptAnnotations::All);
    let cluster = app.deployment().palette_cluster().restore_for(PodIdentityCase::SameAccount);
    let mut request = cluster.request(PodIdentityCase::SameAccount);
    request["name"] = "prod".into();
    let first = app.post("/v1/tenant/accounts/pod-identity", &request).await;
    first.assert_status(201);
    let again = format!("/v1/tenant/accounts/{}/validate", first.uid());
    app.post(&again, &serde_json::json!({})).await.assert_status(200);
    cluster.role(RolePurpose::Hubble).tag("gangway:scopes", "Payments");
    app.deployment().functions.stop_idle_instances();
    let refused = app.post(&again, &serde_json::json!({})).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/uid"]), "{}", refused.text);
}

/// The trust policy of the inspection role names roles, and has no pattern for role names.
#[tokio::test]
async fn only_named_roles_of_gangway_may_read_another_account() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        let deployment = app.deployment();
        let account = app.customer().account.id();
        let inspection = format!("arn:{partition}:iam::{account}:role/GangwayInspection");
        let known = Some(INSPECTION_EXTERNAL_ID);
        let (sts, vended) =
            (deployment.execution_role("sts"), deployment.execution_role("account-vended"));
        let similar = deployment.gangway_account.role("gangway-anything");
        for (role, external_id, may) in [
            (&sts, known, true),
            (&deployment.execution_role("pod-identity"), known, true),
            (&deployment.execution_role("revalidation"), known, true),
            (&sts, None, false),
            (&sts, Some("another-id"), false),
            (&deployment.execution_role("accounts"), known, false),
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
            let client = deployment.administrator().with_keys(&role.session("test"));
            let response = client.assume_role(&inspection, "test", external_id).await;
            let is_in = response.expect("a response").is_ok();
            assert_eq!(is_in, may, "{} {external_id:?}", role.arn());
        }
    }
}
