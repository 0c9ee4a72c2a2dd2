//! Tests registrations with a valid cluster, in each partition that offers Pod Identity.

use acceptance::{PARTITIONS, TestApp};
use gangway_model::Partition;
use gangway_policies::PolicyDocument;
use local_cloud::fixtures::PodIdentityCase;
use serde_json::json;

use crate::fixture::{
    ROUTE, cluster, create_permissions_boundary, purpose_of_registered_role, register, revalidate,
    valid_request, validate,
};

/// Acceptance rows: F30, F57.
#[tokio::test]
async fn palette_role_is_registered_in_both_cases_and_both_partitions() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for (case, name) in
            [(PodIdentityCase::SameAccount, "same"), (PodIdentityCase::CrossAccount, "cross")]
        {
            let mut request = valid_request(&app, case);
            request["name"] = json!(name);
            let report = validate(&app, &request).await;
            assert_eq!(
                (report.ready(), report.failed()),
                (Some(true), vec![]),
                "{:#}",
                report.body
            );
            register(&app, &request).await.assert_status(201);
            let palette = cluster(&app).roles(case).palette().as_str().to_owned();
            assert!(palette.starts_with(&format!("arn:{partition}:iam::")), "{palette}");
            let records = app.cloud().palette().records();
            let spec = records.find_account(name).expect("an account").spec().clone();
            assert_eq!(spec["credentialType"], "pod-identity");
            assert_eq!(spec["podIdentity"], json!({"roleArn": palette}));
            assert_eq!(spec["partition"], partition.id());
        }
        assert_eq!(app.active_secrets(), Vec::<String>::new(), "there is no secret to keep");
    }
}

#[tokio::test]
async fn replacement_of_static_credentials_leaves_no_secret() {
    let app = TestApp::start(PARTITIONS[0]).await;
    let access_key = &app.customer().keys;
    let with_access_key =
        json!({"name": "prod", "accessKeyId": access_key.id, "secretAccessKey": access_key.secret});
    let first = app.post("/v1/tenant/accounts/static-credentials", &with_access_key).await;
    first.assert_status(201);
    assert_eq!(app.active_secrets().len(), 1);
    let request = valid_request(&app, PodIdentityCase::SameAccount);
    let replaced = app.put(&format!("{ROUTE}/{}", first.uid()), &request).await;
    replaced.assert_status(200);
    assert_eq!((replaced.outcome(), replaced.uid()), ("updated", first.uid()));
    assert_eq!(app.active_secrets(), Vec::<String>::new(), "it is in its recovery window");
}

#[tokio::test]
async fn repeated_request_is_unchanged_and_a_new_boundary_is_an_update() {
    let app = TestApp::start(PARTITIONS[0]).await;
    let request = valid_request(&app, PodIdentityCase::SameAccount);
    let first = register(&app, &request).await;
    first.assert_status(201);
    let again = register(&app, &request).await;
    again.assert_status(200);
    assert_eq!((again.outcome(), again.uid()), ("unchanged", first.uid()));
    let mut request_with_boundary = request.clone();
    request_with_boundary["permissionBoundaryArn"] = json!(create_permissions_boundary(&app));
    let replaced = app.put(&format!("{ROUTE}/{}", first.uid()), &request_with_boundary).await;
    replaced.assert_status(200);
    assert_eq!(replaced.outcome(), "updated");
    assert_eq!(app.account_names(), ["prod"]);
}

/// Acceptance rows: F08, F12.
#[tokio::test]
async fn secret_partition_needs_the_opt_in_and_reports_a_warning() {
    let app = TestApp::start(Partition::AwsIsoB).await;
    let request = valid_request(&app, PodIdentityCase::SameAccount);
    // The template does not deploy the function in this partition, so API Gateway has no such
    // route.
    app.post(ROUTE, &request).await.assert_status(403);
    let app =
        TestApp::start_with_parameter(Partition::AwsIsoB, "AllowSecretPodIdentity", "true").await;
    let request = valid_request(&app, PodIdentityCase::SameAccount);
    let receipt = register(&app, &request).await;
    receipt.assert_status(201);
    assert_eq!(receipt.failed(), ["pod-identity.partition-supported"], "{:#}", receipt.body);
}

/// Acceptance rows: F02, F12, F23, F30, F43, F49, F56, F58, F63.
#[tokio::test]
async fn secret_partition_is_checked_in_both_account_cases() {
    for case in PodIdentityCase::ALL {
        let app =
            TestApp::start_with_parameter(Partition::AwsIsoB, "AllowSecretPodIdentity", "true")
                .await;
        let request = valid_request(&app, case);
        let report = validate(&app, &request).await;
        assert_eq!(report.failed(), ["pod-identity.partition-supported"], "{:#}", report.body);
        let palette = cluster(&app);
        let role = palette.role(purpose_of_registered_role(case));
        let policy = palette
            .profile_policy(purpose_of_registered_role(case), PolicyDocument::ControllersEks);
        role.detach(&policy);
        let not_ready = validate(&app, &request).await;
        not_ready.assert_check("iam.actions-allowed", "failed", "", "PaletteControllersEKSPolicy");
        assert_eq!(not_ready.ready(), Some(false));
        register(&app, &request).await.assert_status(422);
        role.attach(&policy);
        let receipt = register(&app, &request).await;
        receipt.assert_status(201);
        let spec = app.palette_body("prod")["spec"].clone();
        assert_eq!(spec["partition"], "aws-iso-b");
        assert_eq!(spec["podIdentity"]["roleArn"], role.arn());
        let again = revalidate(&app, receipt.uid()).await;
        assert_eq!(again.ready(), Some(true), "{:#}", again.body);
        let query = match case {
            PodIdentityCase::SameAccount => String::new(),
            PodIdentityCase::CrossAccount => "&targetAccountId=300000000009".to_owned(),
        };
        let plan = app.get(&format!("/v1/pod-identity/plan?clusterName=palette{query}")).await;
        plan.assert_status(200);
        for arn in plan.text.split("arn:").skip(1) {
            assert!(arn.starts_with("aws-iso-b:") || arn.starts_with("*:"), "{arn:.60}");
        }
        assert!(plan.text.contains("pods.eks.amazonaws.com"), "{}", plan.text);
    }
}

/// Acceptance rows: F35.
#[tokio::test]
async fn pod_identity_is_rejected_if_palette_is_the_saas() {
    let app = TestApp::start(PARTITIONS[0]).await;
    let request = valid_request(&app, PodIdentityCase::SameAccount);
    let function = app.deployment().functions.get("pod-identity").expect("the function");
    for url in ["https://api.spectrocloud.com", "https://acme.console.SpectroCloud.com./"] {
        function.set_variable("PALETTE_URL", url);
        app.deployment().functions.stop_idle_instances();
        app.cloud().calls().clear();
        for response in [
            app.post(&format!("{ROUTE}/validate"), &request).await,
            app.post(ROUTE, &request).await,
            app.get("/v1/pod-identity/plan?clusterName=palette").await,
        ] {
            response.assert_status(422);
            assert!(response.text.contains("use method sts"), "{}", response.text);
            assert!(response.text.contains("PaletteUrl"), "{}", response.text);
        }
        let expected_calls = ["events PutEvents 200"];
        assert_eq!(app.cloud().calls().lines(), expected_calls, "only the outcome event is sent");
    }
    // A host in another domain may be a self-hosted Palette.
    function.set_variable("PALETTE_URL", "https://palette.notspectrocloud.com");
    app.deployment().functions.stop_idle_instances();
    app.get("/v1/pod-identity/plan?clusterName=palette").await.assert_status(200);
    app.assert_untouched();
}

/// Acceptance rows: C20.
#[tokio::test]
async fn tag_of_the_registered_role_limits_its_scopes() {
    for partition in PARTITIONS {
        let app = TestApp::start(partition).await;
        for case in [PodIdentityCase::SameAccount, PodIdentityCase::CrossAccount] {
            let request = valid_request(&app, case);
            let role = cluster(&app).role(purpose_of_registered_role(case));
            role.tag("gangway:scopes", "some-project");
            if case == PodIdentityCase::SameAccount {
                // Because the role is in Gangway's AWS account, the request is invalid and has no
                // report.
                let response = app.post(&format!("{ROUTE}/validate"), &request).await;
                assert_eq!((response.status, response.pointers()), (422, vec!["/roleArn"]));
                continue;
            }
            let report = validate(&app, &request).await;
            report.assert_check("iam.role-scope-allowed", "failed", "tenant", "owner");
            register(&app, &request).await.assert_status(422);
            role.tag("gangway:scopes", "some-project tenant");
            let report = validate(&app, &request).await;
            report.assert_check("iam.role-scope-allowed", "passed", "tenant", "");
        }
    }
}
