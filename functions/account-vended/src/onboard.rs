//! Onboards an account: decides whether it is registered, assumes a role in it, creates or updates
//! Palette's role, and registers the account in Palette.

use std::time::{Duration, SystemTime};

use gangway_aws::AwsSession;
use gangway_aws::organizations::{AccountState, OrgAccount, OrganizationsClient, OuPath};
use gangway_checks::PaletteStateCheck;
use gangway_checks::ScopedClient;
use gangway_http::clock;
use gangway_model::{AccountId, AccountName, RequestedScope, Scope, UidOrName, UpstreamError};
use gangway_registration::vending::{ExclusionReason, VendingConfig};
use tokio::{join, time::sleep};

use crate::{
    account_role,
    context::VendingContext,
    event::AccountRef,
    matching_accounts,
    outcome::{MessageError, MessageOutcome, VendingError},
    palette_cache::CachedSourceAccount,
    register::{PendingRegistration, RoleOwnership},
    role::{self, DesiredRole, ExistingRole, ManagedTags, PROPAGATION, RoleChanges, SCOPE_TAG},
};

/// Registers an account, or returns why it is not registered.
pub(crate) async fn onboard_account(
    context: &VendingContext,
    account: &AccountRef,
    message_sent: Option<SystemTime>,
) -> Result<MessageOutcome, MessageError> {
    let in_grace_period = |created: Option<SystemTime>| {
        created.is_some_and(|created| age(created) < context.config.grace_period)
    };
    let message_is_new = in_grace_period(message_sent);
    let describe = async {
        let organizations = context.management.organizations().await?;
        let org_account = organizations.describe_account(account.id).await?;
        Ok((organizations, org_account))
    };
    let (described, source_account) =
        join!(describe, context.palette_cache.source_account(&context.app));
    let (organizations, org_account) =
        described.map_err(|error| MessageError::new(error, message_is_new))?;
    let Some(org_account) = org_account else {
        return Err(MessageError::new(unknown_account(account.id), message_is_new));
    };
    let account_is_new = in_grace_period(org_account.joined.or(message_sent));
    let onboard = async {
        let config = &context.config.vending;
        let ou_path = match select(config, &organizations, &org_account).await? {
            Ok(ou_path) => ou_path,
            Err(excluded) => return Ok(MessageOutcome::Ignored(excluded)),
        };
        let scope = match &account.project {
            Some(project) => RequestedScope::Project(project.clone()),
            None => config.ou_scope_map.scope_for(&ou_path).clone(),
        };
        let member_access = context.management.member_access().await?;
        let aws =
            account_role::assume_account_role(&member_access, org_account.id, &context.config)
                .await?;
        register(context, &org_account, scope, &aws, &source_account?).await
    };
    onboard.await.map_err(|error| MessageError::new(error, account_is_new))
}

/// Returns the time since then, or zero if it is in the future.
fn age(time: SystemTime) -> Duration {
    clock::now().duration_since(time).unwrap_or_default()
}

/// Returns the error of an account that Organizations does not have. Events may arrive late, twice and
/// in any order, so Organizations decides which accounts exist.
fn unknown_account(id: AccountId) -> VendingError {
    VendingError::AccessDenied(format!(
        "the organization has no account {id}: it has left, or must be invited first"
    ))
}

/// Returns the account's OU path if the account is to be registered; otherwise the reason why not.
async fn select(
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
        organizations.ou_path(account).await.map_err(map_moved_error)?
    } else {
        OuPath::default()
    };
    let excluded = config.account_filter.exclusion_reason(&account.name, &ou_path);
    Ok(excluded.map(|()| ou_path).map_err(|reason| reason.to_string()))
}

/// Converts an error of reading the OU path. If an OU or the account is not found, the account is
/// being moved or closed at the moment.
fn map_moved_error(error: UpstreamError) -> VendingError {
    if error.is_not_found() {
        VendingError::NotReady(error.to_string())
    } else {
        VendingError::Upstream(error)
    }
}

/// How long to wait for another run that creates the same role.
const CONCURRENT_CREATION: Duration = Duration::from_secs(10);

/// Age below which a role may not be visible in all of AWS yet.
const NEW_ROLE: Duration = Duration::from_mins(15);

async fn register(
    context: &VendingContext,
    org_account: &OrgAccount,
    requested_scope: RequestedScope,
    aws: &AwsSession,
    source_account: &CachedSourceAccount,
) -> Result<MessageOutcome, VendingError> {
    let (app, config) = (&context.app, &context.config);
    let partition = app.clients.partition;
    let Some(name) = config.vending.name_template.name(org_account.id, &org_account.name) else {
        return Err(VendingError::Permanent(format!(
            "the parameter AccountNameTemplate gives account {} no valid name in Palette: rename the account, or correct the parameter",
            org_account.id
        )));
    };
    let Some(arn) = config.role_name.in_account(partition, org_account.id) else {
        return Err(VendingError::Permanent(
            "the parameter RoleName gives no valid role ARN".to_owned(),
        ));
    };
    let mut delays = PROPAGATION.within(CONCURRENT_CREATION).delays();
    loop {
        let existing = role::get(aws, &arn, config.stack_name.as_str()).await?;
        let (scope, accounts, state) =
            resolve_scope(context, &existing, requested_scope.clone(), &name, org_account.id)
                .await?;
        let desired = DesiredRole {
            trust_policy: gangway_policies::trust_policy(
                partition,
                source_account.account,
                &source_account.external_id,
            ),
            permissions_boundary: config
                .permissions_boundary
                .as_ref()
                .map(|policy| policy.arn(partition, org_account.id)),
            tags: ManagedTags::new(
                config.stack_name.as_str(),
                accounts.scope(),
                config.permission_profile,
                partition,
            ),
            profile: config.permission_profile,
            arn: arn.clone(),
        };
        let registration = PendingRegistration::new(
            app,
            config.permission_profile,
            accounts,
            state,
            (name.clone(), scope),
            source_account,
        )?;
        registration.ensure_name_available(&arn)?;
        let ownership = match &existing {
            ExistingRole::Missing if role::create(aws, &desired).await? => RoleOwnership::Managed {
                role: desired.to_iam_role(),
                is_new: true,
                changes: RoleChanges::Created,
            },
            ExistingRole::Missing => {
                let Some(delay) = delays.next() else {
                    let reason = format!("another run is creating role {arn}");
                    return Err(VendingError::NotReady(reason));
                };
                sleep(delay).await;
                continue;
            }
            ExistingRole::Managed(role) => {
                let parts = role::reconcile(aws, &desired, role).await?;
                let changes = RoleChanges::Updated(parts);
                let created_lately = role.made.is_some_and(|created| age(created) < NEW_ROLE);
                let is_new = created_lately || changes.may_not_be_visible_yet();
                RoleOwnership::Managed { role: desired.to_iam_role(), is_new, changes }
            }
            ExistingRole::External(role) => RoleOwnership::External(role.arn.clone()),
        };
        return registration.register(aws, &arn, ownership).await;
    }
}

/// Returns the scope that the role's tag names. Administrators of the member account can change the tag,
/// so that it decides nothing: see [`resolve_scope`].
fn tagged_scope(existing: &ExistingRole) -> Option<Scope> {
    let ExistingRole::Managed(role) = existing else { return None };
    match role.tags.get(SCOPE_TAG).map(String::as_str)? {
        "tenant" => Some(Scope::Tenant),
        uid => uid.parse().ok().map(Scope::Project),
    }
}

/// Returns the scope of an account, and Palette's state of the account there.
///
/// An account that Palette has stays in its scope, also if it was moved to another OU since or if an
/// earlier event named another project. The tag of the role saves a search for it, and can only confirm
/// what Palette or the settings say.
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
        let tagged = to_requested(tag);
        let accounts = palette_cache.accounts_in(app, &tagged).await?;
        return match palette_cache.fetch_state(&accounts, name).await {
            Ok(state) if state.session.is_blocking() || is_registered(&state, id) => {
                Ok((tagged, accounts, state))
            }
            Ok(_)
            | Err(VendingError::Upstream(
                UpstreamError::NotFound { .. } | UpstreamError::ProjectNotFound { .. },
            )) => Err(unconfirmed_tag(id)),
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
        return Err(unconfirmed_tag(id));
    }
    let scope = to_requested(accounts_there.scope());
    let state = palette_cache.fetch_state(&accounts_there, name).await?;
    Ok((scope, accounts_there, state))
}

fn is_registered(state: &PaletteStateCheck, id: AccountId) -> bool {
    state.existing.by_name.as_ref().is_some_and(|account| account.aws_account() == Some(id))
}

fn to_requested(scope: &Scope) -> RequestedScope {
    match scope {
        Scope::Tenant => RequestedScope::Tenant,
        Scope::Project(uid) => RequestedScope::Project(UidOrName::Uid(uid.clone())),
    }
}

/// Returns the error of a tag that names another scope than Palette and the settings.
fn unconfirmed_tag(id: AccountId) -> VendingError {
    VendingError::Permanent(format!(
        "the tag {SCOPE_TAG} of the role in account {id} names a scope that neither the account in Palette nor OuScopeMap or the event confirms: somebody in that account has changed it, or the settings have changed; remove the tag and send this message again"
    ))
}
