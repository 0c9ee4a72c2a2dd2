//! The flow of every registration: stage the secret, tell Palette, put the secret in use.
//!
//! Each step may be repeated, so a run that was cut off anywhere is mended by running it again. All that is ever undone
//! is a secret that was kept for an account which Palette then refused.

mod consistency;
mod create;

use crate::{
    CloudAccount, Done, ExistingAccounts, Operation, Receipt, Registration, RegistrationError,
    Report, SecretArn, StoredCredential, Uid, UpsertOutcome, UpstreamError, Verified,
    stores::{CloudAccountStore, SecretOwner, SecretStatus, SecretStore, StagedSecret},
};
use consistency::{AppliedWrite, Consistency};
use create::{CreateError, CreateOutcome, create};

pub use consistency::ACCOUNT_READABLE;

/// What a method's preflight found out.
#[derive(Debug)]
pub struct PreflightResult {
    /// Every check and its answer.
    pub report: Report,
    /// The account as it is to be. `None` where a check kept it from being made out.
    pub registration: Option<Registration>,
    /// What Palette already has.
    pub known: ExistingAccounts,
}

impl PreflightResult {
    /// Does what the caller intends: answers the report, or goes on to register. `rest` waits before the account is written
    /// once more, or read once more, longer from round to round (the first is 1).
    pub async fn conclude(
        self,
        intent: &Operation,
        vault: &impl SecretStore,
        registry: &impl CloudAccountStore,
        rest: impl AsyncFn(usize),
    ) -> Result<Done, RegistrationError> {
        let Self { report, registration, known } = self;
        if *intent == Operation::Validate {
            return Ok(Done::Report(report));
        }
        let conflict = registration.as_ref().and_then(|wanted| known.conflict(intent, wanted));
        if let Some(conflict) = conflict {
            return Err(RegistrationError::Conflict(conflict));
        }
        let verified = report
            .verify(registration)
            .map_err(|report| RegistrationError::ChecksFailed(Box::new(report)))?;
        register(verified, intent, &known, (vault, registry), rest)
            .await
            .map(Box::new)
            .map(Done::Receipt)
    }
}

/// How often a run starts over at most where another got in between.
const MAX_ATTEMPTS: usize = 5;

/// Stage, create or replace, promote; and once more where another run did the same in between. Only what a report cleared
/// comes in.
///
/// Palette and the vault are two stores, and nothing locks both. Every run writes to Palette first and to the vault then, and
/// looks at both at last: whoever is the last to write sees it if Palette has the one run's keys and the vault the other's,
/// and writes both again.
async fn register(
    verified: Verified<Registration>,
    intent: &Operation,
    known: &ExistingAccounts,
    (vault, registry): (&impl SecretStore, &impl CloudAccountStore),
    rest: impl AsyncFn(usize),
) -> Result<Receipt, RegistrationError> {
    let registration = verified.subject();
    let placed =
        register_attempt(registration, known.target_account(intent), intent, vault, registry)
            .await?;
    let (outcome, mut last) = (placed.outcome, placed);
    let mut rounds = 1;
    let seen = loop {
        match last.check_consistency(registration, vault, registry).await {
            Consistency::Consistent(seen) => break seen,
            Consistency::Conflicting(_) if rounds == MAX_ATTEMPTS => {
                return Err(RegistrationError::ConcurrentModification(format!(
                    "other requests change account {} at the same time: send this one again when they are done",
                    last.uid
                )));
            }
            Consistency::Conflicting(current) => {
                rest(rounds).await;
                rounds += 1;
                last =
                    register_attempt(registration, Some(&current), intent, vault, registry).await?;
            }
        }
    };
    if let Operation::Replace(uid) = intent {
        let owner =
            SecretOwner { uid, scope: &registration.scope, last_seen: known.by_uid.as_ref() };
        delete_obsolete_secrets(owner, last.secret(), registration, (vault, registry), rest)
            .await?;
    }
    let AppliedWrite { uid, staged, .. } = last;
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
async fn delete_obsolete_secrets(
    owner: SecretOwner<'_>,
    keep: Option<&SecretArn>,
    registration: &Registration,
    (vault, registry): (&impl SecretStore, &impl CloudAccountStore),
    rest: impl AsyncFn(usize),
) -> Result<(), UpstreamError> {
    let condemned = vault.mark_for_deletion(owner, keep).await?;
    if condemned.0.is_empty() {
        return Ok(());
    }
    let others = |access: &StoredCredential| {
        access.matches_credential(&registration.credential) == Some(false)
    };
    let mut shown = registry.get(owner.uid).await?.access;
    if others(&shown) && owner.last_seen.is_some_and(|seen| seen.access == shown) {
        // As it was before this run: shown by a reader that lags behind, or put back by another. Which, all readers tell after
        // a while. Where an invocation's time ends before that, the next one of the same request clears up.
        for round in 1..MAX_ATTEMPTS {
            rest(round).await;
        }
        shown = registry.get(owner.uid).await?.access;
    }
    if others(&shown) {
        vault.unmark(condemned).await
    } else {
        vault.delete_marked(owner.uid, condemned).await.map(drop)
    }
}

/// One time through.
async fn register_attempt(
    registration: &Registration,
    current: Option<&CloudAccount>,
    intent: &Operation,
    vault: &impl SecretStore,
    registry: &impl CloudAccountStore,
) -> Result<AppliedWrite, RegistrationError> {
    let staged = vault.stage(registration).await?;
    let standing = staged.as_ref().map(|staged| staged.status.clone());
    let settled = |known: &CloudAccount| {
        let same_secret = standing.as_ref().is_none_or(|it| it.active_for() == Some(&known.uid));
        same_secret && registration.is_up_to_date(known)
    };
    let mut placed = upsert_account(registration, current, &settled, registry).await;
    if let (
        Err(CreateError::Permanent(RegistrationError::Upstream(UpstreamError::NotFound {
            ..
        }))),
        Operation::Register,
    ) = (&placed, intent)
    {
        // Removed since it was seen: the name tells whether there is another.
        placed = match registry.find_by_name(&registration.name).await {
            Ok(found) => {
                let found = found.filter(|found| registration.is_same_identity_as(found));
                upsert_account(registration, found.as_ref(), &settled, registry).await
            }
            Err(error) => Err(CreateError::Permanent(error.into())),
        };
    }
    match placed {
        Ok((uid, outcome)) => {
            let staged = staged.map(|staged| downgrade_status(staged, outcome));
            if let Some(staged) = &staged {
                vault.promote(staged, &uid).await?;
            }
            Ok(AppliedWrite { uid, outcome, staged })
        }
        Err(CreateError::Indeterminate(failure)) => Err(failure),
        Err(CreateError::Permanent(refusal)) => {
            delete_unused_secret(staged, &refusal, vault).await;
            Err(refusal)
        }
    }
}

/// A secret that this run made is as it was left where this run made the account, too: whoever keeps other keys in it can only
/// have come later, and puts them in use later. Where the account was there first, they may be in use by now.
fn downgrade_status(staged: StagedSecret, outcome: UpsertOutcome) -> StagedSecret {
    match (&staged.status, outcome) {
        (SecretStatus::New, UpsertOutcome::Updated | UpsertOutcome::Unchanged) => {
            StagedSecret { status: SecretStatus::NeverUsed, ..staged }
        }
        (SecretStatus::New, UpsertOutcome::Created)
        | (
            SecretStatus::NeverUsed | SecretStatus::ActiveFor(_) | SecretStatus::OtherVersionActive,
            _,
        ) => staged,
    }
}

/// Makes the account, or brings the one that is there to this state.
async fn upsert_account(
    registration: &Registration,
    current: Option<&CloudAccount>,
    settled: &impl Fn(&CloudAccount) -> bool,
    registry: &impl CloudAccountStore,
) -> Result<(Uid, UpsertOutcome), CreateError> {
    let overtaken = match current {
        Some(current) => {
            return update_account(current, registration, settled, registry)
                .await
                .map_err(CreateError::Permanent);
        }
        None => match create(registration, registry).await? {
            CreateOutcome::Created(uid) => return Ok((uid, UpsertOutcome::Created)),
            CreateOutcome::AlreadyExists(current) => current,
        },
    };
    update_account(&overtaken, registration, settled, registry)
        .await
        .map_err(CreateError::Permanent)
}

/// Keys of an account that was refused for good must not stay behind. If this fails too, the refusal is still what the
/// caller needs to know, and the next try stages the same secret again.
async fn delete_unused_secret(
    staged: Option<StagedSecret>,
    refusal: &RegistrationError,
    vault: &impl SecretStore,
) {
    if let Some(staged) = staged
        && matches!(staged.status, SecretStatus::New | SecretStatus::NeverUsed)
        && !refusal.is_retryable()
    {
        drop(vault.delete_staged(staged).await);
    }
}

async fn update_account(
    current: &CloudAccount,
    registration: &Registration,
    settled: &impl Fn(&CloudAccount) -> bool,
    registry: &impl CloudAccountStore,
) -> Result<(Uid, UpsertOutcome), RegistrationError> {
    if settled(current) {
        return Ok((current.uid.clone(), UpsertOutcome::Unchanged));
    }
    registry.update(current, registration).await?;
    Ok((current.uid.clone(), UpsertOutcome::Updated))
}

#[cfg(test)]
mod tests;
