//! The event `AWS Account Vended`, with which a vending pipeline of the company asks to onboard or
//! offboard an account. Its schema is `events/schema/aws-account-vended.json`.

use gangway_model::Partition;
use serde_json::Value;

use super::{
    AccountEvent, AccountRef, IgnoreReason, InvalidEvent, RemovalReason, envelope::string_member,
};

/// Parses the detail of `AWS Account Vended`. Ignores members that are not in the schema.
pub(super) fn parse(detail: &Value, deployed: Partition) -> Result<AccountEvent, InvalidEvent> {
    if string_member(detail, "schemaVersion") != Some("1") {
        return Err(InvalidEvent::Version);
    }
    let member = |name: &str| detail.get(name).filter(|value| !value.is_null());
    let account = string_member(detail, "accountId").and_then(|text| text.parse().ok());
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
    match string_member(detail, "action") {
        Some("onboard") => Ok(AccountEvent::Created(account)),
        // Only the sweep may send this action: see `Event::parse`.
        Some("compare") => Ok(AccountEvent::Compared(account)),
        Some("offboard") => match string_member(detail, "reason") {
            // The sweep writes `closed` if Organizations shows that the account is closed.
            Some("closed") => Ok(AccountEvent::Removed(account, RemovalReason::Closed)),
            Some(_) | None => Ok(AccountEvent::Removed(account, RemovalReason::Requested)),
        },
        Some(_) | None => Err(InvalidEvent::Action),
    }
}
