//! Fake DynamoDB: `BatchGetItem`, `GetItem`, `PutItem`, `DeleteItem` and `Query` on tables whose
//! keys are strings.
mod batch;
mod call;
mod condition;
mod expression;
mod items;
mod number;
mod query;
mod reserved_words;
mod setup;
mod tokens;
mod value;

use serde_json::{Value, json};

use self::call::DynamoDbCall;
pub(crate) use self::setup::StoredTable;
pub use self::setup::{Table, TableSettings};
use super::body::Body;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;
use crate::server::Request;

/// Prefix of error codes that are DynamoDB's own.
pub(crate) const ERROR_NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810";

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

fn serialization(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "SerializationException", message)
}

/// Returns the error for what DynamoDB has, and this fake does not.
fn unsupported(what: &str) -> AwsError {
    validation(format!("The local cloud does not support {what}."))
}

/// Returns `true` for a read that must see all writes before it.
pub(super) fn is_consistent_read(service: &str, request: &Request) -> bool {
    service == "dynamodb"
        && serde_json::from_slice::<Value>(request.body()).is_ok_and(|body| {
            let is_true =
                |request: &Value| request.get("ConsistentRead") == Some(&Value::Bool(true));
            let batch = body.get("RequestItems").and_then(Value::as_object);
            is_true(&body) || batch.is_some_and(|tables| tables.values().all(is_true))
        })
}

/// Returns status and body.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<(u16, String), AwsError> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|_not_json| serialization("Unable to parse the request as JSON"))?;
    let mut call = DynamoDbCall { store, caller, operation, body: Body::from_value(&body)? };
    let served = match operation {
        "BatchGetItem" => batch::batch_get(&call),
        "GetItem" => items::get(&call),
        "PutItem" => items::put(&mut call),
        "DeleteItem" => items::delete(&mut call),
        "Query" => query::query(&call),
        _ => return Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    match served {
        Ok(value) => Ok((200, value.to_string())),
        Err(Failure::Error(error)) => Err(error),
        Err(Failure::Condition(item)) => {
            let code = format!("{ERROR_NAMESPACE}#ConditionalCheckFailedException");
            let mut error = json!({"__type": code, "message": "The conditional request failed"});
            if let Some(item) = item {
                error["Item"] = json!(item);
            }
            Ok((400, error.to_string()))
        }
    }
}

/// Why a call failed.
enum Failure {
    Error(AwsError),
    /// The item does not satisfy the condition. The item, if the call asks for it.
    Condition(Option<value::Item>),
}

impl From<AwsError> for Failure {
    fn from(error: AwsError) -> Failure {
        Failure::Error(error)
    }
}
