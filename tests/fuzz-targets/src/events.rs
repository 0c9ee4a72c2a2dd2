//! Messages of Control Tower, Organizations, Account Factory for Terraform and SNS topics; payloads
//! of SQS and of schedules.

use gangway_model::Partition;

use crate::{assert_no_leak, requests::check_rejection};

/// Parses a message of the queue, in AWS and in GovCloud.
pub(crate) fn parse_vended(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for partition in [Partition::Aws, Partition::AwsUsGov] {
        match gangway_account_vended::parse_account(&text, partition) {
            Ok(Some(account)) => {
                assert!(text.contains(account.as_str()) || text.contains("\\u"), "from nowhere");
            }
            Ok(None) => {}
            Err(message) => assert_no_leak(&message),
        }
    }
}

/// Parses a payload of SQS. Checks that the batch has exactly the messages of the payload.
pub(crate) fn parse_batch(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(messages) = gangway_lambda::fuzzing::decode_batch(&text) else { return };
    // Members that Gangway does not read may have numbers that serde_json cannot represent.
    let Ok(payload) = serde_json::from_str::<serde_json::Value>(&text) else { return };
    // serde also accepts a struct as a JSON array. AWS never sends that.
    let Some(records) = payload["Records"].as_array() else { return };
    assert_eq!(messages.len(), records.len());
    for (message, record) in messages.iter().zip(records) {
        assert_eq!(
            (record["messageId"].as_str(), record["body"].as_str()),
            (Some(&*message.id), Some(&*message.body))
        );
    }
}

/// Parses the payload of a schedule or a direct invocation.
pub(crate) fn parse_schedule(data: &[u8]) {
    match gangway_lambda::fuzzing::decode_schedule(&String::from_utf8_lossy(data)) {
        Ok(mut members) => {
            members.optional_bool("dryRun");
            if let Err(rejection) = members.finish(Some(())) {
                check_rejection(rejection);
            }
        }
        Err(rejection) => check_rejection(rejection),
    }
}
