//! Tests the responses, deadlines, panics and log lines of invocations.

use std::sync::{Arc, Mutex};

use gangway_model::{Partition, RegistrationError, UpstreamError};
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::{Value, json};
use tracing::Level;

use super::{ApiError, Publisher, Response, handle_invocation};
use crate::Request;
use crate::{
    logs::JsonSubscriber,
    samples::{ARN, SECRET, registration_event, rest_request},
};

/// Handles one invocation. Returns the response and the log lines.
async fn run<H>(
    payload: &Value,
    deadline: u64,
    handler: H,
) -> (Result<Value, Diagnostic>, Vec<Value>)
where
    H: AsyncFn(Request) -> Result<Response, ApiError>,
{
    let logged = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&logged);
    let write = move |line: &Value| lines.lock().unwrap().push(line.clone());
    let guard = tracing::subscriber::set_default(JsonSubscriber {
        service: "sts",
        level: Level::INFO,
        write,
    });
    let mut context = Context::default();
    context.request_id = "id-1".to_owned();
    context.invoked_function_arn = ARN.to_owned();
    context.deadline = deadline;
    context.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned());
    let payload = serde_json::from_str(&payload.to_string()).unwrap();
    let response = handle_invocation(
        "sts",
        &handler,
        &Publisher::none(Partition::Aws),
        LambdaEvent::new(payload, context),
    )
    .await;
    drop(guard);
    let logged = logged.lock().unwrap().clone();
    (response.map(|response| serde_json::to_value(response).unwrap()), logged)
}

fn registration_request() -> Value {
    let body = json!({ "name": "prod", "secretAccessKey": SECRET }).to_string();
    rest_request("POST", "/v1/tenant/accounts/sts", &body)
}

#[tokio::test]
async fn a_request_is_logged_in_one_line_with_its_outcome() {
    let (response, logged) =
        run(&registration_request(), 0, async |_| Ok(Response::Json(json!({ "ok": true })))).await;
    assert_eq!(response.unwrap()["statusCode"], json!(200));
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    for (field, value) in [
        ("level", json!("INFO")),
        ("message", json!("request completed")),
        ("requestId", json!("id-1")),
        ("gatewayRequestId", json!("gateway-1")),
        ("service", json!("sts")),
        ("xrayTraceId", json!("Root=1-5759e988-bd862e3fe1be46a994272793")),
        ("trigger", json!("http")),
        ("route", json!("/v1/tenant/accounts/sts")),
        ("outcome", json!("shown")),
        ("status", json!(200)),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(line["coldStart"].is_boolean() && line["timestamp"].is_string(), "{line}");
    assert!(line["durationMs"].is_u64() && line.get("error").is_none(), "{line}");
}

#[tokio::test]
async fn an_upstream_error_is_logged_with_its_causes() {
    let broken =
        || UpstreamError::Unavailable { service: "Palette", source: "connection reset".into() };
    let (response, logged) =
        run(&registration_request(), 0, async |_| Err(RegistrationError::from(broken()).into()))
            .await;
    let response = response.unwrap();
    assert_eq!(response["statusCode"], json!(502));
    assert!(!response["body"].as_str().unwrap().contains("reset"), "{response}");
    let [line] = logged.as_slice() else { panic!("{logged:?}") };
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["error"], "Palette is not available: connection reset");
    let (retried, _) = run(&registration_event(&json!({})), 0, async |_| {
        Err(RegistrationError::from(broken()).into())
    })
    .await;
    assert_eq!(retried.unwrap_err().error_type, "Gangway.Retryable");
}

/// Acceptance rows: F95.
#[tokio::test]
async fn a_panic_is_an_internal_error_without_its_message() {
    crate::panics::install_hook();
    for (payload, status) in
        [(registration_request(), Some(500)), (registration_event(&json!({})), None)]
    {
        let (response, logged) =
            run(&payload, 0, async |_| -> Result<Response, ApiError> { panic!("key {SECRET}") })
                .await;
        let output = format!("{response:?} {logged:?}");
        assert!(!output.contains("wJalrX"), "{output}");
        let panicked = logged.iter().find(|line| line["message"] == "panic").unwrap();
        assert!(panicked["location"].as_str().unwrap().contains("tests.rs:"), "{panicked}");
        match (status, response) {
            (Some(status), Ok(response)) => assert_eq!(response["statusCode"], json!(status)),
            (None, Err(diagnostic)) => assert_eq!(diagnostic.error_type, "Gangway.InternalError"),
            (_, response) => panic!("{response:?}"),
        }
    }
}

#[tokio::test]
async fn handler_is_stopped_before_the_deadline() {
    let forever = async |_| -> Result<Response, ApiError> { std::future::pending().await };
    let (response, _) = run(&registration_request(), 1, forever).await;
    assert_eq!(response.unwrap()["statusCode"], json!(504));
    let (response, _) = run(&registration_event(&json!({})), 1, forever).await;
    assert_eq!(response.unwrap_err().error_type, "Gangway.Retryable");
}

#[tokio::test]
async fn upstream_calls_get_less_time_than_the_invocation() {
    let (_, _) = run(&registration_request(), 0, async |_| {
        let left = gangway_http::deadline::remaining();
        assert!(left + super::UPSTREAM_RESERVE <= super::API_GATEWAY_TIMEOUT, "{left:?}");
        Ok(Response::Deleted { account: None })
    })
    .await;
}

#[tokio::test]
async fn an_unrecognized_payload_is_rejected_and_not_retried() {
    let (response, logged) =
        run(&json!({ "secret": SECRET }), 0, async |_| Ok(Response::Deleted { account: None }))
            .await;
    let response = response.unwrap();
    assert_eq!(response["outcome"], "rejected");
    assert_eq!(response["problem"]["type"], "urn:gangway:problem:unrecognized-event");
    assert!(logged[0]["detail"].as_str().unwrap().starts_with("invoke through"), "{logged:?}");
    assert!(!format!("{response} {logged:?}").contains("wJalrX"));
}
