//! The event `AWS Account Vended` that the sweep sends to the queue of `account-vended`. A vending
//! pipeline of the company sends the same event.

use gangway_aws::organizations::{OrgAccount, OuId};
use gangway_model::{Partition, Uid};
use serde_json::json;

/// The action that an event asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Action {
    /// Register the account.
    Onboard,
    /// Compare what Gangway made for the account with what is there now, and change nothing. Only
    /// the sweep may ask for this.
    Compare,
    /// Remove the account from Palette, because it is closed.
    Offboard,
}

impl Action {
    const fn id(self) -> &'static str {
        match self {
            Self::Onboard => "onboard",
            Self::Compare => "compare",
            Self::Offboard => "offboard",
        }
    }
}

/// Returns an event of `events/schema/aws-account-vended.json`, as EventBridge would deliver it.
///
/// `project` is the uid of the account's project, if the settings do not name the project. With the
/// uid, `account-vended` does not need to search for the account.
pub(crate) fn vended_event(
    action: Action,
    account: &OrgAccount,
    project: Option<&Uid>,
    partition: Partition,
) -> String {
    let mut detail = json!({
        "schemaVersion": "1",
        "action": action.id(),
        "accountId": account.id.as_str(),
        "partition": partition.id(),
    });
    if let Some(members) = detail.as_object_mut() {
        if action == Action::Offboard {
            members.insert("reason".to_owned(), "closed".into());
        }
        if !account.name.is_empty() {
            members.insert("accountName".to_owned(), account.name.as_str().into());
        }
        if let Some(project) = project {
            members.insert("project".to_owned(), project.as_str().into());
        }
        let ou_id = account.ou_path.as_ref().and_then(|ou_path| ou_path.parent());
        if let Some(ou_id) = ou_id.map(OuId::as_str).filter(|ou_id| ou_id.starts_with("ou-")) {
            members.insert("ouId".to_owned(), ou_id.into());
        }
    }
    let event = json!({
        "version": "0",
        "id": format!("sweep-{}", account.id),
        "source": "gangway",
        "detail-type": "AWS Account Vended",
        "detail": detail,
    });
    event.to_string()
}
