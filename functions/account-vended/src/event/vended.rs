//! Gangway's own event, for everybody else who vends accounts. Its schema is in the repository.

use gangway_model::Partition;
use serde_json::Value;

use super::{Leave, Subject, Tidings, Unreadable, Why, envelope::text};

/// `AWS Account Vended`. Members that the schema does not know are let be.
pub(super) fn read(detail: &Value, deployed: Partition) -> Result<Tidings, Unreadable> {
    if text(detail, "schemaVersion") != Some("1") {
        return Err(Unreadable::Version);
    }
    let given = |member: &str| detail.get(member).filter(|value| !value.is_null());
    let account = text(detail, "accountId").and_then(|text| text.parse().ok());
    let account = account.ok_or(Unreadable::NoAccount)?;
    let project = given("project").map(|project| {
        project.as_str().and_then(|text| text.parse().ok()).ok_or(Unreadable::Project)
    });
    let subject = Subject { account, project: project.transpose()? };
    if let Some(partition) = given("partition") {
        let partition: Option<Partition> = partition.as_str().and_then(|text| text.parse().ok());
        let partition = partition.ok_or(Unreadable::Partition)?;
        if partition != deployed {
            return Ok(Tidings::Nothing(Why::OtherPartition(partition)));
        }
    }
    match text(detail, "action") {
        Some("onboard") => Ok(Tidings::Arrived(subject)),
        Some("offboard") => Ok(Tidings::Left(subject, Leave::Asked)),
        Some(_) | None => Err(Unreadable::Action),
    }
}
