//! An account goes: somebody is told, or it is taken out of Palette.

use deployment::Accounts;
use domain::{AccountId, AccountName, CloudAccount, Method, ScopeWish, ports::Registry as _};
use organizations::{Member, Offboarding, State};

use crate::{
    Vending,
    event::{Leave, Subject},
    outcome::{End, Setback},
};

/// Takes an account off, as the settings say.
pub(crate) async fn account(
    vending: &Vending,
    subject: &Subject,
    leave: Leave,
) -> Result<End, Setback> {
    let id = subject.account;
    let view = vending.management.view().await?;
    let member = view.organization.member(id).await?;
    if let Some(why) = still_here(leave, member.as_ref()) {
        return Ok(End::Ignored(why));
    }
    let name = member.as_ref().map_or("", |member| member.name.as_str());
    let Some(name) = vending.settings.accounts.names.name(id, name) else {
        return Ok(End::Reported(format!(
            "account {id} has gone, and what Palette calls it is not known any more: remove it there"
        )));
    };
    let mut scopes: Vec<ScopeWish> =
        subject.project.clone().map(ScopeWish::Project).into_iter().collect();
    scopes.extend(vending.settings.accounts.scopes.all().into_iter().cloned());
    let mut reported = Vec::new();
    let mut removed = false;
    for scope in &scopes {
        let registry = vending.answers.scoped(&vending.deployment, scope).await?;
        let Some(known) = namesake(&registry, &name, id).await? else { continue };
        match vending.settings.accounts.offboarding {
            Offboarding::Remove => {
                vending.deployment.remove(&known.uid, &registry).await?;
                removed = true;
            }
            Offboarding::Report => reported.push(known.uid.to_string()),
        }
    }
    Ok(if removed {
        End::Removed
    } else if reported.is_empty() {
        End::Ignored(format!("Palette has no account {name} of AWS account {id}"))
    } else {
        End::Reported(format!(
            "account {id} has gone: remove {name} ({}) from Palette, or set GANGWAY_OFFBOARDING to remove",
            reported.join(", ")
        ))
    })
}

/// Events come late: an account that was opened again, or came back, stays.
fn still_here(leave: Leave, member: Option<&Member>) -> Option<String> {
    let member = member?;
    let active = member.state == State::Active;
    match leave {
        Leave::Closed if active => Some(format!("account {} is ACTIVE again", member.id)),
        Leave::Departed if active => {
            Some(format!("account {} is in the organization again", member.id))
        }
        Leave::Closed | Leave::Departed | Leave::Asked => None,
    }
}

/// The account of this name, if it is this AWS account and was registered as vended ones are.
async fn namesake(
    registry: &Accounts<'_>,
    name: &AccountName,
    id: AccountId,
) -> Result<Option<CloudAccount>, Setback> {
    let known = registry.find(name).await?;
    Ok(known.filter(|known| {
        known.aws_account() == Some(id) && known.access.method() == Some(Method::Sts)
    }))
}
