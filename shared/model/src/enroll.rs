//! The flow of every registration: stage the secret, tell Palette, put the secret in use.
//!
//! Each step may be repeated, so a run that was cut off anywhere is mended by running it again. All that is ever undone
//! is a secret that was kept for an account which Palette then refused.

mod create;
mod stand;

use crate::{
    Access, CloudAccount, Done, Enrolled, Failure, Intent, Known, PortError, Receipt, Registration,
    Report, SecretArn, Uid, Verified,
    ports::{Owner, Registry, Staged, Standing, Vault},
};
use create::{Created, Refused, create};
use stand::{Placed, Stand};

pub use stand::LISTED;

/// What a method's preflight found out.
#[derive(Debug)]
pub struct Preflight {
    /// Every check and its answer.
    pub report: Report,
    /// The account as it is to be. `None` where a check kept it from being made out.
    pub registration: Option<Registration>,
    /// What Palette already has.
    pub known: Known,
}

impl Preflight {
    /// Does what the caller intends: answers the report, or goes on to register. `rest` waits before the account is written
    /// once more, or read once more, longer from round to round (the first is 1).
    pub async fn conclude(
        self,
        intent: &Intent,
        vault: &impl Vault,
        registry: &impl Registry,
        rest: impl AsyncFn(usize),
    ) -> Result<Done, Failure> {
        let Self { report, registration, known } = self;
        if *intent == Intent::Validate {
            return Ok(Done::Report(report));
        }
        let conflict = registration.as_ref().and_then(|wanted| known.conflict(intent, wanted));
        if let Some(conflict) = conflict {
            return Err(Failure::Conflict(conflict));
        }
        let verified =
            report.verify(registration).map_err(|report| Failure::Blocked(Box::new(report)))?;
        enroll(verified, intent, &known, (vault, registry), rest)
            .await
            .map(Box::new)
            .map(Done::Receipt)
    }
}

/// How often a run starts over at most where another got in between.
const ROUNDS: usize = 5;

/// Stage, create or replace, promote; and once more where another run did the same in between. Only what a report cleared
/// comes in.
///
/// Palette and the vault are two stores, and nothing locks both. Every run writes to Palette first and to the vault then, and
/// looks at both at last: whoever is the last to write sees it if Palette has the one run's keys and the vault the other's,
/// and writes both again.
async fn enroll(
    verified: Verified<Registration>,
    intent: &Intent,
    known: &Known,
    (vault, registry): (&impl Vault, &impl Registry),
    rest: impl AsyncFn(usize),
) -> Result<Receipt, Failure> {
    let registration = verified.subject();
    let placed = once(registration, known.current(intent), intent, vault, registry).await?;
    let (outcome, mut last) = (placed.outcome, placed);
    let mut rounds = 1;
    let seen = loop {
        match last.stands(registration, vault, registry).await {
            Stand::Settled(seen) => break seen,
            Stand::Mixed(_) if rounds == ROUNDS => {
                return Err(Failure::Overtaken(format!(
                    "other requests change account {} at the same time: send this one again when they are done",
                    last.uid
                )));
            }
            Stand::Mixed(current) => {
                rest(rounds).await;
                rounds += 1;
                last = once(registration, Some(&current), intent, vault, registry).await?;
            }
        }
    };
    if let Intent::Replace(uid) = intent {
        let owner = Owner { uid, scope: &registration.scope, seen: known.target.as_ref() };
        clear_up(owner, last.secret(), registration, (vault, registry), rest).await?;
    }
    let Placed { uid, staged, .. } = last;
    let secret = staged.map(|staged| staged.secret);
    let Registration { name, partition, account, credential, .. } = registration;
    let (name, partition, account, method) =
        (name.clone(), *partition, *account, credential.method());
    let mut report = verified.into_report();
    report.findings.push(seen);
    Ok(Receipt { uid, name, outcome, partition, method, account, secret, report })
}

/// A new identity has a new secret, and a method without secrets has none: the old one must not stay behind. Where another run
/// has replaced the account since, it is for that one to clear up: what is in use now may be among the condemned.
async fn clear_up(
    owner: Owner<'_>,
    keep: Option<&SecretArn>,
    registration: &Registration,
    (vault, registry): (&impl Vault, &impl Registry),
    rest: impl AsyncFn(usize),
) -> Result<(), PortError> {
    let condemned = vault.condemn(owner, keep).await?;
    if condemned.0.is_empty() {
        return Ok(());
    }
    let others = |access: &Access| access.shows(&registration.credential) == Some(false);
    let mut shown = registry.get(owner.uid).await?.access;
    if others(&shown) && owner.seen.is_some_and(|seen| seen.access == shown) {
        // As it was before this run: shown by a reader that lags behind, or put back by another. Which, all readers tell after
        // a while. Where an invocation's time ends before that, the next one of the same request clears up.
        for round in 1..ROUNDS {
            rest(round).await;
        }
        shown = registry.get(owner.uid).await?.access;
    }
    if others(&shown) {
        vault.spare(condemned).await
    } else {
        vault.retire(owner.uid, condemned).await.map(drop)
    }
}

/// One time through.
async fn once(
    registration: &Registration,
    current: Option<&CloudAccount>,
    intent: &Intent,
    vault: &impl Vault,
    registry: &impl Registry,
) -> Result<Placed, Failure> {
    let staged = vault.stage(registration).await?;
    let standing = staged.as_ref().map(|staged| staged.standing.clone());
    let settled = |known: &CloudAccount| {
        let same_secret = standing.as_ref().is_none_or(|it| it.in_use_for() == Some(&known.uid));
        same_secret && registration.matches(known)
    };
    let mut placed = place(registration, current, &settled, registry).await;
    if let (Err(Refused::ForGood(Failure::Port(PortError::Missing { .. }))), Intent::Register) =
        (&placed, intent)
    {
        // Removed since it was seen: the name tells whether there is another.
        placed = match registry.find(&registration.name).await {
            Ok(found) => {
                let found = found.filter(|found| registration.identifies(found));
                place(registration, found.as_ref(), &settled, registry).await
            }
            Err(error) => Err(Refused::ForGood(error.into())),
        };
    }
    match placed {
        Ok((uid, outcome)) => {
            let staged = staged.map(|staged| looked_at_again(staged, outcome));
            if let Some(staged) = &staged {
                vault.promote(staged, &uid).await?;
            }
            Ok(Placed { uid, outcome, staged })
        }
        Err(Refused::InDoubt(failure)) => Err(failure),
        Err(Refused::ForGood(refusal)) => {
            discard_unused(staged, &refusal, vault).await;
            Err(refusal)
        }
    }
}

/// A secret that this run made is as it was left where this run made the account, too: whoever keeps other keys in it can only
/// have come later, and puts them in use later. Where the account was there first, they may be in use by now.
fn looked_at_again(staged: Staged, outcome: Enrolled) -> Staged {
    match (&staged.standing, outcome) {
        (Standing::New, Enrolled::Updated | Enrolled::Unchanged) => {
            Staged { standing: Standing::Unused, ..staged }
        }
        (Standing::New, Enrolled::Created)
        | (Standing::Unused | Standing::InUse(_) | Standing::Used, _) => staged,
    }
}

/// Makes the account, or brings the one that is there to this state.
async fn place(
    registration: &Registration,
    current: Option<&CloudAccount>,
    settled: &impl Fn(&CloudAccount) -> bool,
    registry: &impl Registry,
) -> Result<(Uid, Enrolled), Refused> {
    let overtaken = match current {
        Some(current) => {
            return bring_to_state(current, registration, settled, registry)
                .await
                .map_err(Refused::ForGood);
        }
        None => match create(registration, registry).await? {
            Created::New(uid) => return Ok((uid, Enrolled::Created)),
            Created::Overtaken(current) => current,
        },
    };
    bring_to_state(&overtaken, registration, settled, registry).await.map_err(Refused::ForGood)
}

/// Keys of an account that was refused for good must not stay behind. If this fails too, the refusal is still what the
/// caller needs to know, and the next try stages the same secret again.
async fn discard_unused(staged: Option<Staged>, refusal: &Failure, vault: &impl Vault) {
    if let Some(staged) = staged
        && matches!(staged.standing, Standing::New | Standing::Unused)
        && !refusal.retryable()
    {
        drop(vault.discard(staged).await);
    }
}

async fn bring_to_state(
    current: &CloudAccount,
    registration: &Registration,
    settled: &impl Fn(&CloudAccount) -> bool,
    registry: &impl Registry,
) -> Result<(Uid, Enrolled), Failure> {
    if settled(current) {
        return Ok((current.uid.clone(), Enrolled::Unchanged));
    }
    registry.replace(current, registration).await?;
    Ok((current.uid.clone(), Enrolled::Updated))
}

#[cfg(test)]
mod tests;
