//! Tests of SQS.
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::aws::Queue;
use crate::aws::client::AwsResponse;
use crate::aws::sqs::QueueSettings;

fn queue(cloud: &LocalCloud, name: &str, settings: QueueSettings) -> Queue {
    commercial(cloud).queue("us-east-1", name, settings)
}

/// A caller with all permissions, and the URL of a queue.
struct TestCaller {
    client: AwsClient,
    url: String,
}

impl TestCaller {
    fn new(cloud: &LocalCloud, queue: &Queue) -> TestCaller {
        TestCaller { client: client(cloud, &admin(&commercial(cloud))), url: queue.url() }
    }

    async fn call(&self, operation: &str, mut body: Value) -> AwsResponse {
        body["QueueUrl"] = json!(self.url);
        self.client.sqs(operation, &body).await.unwrap()
    }

    async fn receive(&self) -> Vec<Value> {
        let call = json!({"MaxNumberOfMessages": 10, "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]});
        let response = self.call("ReceiveMessage", call).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()["Messages"].as_array().cloned().unwrap_or_default()
    }
}

#[tokio::test]
async fn message_is_hidden_after_receive_and_moved_to_the_dlq() {
    let cloud = cloud().await;
    let dead_letter_queue = queue(&cloud, "dead", QueueSettings::default());
    let redrive = Some((dead_letter_queue.arn(), 2));
    let work_queue = queue(
        &cloud,
        "work",
        QueueSettings { visibility_timeout: 60, redrive, ..QueueSettings::default() },
    );
    let caller = TestCaller::new(&cloud, &work_queue);
    let attributes = json!({"reason": {"DataType": "String", "StringValue": "why"}});
    let sent = caller
        .call("SendMessage", json!({"MessageBody": "hello", "MessageAttributes": attributes}))
        .await;
    assert_eq!(sent.json()["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
    for count in ["1", "2"] {
        let messages = caller.receive().await;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["Attributes"]["ApproximateReceiveCount"], count);
        assert_eq!(messages[0]["MessageAttributes"]["reason"]["StringValue"], "why");
        assert_eq!(messages[0]["MD5OfMessageAttributes"], sent.json()["MD5OfMessageAttributes"]);
        assert!(caller.receive().await.is_empty());
        cloud.clock().advance(Duration::from_secs(61));
    }
    assert!(caller.receive().await.is_empty());
    let [message] = dead_letter_queue.messages().try_into().unwrap();
    assert_eq!((message.body.as_str(), message.receive_count), ("hello", 2));
    assert_eq!(message.dead_letter_source, Some(work_queue.arn()));
    assert_eq!(message.attributes["reason"], "why");
}

#[tokio::test]
async fn receipt_handles_delete_and_hide_messages() {
    let cloud = cloud().await;
    let work_queue = queue(&cloud, "work", QueueSettings::default());
    let caller = TestCaller::new(&cloud, &work_queue);
    work_queue.send("one");
    let first = caller.receive().await[0]["ReceiptHandle"].clone();
    let hide = json!({"ReceiptHandle": first, "VisibilityTimeout": 0});
    assert_eq!(caller.call("ChangeMessageVisibility", hide.clone()).await.status, 200);
    let second = caller.receive().await[0]["ReceiptHandle"].clone();
    let late = caller.call("ChangeMessageVisibility", hide).await;
    assert_eq!(late.code().as_deref(), Some("com.amazonaws.sqs#MessageNotInflight"));
    assert_eq!(caller.call("DeleteMessage", json!({"ReceiptHandle": first})).await.status, 200);
    assert_eq!(work_queue.len(), 1, "a stale handle deletes nothing");
    let foreign = caller.call("DeleteMessage", json!({"ReceiptHandle": "mine"})).await;
    assert_eq!(foreign.code().as_deref(), Some("com.amazonaws.sqs#ReceiptHandleIsInvalid"));
    let both = json!({"Entries": [{"Id": "a", "ReceiptHandle": second}, {"Id": "b", "ReceiptHandle": "mine"}]});
    let both = caller.call("DeleteMessageBatch", both).await.json();
    assert_eq!(
        (both["Successful"][0]["Id"].as_str(), both["Failed"][0]["Id"].as_str()),
        (Some("a"), Some("b"))
    );
    assert!(work_queue.is_empty());
}

#[tokio::test]
async fn batches_have_limits() {
    let cloud = cloud().await;
    let work_queue = queue(&cloud, "work", QueueSettings::default());
    let caller = TestCaller::new(&cloud, &work_queue);
    let entry = |id: &str, length: usize| json!({"Id": id, "MessageBody": "m".repeat(length)});
    let many = |count: usize, length: usize| -> Vec<Value> {
        (0..count).map(|number| entry(&number.to_string(), length)).collect()
    };
    for (entries, code) in [
        (vec![], "EmptyBatchRequest"),
        (many(11, 1), "TooManyEntriesInBatchRequest"),
        (many(10, 110_000), "BatchRequestTooLong"),
        (vec![entry("a", 1), entry("a", 1)], "BatchEntryIdsNotDistinct"),
        (vec![entry("a b", 1)], "InvalidBatchEntryId"),
    ] {
        let response = caller.call("SendMessageBatch", json!({"Entries": entries})).await;
        let expected = format!("com.amazonaws.sqs#{code}");
        assert_eq!(response.code(), Some(expected), "{}", response.body);
    }
    assert!(work_queue.is_empty(), "a refused batch sends nothing");
    let mixed = json!({"Entries": [entry("good", 1), entry("empty", 0), entry("long", 1_048_577)]});
    let mixed = caller.call("SendMessageBatch", mixed).await.json();
    assert_eq!(mixed["Successful"].as_array().unwrap().len(), 1, "{mixed}");
    assert_eq!(mixed["Failed"].as_array().unwrap().len(), 2, "{mixed}");
    let full = caller.call("SendMessageBatch", json!({"Entries": many(10, 100_000)})).await;
    assert_eq!(full.json()["Successful"].as_array().unwrap().len(), 10);
}

#[tokio::test]
async fn queue_attributes_need_permission() {
    let cloud = cloud().await;
    let dead_letter_queue = queue(&cloud, "dead", QueueSettings::default());
    let work_queue = queue(
        &cloud,
        "work",
        QueueSettings { redrive: Some((dead_letter_queue.arn(), 25)), ..QueueSettings::default() },
    );
    let caller = TestCaller::new(&cloud, &work_queue);
    work_queue.send("one");
    work_queue.send("two");
    caller.call("ReceiveMessage", json!({})).await;
    let all = caller.call("GetQueueAttributes", json!({"AttributeNames": ["All"]})).await.json();
    let attribute = |name: &str| all["Attributes"][name].as_str().unwrap().to_owned();
    assert_eq!(attribute("ApproximateNumberOfMessages"), "1");
    assert_eq!(attribute("ApproximateNumberOfMessagesNotVisible"), "1");
    assert!(attribute("RedrivePolicy").contains("\"maxReceiveCount\":25"), "{all}");
    let unknown = caller.call("GetQueueAttributes", json!({"AttributeNames": ["Nothing"]})).await;
    assert_eq!(unknown.code().as_deref(), Some("com.amazonaws.sqs#InvalidAttributeName"));
    let sender = commercial(&cloud).user("sender");
    sender.inline("Send", &allow(&["sqs:SendMessage"], &work_queue.arn()));
    let sender =
        TestCaller { client: client(&cloud, &sender.create_access_key()), url: work_queue.url() };
    assert_eq!(sender.call("SendMessage", json!({"MessageBody": "three"})).await.status, 200);
    let denied = Some("com.amazon.coral.service#AccessDeniedException");
    assert_eq!(sender.call("ReceiveMessage", json!({})).await.code().as_deref(), denied);
    let elsewhere = TestCaller { url: dead_letter_queue.url(), ..sender };
    assert_eq!(
        elsewhere.call("SendMessage", json!({"MessageBody": "x"})).await.code().as_deref(),
        denied
    );
    let none = TestCaller { client: caller.client.clone(), url: work_queue.url() + "s" };
    let none = none.call("SendMessage", json!({"MessageBody": "x"})).await;
    assert_eq!(none.code().as_deref(), Some("com.amazonaws.sqs#QueueDoesNotExist"));
}

#[tokio::test]
async fn queue_policy_decides_which_service_may_send() {
    let cloud = cloud().await;
    let rule = "arn:aws:events:us-east-1:123456789012:rule/vended";
    let arn = "arn:aws:sqs:us-east-1:123456789012:work";
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }]});
    let work_queue =
        queue(&cloud, "work", QueueSettings { policy: Some(policy), ..QueueSettings::default() });
    assert!(work_queue.accepts_messages_from("events.amazonaws.com", rule));
    assert!(!work_queue.accepts_messages_from(
        "events.amazonaws.com",
        "arn:aws:events:us-east-1:123456789012:rule/other"
    ));
    assert!(!work_queue.accepts_messages_from("sns.amazonaws.com", rule));
    assert!(
        !queue(&cloud, "closed", QueueSettings::default())
            .accepts_messages_from("events.amazonaws.com", rule)
    );
}
