//! `sts` in the classified partitions: the template does not deploy it, and the binary refuses to
//! serve.

use std::collections::BTreeMap;

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::{
    functions::{Functions, Hosting, RoleKeys},
    template::{Deployment, Template},
};
use serde_json::json;

use crate::{
    case::{InvalidRequestCase, proxied, with},
    runner::run_cases,
    sts::PATH,
};

fn invalid_requests(partition: &str) -> Vec<InvalidRequestCase> {
    let body = |arn: &str| json!({ "name": "prod", "roleArn": arn });
    let own = format!("arn:{partition}:iam::300000000004:role/R");
    let elsewhere = "sts is not offered in partition";
    let trust = |query: &[(&str, &str)]| {
        let query: BTreeMap<_, _> = query.iter().copied().collect();
        with(&proxied("GET", "/v1/accounts/sts/trust", ""), "queryStringParameters", json!(query))
    };
    let post = |path: &str, body: &serde_json::Value| proxied("POST", path, &body.to_string());
    vec![
        InvalidRequestCase::invocation("register", post(PATH, &body(&own)))
            .refused(&["/partition"], elsewhere),
        InvalidRequestCase::invocation("validate", post("/v1/accounts/sts/validate", &body(&own)))
            .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::invocation(
            "replace",
            proxied("PUT", "/v1/accounts/sts/abc", &body(&own).to_string()),
        )
        .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::invocation(
            "the partition spelled out",
            post(PATH, &with(&body(&own), "partition", partition.into())),
        )
        .refused(&["/partition"], elsewhere),
        InvalidRequestCase::invocation(
            "another partition that offers it",
            post(PATH, &with(&body(&own), "partition", "aws".into())),
        )
        .refused(&["/partition"], "send the request to the deployment for aws"),
        InvalidRequestCase::invocation(
            "a role of another partition",
            post(PATH, &body("arn:aws:iam::300000000001:role/R")),
        )
        .refused(&["/partition", "/roleArn"], elsewhere),
        InvalidRequestCase::delivered("an event", with(&body(&own), "method", "sts".into()))
            .refused(&["/partition"], elsewhere),
        InvalidRequestCase::invocation("trust", trust(&[]))
            .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::invocation(
            "trust of this partition",
            trust(&[("partition", partition)]),
        )
        .refused(&["/partition"], "use one of static-credentials, scap"),
        InvalidRequestCase::invocation(
            "trust of another partition",
            trust(&[("partition", "aws")]),
        )
        .refused(&["/partition"], "send the request to the deployment for aws"),
        InvalidRequestCase::invocation("trust of no partition", trust(&[("partition", "aws-cn")]))
            .invalid(
                &["/partition", "/partition"],
                "must be one of aws, aws-us-gov, aws-iso-b, aws-iso",
            ),
    ]
}

/// Rows: F10, F12.
#[tokio::test]
async fn sts_is_not_offered_in_the_iso_partitions() {
    for partition in [Partition::AwsIso, Partition::AwsIsoB] {
        let app = TestApp::start(partition).await;
        assert!(app.realm().functions.get("sts").is_none(), "the template deploys it");
        let response = app.get("/v1/accounts/sts/trust").await;
        assert_eq!(
            (response.status, response.text_at("/type")),
            (403, "urn:gangway:problem:gateway")
        );

        let functions = deployed_all_the_same(&app);
        let sts = functions.get("sts").expect("the function");
        let failures = run_cases(&app, sts, invalid_requests(partition.id())).await;
        assert!(
            failures.is_empty(),
            "{partition}: {} rows\n{}",
            failures.len(),
            failures.join("\n")
        );
        app.assert_untouched();
    }
}

/// The function as the template has it for `aws`, run in a region of this partition.
fn deployed_all_the_same(app: &TestApp) -> Functions {
    let (realm, url) = (app.realm(), app.cloud().url());
    let template = Template::of_repository().expect("the repository's template");
    let deployment = Deployment {
        partition: Partition::Aws.id().to_owned(),
        region: realm.region.to_owned(),
        account: realm.deployment.id().to_owned(),
        stack: "gangway".to_owned(),
        parameters: BTreeMap::new(),
    };
    let mut functions = template.functions(&deployment).expect("functions");
    functions.retain(|function| function.package == "sts");
    let role = realm.deployment.role("gangway-StaticCredentialsRole");
    let hosting = Hosting {
        binaries: Hosting::beside_this_program(),
        region: realm.region.to_owned(),
        environment: ["AWS_ENDPOINT_URL", "PALETTE_URL"]
            .map(|name| (name.to_owned(), url.clone()))
            .into(),
        keys: std::sync::Arc::new(move |_function, _lasting| {
            let keys = role.session("sts");
            RoleKeys {
                access_key_id: keys.id,
                secret_access_key: keys.secret,
                session_token: keys.token.unwrap_or_default(),
            }
        }),
        clock: app.cloud().shared_clock(),
    };
    Functions::deploy(functions, hosting)
}
