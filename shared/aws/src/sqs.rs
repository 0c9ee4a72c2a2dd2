//! Client for Amazon SQS. It sends messages to a queue or a dead-letter queue, and counts messages.

mod send;
mod url;

pub use send::SqsQueue;
pub use url::{InvalidQueueUrl, QueueUrl};
