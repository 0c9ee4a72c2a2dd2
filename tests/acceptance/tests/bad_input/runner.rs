//! Sends invalid requests to one process of a function, and checks the responses and the log.

use acceptance::{JSON, REGISTRATION_REQUESTED, TestApp, wait_until};
use local_cloud::{fixtures::EVENT_SOURCE, lambda::LambdaFunction};
use serde_json::Value;

use crate::{
    SECRET_FRAGMENTS,
    case::{InvalidRequestCase, Transport},
    response::{Response, check_response, read_http_response, read_invocation_result},
};

/// Asserts that every invalid request gets its expected response, and that the function then
/// accepts a valid request.
pub(crate) async fn assert_rejected(
    app: &TestApp,
    function: &str,
    invalid_requests: Vec<InvalidRequestCase>,
) {
    let lambda = app.deployment().functions.get(function).expect("a deployed function");
    let failures = run_cases(app, lambda, invalid_requests).await;
    assert!(failures.is_empty(), "{function}: {} cases\n{}", failures.len(), failures.join("\n"));
    assert_serves_valid_request(app, function).await;
}

/// Sends the requests of all cases. Returns a description of every case that failed.
pub(crate) async fn run_cases(
    app: &TestApp,
    lambda: &LambdaFunction,
    invalid_requests: Vec<InvalidRequestCase>,
) -> Vec<String> {
    lambda.warm_up().await.expect("a process");
    let (processes, secrets) = (lambda.process_ids(), app.deployment().gangway_account.secrets());
    let (mut failures, mut request_ids) = (Vec::new(), Vec::new());
    for case in invalid_requests {
        app.cloud().calls().clear();
        let response = send(app, lambda, &case.transport).await;
        let mut differences = match &response {
            Ok(response) => check_response(&case, response),
            Err(error) => vec![error.clone()],
        };
        let calls = app.cloud().calls().lines();
        if !calls.iter().all(|call| is_allowed_call(&case, call)) {
            differences.push(format!("it called {calls:?}"));
        }
        if app.deployment().gangway_account.secrets() != secrets {
            differences.push("secrets have changed".to_owned());
        }
        if lambda.process_ids() != processes {
            differences.push("the process was replaced".to_owned());
        }
        if let (Ok(response), true) = (&response, case.kind != "gateway") {
            let request_id = response.problem.get("requestId").and_then(Value::as_str);
            request_ids.extend(request_id.map(str::to_owned));
        }
        if !differences.is_empty() {
            let response = response.map_or_else(|error| error, |response| response.text);
            failures.push(format!(
                "- {}: {}\n    {response:.600}",
                case.name,
                differences.join("; ")
            ));
        }
    }
    failures.extend(check_logs(lambda, &request_ids).await);
    failures
}

/// Returns `true` if Gangway may make this call because of an invalid request. Gangway may publish
/// an outcome event. It may read an incoming secret only if the error is in that secret. It must
/// not call Palette.
fn is_allowed_call(case: &InvalidRequestCase, call: &str) -> bool {
    if call.starts_with("events PutEvents ") {
        return true;
    }
    let reads = ["secretsmanager GetSecretValue ", "secretsmanager DescribeSecret "];
    case.needs_secret && reads.iter().any(|read| call.starts_with(read))
}

/// Sends a request to a function. Returns an error if there is no response.
async fn send(
    app: &TestApp,
    lambda: &LambdaFunction,
    transport: &Transport,
) -> Result<Response, String> {
    let bus = &app.deployment().bus;
    match transport {
        Transport::Http { verb, path, content_type, body } => {
            let headers: Vec<_> =
                content_type.map(|declared| (JSON.0, declared)).into_iter().collect();
            let body = (!body.is_empty()).then(|| body.clone());
            Ok(read_http_response(app.send(verb, path, &headers, body).await))
        }
        Transport::BusEvent(detail) => {
            let mut deliveries = bus.put_event(EVENT_SOURCE, REGISTRATION_REQUESTED, detail).await;
            let delivery = deliveries.pop().ok_or("it was not delivered")?;
            let function = &lambda.function().package;
            if !deliveries.is_empty() || delivery.package != *function {
                return Err(format!("it was not delivered to {function} alone"));
            }
            delivery
                .outcome
                .map(|response| read_invocation_result(&response))
                .map_err(|error| format!("it would be retried: {error}"))
        }
        Transport::DirectEvent(detail) => {
            let event = bus.build_event(EVENT_SOURCE, REGISTRATION_REQUESTED, detail);
            lambda
                .invoke(&event)
                .await
                .map(|response| read_invocation_result(&response))
                .map_err(|error| error.to_string())
        }
        Transport::Invocation(payload) => lambda
            .invoke(payload)
            .await
            .map(|response| read_invocation_result(&response))
            .map_err(|error| error.to_string()),
    }
}

/// Checks that the log contains the id of each request, and that no line reports a panic or an
/// error, or contains a secret. Returns a description of each failure.
async fn check_logs(lambda: &LambdaFunction, request_ids: &[String]) -> Vec<String> {
    let all_logged = wait_until(|| {
        request_ids.iter().all(|request_id| lambda.logs().text().contains(request_id))
    })
    .await;
    let logs = lambda.logs().text();
    let missing = request_ids
        .iter()
        .filter(|request_id| !logs.contains(*request_id))
        .map(|request_id| format!("- no log of {request_id}"));
    let mut failures: Vec<_> = missing.collect();
    assert!(all_logged || !failures.is_empty());
    let forbidden = SECRET_FRAGMENTS.iter().chain(&["\"panic\"", "\"ERROR\"", "RUST_BACKTRACE"]);
    for word in forbidden {
        let lines = logs.lines().filter(|line| line.contains(word));
        failures.extend(lines.map(|line| format!("- the log contains {word}: {line:.400}")));
    }
    failures
}

/// Asserts that the process that served the invalid requests also serves a valid request.
async fn assert_serves_valid_request(app: &TestApp, function: &str) {
    let lambda = app.deployment().functions.get(function).expect("a deployed function");
    let processes = lambda.process_ids();
    let (keys, role) = (&app.customer().keys, app.customer().role.arn());
    let response = match function {
        "static-credentials" => {
            let body = serde_json::json!({"name": "prod", "accessKeyId": keys.id, "secretAccessKey": keys.secret});
            app.post("/v1/tenant/accounts/static-credentials/validate", &body).await
        }
        "sts" => {
            let body = serde_json::json!({"name": "prod", "roleArn": role});
            app.post("/v1/tenant/accounts/sts/validate", &body).await
        }
        "revalidation" => {
            let path = "/v1/tenant/accounts/5f0c1a2b3c4d5e6f70818293/validate";
            let missing = app.post(path, &Value::Null).await;
            assert_eq!(missing.status, 404, "{}", missing.text);
            assert_eq!(lambda.process_ids(), processes, "{function} was restarted");
            return;
        }
        "pod-identity" => app.get("/v1/pod-identity/plan?clusterName=palette").await,
        _ => app.get("/v1/tenant/accounts").await,
    };
    assert_eq!(response.status, 200, "{}", response.text);
    let has_no_report = matches!(function, "accounts" | "pod-identity");
    assert!(has_no_report || response.ready() == Some(true), "{}", response.text);
    assert_eq!(lambda.process_ids(), processes, "{function} was restarted");
    app.assert_untouched();
}
