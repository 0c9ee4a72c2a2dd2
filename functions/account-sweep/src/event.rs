//! The event that the sweep sends to the vending queue: the same that a custom vending pipeline
//! sends.

use gangway_aws::organizations::{OrgAccount, OuId};
use gangway_model::{Partition, Uid};
use serde_json::json;

/// The action that an event asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Register the account.
    Onboard,
    /// Remove the account from Palette.
    Offboard,
}

impl Action {
    const fn id(self) -> &'static str {
        match self {
            Self::Onboard => "onboard",
            Self::Offboard => "offboard",
        }
    }
}

/// Returns an event of `events/schema/aws-account-vended.json`, as EventBridge would deliver it.
///
/// `project` is the uid of a project that no setting names. It saves the receiver a search.
pub(crate) fn event(
    action: Action,
    member: &OrgAccount,
    project: Option<&Uid>,
    partition: Partition,
) -> String {
    let mut detail = json!({
        "schemaVersion": "1",
        "action": action.id(),
        "accountId": member.id.as_str(),
        "partition": partition.id(),
    });
    if let Some(members) = detail.as_object_mut() {
        if !member.name.is_empty() {
            members.insert("accountName".to_owned(), member.name.as_str().into());
        }
        if let Some(project) = project {
            members.insert("project".to_owned(), project.as_str().into());
        }
        let unit = member.ou_path.as_ref().and_then(|ou_path| ou_path.parent());
        if let Some(unit) = unit.map(OuId::as_str).filter(|unit| unit.starts_with("ou-")) {
            members.insert("ouId".to_owned(), unit.into());
        }
    }
    let event = json!({
        "version": "0",
        "id": format!("sweep-{}", member.id),
        "source": "gangway",
        "detail-type": "AWS Account Vended",
        "detail": detail,
    });
    event.to_string()
}
