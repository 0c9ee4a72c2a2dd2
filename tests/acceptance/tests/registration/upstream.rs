//! Errors of Palette and AWS: rate limits, missing responses, a rotated API key, repeated secrets.

use acceptance::{
    HttpResponse, PARTITIONS, TestApp,
    methods::{for_each, for_each_open, route},
};
use gangway_model::AuthMethod;
use local_cloud::{
    Effect, Fault,
    fixtures::API_KEY_SECRET,
    palette::{ADMIN_KEY, InvalidKeyResponse},
};
use reqwest::header::RETRY_AFTER;

use crate::state::{State, assert_receipt_is_true};

/// Returns the seconds in the header `retry-after`, or 0.
fn retry_after(response: &HttpResponse) -> u64 {
    response.header(RETRY_AFTER).parse().unwrap_or_default()
}

#[tokio::test]
async fn palette_rate_limit_returns_429_with_retry_after() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        app.cloud().fault(Fault::on("palette", "*", Effect::Throttle));
        let busy = app.post(&route(method), &request).await;
        assert_eq!(busy.status, 429, "{}", busy.text);
        assert!(retry_after(&busy) >= 1 && busy.text_at("/detail").contains("Palette"));
        app.assert_untouched();
        app.cloud().faults().clear();
        // Two throttled calls are retried.
        app.deployment().functions.stop_idle_instances();
        app.cloud().fault(Fault::on("palette", "*", Effect::Throttle).times(2));
        let receipt = app.post(&route(method), &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
    })
    .await;
}

#[tokio::test]
async fn throttled_iam_simulations_are_retried() {
    for_each_open(|app: TestApp, method| async move {
        let throttled = Fault::on("iam", "SimulatePrincipalPolicy", Effect::Throttle).times(7);
        app.cloud().fault(throttled);
        let receipt = app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_eq!(receipt.check("iam.actions-allowed")["outcome"], "passed", "{}", receipt.text);
    })
    .await;
}

#[tokio::test]
async fn requests_stay_below_palettes_rate_limit() {
    for_each(&PARTITIONS, &[AuthMethod::Sts], |app: TestApp, method| async move {
        app.cloud().palette().configure(|palette| palette.rate_limited = true);
        for number in 0..4 {
            let name = format!("account-{number}");
            let receipt =
                app.post(&route(method), &app.request(method, app.customer(), &name)).await;
            assert_eq!(receipt.status, 201, "{}", receipt.text);
        }
        assert!(app.cloud().calls().all().iter().all(|call| call.status != Some(429)));
    })
    .await;
}

#[tokio::test]
async fn creation_without_a_response_makes_one_account() {
    for_each_open(|app: TestApp, method| async move {
        let request = app.request(method, app.customer(), "prod");
        let create = "POST /v1/cloudaccounts/aws";
        app.cloud().fault(Fault::on("palette", create, Effect::DisconnectAfter).once());
        let receipt = app.post(&route(method), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert_receipt_is_true(&app, method, "prod", &receipt);
        assert_eq!(app.cloud().calls().count("palette", create), 1, "looked up, not repeated");
    })
    .await;
}

#[tokio::test]
async fn rotated_palette_api_key_is_read_again() {
    const ROTATED: &str = "pk-0f1e2d3c4b5a69788796-harbour-rotated";
    for_each_open(|app: TestApp, method| async move {
        for refused_key in [InvalidKeyResponse::Unauthorized, InvalidKeyResponse::NotFoundWithKey] {
            app.cloud().palette().configure(|palette| palette.invalid_key = refused_key);
            let first =
                app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
            assert!([200, 201].contains(&first.status), "{}", first.text);
            let move_key = |from: &str, to: &str| {
                let mut records = app.cloud().palette().records();
                let user = records.users.remove(from).expect("a user");
                records.users.insert(to.to_owned(), user);
            };
            app.deployment().put_secret(API_KEY_SECRET, ROTATED).await;
            move_key(ADMIN_KEY, ROTATED);
            app.cloud().calls().clear();
            let again =
                app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
            assert_eq!(app.cloud().calls().count("secretsmanager", "GetSecretValue"), 1);
            // The API key was rotated in Palette, but not in the secret. The report must not
            // contain the key.
            move_key(ROTATED, "pk-the-next");
            let denied =
                app.post(&route(method), &app.request(method, app.customer(), "prod")).await;
            assert_eq!(denied.status, 422, "{}", denied.text);
            assert_eq!(denied.check("palette.session")["outcome"], "failed", "{}", denied.text);
            for text in [&denied.text, &again.text, &app.logs()] {
                assert!(!text.contains(ROTATED) && !text.contains(ADMIN_KEY), "{text}");
            }
            move_key("pk-the-next", ADMIN_KEY);
            app.deployment().put_secret(API_KEY_SECRET, ADMIN_KEY).await;
            app.deployment().functions.stop_idle_instances();
        }
        assert_eq!(State::snapshot(&app, "prod").accounts.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn secret_keys_in_palette_error_messages_are_redacted() {
    for_each(&PARTITIONS, &[AuthMethod::StaticCredentials], |app: TestApp, method| async move {
        app.cloud().palette().configure(|palette| {
            palette.errors_repeat_secrets = true;
            palette.validation_fails_with_500 = true;
        });
        let customer = app.customer();
        // The first call, by Gangway, succeeds; the calls by Palette fail.
        let refused = Effect::AwsError { status: 403, code: "InvalidClientTokenId" };
        app.cloud().fault(Fault::on("sts", "GetCallerIdentity", refused).nth(2).times(9));
        let blocked = app.post(&route(method), &app.request(method, customer, "prod")).await;
        assert_eq!(blocked.status, 422, "{}", blocked.text);
        let check = blocked.check("palette.validation");
        assert_eq!(check["outcome"], "failed", "{}", blocked.text);
        assert!(check["observed"].to_string().contains("[redacted]"), "{check}");
        for text in [&blocked.text, &app.logs()] {
            assert!(!text.contains(&customer.keys.secret), "{text}");
        }
        app.assert_untouched();
    })
    .await;
}
