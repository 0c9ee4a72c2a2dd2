//! Conditional writes of DynamoDB, for the tables of Gangway.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::put_item::{PutItemError, builders::PutItemFluentBuilder},
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};

/// Result of a conditional write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WriteOutcome {
    Written,
    /// Another writer was first. Nothing was changed.
    Conflict,
}

/// Writes an item if the condition of the request holds.
///
/// The SDK repeats a request without response. If the first one was executed, the second finds the item that
/// it was to write, which is [`WriteOutcome::Written`].
pub(crate) async fn put(
    request: PutItemFluentBuilder,
    attributes: HashMap<String, AttributeValue>,
) -> Result<WriteOutcome, SdkError<PutItemError, HttpResponse>> {
    let response = request
        .set_item(Some(attributes.clone()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let Err(error) = response else { return Ok(WriteOutcome::Written) };
    match error.as_service_error() {
        Some(PutItemError::ConditionalCheckFailedException(failed)) => {
            Ok(if failed.item() == Some(&attributes) {
                WriteOutcome::Written
            } else {
                WriteOutcome::Conflict
            })
        }
        _ => Err(error),
    }
}

pub(crate) fn number(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
