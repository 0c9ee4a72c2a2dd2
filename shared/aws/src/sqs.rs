//! Messages to Amazon SQS: many at once, and those that nobody could work, with the reason.

mod send;
mod url;

pub use send::SqsQueue;
pub use url::{InvalidQueueUrl, QueueUrl};
