//! Writes an item to a DynamoDB table if a condition holds.

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
    /// The condition does not hold: another writer has changed the item. This call has written
    /// nothing.
    Conflict,
}

/// Writes an item if the condition of the request holds.
///
/// The SDK repeats a request that got no response. If DynamoDB has executed the first request, the
/// condition of the second request does not hold, but the stored item equals the item to write. The
/// result is then [`WriteOutcome::Written`].
pub(crate) async fn put_item(
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

pub(crate) fn to_number_attribute(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}
