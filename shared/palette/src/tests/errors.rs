//! Tests of error responses: the resulting error, the number of attempts, and the redacted message.

use std::time::Duration;

use gangway_model::{UpstreamError, stores::CloudAccountStore as _};
use serde_json::json;
use tokio::net::TcpListener;

use super::palette::{
    API_KEY, FakePalette, FakeResponse, SECRET, UID, access_key, fake_response, registration,
};

/// Returns a short name of the kind of an error, for the tables of the tests.
fn kind_name(error: &UpstreamError) -> &'static str {
    match error {
        UpstreamError::Rejected { .. } | UpstreamError::RejectedOrFailed { .. } => "refused",
        UpstreamError::NotPermittedNow { .. } => "not now",
        UpstreamError::AccessDenied { .. } => "denied",
        UpstreamError::NotFound { .. } => "missing",
        UpstreamError::ProjectNotFound { .. } => "no project",
        UpstreamError::AlreadyExists { .. } => "duplicate",
        UpstreamError::Throttled { .. } => "busy",
        UpstreamError::Unavailable { .. } => "unavailable",
        UpstreamError::TimedOut { .. } => "timed out",
    }
}

/// Returns the body of an error response with this code.
fn error_body(code: &str) -> String {
    json!({ "code": code, "message": "no" }).to_string()
}

const HTML: &str = "<html>Sorry</html>";

#[tokio::test]
async fn error_response_is_converted_by_its_status_and_code() {
    let router = json!({ "code": 404, "message": "path /v1/x was not found" }).to_string();
    let schema = json!({ "code": 602, "message": "spec.partition in body is wrong" }).to_string();
    for (status, body, wanted, calls) in [
        (200, HTML.to_owned(), "unavailable", 1),
        (200, json!({ "metadata": { "name": "no uid" } }).to_string(), "unavailable", 1),
        (302, String::new(), "unavailable", 1),
        (400, error_body("InvalidRequest"), "refused", 1),
        (400, error_body("OperationForbidden"), "denied", 1),
        (400, HTML.to_owned(), "unavailable", 1),
        (401, String::new(), "denied", 2),
        (403, HTML.to_owned(), "denied", 1),
        (404, error_body("ResourceNotFound"), "missing", 1),
        (404, router, "missing", 1),
        (404, HTML.to_owned(), "unavailable", 1),
        (409, error_body("InUse"), "refused", 1),
        (422, schema, "refused", 1),
        (500, error_body("ResourceNotFound"), "missing", 1),
        (500, error_body("ResOperationForbidden"), "denied", 1),
        (500, error_body("AwsThing"), "refused", 1),
        (500, HTML.to_owned(), "unavailable", 1),
        (502, HTML.to_owned(), "unavailable", 4),
        (503, error_body("Unavailable"), "unavailable", 4),
        (504, String::new(), "unavailable", 4),
        (429, String::new(), "busy", 4),
    ] {
        let fake = FakePalette::returning(status, &body).await;
        let error = fake.tenant().get(&UID.parse().unwrap()).await.unwrap_err();
        assert_eq!(kind_name(&error), wanted, "{status} {body}");
        assert_eq!(fake.calls().len(), calls, "{status} {body}");
    }
}

#[tokio::test]
async fn deletion_of_an_account_in_use_is_not_permitted_now() {
    let said = json!({ "code": 500, "message": "The cloud account is being used by 2 clusters" });
    for (status, body, wanted) in [
        (500, error_body("CloudAccountInUse"), "not now"),
        (409, error_body("InUse"), "not now"),
        (400, said.to_string(), "not now"),
        (409, error_body("Busy"), "refused"),
        (500, error_body("AwsThing"), "refused"),
        (404, error_body("ResourceNotFound"), "missing"),
    ] {
        let fake = FakePalette::returning(status, &body).await;
        let error = fake.tenant().delete(&UID.parse().unwrap()).await.unwrap_err();
        assert_eq!(kind_name(&error), wanted, "{status} {body}");
    }
}

/// Acceptance rows: F04.
#[tokio::test]
async fn create_request_is_sent_once_and_reports_a_name_conflict() {
    let said = json!({ "code": 500, "message": "Cloud account 'prod' already exists" }).to_string();
    for (status, body, wanted) in [
        (409, String::new(), "duplicate"),
        (400, error_body("CloudAccountAlreadyExists"), "duplicate"),
        (422, error_body("AlreadyExist"), "duplicate"),
        (500, said, "duplicate"),
        (400, error_body("QuotaExceeded"), "not now"),
        (500, error_body("ResourceLimitReached"), "not now"),
        (409, error_body("ResourceLimitReached"), "not now"),
        (503, String::new(), "unavailable"),
        (504, String::new(), "unavailable"),
        (201, HTML.to_owned(), "unavailable"),
    ] {
        let fake = FakePalette::returning(status, &body).await;
        let error = fake.tenant().create(&registration(access_key())).await.unwrap_err();
        assert_eq!(kind_name(&error), wanted, "{status} {body}");
        assert_eq!(fake.calls().len(), 1, "{status} {body}");
    }
}

#[tokio::test]
async fn throttled_create_request_is_retried() {
    let fake = FakePalette::start(|_, before| match before {
        0 => FakeResponse(429, String::new(), Some(0)),
        _ => fake_response(201, json!({ "uid": UID })),
    })
    .await;
    let uid = fake.tenant().create(&registration(access_key())).await.unwrap();
    assert_eq!((uid.as_str(), fake.calls().len()), (UID, 2));
}

#[tokio::test]
async fn idempotent_request_is_retried_after_http_503() {
    let fake = FakePalette::start(|_, before| match before {
        0..3 => fake_response(503, ""),
        _ => fake_response(204, ""),
    })
    .await;
    fake.tenant().delete(&UID.parse().unwrap()).await.unwrap();
    assert_eq!(fake.calls().len(), 4);
}

#[tokio::test]
async fn request_is_not_retried_if_retry_after_exceeds_the_deadline() {
    let fake = FakePalette::start(|_, _| FakeResponse(429, String::new(), Some(60))).await;
    let error = fake.tenant().get(&UID.parse().unwrap()).await.unwrap_err();
    let minute = Duration::from_mins(1);
    assert!(matches!(error, UpstreamError::Throttled { retry_after, .. } if retry_after == minute));
    assert_eq!(fake.calls().len(), 1);
}

#[tokio::test]
async fn request_after_the_deadline_times_out() {
    let fake = FakePalette::returning(204, "").await;
    let now = tokio::time::Instant::now();
    let uid = UID.parse().unwrap();
    let error = gangway_http::deadline::scope(now, fake.tenant().delete(&uid)).await.unwrap_err();
    assert_eq!(kind_name(&error), "timed out");
}

#[tokio::test]
async fn broken_connection_is_retried_except_for_a_create_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (count, counted) = tokio::sync::watch::channel(0);
    drop(tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
            count.send_modify(|count| *count += 1);
        }
    }));
    let mut fake = FakePalette::returning(204, "").await;
    fake.palette.base = base.parse().unwrap();
    let error = fake.tenant().create(&registration(access_key())).await.unwrap_err();
    assert_eq!((kind_name(&error), *counted.borrow()), ("unavailable", 1));
    let error = fake.tenant().get(&UID.parse().unwrap()).await.unwrap_err();
    assert_eq!((kind_name(&error), *counted.borrow()), ("unavailable", 5));
    let UpstreamError::Unavailable { source, .. } = error else { panic!("{error}") };
    assert!(!source.to_string().contains(&base), "{source}");
}

/// Acceptance rows: F95.
#[tokio::test]
async fn error_contains_no_secret_that_palette_quotes() {
    let message = format!("key {API_KEY}: pair AKIAIOSFODNN7EXAMPLE {SECRET} is not valid\nat all");
    let fake = FakePalette::returning(400, json!({ "code": "Invalid", "message": message })).await;
    let error = fake.tenant().create(&registration(access_key())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Palette rejected the request: key [redacted]: pair [redacted] [redacted] is not valid at all (Invalid, HTTP 400)"
    );
    let unreadable = json!({ "metadata": SECRET, "spec": { "accessKey": { "x": SECRET } } });
    let fake = FakePalette::returning(200, unreadable).await;
    let error = fake.tenant().get(&UID.parse().unwrap()).await.unwrap_err();
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
}
