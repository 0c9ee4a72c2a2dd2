//! Tests of how the API key is fetched and sent.

use gangway_model::{UpstreamError, stores::CloudAccountStore as _};
use serde_json::json;

use super::palette::{API_KEY, FakePalette, RecordedRequest, SECOND_API_KEY, UID, fake_response};

#[tokio::test]
async fn concurrent_requests_share_one_fetch_of_the_api_key() {
    let fake = FakePalette::returning(200, json!({ "items": [] })).await;
    let (name, tenant) = ("prod".parse().unwrap(), fake.tenant());
    let (one, other) = tokio::join!(tenant.find_by_name(&name), tenant.find_by_name(&name));
    assert!(one.unwrap().is_none() && other.unwrap().is_none());
    assert_eq!(fake.key_fetches(), 1);
    assert!(fake.requests().iter().all(|request| request.key == API_KEY));
}

#[tokio::test]
async fn api_key_that_palette_refuses_is_fetched_once_more() {
    let not_found_body =
        json!({ "code": "ResourceNotFound", "message": format!("ApiKey {API_KEY} not found") });
    for (status, body) in
        [(401, String::new()), (404, not_found_body.to_string()), (500, not_found_body.to_string())]
    {
        let fake =
            FakePalette::start(move |request: &RecordedRequest, _| match request.key.as_str() {
                SECOND_API_KEY => fake_response(204, ""),
                _ => fake_response(status, &body),
            })
            .await;
        let uid = UID.parse().unwrap();
        let tenant = fake.tenant();
        let (one, other) = tokio::join!(tenant.delete(&uid), tenant.delete(&uid));
        assert!(one.is_ok() && other.is_ok(), "{status}");
        assert_eq!((fake.key_fetches(), fake.calls().len()), (2, 4), "{status}");
        tenant.delete(&uid).await.unwrap();
        assert_eq!((fake.key_fetches(), fake.calls().len()), (2, 5), "{status}");
    }
}

#[tokio::test]
async fn refused_new_api_key_is_access_denied_without_the_key_in_it() {
    let fake = FakePalette::start(|request: &RecordedRequest, _| {
        fake_response(
            404,
            json!({ "code": "ResourceNotFound", "message": format!("no user of {}", request.key) }),
        )
    })
    .await;
    let error = fake.tenant().delete(&UID.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, UpstreamError::AccessDenied { .. }), "{error}");
    assert!(!error.to_string().contains(SECOND_API_KEY), "{error}");
    assert_eq!((fake.key_fetches(), fake.calls().len()), (2, 2));
}
