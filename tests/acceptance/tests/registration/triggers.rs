//! One request, two triggers: the same end, told to whoever asked in his own terms.

use acceptance::Stage;
use local_cloud::{
    Effect, Fault, functions::FunctionError, palette::ADMIN_KEY, world::API_KEY_SECRET,
};
use serde_json::{Value, json};

use crate::{
    scene::{Way, everywhere, with},
    state::{State, document, truth},
};

/// The request as an event may carry it.
async fn detail(stage: &Stage, way: Way, name: &str) -> Value {
    let method = json!({"method": way.method()});
    match way {
        Way::Role => with(&way.request(stage.customer(), name), method),
        Way::Keys => {
            let keys = document(&stage.customer().keys).to_string();
            let arn = stage.realm().keep(&format!("gangway/incoming/{name}"), &keys).await;
            with(&json!({"name": name, "secretArn": arn}), method)
        }
    }
}

async fn deliver(stage: &Stage, way: Way, detail: &Value) -> Result<Value, FunctionError> {
    let mut deliveries = stage.event(detail).await;
    assert_eq!(deliveries.len(), 1, "{deliveries:?}");
    let delivery = deliveries.remove(0);
    assert_eq!(delivery.package, way.method());
    delivery.outcome
}

#[tokio::test]
async fn an_event_ends_as_the_same_request_over_http_does() {
    everywhere(|stage: Stage, way| async move {
        let members = json!({"description": "Payments", "permissionProfile": "core"});
        let event = with(&detail(&stage, way, "by-event").await, members.clone());
        let receipt = deliver(&stage, way, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
        let again = deliver(&stage, way, &event).await.expect("a receipt");
        assert_eq!((&again["outcome"], &again["uid"]), (&json!("unchanged"), &receipt["uid"]));

        stage.realm().functions.kill();
        let http = with(&way.request(stage.customer(), "by-http"), members.clone());
        let answer = stage.post(&way.path(), &http).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        truth(&stage, way, "by-http", &answer).expect("truth");
        let (mut event, mut http) = (receipt.clone(), answer.body.clone());
        for receipt in [&mut event, &mut http] {
            for member in ["name", "uid", "secretArn", "report"] {
                receipt.as_object_mut().expect("a receipt").remove(member);
            }
        }
        assert_eq!(event, http);
        let ends = ["by-event", "by-http"].map(|name| State::of(&stage, name).anonymous(name));
        assert_eq!(ends[0], ends[1]);
        // Whichever way it came, it is the same account.
        let same = with(&way.request(stage.customer(), "by-event"), members);
        let answer = stage.post(&way.path(), &same).await;
        assert_eq!(answer.outcome(), "unchanged", "{}", answer.text);
    })
    .await;
}

#[tokio::test]
async fn an_event_that_no_later_delivery_would_help_is_rejected_and_not_retried() {
    everywhere(|stage: Stage, way| async move {
        let sound = detail(&stage, way, "prod").await;
        // A key that has been in an event is known to too many.
        let secret = json!({"secretAccessKey": "x".repeat(40)});
        // What is wrong, the problem's last word, and its status.
        for (event, kind, status) in [
            (with(&sound, json!({"name": "no name"})), "invalid", 400),
            (with(&sound, json!({"surprise": 1})), "invalid", 400),
            (with(&sound, json!({"scope": {"project": "Nowhere"}})), "refused", 422),
            (with(&sound, json!({"partition": "aws-iso"})), "refused", 422),
            (with(&sound, secret), "refused", 422),
        ] {
            let answer = deliver(&stage, way, &event).await.expect("no error");
            assert_eq!(answer["outcome"], "rejected", "{answer}");
            assert_eq!(answer["problem"]["status"], status, "{answer}");
            let urn = format!("urn:gangway:problem:{kind}");
            assert_eq!(answer["problem"]["type"], urn, "{answer}");
            assert!(!answer.to_string().contains(&"x".repeat(40)), "{answer}");
        }
        stage.customer().disallow(gangway_policies::PolicyDocument::Nodes);
        let answer = deliver(&stage, way, &sound).await.expect("no error");
        assert_eq!(answer["problem"]["type"], "urn:gangway:problem:blocked", "{answer}");
        assert_eq!(answer["problem"]["report"]["ready"], false);
        stage.assert_untouched();
    })
    .await;
}

/// What only this deployment's operator can mend must not cost an event: it ends where people look.
#[tokio::test]
async fn an_event_that_the_deployment_is_not_let_in_for_is_an_error() {
    everywhere(|stage: Stage, way| async move {
        let event = detail(&stage, way, "prod").await;
        drop(stage.realm().keep(API_KEY_SECRET, "a key that nobody knows").await);
        stage.realm().functions.kill();
        let error = deliver(&stage, way, &event).await.expect_err("an error");
        let FunctionError::Failed { kind, .. } = &error else { panic!("{error}") };
        assert_eq!(kind, "Gangway.Retryable");
        stage.assert_untouched();
        drop(stage.realm().keep(API_KEY_SECRET, ADMIN_KEY).await);
        stage.realm().functions.kill();
        let receipt = deliver(&stage, way, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
    })
    .await;
}

#[tokio::test]
async fn an_event_that_may_do_better_later_is_an_error_and_its_retry_registers() {
    everywhere(|stage: Stage, way| async move {
        let event = detail(&stage, way, "prod").await;
        for (operation, effect) in [
            ("GET /v1/cloudaccounts/aws", Effect::Throttle),
            ("GET /v1/cloudaccounts/aws", Effect::Unavailable),
            // Palette says so to what it refuses, too; its outage must not cost an event.
            ("GET /v1/cloudaccounts/aws", Effect::InternalError),
            ("POST /v1/cloudaccounts/aws", Effect::CutBefore),
        ] {
            stage.realm().functions.kill();
            stage.cloud().fault(Fault::on("palette", operation, effect));
            let error = deliver(&stage, way, &event).await.expect_err("an error");
            let FunctionError::Failed { kind, message } = &error else { panic!("{error}") };
            assert_eq!(kind, "Gangway.Retryable", "{message}");
            assert!(message.contains("Palette"), "{message}");
            assert!(stage.registered().is_empty());
            stage.cloud().faults().clear();
        }
        stage.realm().functions.kill();
        let receipt = deliver(&stage, way, &event).await.expect("a receipt");
        assert_eq!(receipt["outcome"], "created", "{receipt}");
        let state = State::of(&stage, "prod");
        assert_eq!(state.account()["uid"], receipt["uid"]);
        assert_eq!(state.live().len(), usize::from(way == Way::Keys));
    })
    .await;
}
