//! Amazon SQS: messages in batches, and messages to a dead-letter queue.

mod send;
mod url;

pub use send::SqsQueue;
pub use url::{InvalidQueueUrl, QueueUrl};
