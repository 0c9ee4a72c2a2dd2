//! Gangway's own event, for everybody else who vends accounts. Its schema is in the repository.

use gangway_model::Partition;
use serde_json::Value;

use super::{AccountEvent, AccountRef, IgnoreReason, InvalidEvent, RemovalReason, envelope::text};

/// `AWS Account Vended`. Members that the schema does not know are let be.
pub(super) fn read(detail: &Value, deployed: Partition) -> Result<AccountEvent, InvalidEvent> {
    if text(detail, "schemaVersion") != Some("1") {
        return Err(InvalidEvent::Version);
    }
    let given = |member: &str| detail.get(member).filter(|value| !value.is_null());
    let account = text(detail, "accountId").and_then(|text| text.parse().ok());
    let account = account.ok_or(InvalidEvent::NoAccount)?;
    let project = given("project").map(|project| {
        project.as_str().and_then(|text| text.parse().ok()).ok_or(InvalidEvent::Project)
    });
    let subject = AccountRef { account, project: project.transpose()? };
    if let Some(partition) = given("partition") {
        let partition: Option<Partition> = partition.as_str().and_then(|text| text.parse().ok());
        let partition = partition.ok_or(InvalidEvent::Partition)?;
        if partition != deployed {
            return Ok(AccountEvent::Ignored(IgnoreReason::OtherPartition(partition)));
        }
    }
    match text(detail, "action") {
        Some("onboard") => Ok(AccountEvent::Created(subject)),
        Some("offboard") => Ok(AccountEvent::Removed(subject, RemovalReason::Requested)),
        Some(_) | None => Err(InvalidEvent::Action),
    }
}
