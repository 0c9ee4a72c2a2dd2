//! SQS: standard queues, on the cloud's clock.
mod access;
mod attributes;
mod digest;
mod message;
mod queue;
mod receive;
mod send;
mod setup;

use serde_json::Value;

use self::access::SqsCall;
pub(crate) use self::queue::Queue;
pub use self::setup::{MessageSeen, Queue as Handle, Settings};
use super::body::Body;
use super::caller::Caller;
use super::refusal::AwsError;
use super::store::Store;

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut ask = SqsCall { store, caller, body: Body::of(&body)? };
    let answer = match operation {
        "SendMessage" => send::send_message(&mut ask),
        "SendMessageBatch" => send::send_message_batch(&mut ask),
        "ReceiveMessage" => receive::receive(&mut ask),
        "DeleteMessage" => receive::delete(&mut ask),
        "DeleteMessageBatch" => receive::delete_batch(&mut ask),
        "ChangeMessageVisibility" => receive::change_visibility(&mut ask),
        "GetQueueAttributes" => attributes::get(&mut ask),
        "GetQueueUrl" => attributes::url(&ask),
        _ => Err(AwsError::new(
            400,
            "InvalidAction",
            format!("The action {operation} is not valid for this endpoint."),
        )),
    };
    answer.map(|value| value.to_string())
}
