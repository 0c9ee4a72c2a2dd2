//! A request reaches the same route through API Gateway, a function URL or a load balancer, with
//! any base path.

use acceptance::TestApp;
use gangway_model::{AuthMethod, Partition};
use serde_json::{Value, json};

const TENANT_ROUTE: &str = "/v1/tenant/accounts/sts/validate";
const PROJECT_ROUTE: &str = "/v1/projects/{project}/accounts/sts/validate";

/// Returns the event of a request through a REST API of API Gateway.
fn rest_api_event(path: &str, resource: &str, parameters: &Value) -> Value {
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": "POST",
        "headers": {"Content-Type": "application/json"},
        "pathParameters": parameters,
        "requestContext": {
            "requestId": "1", "stage": "prod", "httpMethod": "POST", "resourcePath": resource,
            "path": path, "identity": {"sourceIp": "203.0.113.7"},
        },
    })
}

/// Returns the event of a request through an HTTP API of API Gateway or a function URL.
fn http_api_event(raw_path: &str, route: &str, stage: &str, parameters: &Value) -> Value {
    json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "pathParameters": parameters,
        "requestContext": {
            "requestId": "1", "stage": stage,
            "http": {"method": "POST", "path": raw_path, "sourceIp": "203.0.113.7"},
        },
    })
}

/// Returns the event of a request through an application load balancer.
fn load_balancer_event(path: &str, headers: (&str, Value)) -> Value {
    let mut event = json!({
        "httpMethod": "POST",
        "path": path,
        "requestContext": {"elb": {
            "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/a/b",
        }},
    });
    event[headers.0] = headers.1;
    event
}

/// Real case B10.
#[tokio::test]
async fn base_path_stage_and_service_do_not_change_the_route() {
    let app = TestApp::start(Partition::Aws).await;
    let body = app.request(AuthMethod::Sts, app.customer(), "prod");
    let none = Value::Null;
    let project = json!({"project": "Payments"});
    let single = ("headers", json!({"content-type": "application/json"}));
    let multiple = ("multiValueHeaders", json!({"content-type": ["application/json"]}));
    let default = "$default";
    for mut event in [
        rest_api_event(TENANT_ROUTE, TENANT_ROUTE, &none),
        rest_api_event(&format!("/platform/gangway{TENANT_ROUTE}"), TENANT_ROUTE, &none),
        rest_api_event(&format!("/platform/gangway{TENANT_ROUTE}/"), TENANT_ROUTE, &none),
        rest_api_event(&format!("/api/v1{TENANT_ROUTE}"), TENANT_ROUTE, &none),
        rest_api_event(
            "/a/b/c/v1/projects/Payments/accounts/sts/validate",
            PROJECT_ROUTE,
            &project,
        ),
        rest_api_event(
            "/a/v1/tenant/accounts/sts/validate",
            "/{proxy+}",
            &json!({"proxy": TENANT_ROUTE.trim_start_matches('/')}),
        ),
        http_api_event(TENANT_ROUTE, &format!("POST {TENANT_ROUTE}"), default, &none),
        http_api_event(
            &format!("/prod/gangway{TENANT_ROUTE}"),
            &format!("POST {TENANT_ROUTE}"),
            "prod",
            &none,
        ),
        http_api_event(&format!("/prod/gangway{TENANT_ROUTE}"), default, "prod", &none),
        http_api_event(&format!("/v1{TENANT_ROUTE}"), default, "v1", &none),
        http_api_event(TENANT_ROUTE, default, default, &none),
        load_balancer_event(TENANT_ROUTE, single.clone()),
        load_balancer_event(&format!("/gangway{TENANT_ROUTE}"), single),
        load_balancer_event(TENANT_ROUTE, multiple),
    ] {
        event["body"] = body.to_string().into();
        event["isBase64Encoded"] = false.into();
        app.deployment().functions.stop_idle_instances();
        let response = app.deployment().functions.invoke("sts", &event).await.expect("a response");
        assert_eq!(response["statusCode"], 200, "{event}: {response}");
        let report: Value =
            serde_json::from_str(response["body"].as_str().expect("a body")).expect("a report");
        assert_eq!(report["ready"], true, "{event}: {report}");
        // A load balancer reads `headers` or `multiValueHeaders`, depending on its settings.
        let (one, many) = (&response["headers"], &response["multiValueHeaders"]);
        assert_eq!(one["content-type"], "application/json", "{response}");
        assert_eq!(many["content-type"], json!(["application/json"]), "{response}");
    }
}

/// Real case B10.
#[tokio::test]
async fn base_path_cannot_hide_the_scope() {
    let app = TestApp::start(Partition::Aws).await;
    let body = app.request(AuthMethod::Sts, app.customer(), "prod");
    let project = json!({"project": "Payments"});
    let none = Value::Null;
    for (mut event, status) in [
        // The first scope in the path counts, because an IAM policy for that path allows that
        // scope.
        (
            http_api_event("/v1/projects/Payments/v1/tenant/accounts/sts", "$default", "x", &none),
            404,
        ),
        (
            http_api_event(
                "/v1/projects/Payments/accounts/../../tenant/accounts/sts",
                "$default",
                "x",
                &none,
            ),
            400,
        ),
        (rest_api_event("/v1/projects/%50ayments/accounts/sts", PROJECT_ROUTE, &project), 400),
        (rest_api_event("/x/y", "/x/{proxy+}", &json!({"proxy": "y"})), 404),
    ] {
        event["body"] = body.to_string().into();
        let response = app.deployment().functions.invoke("sts", &event).await.expect("a response");
        assert_eq!(response["statusCode"], status, "{event}: {response}");
    }
    app.assert_untouched();
}
