//! Offboards an account: reports that it should be removed from Palette, or removes it.

use std::mem;

use gangway_aws::organizations::{AccountState, OrgAccount, OrganizationsClient};
use gangway_checks::ScopedClient;
use gangway_lambda::EventAccount;
use gangway_model::{
    AccountId, AccountName, RequestedScope, Uid, UpstreamError, stores::CloudAccountStore as _,
};
use gangway_registration::vending::{AccountFilter, ExclusionReason, OffboardingPolicy};

use crate::{
    context::VendingContext,
    event::{AccountRef, RemovalReason},
    matching_accounts::{self, MatchingAccounts},
    outcome::{MessageError, MessageOutcome, VendingError},
};

/// Offboards an account as `GANGWAY_OFFBOARDING` says. The error lists the Palette accounts that
/// were removed before the error occurred.
pub(crate) async fn offboard_account(
    context: &VendingContext,
    account: &AccountRef,
    reason: RemovalReason,
) -> Result<MessageOutcome, MessageError> {
    let mut removed = Vec::new();
    let outcome = offboard(context, account, reason, &mut removed).await;
    outcome.map_err(|error| MessageError { removed, ..MessageError::new(error, false) })
}

/// Offboards an account, and adds each Palette account that it removes to `removed`.
async fn offboard(
    context: &VendingContext,
    account: &AccountRef,
    reason: RemovalReason,
    removed: &mut Vec<EventAccount>,
) -> Result<MessageOutcome, VendingError> {
    let id = account.id;
    let config = &context.config.vending;
    let organizations = context.management.organizations_client().await?;
    let org_account = organizations.describe_account(id).await?;
    if let Some(ignored) =
        org_account.as_ref().and_then(|account| reason_to_keep_open_account(reason, account))
    {
        return Ok(MessageOutcome::Ignored(ignored));
    }
    let aws_name = org_account.as_ref().map_or("", |account| account.name.as_str());
    let Some(name) = config.name_template.name(id, aws_name) else {
        let reason = format!(
            "account {id} is closed or has left, and its name in Palette cannot be determined any more: remove the account there"
        );
        return Ok(MessageOutcome::Reported(reason, to_event_account(id, None)));
    };
    let mut likely_scopes: Vec<RequestedScope> =
        account.project.clone().map(RequestedScope::Project).into_iter().collect();
    likely_scopes.extend(config.ou_scope_map.all().into_iter().cloned());
    let MatchingAccounts { found, denied_projects } =
        matching_accounts::find_accounts(context, &name, id, &likely_scopes).await?;
    let leftover = find_leftover_owners(context, id, &name).await?;
    if found.is_empty() && leftover.is_empty() && denied_projects > 0 {
        let reason = format!(
            "account {id} is closed or has left: remove {name} from Palette, if it is in one of the {denied_projects} projects that Gangway may not read"
        );
        return Ok(MessageOutcome::Reported(reason, to_event_account(id, Some(&name))));
    }
    if found.is_empty() && leftover.is_empty() {
        let reason = format!("Palette has no account {name} of AWS account {id}");
        return Ok(MessageOutcome::Absent(reason, to_event_account(id, Some(&name))));
    }
    let kept_because = match (config.offboarding, reason) {
        (OffboardingPolicy::Report, _) => {
            Some("or set the parameter Offboarding to remove".to_owned())
        }
        (OffboardingPolicy::Remove, RemovalReason::Requested) => None,
        (OffboardingPolicy::Remove, RemovalReason::Closed | RemovalReason::Departed) => {
            reason_to_keep_unmanaged_account(
                &config.account_filter,
                &organizations,
                org_account.as_ref(),
            )
            .await?
        }
    };
    let Some(kept_because) = kept_because else {
        for (accounts, account) in &found {
            let result = context.app.delete_account(&account.uid, accounts).await;
            // If only the deletion of the secret failed, the next delivery deletes the secret.
            if result.is_ok() || is_removed_from_palette(accounts, &account.uid).await {
                removed.push(EventAccount::from(account));
            }
            result?;
        }
        for (uid, accounts) in &leftover {
            context.app.delete_leftover_secrets(uid, accounts).await?;
            let uid = Some(uid.to_string());
            let account = to_event_account(id, Some(&name)).with_scope(accounts.scope());
            removed.push(EventAccount { uid, ..account });
        }
        return Ok(MessageOutcome::Removed(mem::take(removed)));
    };
    if found.is_empty() {
        let reason = format!(
            "account {id} is closed or has left: delete the secrets that {name} has left behind, {kept_because}"
        );
        return Ok(MessageOutcome::Reported(reason, to_event_account(id, Some(&name))));
    }
    let uids: Vec<_> = found.iter().map(|(_, account)| account.uid.as_str()).collect();
    let reason = format!(
        "account {id} is closed or has left: remove {name} ({}) from Palette, {kept_because}",
        uids.join(", ")
    );
    let reported = match found.as_slice() {
        [(_, account)] => EventAccount::from(account),
        _ => to_event_account(id, Some(&name)),
    };
    Ok(MessageOutcome::Reported(reason, reported))
}

/// Returns `true` if Palette no longer has the account.
async fn is_removed_from_palette(accounts: &ScopedClient<'_>, uid: &Uid) -> bool {
    matches!(accounts.get(uid).await, Err(UpstreamError::NotFound { .. }))
}

/// Returns the account for an outcome event, with its id and its name in Palette.
fn to_event_account(id: AccountId, name: Option<&AccountName>) -> EventAccount {
    let name = name.map(ToString::to_string);
    EventAccount { account: Some(id), name, ..EventAccount::default() }
}

/// Returns the uids that own secrets of this AWS account and name, but that Palette no longer has.
/// An earlier delivery of the message deleted the account in Palette, and ended before it deleted
/// the secrets.
async fn find_leftover_owners<'a>(
    context: &'a VendingContext,
    id: AccountId,
    name: &AccountName,
) -> Result<Vec<(Uid, ScopedClient<'a>)>, VendingError> {
    let clients = &context.app.clients;
    let mut leftover = Vec::new();
    for (uid, scope) in clients.secrets.owners_of(id, name).await? {
        let accounts = clients.palette.in_scope(scope);
        match accounts.get(&uid).await {
            // Palette has the account with another method. Events register only the method `sts`.
            Ok(_) => {}
            Err(UpstreamError::NotFound { .. }) => leftover.push((uid, accounts)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(leftover)
}

/// Returns the reason not to offboard an account that is still open in Organizations, or `None` if
/// the account is closed, being closed or suspended. Events may arrive late, when the account has
/// been reopened or invited again, so the event alone is no reason to offboard.
fn reason_to_keep_open_account(reason: RemovalReason, account: &OrgAccount) -> Option<String> {
    let (id, state) = (account.id, account.state.id());
    match account.state {
        AccountState::Suspended | AccountState::Closing | AccountState::Closed => None,
        AccountState::Active | AccountState::Pending | AccountState::Unknown => {
            Some(match reason {
                RemovalReason::Closed => format!("account {id} is {state} again in Organizations"),
                RemovalReason::Departed => {
                    format!("account {id} is in the organization again, {state}")
                }
                RemovalReason::Requested => format!(
                    "account {id} is {state} in Organizations: close it, or remove it from the organization; or remove the account over the API of Gangway"
                ),
            })
        }
    }
}

/// Returns the reason not to remove an account from Palette if this deployment may not be the one
/// that registers the account: the account filter excludes the account, or its OU is unknown.
async fn reason_to_keep_unmanaged_account(
    filter: &AccountFilter,
    organizations: &OrganizationsClient,
    account: Option<&OrgAccount>,
) -> Result<Option<String>, VendingError> {
    let unknown = "because it cannot be determined any more whether the account filter includes it";
    let Some(account) = account else {
        return Ok((!filter.matches_everything()).then(|| unknown.to_owned()));
    };
    if account.management {
        return Ok(Some(format!("because {}", ExclusionReason::Management)));
    }
    let ou_path = if filter.needs_ou_path() {
        match organizations.ou_path(account).await {
            Ok(ou_path) => ou_path,
            Err(UpstreamError::NotFound { .. }) => return Ok(Some(unknown.to_owned())),
            Err(error) => return Err(error.into()),
        }
    } else {
        account.ou_path.clone().unwrap_or_default()
    };
    let excluded = filter.exclusion_reason(&account.name, &ou_path).err();
    Ok(excluded.map(|reason| format!("because {reason}")))
}
