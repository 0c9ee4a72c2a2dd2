//! Public functions with which the fuzz targets decode arbitrary payloads.

use crate::{ApiError, Fields, SqsMessage, queue, schedule};

/// Decodes a batch of SQS messages. Returns `None` if the payload is not such a batch.
pub fn decode_batch(payload: &str) -> Option<Vec<SqsMessage>> {
    queue::decode_batch(payload).ok()
}

/// Decodes a scheduled event or a direct invocation.
pub fn decode_schedule(payload: &str) -> Result<Fields, ApiError> {
    schedule::decode_schedule(payload).map(|request| request.fields)
}
