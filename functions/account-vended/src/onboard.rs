//! Onboards an account: decides whether it is registered, assumes a role in it, creates or updates
//! Palette's role, and registers the account in Palette.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use gangway_aws::AwsSession;
use gangway_aws::organizations::{AccountState, OrgAccount, OrganizationsClient, OuPath};
use gangway_checks::PaletteStateCheck;
use gangway_checks::ScopedClient;
use gangway_http::clock;
use gangway_model::{
    AccountId, AccountName, RequestedScope, RoleArn, Scope, UidOrName, UpstreamError,
};
use gangway_registration::vending::{ExclusionReason, VendingConfig};
use tokio::{join, time::sleep};

use crate::{
    account_role,
    context::VendingContext,
    drift,
    event::AccountRef,
    matching_accounts,
    outcome::{MessageError, MessageOutcome, VendingError},
    palette_cache::CachedSourceAccount,
    register::{PendingRegistration, RoleOwnership},
    role::{
        self, DesiredRole, ExistingRole, ManagedTags, PROPAGATION_RETRY, RoleChanges, SCOPE_TAG,
    },
};

/// What to do with an account that exists and is to be registered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Create or update its role, and register the account.
    Onboard { is_from_sweep: bool },
    /// Compare its role and the account in Palette with what Gangway makes, and change nothing.
    Compare,
}

/// Registers or compares an account. The outcome is `Ignored`, with the reason, if the account is
/// not to be registered.
pub(crate) async fn onboard_account(
    context: &VendingContext,
    account: &AccountRef,
    purpose: Purpose,
    message_sent: Option<SystemTime>,
) -> Result<MessageOutcome, MessageError> {
    let in_grace_period = |created: Option<SystemTime>| {
        created.is_some_and(|created| time_since(created) < context.config.grace_period)
    };
    let message_is_new = in_grace_period(message_sent);
    let describe = async {
        let organizations = context.management.organizations_client().await?;
        let org_account = organizations.describe_account(account.id).await?;
        Ok((organizations, org_account))
    };
    let (described, source_account) =
        join!(describe, context.palette_cache.source_account(&context.app));
    let (organizations, org_account) =
        described.map_err(|error| MessageError::new(error, message_is_new))?;
    let Some(org_account) = org_account else {
        return Err(MessageError::new(unknown_account_error(account.id), message_is_new));
    };
    let account_is_new = in_grace_period(org_account.joined.or(message_sent));
    let onboard = async {
        let config = &context.config.vending;
        let ou_path = match find_ou_path_or_exclusion(config, &organizations, &org_account).await? {
            Ok(ou_path) => ou_path,
            Err(excluded) => return Ok(MessageOutcome::Ignored(excluded)),
        };
        let scope = match &account.project {
            Some(project) => RequestedScope::Project(project.clone()),
            None => config.ou_scope_map.scope_for(&ou_path).clone(),
        };
        let member_access = context.management.member_access_session().await?;
        let aws =
            account_role::assume_account_role(&member_access, org_account.id, &context.config)
                .await?;
        let compared = message_sent.unwrap_or_else(clock::now);
        let purpose = (purpose, compared);
        register_account(context, &org_account, scope, &aws, &source_account?, purpose).await
    };
    onboard.await.map_err(|error| MessageError::new(error, account_is_new))
}

/// Returns the duration from `time` until now, or zero if `time` is in the future.
fn time_since(time: SystemTime) -> Duration {
    clock::now().duration_since(time).unwrap_or_default()
}

/// Returns the error for an account id that Organizations does not know. Events may arrive late,
/// twice and in any order, so Gangway relies on Organizations and not on the event.
fn unknown_account_error(id: AccountId) -> VendingError {
    VendingError::AccessDenied(format!(
        "the organization has no account {id}: it has left, or must be invited first"
    ))
}

/// Returns the OU path of the account, or the reason why the account is not to be registered.
async fn find_ou_path_or_exclusion(
    config: &VendingConfig,
    organizations: &OrganizationsClient,
    account: &OrgAccount,
) -> Result<Result<OuPath, String>, VendingError> {
    let state = || format!("account {} is {} in Organizations", account.id, account.state.id());
    match account.state {
        AccountState::Active | AccountState::Unknown => {}
        AccountState::Pending => return Err(VendingError::NotReady(state())),
        AccountState::Suspended | AccountState::Closing | AccountState::Closed => {
            return Err(VendingError::Permanent(format!(
                "{}: reopen it and send this message again, or delete the message",
                state()
            )));
        }
    }
    if account.management {
        return Ok(Err(ExclusionReason::Management.to_string()));
    }
    let ou_path = if config.needs_ou_path() {
        organizations.ou_path(account).await.map_err(from_ou_path_error)?
    } else {
        OuPath::default()
    };
    let excluded = config.account_filter.exclusion_reason(&account.name, &ou_path);
    Ok(excluded.map(|()| ou_path).map_err(|reason| reason.to_string()))
}

/// Converts an error of the calls that read the OU path. If Organizations does not find the account
/// or an OU, the account is being moved or closed, so the error is `NotReady`.
fn from_ou_path_error(error: UpstreamError) -> VendingError {
    if error.is_not_found() {
        VendingError::NotReady(error.to_string())
    } else {
        VendingError::Upstream(error)
    }
}

/// Maximum time to wait until another run has created the same role.
const MAX_CREATION_WAIT: Duration = Duration::from_secs(10);

/// Age up to which a role may not be visible in all of AWS yet.
const MAX_NEW_ROLE_AGE: Duration = Duration::from_mins(15);

/// Creates or updates the role that Palette assumes, and registers the account in Palette; or only
/// compares both.
async fn register_account(
    context: &VendingContext,
    org_account: &OrgAccount,
    requested_scope: RequestedScope,
    aws: &AwsSession,
    source_account: &CachedSourceAccount,
    (purpose, compared): (Purpose, SystemTime),
) -> Result<MessageOutcome, VendingError> {
    let (app, config) = (&context.app, &context.config);
    let partition = app.clients.partition;
    let Some(name) = config.vending.name_template.name(org_account.id, &org_account.name) else {
        return Err(VendingError::Permanent(format!(
            "the parameter AccountNameTemplate gives account {} no valid name in Palette: rename the account, or correct the parameter",
            org_account.id
        )));
    };
    let Some(arn) = config.role_name.to_arn(partition, org_account.id) else {
        return Err(VendingError::Permanent(
            "the parameter RoleName gives no valid role ARN".to_owned(),
        ));
    };
    let mut delays = PROPAGATION_RETRY.within(MAX_CREATION_WAIT).delays();
    loop {
        let existing = role::get_role(aws, &arn, config.stack_name.as_str()).await?;
        let (scope, accounts, state) = if purpose == Purpose::Compare {
            // The sweep has found the account in this scope, so a changed tag is drift.
            let accounts = context.palette_cache.accounts_in(app, &requested_scope).await?;
            let state = context.palette_cache.fetch_state(&accounts, &name).await?;
            (requested_scope.clone(), accounts, state)
        } else {
            let requested = requested_scope.clone();
            resolve_scope(context, &existing, requested, &name, org_account.id).await?
        };
        let desired = desired_role(context, &arn, accounts.scope(), source_account);
        let registration = PendingRegistration::new(
            app,
            config.permission_profile,
            accounts,
            state,
            (name.clone(), scope),
            source_account,
        )?;
        if purpose == Purpose::Compare {
            let compared = (&existing, compared);
            return drift::compare_account(context, aws, &desired, registration, compared).await;
        }
        registration.ensure_name_available(&arn)?;
        let ownership = match &existing {
            ExistingRole::Missing if role::create_role(aws, &desired).await? => {
                RoleOwnership::Managed {
                    role: desired.to_iam_role(),
                    is_new: true,
                    changes: RoleChanges::Created,
                }
            }
            ExistingRole::Missing => {
                let Some(delay) = delays.next() else {
                    let reason = format!("another run is creating role {arn}");
                    return Err(VendingError::NotReady(reason));
                };
                sleep(delay).await;
                continue;
            }
            ExistingRole::Managed(role) => {
                let parts = role::reconcile_role(aws, &desired, role).await?;
                let changes = RoleChanges::Updated(parts);
                let created_lately =
                    role.made.is_some_and(|created| time_since(created) < MAX_NEW_ROLE_AGE);
                let is_new = created_lately || changes.may_not_be_visible_yet();
                RoleOwnership::Managed { role: desired.to_iam_role(), is_new, changes }
            }
            ExistingRole::External(role) => RoleOwnership::External(role.arn.clone()),
        };
        let is_managed = matches!(ownership, RoleOwnership::Managed { .. });
        let known = registration.existing_account();
        let outcome = registration.register(aws, &arn, ownership).await?;
        // The watch may know drift of the account that is restored now.
        if let (Purpose::Onboard { is_from_sweep: true }, true, Some(known)) =
            (purpose, is_managed, known)
        {
            let sent = drift::send_comparison(context, &known, BTreeSet::new(), compared).await;
            // An error here must not hide what was restored: the next sweep sends this again.
            if let Err(error) = sent {
                let error = error.to_string();
                tracing::warn!(
                    error,
                    "the result that the account has no drift could not be sent to the watch"
                );
            }
        }
        return Ok(outcome);
    }
}

/// Returns the role that Gangway makes in the account of `arn`.
fn desired_role(
    context: &VendingContext,
    arn: &RoleArn,
    scope: &Scope,
    source_account: &CachedSourceAccount,
) -> DesiredRole {
    let (app, config) = (&context.app, &context.config);
    let partition = app.clients.partition;
    DesiredRole {
        trust_policy: gangway_policies::trust_policy(
            partition,
            source_account.account,
            &source_account.external_id,
        ),
        permissions_boundary: config
            .permissions_boundary
            .as_ref()
            .map(|policy| policy.arn(partition, arn.account())),
        tags: ManagedTags::new(
            config.stack_name.as_str(),
            scope,
            config.permission_profile,
            partition,
        ),
        profile: config.permission_profile,
        arn: arn.clone(),
    }
}

/// Returns the scope that the tag of the role names. Administrators of the member account can
/// change the tag, so the tag alone must not decide the scope: see [`resolve_scope`].
fn tagged_scope(existing: &ExistingRole) -> Option<Scope> {
    let ExistingRole::Managed(role) = existing else { return None };
    match role.tags.get(SCOPE_TAG).map(String::as_str)? {
        "tenant" => Some(Scope::Tenant),
        uid => uid.parse().ok().map(Scope::Project),
    }
}

/// Returns the scope in which to register the account, and the state of the account in that scope.
///
/// An account that Palette already has stays in its scope, even if the account was moved to another
/// OU or if this event names another project. If the tag of the role names another scope than the
/// requested one, only that scope is searched, and Palette must have the account there.
async fn resolve_scope<'a>(
    context: &'a VendingContext,
    existing: &ExistingRole,
    requested: RequestedScope,
    name: &AccountName,
    id: AccountId,
) -> Result<(RequestedScope, ScopedClient<'a>, PaletteStateCheck), VendingError> {
    let VendingContext { app, palette_cache, .. } = context;
    let accounts = palette_cache.accounts_in(app, &requested).await?;
    let tag = tagged_scope(existing);
    if let Some(tag) = tag.as_ref().filter(|tag| *tag != accounts.scope()) {
        let tagged = to_requested_scope(tag);
        let accounts = palette_cache.accounts_in(app, &tagged).await?;
        return match palette_cache.fetch_state(&accounts, name).await {
            Ok(state) if state.session.is_blocking() || is_registered(&state, id) => {
                Ok((tagged, accounts, state))
            }
            Ok(_)
            | Err(VendingError::Upstream(
                UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. },
            )) => Err(unconfirmed_tag_error(id)),
            Err(error) => Err(error),
        };
    }
    let state = palette_cache.fetch_state(&accounts, name).await?;
    if state.existing.by_name.is_some()
        || state.session.is_blocking()
        || matches!(existing, ExistingRole::Missing)
    {
        return Ok((requested, accounts, state));
    }
    let searched = [accounts.scope().clone()];
    let matching = matching_accounts::find_in_other_scopes(app, name, id, &searched).await?;
    let Some((accounts_there, _)) = matching.found.into_iter().next() else {
        return Ok((requested, accounts, state));
    };
    if tag.is_some() {
        return Err(unconfirmed_tag_error(id));
    }
    let scope = to_requested_scope(accounts_there.scope());
    let state = palette_cache.fetch_state(&accounts_there, name).await?;
    Ok((scope, accounts_there, state))
}

/// Returns `true` if the account of this name in Palette belongs to AWS account `id`.
fn is_registered(state: &PaletteStateCheck, id: AccountId) -> bool {
    state.existing.by_name.as_ref().is_some_and(|account| account.aws_account() == Some(id))
}

fn to_requested_scope(scope: &Scope) -> RequestedScope {
    match scope {
        Scope::Tenant => RequestedScope::Tenant,
        Scope::Project(uid) => RequestedScope::Project(UidOrName::Uid(uid.clone())),
    }
}

/// Returns the error for a scope tag that neither Palette, the settings nor the event confirm.
fn unconfirmed_tag_error(id: AccountId) -> VendingError {
    VendingError::Permanent(format!(
        "the tag {SCOPE_TAG} of the role in account {id} names a scope that neither the account in Palette nor OuScopeMap or the event confirms: somebody in that account has changed it, or the settings have changed; remove the tag and send this message again"
    ))
}
