//! Tests of reading the state of Palette before a registration.

use gangway_model::{Operation, RegistrationError};
use serde_json::json;

use crate::ApiKeyStatus;

use super::palette::{FakePalette, FakeResponse, PROJECT, RecordedRequest, UID, fake_response};

const GET_USER: &str = "GET /palette/v1/users/info";
const LIST_ACCOUNTS: &str = "GET /palette/v1/cloudaccounts/aws";

/// Returns an account as Palette returns it.
fn account_json(scope: &str) -> serde_json::Value {
    json!({ "metadata": { "uid": UID, "name": "prod", "annotations": { "scope": scope } } })
}

fn valid_response(request: &RecordedRequest) -> FakeResponse {
    match request.call.as_str() {
        GET_USER => {
            fake_response(200, json!({ "orgName": "Example", "tenantUid": "t", "userUid": "u" }))
        }
        LIST_ACCOUNTS => fake_response(
            200,
            json!({ "items": [account_json("tenant")], "listmeta": { "continue": "" } }),
        ),
        _ => fake_response(200, account_json("tenant")),
    }
}

/// Acceptance rows: F01, F02.
#[tokio::test]
async fn state_is_fetched_with_one_request_for_each_part() {
    let fake = FakePalette::start(|request: &RecordedRequest, _| valid_response(request)).await;
    let name = "prod".parse().unwrap();
    let state = fake.tenant().fetch_state(&name, &Operation::Register).await.unwrap();
    let accepted = ApiKeyStatus::Accepted {
        tenant: Some("Example".to_owned()),
        tenant_uid: Some("t".parse().unwrap()),
    };
    assert_eq!(state.api_key, accepted);
    assert_eq!(state.existing.by_name.unwrap().uid.as_str(), UID);
    assert_eq!((state.existing.by_uid, fake.calls().len()), (None, 2));
    let replace = Operation::Replace(UID.parse().unwrap());
    let state = fake.tenant().fetch_state(&name, &replace).await.unwrap();
    assert_eq!(state.existing.by_uid.unwrap().uid.as_str(), UID);
    assert_eq!((fake.calls().len(), fake.key_fetches()), (5, 1));
}

/// Acceptance rows: F01, F94.
#[tokio::test]
async fn state_contains_the_reason_if_palette_refuses_the_api_key() {
    for (call, status, code) in [
        (GET_USER, 401, "UnAuthorizedAccess"),
        (LIST_ACCOUNTS, 403, "OperationForbidden"),
        (LIST_ACCOUNTS, 500, "OperationForbidden"),
    ] {
        let fake =
            FakePalette::start(move |request: &RecordedRequest, _| match request.call.as_str() {
                same if same == call => {
                    fake_response(status, json!({ "code": code, "message": "no" }))
                }
                _ => valid_response(request),
            })
            .await;
        let replace = Operation::Replace(UID.parse().unwrap());
        let state = fake.tenant().fetch_state(&"prod".parse().unwrap(), &replace).await.unwrap();
        let ApiKeyStatus::Denied { reason } = state.api_key else { panic!("{:?}", state.api_key) };
        assert!(reason.contains(code), "{reason}");
        assert!(state.existing.by_name.is_none() && state.existing.by_uid.is_none());
    }
}

#[tokio::test]
async fn account_to_replace_must_be_in_the_scope() {
    let target = format!("{LIST_ACCOUNTS}/{UID}");
    for (status, body, fault) in [
        (404, json!({ "code": "ResourceNotFound", "message": "no" }), "not found"),
        (403, json!({ "code": "OperationForbidden", "message": "no" }), "not found"),
        (200, account_json("project"), "not found"),
    ] {
        let target = target.clone();
        let fake = FakePalette::start(move |request: &RecordedRequest, _| match &request.call {
            call if *call == target => fake_response(status, &body),
            _ => valid_response(request),
        })
        .await;
        let replace = Operation::Replace(UID.parse().unwrap());
        let failure =
            fake.tenant().fetch_state(&"prod".parse().unwrap(), &replace).await.unwrap_err();
        let kind = match &failure {
            RegistrationError::NotFound(_) => "not found",
            RegistrationError::Invalid(violations) => &violations[0].pointer,
            RegistrationError::ChecksFailed(_)
            | RegistrationError::Conflict(_)
            | RegistrationError::ConcurrentModification(_)
            | RegistrationError::Upstream(_) => "other",
        };
        assert_eq!(kind, fault, "{failure}");
    }
}

#[tokio::test]
async fn unknown_project_is_an_invalid_field_of_the_request() {
    let fake =
        FakePalette::start(|request: &RecordedRequest, _| match request.project.as_deref() {
            Some(PROJECT) => {
                fake_response(404, json!({ "code": "ProjectNotFoundInTenant", "message": "no" }))
            }
            _ => valid_response(request),
        })
        .await;
    let failure = fake
        .project()
        .fetch_state(&"prod".parse().unwrap(), &Operation::Register)
        .await
        .unwrap_err();
    let RegistrationError::Invalid(violations) = failure else { panic!("{failure}") };
    assert_eq!(violations[0].pointer, "/scope/project");
    let users: Vec<_> =
        fake.requests().into_iter().filter(|request| request.call == GET_USER).collect();
    assert!(
        users.iter().all(|request| request.project.is_none()),
        "the request for the user has no project header"
    );
}
