//! Tests of Palette's validation, of its source account for STS, and of the lists of policies and
//! gateways.

use gangway_model::{Partition, UpstreamError, stores::CloudAccountStore as _};
use serde_json::json;

use super::palette::{FakePalette, RecordedRequest, SECRET, UID, access_key, fake_response, role};
use crate::ValidationOutcome;

/// Acceptance rows: F18.
#[tokio::test]
async fn result_of_palettes_validation_has_its_reason_without_secrets() {
    let message = format!("{SECRET} is not the key");
    for (status, body, outcome) in [
        (204, json!(null), Some(ValidationOutcome::Accepted)),
        (
            400,
            json!({ "code": "InvalidCredentials", "message": message }),
            Some(ValidationOutcome::Rejected(
                "[redacted] is not the key (InvalidCredentials, HTTP 400)".to_owned(),
            )),
        ),
        (
            404,
            json!({ "code": "ResourceNotFound", "message": "role" }),
            Some(ValidationOutcome::Rejected("role (ResourceNotFound, HTTP 404)".to_owned())),
        ),
        (
            200,
            json!({ "code": "InvalidCredentials", "message": "no", "details": {} }),
            Some(ValidationOutcome::Rejected("no (InvalidCredentials, HTTP 200)".to_owned())),
        ),
        (200, json!({ "message": "valid" }), Some(ValidationOutcome::Accepted)),
        (200, json!({}), Some(ValidationOutcome::Accepted)),
        (
            400,
            json!({ "code": "AwsError", "message": "dial tcp 10.0.0.1:443: i/o timed out" }),
            Some(ValidationOutcome::Rejected(
                "dial tcp 10.0.0.1:443: i/o timed out (AwsError, HTTP 400)".to_owned(),
            )),
        ),
        (404, json!({ "code": 404, "message": "path was not found" }), None),
        (403, json!({ "code": "OperationForbidden", "message": "no" }), None),
    ] {
        let fake = FakePalette::returning(status, body).await;
        let seen = fake.tenant().validate(Partition::Aws, &access_key(), &[]).await;
        assert_eq!(seen.ok(), outcome, "{status}");
    }
}

/// A validation that AWS has throttled, or that took too long, says nothing about the credential.
#[tokio::test]
async fn throttled_or_slow_validation_is_an_error_and_no_rejection() {
    for (status, message, throttled) in [
        (400, "operation error STS: GetCallerIdentity, ThrottlingException: Rate exceeded", true),
        (500, "RequestLimitExceeded: Request limit exceeded.", true),
        (422, "TooManyRequestsException: Too Many Requests", true),
        (400, "Post \"https://sts.amazonaws.com/\": context deadline exceeded", false),
        (500, "RequestTimeout: the request timed out", false),
    ] {
        let fake =
            FakePalette::returning(status, json!({ "code": "AwsError", "message": message })).await;
        let error = fake.tenant().validate(Partition::Aws, &access_key(), &[]).await.unwrap_err();
        let is_throttled = matches!(error, UpstreamError::Throttled { .. });
        assert_eq!(is_throttled, throttled, "{message}: {error}");
        assert_eq!(matches!(error, UpstreamError::TimedOut { .. }), !throttled, "{message}");
    }
}

#[tokio::test]
async fn validation_is_retried_and_sends_only_credential_and_policies() {
    let fake = FakePalette::start(|_: &RecordedRequest, before| {
        fake_response(if before == 0 { 503 } else { 204 }, "")
    })
    .await;
    let policies = ["arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap()];
    let outcome = fake.tenant().validate(Partition::Aws, &role(), &policies).await.unwrap();
    assert_eq!((outcome, fake.calls().len()), (ValidationOutcome::Accepted, 2));
    let request = fake.requests().pop().unwrap();
    assert_eq!(request.call, "POST /palette/v1/clouds/aws/account/validate");
    let account = request.body;
    assert_eq!(account["sts"]["externalId"], "external-id-of-the-tenant");
    assert_eq!(account["policyARNs"], json!(["arn:aws:iam::aws:policy/ReadOnlyAccess"]));
    fake.tenant().validate_policy_arns(Partition::Aws, &role(), &policies).await.unwrap();
    let request = fake.requests().pop().unwrap();
    assert_eq!(request.call, "POST /palette/v1/clouds/aws/policyArns/validate");
    assert_eq!(request.body, json!({ "account": account, "policyArns": account["policyARNs"] }));
}

/// Acceptance rows: F26, F28.
#[tokio::test]
async fn source_account_is_parsed_from_any_type_of_member() {
    for (body, account, raw, external_id) in [
        (
            json!({ "accountId": "123456789012", "externalId": "e", "partition": "aws-us-gov" }),
            Some("123456789012".parse().unwrap()),
            "123456789012",
            Some("e"),
        ),
        (json!({ "accountId": "123456789", "externalId": "" }), None, "123456789", None),
        (json!({ "accountId": null }), None, "", None),
        (
            json!({ "accountId": 123_456_789_012_u64, "externalId": 7 }),
            Some("123456789012".parse().unwrap()),
            "123456789012",
            Some("7"),
        ),
        (json!({ "accountId": ["123456789012"] }), None, "[\"123456789012\"]", None),
    ] {
        let fake = FakePalette::returning(200, body).await;
        let facts = fake.tenant().sts_source_account(Partition::AwsUsGov).await.unwrap();
        assert_eq!(facts.account, account);
        assert_eq!((facts.raw_account.as_str(), facts.external_id.as_deref()), (raw, external_id));
        assert_eq!(fake.requests()[0].query, "partition=aws-us-gov");
    }
}

/// Acceptance rows: F24.
#[tokio::test]
async fn rejection_means_no_source_account_but_http_500_is_an_error() {
    let error = json!({ "code": "AwsStsAccountNotConfigured", "message": "it did not work" });
    for status in [400, 404, 422] {
        let fake = FakePalette::returning(status, error.clone()).await;
        let facts = fake.tenant().sts_source_account(Partition::Aws).await.unwrap();
        assert_eq!((facts.account, facts.external_id), (None, None), "{status}");
    }
    let fake = FakePalette::returning(500, error).await;
    let fault = fake.tenant().sts_source_account(Partition::Aws).await.unwrap_err();
    assert!(fault.to_string().contains("it did not work"), "{fault}");
}

/// Acceptance rows: F20.
#[tokio::test]
async fn iam_policies_are_listed_for_a_credential_or_an_account() {
    let policy =
        json!({ "arn": "arn:aws:iam::aws:policy/P", "policyId": "ANPA", "policyName": "P" });
    let fake = FakePalette::start(move |request: &RecordedRequest, _| match &request.call {
        call if call.starts_with("GET") => {
            fake_response(200, json!({ "metadata": { "uid": UID } }))
        }
        _ => fake_response(200, json!({ "policies": [policy] })),
    })
    .await;
    let tenant = fake.tenant();
    let listed = tenant.iam_policies(Partition::Aws, &access_key()).await.unwrap();
    assert_eq!(listed[0].name, "P");
    let account = tenant.get(&UID.parse().unwrap()).await.unwrap();
    assert_eq!(tenant.iam_policies_of(&account).await.unwrap(), listed);
    let request = fake.requests().pop().unwrap();
    assert_eq!(request.query, format!("cloudAccountUid={UID}"));
    assert!(request.body.get("secretKey").is_none());
    let none = FakePalette::returning(200, json!({ "policies": null })).await;
    assert!(none.tenant().iam_policies(Partition::Aws, &access_key()).await.unwrap().is_empty());
}

/// Acceptance rows: F87.
#[tokio::test]
async fn gateways_are_listed_with_state_and_health() {
    let items = json!({ "items": [{
        "metadata": { "name": "east", "uid": UID },
        "status": { "state": "Running", "isActive": true, "health": { "state": "Healthy" } },
    }] });
    let fake = FakePalette::returning(200, items).await;
    let gateways = fake.tenant().gateways().await.unwrap();
    assert_eq!((gateways[0].uid.as_str(), gateways[0].name.as_str()), (UID, "east"));
    assert!(gateways[0].is_running());
    assert_eq!(gateways[0].healthy, Some(true));
    let odd = json!({ "items": [
        null, "east", { "metadata": [] }, { "metadata": { "name": "lost", "uid": null } },
        { "metadata": { "name": "west", "uid": UID }, "status": "Running" },
        { "metadata": { "name": 5, "uid": UID }, "status": { "state": "Running", "health": [] } },
    ] });
    let gateways = FakePalette::returning(200, odd).await.tenant().gateways().await.unwrap();
    let names: Vec<_> = gateways.iter().map(|it| (it.name.as_str(), it.is_running())).collect();
    assert_eq!(names, [("west", false), ("5", true)]);
    let refused = FakePalette::returning(403, "").await.tenant().gateways().await.unwrap_err();
    assert!(matches!(refused, UpstreamError::AccessDenied { .. }), "{refused}");
}
