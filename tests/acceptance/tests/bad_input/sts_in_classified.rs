//! Tests that the template does not deploy `sts` in the classified partitions, and that the binary
//! of `sts` rejects every request there.

use std::collections::BTreeMap;

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::{
    cloudformation::{DeploymentTarget, Template},
    lambda::{DeployedFunctions, HostConfig, RoleCredentials},
};
use serde_json::json;

use crate::{
    case::{InvalidRequestCase, direct_event, invocation, proxy_payload, with_member},
    runner::run_cases,
    sts::REGISTER_PATH,
};

/// Returns requests to `sts`, each with the response that is expected in a classified partition.
fn invalid_requests(partition: &str) -> Vec<InvalidRequestCase> {
    let body = |arn: &str| json!({ "name": "prod", "roleArn": arn });
    let role_arn = format!("arn:{partition}:iam::300000000004:role/R");
    let not_offered = "sts is not offered in partition";
    let trust = |query: &[(&str, &str)]| {
        let query: BTreeMap<_, _> = query.iter().copied().collect();
        with_member(
            &proxy_payload("GET", "/v1/sts/trust", ""),
            "queryStringParameters",
            json!(query),
        )
    };
    let post =
        |path: &str, body: &serde_json::Value| proxy_payload("POST", path, &body.to_string());
    vec![
        invocation("register", post(REGISTER_PATH, &body(&role_arn)))
            .expect_422(&["/partition"], not_offered),
        invocation("validate", post("/v1/tenant/accounts/sts/validate", &body(&role_arn)))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        invocation(
            "replace",
            proxy_payload("PUT", "/v1/tenant/accounts/sts/abc", &body(&role_arn).to_string()),
        )
        .expect_422(&["/partition"], "use one of static-credentials, scap"),
        invocation(
            "the partition spelled out",
            post(REGISTER_PATH, &with_member(&body(&role_arn), "partition", partition.into())),
        )
        .expect_422(&["/partition"], not_offered),
        invocation(
            "another partition that offers it",
            post(REGISTER_PATH, &with_member(&body(&role_arn), "partition", "aws".into())),
        )
        .expect_422(&["/partition"], "send the request to the deployment for aws"),
        invocation(
            "a role of another partition",
            post(REGISTER_PATH, &body("arn:aws:iam::300000000001:role/R")),
        )
        .expect_422(&["/partition", "/roleArn"], not_offered),
        direct_event("an event", with_member(&body(&role_arn), "method", "sts".into()))
            .expect_422(&["/partition"], not_offered),
        invocation("trust", trust(&[]))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        invocation("trust of this partition", trust(&[("partition", partition)]))
            .expect_422(&["/partition"], "use one of static-credentials, scap"),
        invocation("trust of another partition", trust(&[("partition", "aws")]))
            .expect_422(&["/partition"], "send the request to the deployment for aws"),
        invocation("trust of no partition", trust(&[("partition", "aws-cn")])).expect_400(
            &["/partition", "/partition"],
            "must be one of aws, aws-us-gov, aws-iso-b, aws-iso",
        ),
    ]
}

/// Acceptance rows: F10, F12.
#[tokio::test]
async fn sts_is_not_offered_in_the_classified_partitions() {
    for partition in [Partition::AwsIso, Partition::AwsIsoB] {
        let app = TestApp::start(partition).await;
        assert!(app.deployment().functions.get("sts").is_none(), "the template deploys it");
        let response = app.get("/v1/sts/trust").await;
        assert_eq!(
            (response.status, response.text_at("/type")),
            (403, "urn:gangway:problem:gateway")
        );

        let functions = deploy_sts(&app);
        let sts = functions.get("sts").expect("the function");
        // The policy of the event bus does not allow the role of this function to put events. So
        // the function gets no event bus.
        sts.set_variable("GANGWAY_EVENT_BUS", "");
        let failures = run_cases(&app, sts, invalid_requests(partition.id())).await;
        assert!(
            failures.is_empty(),
            "{partition}: {} cases\n{}",
            failures.len(),
            failures.join("\n")
        );
        app.assert_untouched();
    }
}

/// Deploys `sts` in the Region of the app's partition, as the template defines the function for
/// `aws`.
fn deploy_sts(app: &TestApp) -> DeployedFunctions {
    let (deployment, url) = (app.deployment(), app.cloud().url());
    let template = Template::from_repository().expect("the repository's template");
    let target = DeploymentTarget {
        partition: Partition::Aws.id().to_owned(),
        region: deployment.region.to_owned(),
        account: deployment.gangway_account.id().to_owned(),
        stack: "gangway".to_owned(),
        parameters: BTreeMap::new(),
    };
    let mut functions = template.functions(&target).expect("functions");
    functions.retain(|function| function.package == "sts");
    let role = deployment.gangway_account.role("gangway-StaticCredentialsRole");
    let hosting = HostConfig {
        binaries: HostConfig::default_binaries_folder(),
        region: deployment.region.to_owned(),
        environment: ["AWS_ENDPOINT_URL", "PALETTE_URL"]
            .map(|name| (name.to_owned(), url.clone()))
            .into(),
        issue_credentials: std::sync::Arc::new(move |_function, _validity| {
            let credentials = role.session("sts");
            RoleCredentials {
                access_key_id: credentials.id,
                secret_access_key: credentials.secret,
                session_token: credentials.token.unwrap_or_default(),
            }
        }),
        clock: app.cloud().shared_clock(),
    };
    DeployedFunctions::deploy(functions, hosting)
}
