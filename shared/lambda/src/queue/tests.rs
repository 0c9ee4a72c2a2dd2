//! Tests which messages of a batch are retried, what is logged, and that messages do not affect
//! each other.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use gangway_http::deadline;
use gangway_model::Partition;
use lambda_runtime::Context;
use serde_json::{Value, json};
use tokio::{sync::Barrier, time::sleep};
use tracing::Level;

use super::*;
use crate::logs::JsonSubscriber;

const SECRET: &str = "what-the-body-says";

/// Returns a batch with a message for each body.
fn batch(bodies: &[&str]) -> Value {
    let record = |(place, body): (usize, &&str)| {
        json!({
            "messageId": format!("message-{place}"),
            "receiptHandle": "AQEB",
            "body": format!("{body} {SECRET}"),
            "attributes": { "ApproximateReceiveCount": "3", "SentTimestamp": "1795486506000", "SenderId": "AIDA" },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:Vended",
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// Handles one batch. Returns the response and the log lines.
async fn run<H>(payload: &str, handler: H) -> (Result<Value, Diagnostic>, Vec<Value>)
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
{
    let logged = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&logged);
    let write = move |line: &Value| lines.lock().unwrap().push(line.clone());
    let guard = tracing::subscriber::set_default(JsonSubscriber {
        service: "account-vended",
        level: Level::INFO,
        write,
    });
    let mut context = Context::default();
    context.request_id = "id-1".to_owned();
    let payload = serde_json::from_str(payload).unwrap();
    let response = handle_batch(
        "account-vended",
        &handler,
        &Publisher::none(Partition::Aws),
        QueueKind::Accounts(&[]),
        LambdaEvent::new(payload, context),
    )
    .await;
    drop(guard);
    let logged = logged.lock().unwrap().clone();
    (response.map(|response| serde_json::to_value(response).unwrap()), logged)
}

fn result(disposition: Disposition) -> MessageResult {
    MessageResult {
        kind: "CreateManagedAccount",
        account: "123456789012".parse().ok(),
        outcome: "created",
        detail: None,
        error: None,
        events: Vec::new(),
        disposition,
    }
}

#[tokio::test]
async fn only_messages_to_retry_are_batch_item_failures() {
    let (response, logged) = run(&batch(&["good", "bad", "good"]).to_string(), async |message| {
        assert_eq!(message.deliveries, 3);
        assert_eq!(message.sent, Some(UNIX_EPOCH + Duration::from_secs(1_795_486_506)));
        result(if message.body.starts_with("bad") {
            Disposition::Retry
        } else {
            Disposition::Delete
        })
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] });
    assert_eq!(response.unwrap(), failures);
    assert_eq!(logged.len(), 3);
    let line = logged.iter().find(|line| line["messageId"] == "message-0").unwrap();
    for (field, value) in [
        ("level", json!("INFO")),
        ("message", json!("message processed")),
        ("requestId", json!("id-1")),
        ("service", json!("account-vended")),
        ("trigger", json!("queue")),
        ("kind", json!("CreateManagedAccount")),
        ("awsAccountId", json!("123456789012")),
        ("outcome", json!("created")),
        ("deliveries", json!(3)),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(!Value::from(logged).to_string().contains(SECRET));
}

#[tokio::test]
async fn a_panic_fails_only_its_own_message() {
    let (response, logged) = run(&batch(&["good", "bad"]).to_string(), async |message| {
        assert!(!message.body.starts_with("bad"), "{}", message.body);
        result(Disposition::Delete)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] });
    assert_eq!(response.unwrap(), failures);
    let line = logged.iter().find(|line| line["messageId"] == "message-1").unwrap();
    assert_eq!((&line["outcome"], &line["level"]), (&json!("internal-error"), &json!("WARN")));
    assert!(!Value::from(logged.clone()).to_string().contains(SECRET));
}

#[tokio::test]
async fn messages_are_handled_at_the_same_time() {
    let all_started = Barrier::new(3);
    let (response, _) = run(&batch(&["a", "b", "c"]).to_string(), async |_| {
        all_started.wait().await;
        result(Disposition::Delete)
    })
    .await;
    assert_eq!(response.unwrap(), json!({ "batchItemFailures": [] }));
}

#[tokio::test(start_paused = true)]
async fn all_messages_have_the_same_deadline() {
    let (response, logged) = run(&batch(&["slow", "quick"]).to_string(), async |message| {
        if message.body.starts_with("slow") {
            return pending().await;
        }
        // The longest timeout of a function, less the time that the response needs.
        sleep(Duration::from_mins(14)).await;
        assert!(deadline::remaining() < Duration::from_mins(1));
        result(Disposition::Delete)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-0" }] });
    assert_eq!(response.unwrap(), failures);
    assert!(logged.iter().any(|line| line["outcome"] == "timeout"), "{logged:?}");
}

#[tokio::test]
async fn payloads_other_than_batches_fail_as_a_whole() {
    for payload in
        ["null", "{}", r#"{"Records": [{}]}"#, r#"{"Records": {}}"#, r#"{"detail-type": "x"}"#]
    {
        let (response, _) = run(payload, async |_| result(Disposition::Delete)).await;
        assert_eq!(response.unwrap_err().error_type, "Gangway.InvalidBatch", "{payload}");
    }
    let (response, _) = run(r#"{"Records": []}"#, async |_| result(Disposition::Delete)).await;
    assert_eq!(response.unwrap(), json!({ "batchItemFailures": [] }));
    let bare = r#"{"Records": [{"messageId": "m", "body": ""}]}"#;
    let (response, _) = run(bare, async |message| {
        assert_eq!((message.sent, message.deliveries), (None, 1));
        result(Disposition::Retry)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "m" }] });
    assert_eq!(response.unwrap(), failures);
}
