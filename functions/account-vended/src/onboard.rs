//! An account comes aboard: is it to, may we in, is the role as it is to be, does Palette have it.

use std::time::{Duration, SystemTime};

use gangway_aws::AwsSession;
use gangway_aws::organizations::{AccountState, OrgAccount, OuPath};
use gangway_checks::ScopedAccounts;
use gangway_model::{AccountId, AccountName, RequestedScope, Scope, UidOrName, UpstreamError};
use gangway_palette::PaletteState;
use tokio::join;

use crate::{
    Vending,
    ensure::{self, Found, Marks, Patience, SCOPE, Took, Wanted},
    entry,
    event::Subject,
    management::View,
    namesakes,
    outcome::{End, Setback},
    palette::Trusted,
    register::{Candidate, Whose},
    time::since,
    vending::Trouble,
};

/// Brings an account aboard, or says why not.
pub(crate) async fn account(
    vending: &Vending,
    subject: &Subject,
    sent: Option<SystemTime>,
) -> Result<End, Trouble> {
    let grace = vending.settings.grace;
    let young = |time: Option<SystemTime>| time.is_some_and(|time| since(time) < grace);
    let told_lately = young(sent);
    let asked = async {
        let view = vending.management.view().await?;
        let member = view.organization.describe_account(subject.account).await?;
        Ok((view, member))
    };
    let (asked, trusted) = join!(asked, vending.answers.trusted(&vending.deployment));
    let (view, member) = asked.map_err(|setback| Trouble::of(setback, told_lately))?;
    let Some(member) = member else {
        return Err(Trouble::of(unknown(subject), told_lately));
    };
    let young = young(member.joined.or(sent));
    let brought = async {
        let lineage = match chosen(vending, &view, &member).await? {
            Ok(lineage) => lineage,
            Err(why) => return Ok(End::Ignored(why)),
        };
        let wish = match &subject.project {
            Some(project) => RequestedScope::Project(project.clone()),
            None => vending.settings.accounts.scopes.scope_for(&lineage).clone(),
        };
        let aws = entry::enter(&view.aws, member.id, &vending.settings).await?;
        aboard(vending, &member, wish, &aws, &trusted?).await
    };
    brought.await.map_err(|setback| Trouble::of(setback, young))
}

/// Organizations is asked first, since events come late, twice and in any order.
fn unknown(subject: &Subject) -> Setback {
    Setback::Barred(format!(
        "Organizations has no account {}: it has left, or is to be invited first",
        subject.account
    ))
}

/// The units that an account is in, where it is to come aboard; else why not.
async fn chosen(
    vending: &Vending,
    view: &View,
    member: &OrgAccount,
) -> Result<Result<OuPath, String>, Setback> {
    let state = || format!("account {} is {} in Organizations", member.id, member.state.id());
    match member.state {
        AccountState::Active | AccountState::Unknown => {}
        AccountState::Pending => return Err(Setback::NotYet(state())),
        AccountState::Suspended | AccountState::Closing | AccountState::Closed => {
            return Err(Setback::Final(format!(
                "{}: have it opened again and send this message again, or delete it",
                state()
            )));
        }
    }
    if member.management {
        return Ok(Err(gangway_registration::vending::ExclusionReason::Management.to_string()));
    }
    let lineage = if vending.settings.accounts.needs_ou_path() {
        view.organization.ou_path(member).await.map_err(moved)?
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
fn moved(error: UpstreamError) -> Setback {
    match error {
        missing @ UpstreamError::NotFound { .. } => Setback::NotYet(missing.to_string()),
        error @ (UpstreamError::Rejected { .. }
        | UpstreamError::AccessDenied { .. }
        | UpstreamError::ProjectNotFound { .. }
        | UpstreamError::AlreadyExists { .. }
        | UpstreamError::Throttled { .. }
        | UpstreamError::Unavailable { .. }
        | UpstreamError::TimedOut { .. }) => Setback::Port(error),
    }
}

/// How long somebody else who makes the same role is waited for.
const SOMEBODY_ELSE: Duration = Duration::from_secs(10);

/// A role that was made so lately that AWS may not see it everywhere.
const NEW: Duration = Duration::from_mins(15);

async fn aboard(
    vending: &Vending,
    member: &OrgAccount,
    wish: RequestedScope,
    aws: &AwsSession,
    trusted: &Trusted,
) -> Result<End, Setback> {
    let (settings, partition) = (&vending.settings, vending.deployment.clients.partition);
    let Some(name) = settings.accounts.names.name(member.id, &member.name) else {
        return Err(Setback::Final(format!(
            "GANGWAY_PALETTE_NAME makes no name of account {} that Palette takes: rename it, or mend the setting",
            member.id
        )));
    };
    let Some(arn) = settings.role.in_account(partition, member.id) else {
        return Err(Setback::Final("GANGWAY_ROLE_NAME makes no ARN of a role".to_owned()));
    };
    let mut patience = Patience::of(SOMEBODY_ELSE);
    loop {
        let found = ensure::look(aws, &arn, settings.stack.as_str()).await?;
        let wish = settled_scope(&found).unwrap_or_else(|| wish.clone());
        let (wish, registry, look) = place(vending, &found, wish, &name, member.id).await?;
        let wanted = Wanted {
            trust: gangway_policies::trust_policy(partition, trusted.account, &trusted.external_id),
            boundary: settings.boundary.as_ref().map(|policy| policy.arn(partition, member.id)),
            marks: Marks::new(
                settings.stack.as_str(),
                registry.scope(),
                settings.profile,
                partition,
            ),
            profile: settings.profile,
            arn: arn.clone(),
        };
        let candidate = Candidate::new(vending, registry, look, (name.clone(), wish), trusted)?;
        candidate.may_have_the_name(&arn)?;
        let whose = match &found {
            Found::Nothing if ensure::make(aws, &wanted).await? => {
                Whose::Ours { role: wanted.done(), fresh: true, took: Took::Changes }
            }
            Found::Nothing if patience.wait().await => continue,
            Found::Nothing => {
                let reason = format!("role {arn} is being made by somebody else");
                return Err(Setback::NotYet(reason));
            }
            Found::Ours(role) => {
                let took = ensure::mend(aws, &wanted, role).await?;
                let new = role.made.is_some_and(|made| since(made) < NEW);
                let fresh = new || took == Took::Changes;
                Whose::Ours { role: wanted.done(), fresh, took }
            }
            Found::Theirs(role) => Whose::Theirs(role.arn.clone()),
        };
        return candidate.register(aws, &arn, whose).await;
    }
}

/// Whose an account is in Palette was settled when its role was made: nothing in Palette moves it.
fn settled_scope(found: &Found) -> Option<RequestedScope> {
    let Found::Ours(role) = found else { return None };
    match role.tags.get(SCOPE).map(String::as_str)? {
        "tenant" => Some(RequestedScope::Tenant),
        uid => uid.parse().ok().map(UidOrName::Uid).map(RequestedScope::Project),
    }
}

/// The scope of an account, and what Palette has of it there. On somebody else's role there is no note of the scope, and the
/// event that named it may have been an earlier one: it is looked for in all of them before it is made once more.
async fn place<'a>(
    vending: &'a Vending,
    found: &Found,
    wish: RequestedScope,
    name: &AccountName,
    id: AccountId,
) -> Result<(RequestedScope, ScopedAccounts<'a>, PaletteState), Setback> {
    let registry = vending.answers.scoped(&vending.deployment, &wish).await?;
    let look = vending.answers.look(&registry, name).await?;
    if look.existing.by_name.is_some() || !matches!(found, Found::Theirs(_)) {
        return Ok((wish, registry, look));
    }
    let seen = [registry.scope().clone()];
    let elsewhere = namesakes::elsewhere(vending, name, id, &seen).await?;
    let Some((there, _)) = elsewhere.found.into_iter().next() else {
        return Ok((wish, registry, look));
    };
    let wish = match there.scope().clone() {
        Scope::Tenant => RequestedScope::Tenant,
        Scope::Project(uid) => RequestedScope::Project(UidOrName::Uid(uid)),
    };
    let look = vending.answers.look(&there, name).await?;
    Ok((wish, there, look))
}
