//! Gangway's own event, for other vending pipelines. Its schema is
//! `events/schema/aws-account-vended.json`.

use gangway_model::Partition;
use serde_json::Value;

use super::{AccountEvent, AccountRef, IgnoreReason, InvalidEvent, RemovalReason, envelope::text};

/// Parses `AWS Account Vended`. Members that are not in the schema are ignored.
pub(super) fn parse(detail: &Value, deployed: Partition) -> Result<AccountEvent, InvalidEvent> {
    if text(detail, "schemaVersion") != Some("1") {
        return Err(InvalidEvent::Version);
    }
    let member = |name: &str| detail.get(name).filter(|value| !value.is_null());
    let account = text(detail, "accountId").and_then(|text| text.parse().ok());
    let id = account.ok_or(InvalidEvent::NoAccount)?;
    let project = member("project").map(|project| {
        project.as_str().and_then(|text| text.parse().ok()).ok_or(InvalidEvent::Project)
    });
    let account = AccountRef { id, project: project.transpose()? };
    if let Some(partition) = member("partition") {
        let partition: Option<Partition> = partition.as_str().and_then(|text| text.parse().ok());
        let partition = partition.ok_or(InvalidEvent::Partition)?;
        if partition != deployed {
            return Ok(AccountEvent::Ignored(IgnoreReason::OtherPartition(partition)));
        }
    }
    match text(detail, "action") {
        Some("onboard") => Ok(AccountEvent::Created(account)),
        Some("offboard") => match text(detail, "reason") {
            // The sweep says why it asks.
            Some("closed") => Ok(AccountEvent::Removed(account, RemovalReason::Closed)),
            Some(_) | None => Ok(AccountEvent::Removed(account, RemovalReason::Requested)),
        },
        Some(_) | None => Err(InvalidEvent::Action),
    }
}
