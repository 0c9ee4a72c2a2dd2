//! Tests of proxy events, routes and the delivery of events. A Python script is the function.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use super::*;
use crate::{
    CloudOptions, LocalCloud,
    cloudformation::{DeploymentTarget, Template},
    http_client,
    lambda::{HostConfig, RoleCredentials},
};

pub(super) const ACCOUNT: &str = "111122223333";

const TEMPLATE: &str = r"
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/echo/
      Timeout: 10
      Events:
        Sts: {Type: Api, Properties: {Path: /v1/tenant/accounts/sts, Method: post}}
        Show: {Type: Api, Properties: {Path: '/v1/tenant/accounts/{uid}', Method: get}}
        Again: {Type: Api, Properties: {Path: '/v1/tenant/accounts/{uid}/validate', Method: post}}
        Asked:
          Type: EventBridgeRule
          Properties: {Pattern: {detail: {method: [sts]}}}
";

/// The function of the tests. It returns its event, or an invalid response if the query contains
/// `invalid`.
const SCRIPT: &str = r#"#!/usr/bin/env python3
import http.client, json, os
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None):
    connection = http.client.HTTPConnection(api)
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    response = connection.getresponse()
    return response.headers, response.read()
while True:
    headers, body = call("GET", "next")
    event = json.loads(body)
    response = {"statusCode": 201, "headers": {"X-One": "1"},
                "multiValueHeaders": {"X-Two": ["a", "b"]}, "body": json.dumps(event)}
    if (event.get("queryStringParameters") or {}).get("invalid"): response = {"no": "status"}
    call("POST", headers["Lambda-Runtime-Aws-Request-Id"] + "/response", json.dumps(response))
"#;

/// Starts a REST API with the routes of `TEMPLATE`. `name` distinguishes the temporary folder from
/// those of other tests.
pub(super) async fn start_gateway(
    cloud: &LocalCloud,
    name: &str,
    unsigned: UnsignedRequests,
) -> ApiGateway {
    let owner = cloud.aws().account("aws", ACCOUNT);
    ApiGateway::start(
        deploy_functions(name),
        GatewayResponses::default(),
        (&owner, "us-east-1"),
        unsigned,
        0,
    )
    .await
}

/// Returns the path of a temporary folder for one test.
pub(super) fn temporary_folder(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("gangway-{}-{name}", std::process::id()))
}

/// Deploys the functions of `TEMPLATE`.
fn deploy_functions(name: &str) -> DeployedFunctions {
    let folder = temporary_folder(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("echo"), SCRIPT).unwrap();
    fs::set_permissions(folder.join("echo"), fs::Permissions::from_mode(0o755)).unwrap();
    let deployment = DeploymentTarget {
        partition: "aws".into(),
        region: "us-east-1".into(),
        account: ACCOUNT.into(),
        stack: "gangway".into(),
        parameters: std::collections::BTreeMap::new(),
    };
    let host_config = HostConfig {
        binaries: folder,
        region: "us-east-1".into(),
        environment: std::collections::BTreeMap::new(),
        issue_credentials: Arc::new(|_function, _lifetime| RoleCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: "token".into(),
        }),
        clock: Arc::default(),
    };
    DeployedFunctions::deploy(
        Template::parse(TEMPLATE).unwrap().functions(&deployment).unwrap(),
        host_config,
    )
}

#[tokio::test]
async fn request_becomes_a_proxy_event_and_unknown_route_is_rejected() {
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let gateway = start_gateway(&cloud, "proxy", UnsignedRequests::Accepted).await;
    let (http, url) = (http_client::client(None), gateway.url());
    let request = http.post(format!("{url}/v1/tenant/accounts/65f0/validate?a=1&a=2&b=x%20y"));
    let response =
        request.header("X-Portal", "yes").body("{\"name\": \"prod\"}").send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-one"], "1");
    assert_eq!(response.headers().get_all("x-two").iter().count(), 2);
    let event: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    for (pointer, value) in [
        ("/resource", json!("/v1/tenant/accounts/{uid}/validate")),
        ("/path", json!("/v1/tenant/accounts/65f0/validate")),
        ("/httpMethod", json!("POST")),
        ("/pathParameters", json!({"uid": "65f0"})),
        ("/queryStringParameters", json!({"a": "2", "b": "x y"})),
        ("/multiValueQueryStringParameters/a", json!(["1", "2"])),
        ("/headers/x-portal", json!("yes")),
        ("/multiValueHeaders/x-portal", json!(["yes"])),
        ("/body", json!("{\"name\": \"prod\"}")),
        ("/isBase64Encoded", json!(false)),
        ("/requestContext/accountId", json!(ACCOUNT)),
        ("/requestContext/resourcePath", json!("/v1/tenant/accounts/{uid}/validate")),
    ] {
        assert_eq!(event.pointer(pointer), Some(&value), "{pointer}");
    }
    for (method, path) in [
        ("GET", "/v1/nothing"),
        ("PATCH", "/v1/tenant/accounts/65f0"),
        // The path with the literal segment `sts` takes precedence, and it has no method GET.
        ("GET", "/v1/tenant/accounts/sts"),
        ("GET", "/v1/tenant/accounts/"),
    ] {
        let response =
            http.request(method.parse().unwrap(), format!("{url}{path}")).send().await.unwrap();
        assert_eq!(response.status(), 403, "{method} {path}");
        assert_eq!(response.text().await.unwrap(), r#"{"message":"Missing Authentication Token"}"#);
    }
    let invalid_response =
        http.get(format!("{url}/v1/tenant/accounts/65f0?invalid=1")).send().await.unwrap();
    assert_eq!(invalid_response.status(), 502);
    let too_long_request =
        http.post(format!("{url}/v1/tenant/accounts/sts")).body(vec![b' '; MAX_BODY_BYTES + 1]);
    assert_eq!(too_long_request.send().await.unwrap().status(), 413);
    fs::remove_dir_all(temporary_folder("proxy")).unwrap();
}

#[tokio::test]
async fn event_reaches_the_function_with_a_matching_rule() {
    let bus = EventBus::new(deploy_functions("bus"), ACCOUNT, "us-east-1");
    let deliveries =
        bus.put_event("portal", "Gangway Registration Requested", &json!({"method": "sts"})).await;
    let [FunctionDelivery { package, outcome: Ok(response) }] = deliveries.as_slice() else {
        panic!("{deliveries:?}")
    };
    assert_eq!(package, "echo");
    let event: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!((&event["source"], &event["detail"]), (&json!("portal"), &json!({"method": "sts"})));
    assert_eq!(bus.put_event("portal", "x", &json!({"method": "scap"})).await.len(), 0);
    fs::remove_dir_all(temporary_folder("bus")).unwrap();
}
