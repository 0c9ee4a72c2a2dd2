//! Whole batches: what comes again, what is logged, and that one message's trouble is not another's.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::UNIX_EPOCH,
};

use gangway_http::deadline;
use serde_json::{Value, json};
use tokio::{sync::Barrier, time::sleep};
use tracing::Level;

use super::*;
use crate::logs::JsonSubscriber;

const SECRET: &str = "what-the-body-says";

/// A batch with a message for each body.
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

/// Runs one batch; the answer, and the lines that were logged.
async fn run<H>(payload: &str, handler: H) -> (Result<Value, Diagnostic>, Vec<Value>)
where
    H: AsyncFn(&SqsMessage) -> MessageResult,
{
    let logged = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&logged);
    let write = move |line: &Value| lines.lock().unwrap().push(line.clone());
    let guard = tracing::subscriber::set_default(JsonSubscriber { level: Level::INFO, write });
    let mut context = Context::default();
    context.request_id = "id-1".to_owned();
    let payload = serde_json::from_str(payload).unwrap();
    let answer = invocation("account-vended", &handler, LambdaEvent::new(payload, context)).await;
    drop(guard);
    let logged = logged.lock().unwrap().clone();
    (answer.map(|answer| serde_json::to_value(answer).unwrap()), logged)
}

fn worked(verdict: Disposition) -> MessageResult {
    MessageResult {
        kind: "CreateManagedAccount",
        account: "123456789012".parse().ok(),
        outcome: "created",
        detail: None,
        error: None,
        verdict,
    }
}

#[tokio::test]
async fn only_what_is_to_come_again_is_told() {
    let (answer, logged) = run(&batch(&["good", "bad", "good"]).to_string(), async |message| {
        assert_eq!(message.deliveries, 3);
        assert_eq!(message.sent, Some(UNIX_EPOCH + Duration::from_secs(1_795_486_506)));
        worked(if message.body.starts_with("bad") {
            Disposition::Retry
        } else {
            Disposition::Delete
        })
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] });
    assert_eq!(answer.unwrap(), failures);
    assert_eq!(logged.len(), 3);
    let line = logged.iter().find(|line| line["messageId"] == "message-0").unwrap();
    for (field, value) in [
        ("level", json!("INFO")),
        ("message", json!("worked")),
        ("requestId", json!("id-1")),
        ("service", json!("account-vended")),
        ("trigger", json!("queue")),
        ("kind", json!("CreateManagedAccount")),
        ("account", json!("123456789012")),
        ("outcome", json!("created")),
        ("deliveries", json!(3)),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert!(!Value::from(logged).to_string().contains(SECRET));
}

#[tokio::test]
async fn a_message_that_panics_does_not_take_the_others_with_it() {
    let (answer, logged) = run(&batch(&["good", "bad"]).to_string(), async |message| {
        assert!(!message.body.starts_with("bad"), "{}", message.body);
        worked(Disposition::Delete)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-1" }] });
    assert_eq!(answer.unwrap(), failures);
    let line = logged.iter().find(|line| line["messageId"] == "message-1").unwrap();
    assert_eq!((&line["outcome"], &line["level"]), (&json!("internal-error"), &json!("WARN")));
    assert!(!Value::from(logged.clone()).to_string().contains(SECRET));
}

#[tokio::test]
async fn messages_are_worked_at_the_same_time() {
    let all_there = Barrier::new(3);
    let (answer, _) = run(&batch(&["a", "b", "c"]).to_string(), async |_| {
        all_there.wait().await;
        worked(Disposition::Delete)
    })
    .await;
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_one_for_the_batch() {
    let (answer, logged) = run(&batch(&["slow", "quick"]).to_string(), async |message| {
        if message.body.starts_with("slow") {
            return pending().await;
        }
        // As long as Lambda lets a function run, less what the answer needs.
        sleep(Duration::from_mins(14)).await;
        assert!(deadline::remaining() < Duration::from_mins(1));
        worked(Disposition::Delete)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "message-0" }] });
    assert_eq!(answer.unwrap(), failures);
    assert!(logged.iter().any(|line| line["outcome"] == "timeout"), "{logged:?}");
}

#[tokio::test]
async fn what_is_no_batch_fails_as_a_whole() {
    for payload in
        ["null", "{}", r#"{"Records": [{}]}"#, r#"{"Records": {}}"#, r#"{"detail-type": "x"}"#]
    {
        let (answer, _) = run(payload, async |_| worked(Disposition::Delete)).await;
        assert_eq!(answer.unwrap_err().error_type, "Gangway.NoBatch", "{payload}");
    }
    let (answer, _) = run(r#"{"Records": []}"#, async |_| worked(Disposition::Delete)).await;
    assert_eq!(answer.unwrap(), json!({ "batchItemFailures": [] }));
    let bare = r#"{"Records": [{"messageId": "m", "body": ""}]}"#;
    let (answer, _) = run(bare, async |message| {
        assert_eq!((message.sent, message.deliveries), (None, 1));
        worked(Disposition::Retry)
    })
    .await;
    let failures = json!({ "batchItemFailures": [{ "itemIdentifier": "m" }] });
    assert_eq!(answer.unwrap(), failures);
}
