//! Tests how each outcome is encoded, for HTTP requests and for events.

use std::time::Duration;

use gangway_model::{
    AuthMethod, Check, CheckSubject, FieldError, Finding, Partition, Receipt, RegistrationError,
    Report, RequestOrigin, Scope, Severity, UpsertOutcome, UpstreamError,
};
use serde_json::{Value, json};

use super::{ApiError, Response, Trigger, respond};

static BLOCKER: Check = Check {
    id: "a.b",
    title: "A holds",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C01", "D07"],
    remedy: "",
};
static SESSION: Check = Check {
    id: "palette.session",
    title: "The key is taken",
    severity: Severity::Blocker,
    subject: CheckSubject::Deployment,
    covers: &["C01"],
    remedy: "",
};
static WARNING: Check = Check {
    id: "a.w",
    title: "W holds",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["C02"],
    remedy: "",
};
static INFO: Check = Check {
    id: "a.i",
    title: "I holds",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &[],
    remedy: "",
};

fn report(findings: Vec<Finding>) -> Report {
    Report {
        partition: Partition::AwsUsGov,
        method: AuthMethod::Sts,
        account: Some("123456789012".parse().unwrap()),
        findings,
        notices: vec!["Next".to_owned()],
        is_proven: true,
    }
}

fn receipt(outcome: UpsertOutcome, secret: Option<&str>) -> Response {
    Response::Receipt(Box::new(Receipt {
        uid: "5f0c1a2b3c4d5e6f70818293".parse().unwrap(),
        name: "prod".parse().unwrap(),
        outcome,
        partition: Partition::AwsUsGov,
        method: AuthMethod::Sts,
        account: "123456789012".parse().unwrap(),
        scope: Scope::Tenant,
        secret: secret.map(|arn| arn.parse().unwrap()),
        report: report(vec![BLOCKER.passed("seen")]),
    }))
}

fn origin() -> RequestOrigin {
    RequestOrigin { request_id: "id-1".to_owned(), ..RequestOrigin::default() }
}

/// Encodes an outcome as an HTTP response. Returns its status, headers and body.
fn encode_http(outcome: &Result<Response, ApiError>) -> (u16, Value, Value) {
    let response =
        serde_json::to_value(respond(Trigger::Http, outcome, &origin()).unwrap()).unwrap();
    assert_eq!(response["isBase64Encoded"], json!(false));
    assert_eq!(response["headers"]["cache-control"], "no-store");
    assert_eq!(response["headers"]["x-request-id"], "id-1");
    let status = response["statusCode"].as_u64().unwrap().try_into().unwrap();
    let body = serde_json::from_str(response["body"].as_str().unwrap()).unwrap_or_default();
    (status, response["headers"].clone(), body)
}

#[expect(clippy::too_many_lines, reason = "one table of cases")]
#[test]
fn every_error_has_a_status_and_a_problem_type() {
    let s = "Palette";
    let seconds = Duration::from_millis(1200);
    let (malformed, unprocessable) =
        (FieldError::malformed("/a", "a must"), FieldError::unprocessable("/b", "b must"));
    let text = String::from;
    for (error, status, kind, is_retried) in [
        (ApiError::RouteNotFound, 404, "route-not-found", false),
        (ApiError::MethodNotAllowed { allow: text("GET, PUT") }, 405, "method-not-allowed", false),
        (ApiError::PayloadTooLarge, 413, "payload-too-large", false),
        (ApiError::UnsupportedMediaType, 415, "unsupported-media-type", false),
        (ApiError::UnrecognizedEvent, 400, "unrecognized-event", false),
        (ApiError::Internal, 500, "internal-error", true),
        (
            RegistrationError::Invalid(vec![unprocessable.clone(), malformed.clone()]).into(),
            400,
            "validation-error",
            false,
        ),
        (malformed.into(), 400, "validation-error", false),
        (unprocessable.into(), 422, "unprocessable", false),
        (
            RegistrationError::ChecksFailed(Box::new(report(vec![BLOCKER.failed("x", "y")])))
                .into(),
            422,
            "checks-failed",
            false,
        ),
        (
            RegistrationError::ChecksFailed(Box::new(report(vec![SESSION.failed("x", "y")])))
                .into(),
            422,
            "checks-failed",
            true,
        ),
        (RegistrationError::Conflict(text("taken")).into(), 409, "conflict", false),
        (
            RegistrationError::ConcurrentModification(text("send this one again")).into(),
            409,
            "conflict",
            true,
        ),
        (RegistrationError::NotFound(text("gone")).into(), 404, "not-found", false),
        (
            UpstreamError::RejectedOrFailed { service: s, reason: text("no") }.into(),
            502,
            "upstream-failed",
            true,
        ),
        (
            UpstreamError::Rejected { service: s, reason: text("no") }.into(),
            422,
            "upstream-rejected",
            true,
        ),
        (
            UpstreamError::NotPermittedNow { service: s, reason: text("first …") }.into(),
            409,
            "not-permitted-now",
            false,
        ),
        (
            UpstreamError::AccessDenied { service: s, reason: text("no") }.into(),
            500,
            "upstream-denied",
            true,
        ),
        (
            UpstreamError::NotFound { service: s, resource: "account" }.into(),
            500,
            "upstream-not-found",
            false,
        ),
        (UpstreamError::AlreadyExists { service: s }.into(), 409, "upstream-conflict", false),
        (
            UpstreamError::Throttled { service: s, retry_after: seconds }.into(),
            429,
            "upstream-throttled",
            true,
        ),
        (
            UpstreamError::Unavailable { service: s, source: "reset".into() }.into(),
            502,
            "upstream-unavailable",
            true,
        ),
        (UpstreamError::TimedOut { service: s }.into(), 504, "upstream-timeout", true),
    ] {
        let outcome = Err(error);
        let (actual_status, headers, problem) = encode_http(&outcome);
        assert_eq!(actual_status, status, "{kind}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(problem["type"], format!("urn:gangway:problem:{kind}"));
        assert_eq!(problem["status"], json!(status));
        assert_eq!(problem["requestId"], "id-1");
        assert!(
            problem["title"].as_str().unwrap().len() >= 8
                && !problem["detail"].as_str().unwrap().is_empty()
        );
        assert_eq!(headers.get("retry-after"), (status == 429).then(|| json!("2")).as_ref());
        assert_eq!(headers.get("allow"), (status == 405).then(|| json!("GET, PUT")).as_ref());
        assert_eq!(problem.get("report").is_some(), kind == "checks-failed");
        match respond(Trigger::Event, &outcome, &origin()) {
            Err(diagnostic) => {
                assert!(is_retried, "{kind}");
                assert!(diagnostic.error_type.starts_with("Gangway."), "{diagnostic:?}");
                assert!(!diagnostic.error_message.contains("reset"), "the cause is for the log");
            }
            Ok(rejected) => {
                let rejected = serde_json::to_value(rejected).unwrap();
                assert!(!is_retried, "{kind}");
                assert_eq!(rejected, json!({ "outcome": "rejected", "problem": problem }));
            }
        }
    }
}

#[test]
fn invalid_fields_are_listed_with_their_pointers() {
    let outcome = Err(RegistrationError::Invalid(vec![
        FieldError::malformed("/name", "name must"),
        FieldError::unprocessable("/policyArns/0", "item 0 is"),
    ])
    .into());
    let (_, _, problem) = encode_http(&outcome);
    let errors = json!([
        { "pointer": "/name", "detail": "name must" },
        { "pointer": "/policyArns/0", "detail": "item 0 is" },
    ]);
    assert_eq!(problem["errors"], errors);
}

/// Acceptance rows: F94.
#[test]
fn every_failed_check_has_a_remedy() {
    let findings = vec![
        BLOCKER.failed("seen", "fix it"),
        WARNING.unverified("unseen", "allow it"),
        INFO.passed("fine"),
        WARNING.not_applicable("no gateway"),
    ];
    let outcome = Ok(Response::Report(report(findings)));
    let (status, headers, body) = encode_http(&outcome);
    assert_eq!((status, &headers["content-type"]), (200, &json!("application/json")));
    let expected = json!({
        "ready": false,
        "partition": "aws-us-gov",
        "method": "sts",
        "awsAccountId": "123456789012",
        "checks": [
            { "id": "a.b", "title": "A holds", "severity": "blocker", "outcome": "failed", "observed": "seen", "remedy": "fix it", "covers": ["C01", "D07"] },
            { "id": "a.w", "title": "W holds", "severity": "warning", "outcome": "unverified", "observed": "unseen", "remedy": "allow it", "covers": ["C02"] },
            { "id": "a.i", "title": "I holds", "severity": "info", "outcome": "passed", "observed": "fine", "covers": [] },
            { "id": "a.w", "title": "W holds", "severity": "warning", "outcome": "not-applicable", "observed": "no gateway", "covers": ["C02"] },
        ],
        "notices": ["Next"],
    });
    assert_eq!(body, expected);
    let blocked = Err(RegistrationError::ChecksFailed(Box::new(report(vec![
        BLOCKER.failed("seen", "fix it"),
    ])))
    .into());
    let (_, _, problem) = encode_http(&blocked);
    assert_eq!(problem["report"]["checks"][0]["remedy"], "fix it");
    assert!(problem["detail"].as_str().unwrap().contains("a.b"));
}

#[test]
fn receipt_shows_whether_the_account_was_created_or_updated() {
    let secret = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:gangway/x-AbCdEf";
    for (outcome, word, status, secret) in [
        (UpsertOutcome::Created, "created", 201, Some(secret)),
        (UpsertOutcome::Updated, "updated", 200, Some(secret)),
        (UpsertOutcome::Unchanged, "unchanged", 200, None),
    ] {
        let response = Ok(receipt(outcome, secret));
        let (actual_status, _, body) = encode_http(&response);
        assert_eq!((actual_status, &body["outcome"]), (status, &json!(word)));
        assert_eq!(body.get("secretArn").and_then(Value::as_str), secret);
        assert_eq!(body["report"]["ready"], json!(true));
        assert_eq!(
            (&body["uid"], &body["name"]),
            (&json!("5f0c1a2b3c4d5e6f70818293"), &json!("prod"))
        );
        let event =
            serde_json::to_value(respond(Trigger::Event, &response, &origin()).unwrap()).unwrap();
        assert_eq!(event, body);
    }
}

#[test]
fn response_to_a_removal_has_no_body() {
    let (status, headers, body) = encode_http(&Ok(Response::Deleted { account: None }));
    assert_eq!((status, headers.get("content-type"), body), (204, None, Value::Null));
    let (status, _, body) = encode_http(&Ok(Response::Json(json!({ "accounts": [] }))));
    assert_eq!((status, body), (200, json!({ "accounts": [] })));
}
