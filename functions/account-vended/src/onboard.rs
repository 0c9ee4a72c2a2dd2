//! An account comes aboard: is it to, may we in, is the role as it is to be, does Palette have it.

use std::time::{Duration, SystemTime};

use gangway_aws::AwsSession;
use gangway_aws::organizations::{AccountState, OrgAccount, OuPath};
use gangway_checks::ScopedAccounts;
use gangway_model::{AccountId, AccountName, RequestedScope, Scope, UidOrName, UpstreamError};
use gangway_palette::PaletteState;
use tokio::join;

use crate::{
    VendingHandler, account_role,
    event::AccountRef,
    handler::MessageError,
    management::ManagementSession,
    matching_accounts,
    outcome::{MessageOutcome, VendingError},
    palette_cache::CachedSourceAccount,
    register::{PendingRegistration, RoleOwnership},
    role::{self, Backoff, Changes, DesiredRole, ExistingRole, ManagedTags, SCOPE},
    time::since,
};

/// Brings an account aboard, or says why not.
pub(crate) async fn onboard_account(
    vending: &VendingHandler,
    subject: &AccountRef,
    sent: Option<SystemTime>,
) -> Result<MessageOutcome, MessageError> {
    let grace = vending.settings.grace;
    let young = |time: Option<SystemTime>| time.is_some_and(|time| since(time) < grace);
    let told_lately = young(sent);
    let asked = async {
        let view = vending.management.session().await?;
        let member = view.organization.describe_account(subject.account).await?;
        Ok((view, member))
    };
    let (asked, trusted) = join!(asked, vending.answers.trusted(&vending.deployment));
    let (view, member) = asked.map_err(|setback| MessageError::new(setback, told_lately))?;
    let Some(member) = member else {
        return Err(MessageError::new(unknown_account(subject), told_lately));
    };
    let young = young(member.joined.or(sent));
    let brought = async {
        let lineage = match select(vending, &view, &member).await? {
            Ok(lineage) => lineage,
            Err(why) => return Ok(MessageOutcome::Ignored(why)),
        };
        let wish = match &subject.project {
            Some(project) => RequestedScope::Project(project.clone()),
            None => vending.settings.accounts.scopes.scope_for(&lineage).clone(),
        };
        let aws =
            account_role::assume_account_role(&view.aws, member.id, &vending.settings).await?;
        register(vending, &member, wish, &aws, &trusted?).await
    };
    brought.await.map_err(|setback| MessageError::new(setback, young))
}

/// Organizations is asked first, since events come late, twice and in any order.
fn unknown_account(subject: &AccountRef) -> VendingError {
    VendingError::AccessDenied(format!(
        "Organizations has no account {}: it has left, or is to be invited first",
        subject.account
    ))
}

/// The units that an account is in, where it is to come aboard; else why not.
async fn select(
    vending: &VendingHandler,
    view: &ManagementSession,
    member: &OrgAccount,
) -> Result<Result<OuPath, String>, VendingError> {
    let state = || format!("account {} is {} in Organizations", member.id, member.state.id());
    match member.state {
        AccountState::Active | AccountState::Unknown => {}
        AccountState::Pending => return Err(VendingError::NotReady(state())),
        AccountState::Suspended | AccountState::Closing | AccountState::Closed => {
            return Err(VendingError::Permanent(format!(
                "{}: have it opened again and send this message again, or delete it",
                state()
            )));
        }
    }
    if member.management {
        return Ok(Err(gangway_registration::vending::ExclusionReason::Management.to_string()));
    }
    let lineage = if vending.settings.accounts.needs_ou_path() {
        view.organization.ou_path(member).await.map_err(map_moved_error)?
    } else {
        OuPath::default()
    };
    let choice = &vending.settings.accounts.choice;
    Ok(choice
        .exclusion_reason(&member.name, &lineage)
        .map(|()| lineage)
        .map_err(|why| why.to_string()))
}

/// What was there a moment ago is being moved or closed.
fn map_moved_error(error: UpstreamError) -> VendingError {
    match error {
        missing @ UpstreamError::NotFound { .. } => VendingError::NotReady(missing.to_string()),
        error @ (UpstreamError::Rejected { .. }
        | UpstreamError::AccessDenied { .. }
        | UpstreamError::ProjectNotFound { .. }
        | UpstreamError::AlreadyExists { .. }
        | UpstreamError::Throttled { .. }
        | UpstreamError::Unavailable { .. }
        | UpstreamError::TimedOut { .. }) => VendingError::Upstream(error),
    }
}

/// How long somebody else who makes the same role is waited for.
const EXTERNAL_ROLE: Duration = Duration::from_secs(10);

/// A role that was made so lately that AWS may not see it everywhere.
const NEW_ACCOUNT: Duration = Duration::from_mins(15);

async fn register(
    vending: &VendingHandler,
    member: &OrgAccount,
    wish: RequestedScope,
    aws: &AwsSession,
    trusted: &CachedSourceAccount,
) -> Result<MessageOutcome, VendingError> {
    let (settings, partition) = (&vending.settings, vending.deployment.clients.partition);
    let Some(name) = settings.accounts.names.name(member.id, &member.name) else {
        return Err(VendingError::Permanent(format!(
            "GANGWAY_ACCOUNT_NAME_TEMPLATE makes no name of account {} that Palette takes: rename it, or mend the setting",
            member.id
        )));
    };
    let Some(arn) = settings.role.in_account(partition, member.id) else {
        return Err(VendingError::Permanent("GANGWAY_ROLE_NAME makes no ARN of a role".to_owned()));
    };
    let mut patience = Backoff::until(EXTERNAL_ROLE);
    loop {
        let found = role::get(aws, &arn, settings.stack.as_str()).await?;
        let wish = scope_of_record(&found).unwrap_or_else(|| wish.clone());
        let (wish, registry, look) = place(vending, &found, wish, &name, member.id).await?;
        let wanted = DesiredRole {
            trust: gangway_policies::trust_policy(partition, trusted.account, &trusted.external_id),
            boundary: settings.boundary.as_ref().map(|policy| policy.arn(partition, member.id)),
            marks: ManagedTags::new(
                settings.stack.as_str(),
                registry.scope(),
                settings.profile,
                partition,
            ),
            profile: settings.profile,
            arn: arn.clone(),
        };
        let candidate =
            PendingRegistration::new(vending, registry, look, (name.clone(), wish), trusted)?;
        candidate.ensure_name_available(&arn)?;
        let whose = match &found {
            ExistingRole::Missing if role::create(aws, &wanted).await? => {
                RoleOwnership::Managed { role: wanted.done(), fresh: true, took: Changes::Changes }
            }
            ExistingRole::Missing if patience.wait().await => continue,
            ExistingRole::Missing => {
                let reason = format!("role {arn} is being made by somebody else");
                return Err(VendingError::NotReady(reason));
            }
            ExistingRole::Managed(role) => {
                let took = role::reconcile(aws, &wanted, role).await?;
                let new = role.made.is_some_and(|made| since(made) < NEW_ACCOUNT);
                let fresh = new || took == Changes::Changes;
                RoleOwnership::Managed { role: wanted.done(), fresh, took }
            }
            ExistingRole::External(role) => RoleOwnership::External(role.arn.clone()),
        };
        return candidate.register(aws, &arn, whose).await;
    }
}

/// Whose an account is in Palette was settled when its role was made: nothing in Palette moves it.
fn scope_of_record(found: &ExistingRole) -> Option<RequestedScope> {
    let ExistingRole::Managed(role) = found else { return None };
    match role.tags.get(SCOPE).map(String::as_str)? {
        "tenant" => Some(RequestedScope::Tenant),
        uid => uid.parse().ok().map(UidOrName::Uid).map(RequestedScope::Project),
    }
}

/// The scope of an account, and what Palette has of it there. On somebody else's role there is no note of the scope, and the
/// event that named it may have been an earlier one: it is looked for in all of them before it is made once more.
async fn place<'a>(
    vending: &'a VendingHandler,
    found: &ExistingRole,
    wish: RequestedScope,
    name: &AccountName,
    id: AccountId,
) -> Result<(RequestedScope, ScopedAccounts<'a>, PaletteState), VendingError> {
    let registry = vending.answers.scoped(&vending.deployment, &wish).await?;
    let look = vending.answers.fetch_state(&registry, name).await?;
    if look.existing.by_name.is_some() || !matches!(found, ExistingRole::External(_)) {
        return Ok((wish, registry, look));
    }
    let seen = [registry.scope().clone()];
    let elsewhere = matching_accounts::find_in_other_scopes(vending, name, id, &seen).await?;
    let Some((there, _)) = elsewhere.found.into_iter().next() else {
        return Ok((wish, registry, look));
    };
    let wish = match there.scope().clone() {
        Scope::Tenant => RequestedScope::Tenant,
        Scope::Project(uid) => RequestedScope::Project(UidOrName::Uid(uid)),
    };
    let look = vending.answers.fetch_state(&there, name).await?;
    Ok((wish, there, look))
}
