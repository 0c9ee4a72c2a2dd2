//! Every outcome, in both triggers' terms.

use std::time::Duration;

use gangway_model::{
    AuthMethod, Check, FieldError, Finding, Partition, Receipt, RegistrationError, Report,
    Severity, UpsertOutcome, UpstreamError,
};
use serde_json::{Value, json};

use super::{ApiError, Response, Trigger, answer};

static BLOCKER: Check = Check {
    id: "a.b",
    title: "A holds",
    severity: Severity::Blocker,
    covers: &["C01", "D07"],
    remedy: "",
};
static SESSION: Check = Check {
    id: "palette.session",
    title: "The key is taken",
    severity: Severity::Blocker,
    covers: &["C01"],
    remedy: "",
};
static WARNING: Check = Check {
    id: "a.w",
    title: "W holds",
    severity: Severity::Warning,
    covers: &["C02"],
    remedy: "",
};
static INFO: Check =
    Check { id: "a.i", title: "I holds", severity: Severity::Info, covers: &[], remedy: "" };

fn report(findings: Vec<Finding>) -> Report {
    Report {
        partition: Partition::AwsUsGov,
        method: AuthMethod::Sts,
        account: Some("123456789012".parse().unwrap()),
        findings,
        notices: vec!["Next".to_owned()],
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
        secret: secret.map(|arn| arn.parse().unwrap()),
        report: report(vec![BLOCKER.passed("seen")]),
    }))
}

fn http(outcome: &Result<Response, ApiError>) -> (u16, Value, Value) {
    let answer = serde_json::to_value(answer(Trigger::Http, outcome, "id-1").unwrap()).unwrap();
    assert_eq!(answer["isBase64Encoded"], json!(false));
    assert_eq!(answer["headers"]["cache-control"], "no-store");
    assert_eq!(answer["headers"]["x-request-id"], "id-1");
    let status = answer["statusCode"].as_u64().unwrap().try_into().unwrap();
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap_or_default();
    (status, answer["headers"].clone(), body)
}

#[test]
fn every_rejection_has_its_status_and_its_problem() {
    let s = "Palette";
    let seconds = Duration::from_millis(1200);
    let (malformed, refused) =
        (FieldError::malformed("/a", "a must"), FieldError::unprocessable("/b", "b must"));
    let text = String::from;
    for (rejection, status, kind, retried) in [
        (ApiError::NotFound, 404, "no-route", false),
        (ApiError::MethodNotAllowed { allow: text("GET, PUT") }, 405, "verb-not-allowed", false),
        (ApiError::PayloadTooLarge, 413, "too-large", false),
        (ApiError::UnsupportedMediaType, 415, "not-json", false),
        (ApiError::UnrecognizedEvent, 400, "unreadable", false),
        (ApiError::Internal, 500, "broken", true),
        (
            RegistrationError::Invalid(vec![refused.clone(), malformed.clone()]).into(),
            400,
            "invalid",
            false,
        ),
        (malformed.into(), 400, "invalid", false),
        (refused.into(), 422, "refused", false),
        (ApiError::incomplete(), 400, "invalid", false),
        (
            RegistrationError::ChecksFailed(Box::new(report(vec![BLOCKER.failed("x", "y")])))
                .into(),
            422,
            "blocked",
            false,
        ),
        (
            RegistrationError::ChecksFailed(Box::new(report(vec![SESSION.failed("x", "y")])))
                .into(),
            422,
            "blocked",
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
            UpstreamError::Rejected { service: s, reason: text("no") }.into(),
            502,
            "upstream-refused",
            true,
        ),
        (
            UpstreamError::AccessDenied { service: s, reason: text("no") }.into(),
            502,
            "upstream-denied",
            true,
        ),
        (
            UpstreamError::NotFound { service: s, resource: "account" }.into(),
            502,
            "upstream-missing",
            false,
        ),
        (UpstreamError::AlreadyExists { service: s }.into(), 409, "upstream-duplicate", false),
        (
            UpstreamError::Throttled { service: s, retry_after: seconds }.into(),
            429,
            "upstream-busy",
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
        let outcome = Err(rejection);
        let (answered, headers, problem) = http(&outcome);
        assert_eq!(answered, status, "{kind}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(problem["type"], format!("urn:gangway:problem:{kind}"));
        assert_eq!(problem["status"], json!(status));
        assert_eq!(problem["requestId"], "id-1");
        assert!(
            problem["title"].as_str().unwrap().len() > 10
                && !problem["detail"].as_str().unwrap().is_empty()
        );
        assert_eq!(headers.get("retry-after"), (status == 429).then(|| json!("2")).as_ref());
        assert_eq!(headers.get("allow"), (status == 405).then(|| json!("GET, PUT")).as_ref());
        assert_eq!(problem.get("report").is_some(), kind == "blocked");
        match answer(Trigger::Event, &outcome, "id-1") {
            Err(diagnostic) => {
                assert!(retried, "{kind}");
                assert!(diagnostic.error_type.starts_with("Gangway."), "{diagnostic:?}");
                assert!(!diagnostic.error_message.contains("reset"), "the cause is for the log");
            }
            Ok(rejected) => {
                let rejected = serde_json::to_value(rejected).unwrap();
                assert!(!retried, "{kind}");
                assert_eq!(rejected, json!({ "outcome": "rejected", "problem": problem }));
            }
        }
    }
}

#[test]
fn faults_come_with_their_pointers() {
    let outcome = Err(RegistrationError::Invalid(vec![
        FieldError::malformed("/name", "name must"),
        FieldError::unprocessable("/policyArns/0", "item 0 is"),
    ])
    .into());
    let (_, _, problem) = http(&outcome);
    let errors = json!([
        { "pointer": "/name", "detail": "name must" },
        { "pointer": "/policyArns/0", "detail": "item 0 is" },
    ]);
    assert_eq!(problem["errors"], errors);
}

/// Rows: F94.
#[test]
fn every_failed_check_carries_a_remedy() {
    let findings = vec![
        BLOCKER.failed("seen", "mend it"),
        WARNING.unverified("unseen", "let me look"),
        INFO.passed("fine"),
        WARNING.not_applicable("no gateway"),
    ];
    let outcome = Ok(Response::Report(report(findings)));
    let (status, headers, body) = http(&outcome);
    assert_eq!((status, &headers["content-type"]), (200, &json!("application/json")));
    let expected = json!({
        "ready": false,
        "partition": "aws-us-gov",
        "method": "sts",
        "awsAccountId": "123456789012",
        "checks": [
            { "id": "a.b", "title": "A holds", "severity": "blocker", "outcome": "failed", "observed": "seen", "remedy": "mend it", "covers": ["C01", "D07"] },
            { "id": "a.w", "title": "W holds", "severity": "warning", "outcome": "unverified", "observed": "unseen", "remedy": "let me look", "covers": ["C02"] },
            { "id": "a.i", "title": "I holds", "severity": "info", "outcome": "passed", "observed": "fine", "covers": [] },
            { "id": "a.w", "title": "W holds", "severity": "warning", "outcome": "not-applicable", "observed": "no gateway", "covers": ["C02"] },
        ],
        "notices": ["Next"],
    });
    assert_eq!(body, expected);
    let blocked = Err(RegistrationError::ChecksFailed(Box::new(report(vec![
        BLOCKER.failed("seen", "mend it"),
    ])))
    .into());
    let (_, _, problem) = http(&blocked);
    assert_eq!(problem["report"]["checks"][0]["remedy"], "mend it");
    assert!(problem["detail"].as_str().unwrap().contains("a.b"));
}

#[test]
fn receipts_tell_what_was_done() {
    let secret = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:gangway/x-AbCdEf";
    for (outcome, word, status, secret) in [
        (UpsertOutcome::Created, "created", 201, Some(secret)),
        (UpsertOutcome::Updated, "updated", 200, Some(secret)),
        (UpsertOutcome::Unchanged, "unchanged", 200, None),
    ] {
        let reply = Ok(receipt(outcome, secret));
        let (answered, _, body) = http(&reply);
        assert_eq!((answered, &body["outcome"]), (status, &json!(word)));
        assert_eq!(body.get("secretArn").and_then(Value::as_str), secret);
        assert_eq!(body["report"]["ready"], json!(true));
        assert_eq!(
            (&body["uid"], &body["name"]),
            (&json!("5f0c1a2b3c4d5e6f70818293"), &json!("prod"))
        );
        let event = serde_json::to_value(answer(Trigger::Event, &reply, "id-1").unwrap()).unwrap();
        assert_eq!(event, body);
    }
}

#[test]
fn removals_have_no_body() {
    let (status, headers, body) = http(&Ok(Response::NoContent));
    assert_eq!((status, headers.get("content-type"), body), (204, None, Value::Null));
    let (status, _, body) = http(&Ok(Response::Json(json!({ "accounts": [] }))));
    assert_eq!((status, body), (200, json!({ "accounts": [] })));
}
