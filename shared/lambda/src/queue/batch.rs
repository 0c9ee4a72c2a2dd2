//! A batch as Lambda delivers it, and the answer that it takes.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::Diagnostic;
use serde::{Deserialize, Serialize};

use super::{Disposition, SqsMessage};

pub(super) use futures_util::future::join_all;

/// Structs of our own, of the few members that matter, as for the other triggers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Batch {
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    approximate_receive_count: Option<String>,
    sent_timestamp: Option<String>,
}

impl Batch {
    /// The messages. A payload that is no batch fails as a whole: there is no message to answer for.
    pub(super) fn read(payload: &str) -> Result<Vec<SqsMessage>, Diagnostic> {
        let unreadable = |_fault| {
            tracing::error!("the payload is no batch of SQS messages");
            Diagnostic {
                error_type: "Gangway.NoBatch".to_owned(),
                error_message: "the payload is no batch of SQS messages".to_owned(),
            }
        };
        let Self { records } = serde_json::from_str(payload).map_err(unreadable)?;
        Ok(records.into_iter().map(SqsMessage::from).collect())
    }
}

impl From<Record> for SqsMessage {
    fn from(record: Record) -> Self {
        let Record { message_id, body, attributes } = record;
        let sent = attributes.sent_timestamp.and_then(|text| text.parse().ok());
        let deliveries = attributes.approximate_receive_count.and_then(|text| text.parse().ok());
        Self { id: message_id, body, sent: sent.and_then(at), deliveries: deliveries.unwrap_or(1) }
    }
}

fn at(millis: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(millis))
}

/// Which messages are to come again. SQS deletes the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Partial {
    batch_item_failures: Vec<Item>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    item_identifier: String,
}

impl Partial {
    pub(super) fn of(messages: &[SqsMessage], verdicts: &[Disposition]) -> Self {
        let again =
            messages.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Disposition::Retry);
        let item = |(message, _): (&SqsMessage, _)| Item { item_identifier: message.id.clone() };
        Self { batch_item_failures: again.map(item).collect() }
    }
}
