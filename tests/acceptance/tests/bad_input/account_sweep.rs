//! Tests that `account-sweep` rejects invalid payloads, and does not start with invalid settings.

use std::time::Duration;

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, CloudOptions, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::LambdaFunction,
};
use serde_json::{Value, json};

use crate::{SECRET, SECRET_FRAGMENTS};

/// The rule of the settings that list OUs, as the log has it.
const OU_RULE: &str = "must be comma-separated ids of OUs";

/// Starts a local cloud with partition `aws`.
async fn start_cloud() -> CloudFixture {
    let template = Template::from_repository().expect("the repository's template");
    let cloud_fixture =
        CloudFixture::with_partitions(CloudOptions::default(), &template, &[Partition::Aws]).await;
    cloud_fixture.expect("a cloud")
}

/// Deploys `account-sweep` with one environment variable set to a value.
fn deploy_sweep(deployment: &PartitionDeployment, name: &str, value: &str) -> LambdaFunction {
    let lambda = deployment.functions.get("account-sweep").expect("the function is deployed");
    lambda.with_changes(|function| {
        drop(function.environment.insert(name.to_owned(), value.to_owned()));
    })
}

/// Waits until the log contains a text, or for five seconds. Returns the log. Log lines may arrive
/// after the process has ended.
async fn wait_for_log(lambda: &LambdaFunction, expected: &str) -> String {
    let text = async {
        while !lambda.logs().text().contains(expected) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // After a timeout, the test that uses the log fails.
    let _is_timeout = tokio::time::timeout(Duration::from_secs(5), text).await;
    lambda.logs().text()
}

fn assert_contains_no_secret(text: &str, case: &str) {
    assert!(
        !SECRET_FRAGMENTS.iter().any(|fragment| text.contains(fragment)),
        "{case} contains the value: {text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_with_an_invalid_payload_is_rejected_with_every_error() {
    let cloud_fixture = start_cloud().await;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    let lambda = deploy_sweep(deployment, "GANGWAY_ACCOUNT_NAME_FILTER", "*");
    for (payload, pointers, rule) in [
        (json!({ "dryRun": "yes" }), vec!["/dryRun"], "must be true or false, not a string"),
        (json!({ "dryRun": 1 }), vec!["/dryRun"], "must be true or false, not a number"),
        (json!({ "dryRun": null }), vec!["/dryRun"], "must be true or false, not null"),
        (json!({ "dryRun": [true] }), vec!["/dryRun"], "must be true or false, not a list"),
        (json!({ "dryrun": true }), vec!["/dryrun"], "use one of dryRun"),
        (json!({ "dryRun": 0, "x": 1 }), vec!["/dryRun", "/x"], "must be true or false"),
        (json!({ SECRET: true }), vec![""], "a member is unknown"),
        (json!({ "dryRun": SECRET }), vec!["/dryRun"], "must be true or false, not a string"),
        (json!([]), vec![""], "must be a JSON object, not a list"),
        (json!("sweep"), vec![""], "must be a JSON object, not a string"),
        (Value::Null, vec![""], "must be a JSON object, not null"),
        (json!({ "detail-type": 7 }), vec!["/detail-type"], "use one of dryRun"),
    ] {
        let response = lambda.invoke(&payload).await.expect("a response");
        let text = response.to_string();
        assert_eq!(response["outcome"], "rejected", "{payload}: {text}");
        let response: Vec<_> = response["problem"]["errors"]
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| error["pointer"].as_str().unwrap_or_default())
            .collect();
        assert_eq!(response, pointers, "{payload}: {text}");
        assert!(text.contains(rule), "{payload}: {text}");
        assert_contains_no_secret(&text, &payload.to_string());
    }
    let unknown_event =
        json!({ "detail-type": "AWS Account VendedAccount", "source": "x", "detail": {} });
    let response = lambda.invoke(&unknown_event).await.expect("a response");
    assert_eq!(response["outcome"], "rejected", "{response}");
    assert!(cloud_fixture.cloud.calls().for_operation("organizations", "ListAccounts").is_empty());
    assert!(deployment.queue("VendingQueue").expect("the queue").is_empty());
    assert_contains_no_secret(&lambda.logs().text(), "the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn sweep_does_not_start_with_an_invalid_setting_and_names_it() {
    let cloud_fixture = start_cloud().await;
    let deployment = cloud_fixture.deployment(Partition::Aws);
    for (name, value, rule) in [
        ("GANGWAY_INCLUDE_OUS", "Workloads", OU_RULE),
        ("GANGWAY_INCLUDE_OUS", "ou-abcd-12345678,,", OU_RULE),
        ("GANGWAY_EXCLUDE_OUS", "ou-abcd-12345678;ou-abcd-87654321", OU_RULE),
        ("GANGWAY_EXCLUDE_OUS", SECRET, OU_RULE),
        ("GANGWAY_ACCOUNT_NAME_FILTER", "two\nlines", "must be 1 to 256 characters"),
        ("GANGWAY_ACCOUNT_NAME_TEMPLATE", "aws", "{accountId}"),
        ("GANGWAY_ACCOUNT_NAME_TEMPLATE", "{account}", "{accountId}"),
        ("GANGWAY_ACCOUNT_NAME_TEMPLATE", SECRET, "{accountId}"),
        ("GANGWAY_OU_SCOPE_MAP", "ou-abcd-12345678", "project:<uid or name>"),
        ("GANGWAY_OU_SCOPE_MAP", "ou-abcd-12345678=tenant,ou-abcd-12345678=tenant", "once"),
        ("GANGWAY_OU_SCOPE_MAP", SECRET, "project:<uid or name>"),
        ("GANGWAY_OFFBOARDING", "delete", "must be report or remove"),
        ("GANGWAY_ORGANIZATIONS_ROLE_ARN", "Management", "must be an ARN"),
        (
            "GANGWAY_ORGANIZATIONS_ROLE_ARN",
            "arn:aws-us-gov:iam::123456789012:role/Management",
            "must be the ARN of a role in aws",
        ),
        ("GANGWAY_VENDING_QUEUE_URL", "", "must be the URL of an SQS queue"),
        ("GANGWAY_VENDING_QUEUE_URL", "VendingQueue", "must be the URL of an SQS queue"),
        ("PALETTE_REQUESTS_PER_SECOND", "0", "must be a number from 1 to 1000"),
        ("PALETTE_REQUESTS_PER_SECOND", "fast", "must be a number from 1 to 1000"),
    ] {
        let lambda = deploy_sweep(deployment, name, value);
        assert!(
            lambda.invoke(&json!({})).await.is_err(),
            "{name}={value} did not prevent the start"
        );
        let logs = wait_for_log(&lambda, rule).await;
        assert!(logs.contains(name) && logs.contains(rule), "{name}={value}: {logs}");
        assert_contains_no_secret(&logs, name);
    }
    assert_eq!(cloud_fixture.cloud.calls().for_operation("organizations", "ListAccounts").len(), 0);
}
