//! Fake SQS: standard queues that use the cloud's clock.
mod attributes;
mod call;
mod digest;
mod message;
mod queue;
mod receive;
mod send;
mod setup;

use serde_json::Value;

use self::call::SqsCall;
pub(super) use self::digest::md5;
pub(crate) use self::message::Message;
pub(crate) use self::queue::StoredQueue;
pub use self::setup::{MessageSnapshot, Queue, QueueSettings};
use super::body::Body;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let mut call = SqsCall { store, caller, body: Body::from_value(&body)? };
    let response = match operation {
        "SendMessage" => send::send_message(&mut call),
        "SendMessageBatch" => send::send_message_batch(&mut call),
        "ReceiveMessage" => receive::receive(&mut call),
        "DeleteMessage" => receive::delete_message(&mut call),
        "DeleteMessageBatch" => receive::delete_message_batch(&mut call),
        "ChangeMessageVisibility" => receive::change_visibility(&mut call),
        "GetQueueAttributes" => attributes::get_queue_attributes(&mut call),
        "GetQueueUrl" => attributes::get_queue_url(&call),
        _ => Err(AwsError::new(
            400,
            "InvalidAction",
            format!("The action {operation} is not valid for this endpoint."),
        )),
    };
    response.map(|value| value.to_string())
}
