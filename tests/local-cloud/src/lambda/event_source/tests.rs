//! Tests of event source mappings. A Python script is the function.

use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

use serde_json::json;

use super::*;
use crate::{
    CloudOptions, LocalCloud,
    api_gateway::EventBus,
    aws::sqs::QueueSettings,
    cloudformation::{DeploymentTarget, Template},
    lambda::{DeployedFunctions, HostConfig, RoleCredentials},
};

const TEMPLATE: &str = r#"
Parameters:
  Batch: {Type: Number, Default: 10}
Resources:
  DeadLetters: {Type: AWS::SQS::Queue}
  Work:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 3}
  WorkPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Work]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Work.Arn
            Condition: {ArnEquals: {"aws:SourceArn": [!GetAtt Vended.Arn]}}
  Vended:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {detail-type: [AWS Account Vended]}
      Targets: [{Id: work, Arn: !GetAtt Work.Arn}]
  Denied:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {detail-type: [Denied]}
      Targets: [{Id: work, Arn: !GetAtt Work.Arn}]
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/worker/
      Timeout: 10
      Events:
        Feed:
          Type: SQS
          Properties:
            Queue: !GetAtt Work.Arn
            BatchSize: !Ref Batch
            MaximumBatchingWindowInSeconds: 1
            ScalingConfig: {MaximumConcurrency: 2}
            FunctionResponseTypes: [ReportBatchItemFailures]
        Nightly: {Type: Schedule, Properties: {Schedule: rate(1 day), Input: '{"dryRun": true}'}}
        Hourly: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 hour), State: DISABLED}}
"#;

/// The function of the tests. The body of a message decides what happens: `fail` fails the message,
/// `raise` returns an error, and `exit` ends the process.
const SCRIPT: &str = r#"#!/usr/bin/env python3
import http.client, json, os, sys
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
def call(method, path, body=None):
    connection = http.client.HTTPConnection(api)
    connection.request(method, "/2018-06-01/runtime/invocation/" + path, body)
    response = connection.getresponse()
    return response.headers, response.read()
while True:
    headers, body = call("GET", "next")
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    records = json.loads(body)["Records"]
    bodies = " ".join(record["body"] for record in records)
    if "exit" in bodies: sys.exit(1)
    if "raise" in bodies:
        error = {"errorType": "Bad", "errorMessage": "The test demands an error."}
        call("POST", request_id + "/error", json.dumps(error))
        continue
    failed = [{"itemIdentifier": record["messageId"]}
              for record in records if "fail" in record["body"]]
    response = {"batchItemFailures": failed, "records": records}
    call("POST", request_id + "/response", json.dumps(response))
"#;

/// A local cloud with the queues, the event bus and the event source mapping of `TEMPLATE`.
struct Fixture {
    cloud: LocalCloud,
    work_queue: Queue,
    dead_letter_queue: Queue,
    bus: EventBus,
    poller: Poller,
}

/// Starts a local cloud. `name` distinguishes the temporary folder from those of other tests.
async fn start_fixture(name: &str) -> Fixture {
    let folder = std::env::temp_dir().join(format!("gangway-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("worker"), SCRIPT).unwrap();
    fs::set_permissions(folder.join("worker"), fs::Permissions::from_mode(0o755)).unwrap();
    let cloud = LocalCloud::start(CloudOptions::default()).await;
    let account = cloud.aws().account("aws", "111122223333");
    let deployment = DeploymentTarget {
        partition: "aws".into(),
        region: "us-east-1".into(),
        account: "111122223333".into(),
        stack: "gangway".into(),
        parameters: std::collections::BTreeMap::new(),
    };
    let template = Template::parse(TEMPLATE).unwrap();
    let queues = template.queues(&deployment).unwrap().into_iter().map(|queue| {
        let settings = QueueSettings {
            visibility_timeout: queue.visibility_timeout,
            redrive: queue.redrive,
            policy: queue.policy,
            ..QueueSettings::default()
        };
        account.queue("us-east-1", &queue.name, settings)
    });
    let queues: Vec<_> = queues.collect();
    let [dead_letter_queue, work_queue] = queues.clone().try_into().unwrap();
    let host_config = HostConfig {
        binaries: folder,
        region: "us-east-1".into(),
        environment: std::collections::BTreeMap::new(),
        issue_credentials: std::sync::Arc::new(|_function, _lifetime| RoleCredentials {
            access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
            secret_access_key: "secret".into(),
            session_token: "token".into(),
        }),
        clock: cloud.shared_clock(),
    };
    let functions =
        DeployedFunctions::deploy(template.functions(&deployment).unwrap(), host_config);
    let worker = Arc::clone(functions.get("worker").unwrap());
    let [mapping] = worker.function().queues.clone().try_into().unwrap();
    let rules = template.rules(&deployment).unwrap();
    let bus = EventBus::new(functions, "111122223333", "us-east-1").with_rules(rules, &queues);
    let poller = Poller::start(work_queue.clone(), mapping, worker, cloud.shared_clock());
    Fixture { cloud, work_queue, dead_letter_queue, bus, poller }
}

#[tokio::test]
async fn event_source_mapping_and_schedule_come_from_the_template() {
    let fixture = start_fixture("mapping").await;
    let mapping = fixture.poller.mapping();
    assert_eq!((mapping.batch, mapping.window, mapping.concurrency), (10, 1, Some(2)));
    assert!(mapping.reports_batch_item_failures);
    assert_eq!(mapping.queue, "arn:aws:sqs:us-east-1:111122223333:gangway-Work");
    let lambda = Arc::clone(&lock(&fixture.poller.state.lambda));
    let [schedule] = lambda.function().schedules.clone().try_into().unwrap();
    assert_eq!(schedule.input, Some(json!({"dryRun": true})));
    assert_eq!((schedule.expression.as_str(), schedule.scheduler), ("rate(1 day)", false));
    assert!(lambda.function().managed_policies[0].ends_with("AWSLambdaSQSQueueExecutionRole"));
}

#[tokio::test]
async fn event_reaches_the_function_through_the_queue() {
    let fixture = start_fixture("reach").await;
    let event = fixture.bus.build_event("vending", "AWS Account Vended", &json!({"n": 1}));
    assert_eq!(fixture.bus.put(&event).await.queues, [fixture.work_queue.arn()]);
    let denied_event = fixture.bus.build_event("vending", "Denied", &json!({}));
    assert_eq!(
        fixture.bus.put(&denied_event).await.failed_targets,
        [fixture.work_queue.arn()],
        "the queue policy does not allow this rule"
    );
    fixture.poller.wait_until_idle().await;
    assert!(fixture.work_queue.is_empty());
    let [batch] = fixture.poller.batches().try_into().unwrap();
    let record = batch.response.unwrap()["records"][0].clone();
    assert_eq!(record["body"], event.to_string());
    assert_eq!(record["eventSourceARN"], fixture.work_queue.arn());
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(
        (&record["eventSource"], &record["awsRegion"]),
        (&json!("aws:sqs"), &json!("us-east-1"))
    );
}

#[tokio::test]
async fn failed_message_is_retried_and_moved_to_the_dead_letter_queue() {
    let fixture = start_fixture("redrive").await;
    for body in ["good", "fail"] {
        fixture.work_queue.send(body);
    }
    assert_eq!(fixture.poller.drain(10).await, 0);
    let [message] = fixture.dead_letter_queue.messages().try_into().unwrap();
    assert_eq!((message.body.as_str(), message.receive_count), ("fail", 3));
    assert!(fixture.cloud.clock().advanced_seconds() >= 180);
}

#[tokio::test]
async fn error_or_exit_of_the_function_fails_the_whole_batch() {
    let fixture = start_fixture("whole").await;
    for failing_body in ["raise", "exit"] {
        fixture.poller.pause();
        for body in ["good", failing_body] {
            fixture.work_queue.send(body);
        }
        fixture.poller.resume();
        fixture.poller.wait_until_idle().await;
        assert_eq!(fixture.work_queue.len(), 2, "{failing_body}");
        fixture.work_queue.purge();
    }
    assert!(fixture.poller.batches().iter().all(|batch| batch.response.is_err()));
}

#[test]
fn invalid_batch_response_fails_the_whole_batch() {
    let ids = ["a".to_owned(), "b".to_owned()];
    for (response, expected_ids) in [
        (json!(null), vec![]),
        (json!({}), vec![]),
        (json!({"batchItemFailures": null}), vec![]),
        (json!({"batchItemFailures": []}), vec![]),
        (json!({"batchItemFailures": [{"itemIdentifier": "b"}]}), vec!["b"]),
        (json!({"batchItemFailures": [{"itemIdentifier": ""}]}), vec!["a", "b"]),
        (json!({"batchItemFailures": [{"itemIdentifier": null}]}), vec!["a", "b"]),
        (json!({"batchItemFailures": [{"itemIdentifier": "c"}]}), vec!["a", "b"]),
        (json!({"batchItemFailures": [{"id": "a"}]}), vec!["a", "b"]),
        (json!("done"), vec!["a", "b"]),
    ] {
        let found_ids: Vec<_> = failed_ids(&response, &ids).into_iter().collect();
        assert_eq!(found_ids, expected_ids, "{response}");
    }
}
