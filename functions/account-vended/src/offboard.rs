//! An account goes: somebody is told, or it is taken out of Palette.

use gangway_aws::organizations::{AccountState, OrgAccount};
use gangway_model::{RequestedScope, UpstreamError};
use gangway_registration::vending::{ExclusionReason, OffboardingPolicy};

use crate::{
    VendingHandler,
    event::{AccountRef, RemovalReason},
    management::ManagementSession,
    matching_accounts::{self, MatchingAccounts},
    outcome::{MessageOutcome, VendingError},
};

/// Takes an account off, as the settings say.
pub(crate) async fn offboard_account(
    vending: &VendingHandler,
    subject: &AccountRef,
    leave: RemovalReason,
) -> Result<MessageOutcome, VendingError> {
    let id = subject.account;
    let view = vending.management.session().await?;
    let member = view.organization.describe_account(id).await?;
    if let Some(why) = still_active(leave, member.as_ref()) {
        return Ok(MessageOutcome::Ignored(why));
    }
    let name = member.as_ref().map_or("", |member| member.name.as_str());
    let Some(name) = vending.settings.accounts.names.name(id, name) else {
        return Ok(MessageOutcome::Reported(format!(
            "account {id} has gone, and what Palette calls it is not known any more: remove it there"
        )));
    };
    let mut scopes: Vec<RequestedScope> =
        subject.project.clone().map(RequestedScope::Project).into_iter().collect();
    scopes.extend(vending.settings.accounts.scopes.all().into_iter().cloned());
    let MatchingAccounts { found, unread } =
        matching_accounts::find_in(vending, &name, id, &scopes).await?;
    if found.is_empty() && unread > 0 {
        return Ok(MessageOutcome::Reported(format!(
            "account {id} has gone: remove {name} from Palette, if one of the {unread} projects has it that do not let Gangway look"
        )));
    }
    if found.is_empty() {
        return Ok(MessageOutcome::Ignored(format!(
            "Palette has no account {name} of AWS account {id}"
        )));
    }
    let stays = match (vending.settings.accounts.offboarding, leave) {
        (OffboardingPolicy::Report, _) => Some("or set GANGWAY_OFFBOARDING to remove".to_owned()),
        (OffboardingPolicy::Remove, RemovalReason::Requested) => None,
        (OffboardingPolicy::Remove, RemovalReason::Closed | RemovalReason::Departed) => {
            not_managed(vending, &view, member.as_ref()).await?
        }
    };
    let Some(why) = stays else {
        for (registry, known) in &found {
            vending.deployment.delete_account(&known.uid, registry).await?;
        }
        return Ok(MessageOutcome::Removed);
    };
    let uids: Vec<_> = found.iter().map(|(_, known)| known.uid.as_str()).collect();
    Ok(MessageOutcome::Reported(format!(
        "account {id} has gone: remove {name} ({}) from Palette, {why}",
        uids.join(", ")
    )))
}

/// Events come late: an account that was opened again, or came back, stays.
fn still_active(leave: RemovalReason, member: Option<&OrgAccount>) -> Option<String> {
    let member = member?;
    let active = member.state == AccountState::Active;
    match leave {
        RemovalReason::Closed if active => Some(format!("account {} is ACTIVE again", member.id)),
        RemovalReason::Departed if active => {
            Some(format!("account {} is in the organization again", member.id))
        }
        RemovalReason::Closed | RemovalReason::Departed | RemovalReason::Requested => None,
    }
}

/// Why an account is not known to be one that this deployment would bring aboard; none of the others goes by itself.
async fn not_managed(
    vending: &VendingHandler,
    view: &ManagementSession,
    member: Option<&OrgAccount>,
) -> Result<Option<String>, VendingError> {
    let choice = &vending.settings.accounts.choice;
    let unknown = "as nobody can tell any more whether the settings choose it";
    let Some(member) = member else {
        return Ok((!choice.matches_everything()).then(|| unknown.to_owned()));
    };
    if member.management {
        return Ok(Some(format!("as {}", ExclusionReason::Management)));
    }
    let lineage = if choice.needs_ou_path() {
        match view.organization.ou_path(member).await {
            Ok(lineage) => lineage,
            Err(UpstreamError::NotFound { .. }) => return Ok(Some(unknown.to_owned())),
            Err(error) => return Err(error.into()),
        }
    } else {
        member.lineage.clone().unwrap_or_default()
    };
    Ok(choice.exclusion_reason(&member.name, &lineage).err().map(|why| format!("as {why}")))
}
