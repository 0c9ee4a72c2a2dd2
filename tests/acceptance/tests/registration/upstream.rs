//! Weather of particular kinds: Palette is busy and says until when, changes its key, repeats ours.

use acceptance::{Answer, Stage};
use local_cloud::{
    Effect, Fault,
    palette::{ADMIN_KEY, RefusedKey},
    world::API_KEY_SECRET,
};
use reqwest::header::RETRY_AFTER;

use crate::{
    scene::{Way, everywhere, play},
    state::{State, assert_true},
};

fn retry_after(answer: &Answer) -> u64 {
    answer.header(RETRY_AFTER).parse().unwrap_or_default()
}

#[tokio::test]
async fn a_busy_palette_is_a_429_that_says_when_to_come_back() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        stage.cloud().fault(Fault::on("palette", "*", Effect::Throttle));
        let busy = stage.post(&way.path(), &request).await;
        assert_eq!(busy.status, 429, "{}", busy.text);
        assert!(retry_after(&busy) >= 1 && busy.text_at("/detail").contains("Palette"));
        stage.assert_untouched();
        stage.cloud().faults().clear();
        // Two throttled calls are no reason to bother the caller.
        stage.realm().functions.kill();
        stage.cloud().fault(Fault::on("palette", "*", Effect::Throttle).times(2));
        let receipt = stage.post(&way.path(), &request).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_true(&stage, way, "prod", &receipt);
    })
    .await;
}

#[tokio::test]
async fn simulations_that_iam_throttles_are_asked_again() {
    everywhere(|stage: Stage, way| async move {
        let throttled = Fault::on("iam", "SimulatePrincipalPolicy", Effect::Throttle).times(20);
        stage.cloud().fault(throttled);
        let receipt = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
        assert_eq!(receipt.status, 201, "{}", receipt.text);
        assert_eq!(receipt.check("iam.actions-allowed")["outcome"], "passed", "{}", receipt.text);
    })
    .await;
}

#[tokio::test]
async fn palettes_own_rate_limit_is_kept_without_a_single_429() {
    play(&[Way::Role], |stage: Stage, way| async move {
        stage.cloud().palette().behave(|palette| palette.rate_limited = true);
        for number in 0..4 {
            let name = format!("account-{number}");
            let receipt = stage.post(&way.path(), &way.request(stage.customer(), &name)).await;
            assert_eq!(receipt.status, 201, "{}", receipt.text);
        }
        assert!(stage.cloud().calls().all().iter().all(|call| call.status != Some(429)));
    })
    .await;
}

#[tokio::test]
async fn a_create_that_was_done_and_not_answered_is_one_account() {
    everywhere(|stage: Stage, way| async move {
        let request = way.request(stage.customer(), "prod");
        let create = "POST /v1/cloudaccounts/aws";
        stage.cloud().fault(Fault::on("palette", create, Effect::CutAfter).once());
        let receipt = stage.post(&way.path(), &request).await;
        assert_eq!((receipt.status, receipt.outcome()), (201, "created"), "{}", receipt.text);
        assert_true(&stage, way, "prod", &receipt);
        assert_eq!(stage.cloud().calls().count("palette", create), 1, "looked up, not repeated");
    })
    .await;
}

#[tokio::test]
async fn a_rotated_palette_key_is_read_again() {
    const ROTATED: &str = "pk-0f1e2d3c4b5a69788796-harbour-rotated";
    everywhere(|stage: Stage, way| async move {
        for refused_key in [RefusedKey::Unauthorized, RefusedKey::NotFoundWithKey] {
            stage.cloud().palette().behave(|palette| palette.refused_key = refused_key);
            let first = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
            assert!([200, 201].contains(&first.status), "{}", first.text);
            let move_key = |from: &str, to: &str| {
                let mut records = stage.cloud().palette().records();
                let user = records.users.remove(from).expect("a user");
                records.users.insert(to.to_owned(), user);
            };
            stage.realm().keep(API_KEY_SECRET, ROTATED).await;
            move_key(ADMIN_KEY, ROTATED);
            stage.cloud().calls().clear();
            let again = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
            assert_eq!(again.outcome(), "unchanged", "{}", again.text);
            assert_eq!(stage.cloud().calls().count("secretsmanager", "GetSecretValue"), 1);
            // Rotated in Palette, and not yet where Gangway reads it: told, without the key.
            move_key(ROTATED, "pk-the-next");
            let denied = stage.post(&way.path(), &way.request(stage.customer(), "prod")).await;
            assert_eq!(denied.status, 422, "{}", denied.text);
            assert_eq!(denied.check("palette.session")["outcome"], "failed", "{}", denied.text);
            for text in [&denied.text, &again.text, &stage.logs()] {
                assert!(!text.contains(ROTATED) && !text.contains(ADMIN_KEY), "{text}");
            }
            move_key("pk-the-next", ADMIN_KEY);
            stage.realm().keep(API_KEY_SECRET, ADMIN_KEY).await;
            stage.realm().functions.kill();
        }
        assert_eq!(State::of(&stage, "prod").accounts.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn keys_that_palette_repeats_in_an_error_are_not_passed_on() {
    play(&[Way::Keys], |stage: Stage, way| async move {
        stage.cloud().palette().behave(|palette| {
            palette.errors_repeat_secrets = true;
            palette.validation_fails_with_500 = true;
        });
        let customer = stage.customer();
        // AWS takes the keys when Gangway asks, and not when Palette does.
        stage
            .cloud()
            .fault(Fault::on("sts", "GetCallerIdentity", Effect::Throttle).nth(2).times(9));
        let blocked = stage.post(&way.path(), &way.request(customer, "prod")).await;
        assert_eq!(blocked.status, 422, "{}", blocked.text);
        let check = blocked.check("palette.validation");
        assert_eq!(check["outcome"], "failed", "{}", blocked.text);
        assert!(check["observed"].to_string().contains("[redacted]"), "{check}");
        for text in [&blocked.text, &stage.logs()] {
            assert!(!text.contains(&customer.keys.secret), "{text}");
        }
        stage.assert_untouched();
    })
    .await;
}
