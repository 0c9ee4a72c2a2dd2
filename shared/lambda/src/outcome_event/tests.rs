//! Tests the outcome events of requests.

use gangway_model::{Check, CheckSubject, FieldError, RequestOrigin, Severity, UpstreamError};

use super::*;

static CHECK: Check = Check {
    id: "iam.actions-allowed",
    title: "The actions are allowed",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C01"],
    remedy: "",
};

/// Returns the `detail` of the event for an outcome, with the `detail-type` in the member `type`.
fn event_detail(
    operation: AccountOperation,
    outcome: &Result<Response, ApiError>,
) -> Option<Value> {
    let known = EventAccount {
        scope: Some("project/Payments".to_owned()),
        name: Some("prod".to_owned()),
        ..EventAccount::default()
    };
    let event = OutcomeEvent::of_request(operation, known, outcome)?;
    let published = event.encode(Partition::Aws, "http");
    let mut detail: Value = serde_json::from_str(&published.detail).unwrap();
    detail["type"] = published.detail_type.into();
    Some(detail)
}

/// Returns the error of a request with one failed check that has this remedy.
fn checks_failed_error(remedy: &str) -> ApiError {
    let findings = vec![CHECK.failed("2 of 211 actions are denied", remedy), CHECK.passed("seen")];
    let (partition, method) = (Partition::Aws, AuthMethod::Sts);
    let notices = Vec::new();
    let account = "123456789012".parse().ok();
    let report = Report { partition, method, account, findings, notices, is_proven: true };
    RegistrationError::ChecksFailed(Box::new(report)).into()
}

#[test]
fn rejected_event_names_the_account_the_cause_and_the_remedy() {
    let event =
        event_detail(AccountOperation::Register, &Err(checks_failed_error("attach the policy")))
            .unwrap();
    assert_eq!(event["type"], "Gangway Account Rejected");
    assert_eq!(event["outcome"], "rejected");
    assert_eq!(event["scope"], json!({"project": "Payments"}));
    assert_eq!(event["awsAccountId"], "123456789012");
    assert_eq!(event["problem"], "urn:gangway:problem:checks-failed");
    assert_eq!(event["checks"].as_array().unwrap().len(), 1);
    assert_eq!(
        event["summary"],
        "The registration of account prod (AWS account 123456789012) in project Payments was rejected: 2 of 211 actions are denied. Remedy: attach the policy. See docs/checks.md#iam.actions-allowed"
    );
    let invalid = vec![
        FieldError::malformed("/roleArn", "roleArn must be an ARN"),
        FieldError::malformed("/name", "name is missing"),
    ];
    let invalid = Err(RegistrationError::Invalid(invalid).into());
    let event = event_detail(AccountOperation::Replace, &invalid).unwrap();
    assert_eq!(event["errors"][1]["pointer"], "/name");
    let summary = event["summary"].as_str().unwrap();
    assert!(summary.ends_with("rejected: roleArn must be an ARN. Other invalid members: 1."));
}

#[test]
fn only_final_outcomes_have_an_event() {
    let upstream = |error: UpstreamError| Err(ApiError::from(error));
    let unavailable = UpstreamError::Unavailable { service: "Palette", source: "down".into() };
    let denied = UpstreamError::AccessDenied { service: "Palette", reason: "no".to_owned() };
    let deleted = Ok(Response::Deleted { account: None });
    for (outcome, is_event) in [
        (upstream(unavailable), false),
        (upstream(denied), false),
        (Err(ApiError::Internal), false),
        (Err(ApiError::RouteNotFound), false),
        (Ok(Response::Json(json!({}))), false),
        (Err(RegistrationError::NotFound("no account".to_owned()).into()), true),
        (Err(RegistrationError::Conflict("taken".to_owned()).into()), true),
        (Err(ApiError::PayloadTooLarge), true),
        (deleted, true),
    ] {
        let event = event_detail(AccountOperation::Delete, &outcome);
        assert_eq!(event.is_some(), is_event, "{outcome:?}");
    }
}

#[test]
fn summary_has_no_double_quotation_marks_and_backslashes() {
    let event = event_detail(
        AccountOperation::Register,
        &Err(checks_failed_error("add {\"a\": \"b\\c\"}\n")),
    )
    .unwrap();
    let summary = event["summary"].as_str().unwrap();
    assert!(summary.contains("add {'a': 'b'c'}. See"), "{summary}");
}

#[test]
fn long_texts_are_truncated() {
    let event =
        event_detail(AccountOperation::Register, &Err(checks_failed_error(&"é".repeat(5000))))
            .unwrap();
    let chars = |pointer: &str| event.pointer(pointer).unwrap().as_str().unwrap().chars().count();
    assert_eq!(chars("/checks/0/remedy"), MAX_CHECK_CHARS);
    assert!(chars("/summary") <= MAX_SUMMARY_CHARS);
    // The reference to `docs/checks.md` is kept when other texts are truncated, or grow because
    // their links are replaced.
    for text in ["é".repeat(5000), "a.bc/,".repeat(200)] {
        let event =
            event_detail(AccountOperation::Register, &Err(checks_failed_error(&text))).unwrap();
        let summary = event["summary"].as_str().unwrap();
        assert!(summary.ends_with("docs/checks.md#iam.actions-allowed"), "{summary}");
    }
}

#[tokio::test]
async fn event_has_the_ids_of_its_request() {
    let id = "6a7e8feb-b491-4cf7-a9f1-bf3703467718";
    let initiator = Initiator::event(Some(id), Some("com.example.vending"), Some("123456789012"));
    let origin =
        RequestOrigin { request_id: "request-1".to_owned(), initiator, ..RequestOrigin::default() };
    let event = origin::scope(origin, async {
        event_detail(AccountOperation::Register, &Err(checks_failed_error("attach"))).unwrap()
    });
    let event = event.await;
    assert_eq!((&event["requestId"], &event["correlationId"]), (&json!("request-1"), &json!(id)));
    assert_eq!(event["caller"]["eventSource"], "com.example.vending");
}
