//! Rotations that a request or the schedule starts.

use std::time::Duration;

use acceptance::{methods::route, with};
use gangway_model::{AuthMethod, Partition};
use serde_json::json;

use crate::fixture::{CREDENTIAL_ROTATED, ROTATION_FAILED, RotatingApp};

#[tokio::test]
async fn key_is_rotated_on_request_in_every_partition() {
    for partition in [Partition::Aws, Partition::AwsUsGov, Partition::AwsIsoB, Partition::AwsIso] {
        let app = RotatingApp::start(partition).await;
        let uid = app.register_and_test_rotation().await;
        let first = app.stored_key_id();
        // AWS does not accept a new access key at once.
        app.cloud().aws().delay_new_keys(2);
        app.rotate(&uid).await;
        app.assert_only_palettes_key_is_active("after the first rotation");
        let second = app.stored_key_id();
        assert_ne!(first, second);
        assert_eq!(app.user_keys().len(), 2, "the old key is kept: {:?}", app.user_keys());
        let events = app.event_details(CREDENTIAL_ROTATED);
        assert_eq!(events.len(), 1, "{events:#?}");
        assert_eq!((&events[0]["name"], &events[0]["uid"]), (&json!("prod"), &json!(uid)));
        assert!(events[0]["secretArn"].is_string(), "{events:#?}");

        app.rotate(&uid).await;
        app.assert_only_palettes_key_is_active("after the second rotation");
        let keys = app.user_keys();
        assert_eq!(keys.len(), 2);
        assert!(keys.iter().all(|(key, _)| *key != first), "the first key is deleted: {keys:?}");
        assert_eq!(app.event_details(ROTATION_FAILED), Vec::<serde_json::Value>::new());
        let shown = app.get(&format!("/v1/tenant/accounts/{uid}")).await.body;
        assert_eq!(shown["rotation"]["enabled"], true, "{shown:#}");
        assert!(shown["rotation"]["last"].is_string() && shown["rotation"]["next"].is_string());
        let report = app.post(&format!("/v1/tenant/accounts/{uid}/validate"), &json!(null)).await;
        assert_eq!(report.ready(), Some(true), "{:#}", report.body);
    }
}

#[tokio::test]
async fn registration_turns_rotation_on_and_off() {
    let app = RotatingApp::start(Partition::Aws).await;
    let uid = app.register_account().await;
    let secret = || {
        app.deployment()
            .gangway_account
            .secrets()
            .into_iter()
            .find(|one| one.name.ends_with("/prod"))
    };
    assert_eq!(secret().expect("a secret").rotation_enabled, Some(true));
    assert!(app.attempt_rotations().await.iter().all(|attempt| attempt.is_done));
    assert_eq!(app.attempt_rotations().await.len(), 0, "the key is not rotated at once");

    let method = AuthMethod::StaticCredentials;
    let request = app.request(method, app.customer(), "prod");
    let again = app.post(&route(method), &request).await;
    assert_eq!(again.text_at("/outcome"), "unchanged");
    assert_eq!(app.attempt_rotations().await.len(), 0);

    app.cloud().clock().advance(Duration::from_hours(91 * 24));
    app.deployment().functions.stop_idle_instances();
    let attempts = app.attempt_rotations().await;
    assert!(attempts.len() == 1 && attempts[0].is_done, "{attempts:#?}");
    app.assert_only_palettes_key_is_active("after 91 days");

    let without = with(
        json!({ "name": "prod", "rotation": false }),
        &json!({ "accessKeyId": app.palette_key().0, "secretAccessKey": app.palette_key().1 }),
    );
    app.put(&format!("{}/{uid}", route(method)), &without).await.assert_status(200);
    assert_eq!(secret().expect("a secret").rotation_enabled, Some(false));
    app.cloud().clock().advance(Duration::from_hours(91 * 24));
    assert_eq!(app.attempt_rotations().await.len(), 0);
    app.assert_only_palettes_key_is_active("after a replacement with the same key");
}

#[tokio::test]
async fn deployment_without_rotation_says_how_to_turn_it_on() {
    let app = acceptance::TestApp::start(Partition::Aws).await;
    let method = AuthMethod::StaticCredentials;
    let request = app.request(method, app.customer(), "prod");
    let receipt = app.post(&route(method), &request).await;
    receipt.assert_status(201);
    let path = format!("/v1/tenant/accounts/{}/rotate", receipt.uid());
    let refused = app.post(&path, &json!(null)).await;
    refused.assert_status(422);
    assert!(refused.text.contains("RotateKeysAfterDays"), "{}", refused.text);
}
