//! Registers an account: stages its secret, writes the account to Palette, and promotes the secret.
//!
//! Palette and Secrets Manager are two stores, and no lock covers both. `docs/consistency.md`
//! describes the protocol that keeps the stores consistent: its states, its invariants, and the
//! state after an interrupted run.

mod consistency;
mod create;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use gangway_checks::ScopedClient;
use gangway_http::RetryPolicy;
use gangway_model::{
    CloudAccount, Difference, ExistingAccounts, Finding, Operation, PreflightResult, Receipt,
    Registration, RegistrationError, SecretArn, StoredCredential, Uid, UpsertOutcome,
    UpstreamError,
    stores::{CloudAccountStore, SecretOwner, SecretStatus, SecretStore, StagedSecret},
};
use tokio::time::sleep;

use crate::{AppContext, audit};
use consistency::{AppliedWrite, Consistency};
use create::{CreateError, CreateOutcome, create_account};

/// Time after which every replica of Palette returns the last write.
const REPLICA_DELAY: Duration = Duration::from_secs(11);

impl AppContext {
    /// Creates or replaces the account that the preflight verified. The same call again changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// - `Conflict` if the name belongs to another account
    /// - `ChecksFailed` if a blocking check failed
    /// - `ConcurrentModification` if other runs changed the account at every attempt
    /// - `Upstream` if a service failed
    pub async fn register(
        &self,
        preflight: PreflightResult,
        operation: &Operation,
        accounts: &ScopedClient<'_>,
    ) -> Result<Box<Receipt>, RegistrationError> {
        let secrets = &self.clients.secrets;
        let incoming = preflight.registration.as_ref().and_then(|it| it.incoming_secret.clone());
        let workflow = RegistrationWorkflow {
            secrets,
            accounts,
            annotations: &self.annotations,
            retry_policy: RetryPolicy::CONFLICT,
            replica_delay: REPLICA_DELAY,
        };
        let receipt = workflow.register(preflight, operation).await?;
        if let Some(incoming) = incoming {
            // A failure here is not an error of the request: the account is registered, and the
            // same request sent again deletes the incoming secret.
            secrets.delete_incoming(&incoming).await;
        }
        Ok(Box::new(receipt))
    }
}

/// Whether Palette stores the annotations that Gangway writes. Palette's published API does not say
/// so. Gangway finds out by reading accounts back after a write.
#[derive(Debug, Default)]
pub struct AnnotationSupport {
    are_dropped: AtomicBool,
}

impl AnnotationSupport {
    /// Returns `true` if the last account that was read back after a write lacked annotations that
    /// Gangway had written.
    pub fn are_dropped(&self) -> bool {
        self.are_dropped.load(Ordering::Relaxed)
    }

    /// Updates the value from an account that was read back after `registration` was written.
    fn update_from(&self, registration: &Registration, read_back: &CloudAccount) {
        match registration.difference_from(read_back) {
            Difference::None => self.are_dropped.store(false, Ordering::Relaxed),
            Difference::AnnotationsMissing => self.are_dropped.store(true, Ordering::Relaxed),
            Difference::Settings => {}
        }
    }
}

/// The two stores that a registration writes, and the delays between its attempts.
struct RegistrationWorkflow<'a, S, A> {
    secrets: &'a S,
    accounts: &'a A,
    annotations: &'a AnnotationSupport,
    /// Delays between the writes of a run while other runs change the same account.
    retry_policy: RetryPolicy,
    replica_delay: Duration,
}

impl<S: SecretStore, A: CloudAccountStore> RegistrationWorkflow<'_, S, A> {
    /// Carries out the registration, and deletes secrets that the account no longer uses.
    async fn register(
        &self,
        preflight: PreflightResult,
        operation: &Operation,
    ) -> Result<Receipt, RegistrationError> {
        let PreflightResult { report, registration, existing } = preflight;
        let conflict =
            registration.as_ref().and_then(|wanted| existing.name_conflict(operation, wanted));
        if let Some(conflict) = conflict {
            return Err(RegistrationError::Conflict(conflict));
        }
        let verified = report
            .verify(registration)
            .map_err(|report| RegistrationError::ChecksFailed(Box::new(report)))?;
        let registration = verified.subject();
        let (outcome, last, readable) =
            self.write_until_consistent(registration, &existing, operation).await?;
        if let Operation::Replace(uid) = operation {
            let owner = SecretOwner {
                uid,
                scope: &registration.scope,
                last_seen: existing.by_uid.as_ref(),
            };
            self.delete_obsolete_secrets(owner, last.secret(), registration).await?;
        }
        let AppliedWrite { uid, staged, .. } = last;
        let Registration { name, partition, account, credential, .. } = registration;
        let (name, partition, account) = (name.clone(), *partition, *account);
        let scope = registration.scope.clone();
        let method = credential.method();
        let secret = staged.map(|staged| staged.secret);
        let mut report = verified.into_report();
        report.findings.push(readable);
        Ok(Receipt { uid, name, outcome, partition, method, account, scope, secret, report })
    }

    /// Writes the account until both stores contain the credential of the same run. Every run first
    /// writes to Palette, then to Secrets Manager, and then reads both stores. If two runs write at
    /// the same time, the run that writes last finds the difference, and writes both stores again.
    ///
    /// Returns the outcome of the first write, the last write, and the finding about the account as
    /// read back.
    async fn write_until_consistent(
        &self,
        registration: &Registration,
        existing: &ExistingAccounts,
        operation: &Operation,
    ) -> Result<(UpsertOutcome, AppliedWrite, Finding), RegistrationError> {
        let current = existing.target_account(operation);
        let mut write = self.write_once(registration, current, operation).await?;
        let outcome = write.outcome;
        let mut delays = self.retry_policy.delays();
        loop {
            match write.check_consistency(registration, self.secrets, self.accounts).await {
                Consistency::Consistent { readable, read_back } => {
                    if let Some(account) = read_back {
                        self.annotations.update_from(registration, &account);
                    }
                    return Ok((outcome, write, readable));
                }
                Consistency::Conflicting(current) => {
                    let Some(delay) = delays.next() else {
                        return Err(RegistrationError::ConcurrentModification(format!(
                            "other requests are changing account {} at the same time: send this one again when they are done",
                            write.uid
                        )));
                    };
                    wait(delay).await;
                    write = self.write_once(registration, Some(&current), operation).await?;
                }
            }
        }
    }

    /// Stages the secret, creates or updates the account, and promotes the secret.
    async fn write_once(
        &self,
        registration: &Registration,
        current: Option<&CloudAccount>,
        operation: &Operation,
    ) -> Result<AppliedWrite, RegistrationError> {
        let staged = self.secrets.stage(registration).await?;
        let status = staged.as_ref().map(|staged| &staged.status);
        let mut upserted = self.upsert_account(registration, current, status).await;
        let not_found = matches!(
            &upserted,
            Err(CreateError::Permanent(RegistrationError::Upstream(error))) if error.is_not_found()
        );
        if not_found && *operation == Operation::Register {
            // The account was removed after the checks. Another account may have its name now.
            upserted = match self.accounts.find_by_name(&registration.name).await {
                Ok(found) => {
                    let found = found.filter(|found| registration.is_same_identity_as(found));
                    self.upsert_account(registration, found.as_ref(), status).await
                }
                Err(error) => Err(CreateError::Permanent(error.into())),
            };
        }
        match upserted {
            Ok((uid, outcome)) => {
                let secret = staged.as_ref().map(|staged| &staged.secret);
                match outcome {
                    UpsertOutcome::Created => {
                        audit::log_written(registration, &uid, "created", secret);
                    }
                    UpsertOutcome::Updated => {
                        audit::log_written(registration, &uid, "updated", secret);
                    }
                    UpsertOutcome::Unchanged => {}
                }
                let staged = staged.map(|staged| downgrade_status(staged, outcome));
                if let Some(staged) = &staged {
                    self.secrets.promote(staged, &uid).await?;
                }
                Ok(AppliedWrite { uid, outcome, staged })
            }
            Err(CreateError::Indeterminate(error)) => Err(error),
            Err(CreateError::Permanent(error)) => {
                self.delete_unused_secret(staged, &error).await;
                Err(error)
            }
        }
    }

    /// Creates the account, or updates `current`, the account that Palette has.
    async fn upsert_account(
        &self,
        registration: &Registration,
        current: Option<&CloudAccount>,
        status: Option<&SecretStatus>,
    ) -> Result<(Uid, UpsertOutcome), CreateError> {
        let created_by_other = match current {
            Some(current) => {
                return self
                    .update_account(current, registration, status)
                    .await
                    .map_err(CreateError::Permanent);
            }
            None => match create_account(registration, self.accounts).await? {
                CreateOutcome::Created(uid) => return Ok((uid, UpsertOutcome::Created)),
                CreateOutcome::AlreadyExists(current) => current,
            },
        };
        self.update_account(&created_by_other, registration, status)
            .await
            .map_err(CreateError::Permanent)
    }

    /// Updates the account, unless the account and its active secret are already as requested. If
    /// only annotations are missing, writes the annotations and reads the account back. The outcome
    /// is then `Unchanged` if Palette has not stored the annotations.
    async fn update_account(
        &self,
        current: &CloudAccount,
        registration: &Registration,
        status: Option<&SecretStatus>,
    ) -> Result<(Uid, UpsertOutcome), RegistrationError> {
        let has_same_secret = status.is_none_or(|status| status.active_for() == Some(&current.uid));
        let difference = registration.difference_from(current);
        let lacks_only_annotations =
            has_same_secret && difference == Difference::AnnotationsMissing;
        if has_same_secret && difference == Difference::None
            || lacks_only_annotations && self.annotations.are_dropped()
        {
            return Ok((current.uid.clone(), UpsertOutcome::Unchanged));
        }
        self.accounts.update(current, registration).await?;
        if lacks_only_annotations && let Ok(account) = self.accounts.get(&current.uid).await {
            self.annotations.update_from(registration, &account);
            if registration.difference_from(&account) == difference {
                return Ok((current.uid.clone(), UpsertOutcome::Unchanged));
            }
        }
        Ok((current.uid.clone(), UpsertOutcome::Updated))
    }

    /// Deletes a staged secret after a permanent error of its account. Ignores a failure of the
    /// deletion: the caller needs the error of the account, and the next run stages the same secret
    /// again.
    async fn delete_unused_secret(&self, staged: Option<StagedSecret>, error: &RegistrationError) {
        if let Some(staged) = staged
            && matches!(staged.status, SecretStatus::New | SecretStatus::NeverUsed)
            && !error.is_retryable()
        {
            drop(self.secrets.delete_staged(staged).await);
        }
    }

    /// Deletes the secrets that an account no longer uses after a replacement. An account with
    /// another AWS account or name has a new secret, and an account with a method without secrets
    /// has none. If another run has replaced the account in the meantime, the secret of that run
    /// may be marked for deletion, too. Then this function removes the marks, and the other run
    /// deletes the obsolete secrets.
    async fn delete_obsolete_secrets(
        &self,
        owner: SecretOwner<'_>,
        keep: Option<&SecretArn>,
        registration: &Registration,
    ) -> Result<(), UpstreamError> {
        let marked = self.secrets.mark_for_deletion(owner, keep).await?;
        if marked.0.is_empty() {
            return Ok(());
        }
        let is_replaced = |shown: &StoredCredential| {
            shown.matches_credential(&registration.credential) == Some(false)
        };
        let mut shown = self.accounts.get(owner.uid).await?.access;
        if is_replaced(&shown) && owner.last_seen.is_some_and(|seen| seen.access == shown) {
            // Palette returns the account as it was before this run: either a replica does not have
            // the last write yet, or another run has written the old credential again. After the
            // wait all replicas return the same. If the invocation ends before, the secrets stay
            // marked, and the next run of the same request deletes them.
            wait(self.replica_delay).await;
            shown = self.accounts.get(owner.uid).await?.access;
        }
        if is_replaced(&shown) {
            self.secrets.unmark(marked).await
        } else {
            self.secrets.delete_marked(owner.uid, marked).await.map(drop)
        }
    }
}

/// Sleeps for this time. Does not use a timer if the time is zero, because tests have no timer.
async fn wait(delay: Duration) {
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// Changes the status `New` of a secret to `NeverUsed` if the account existed before this run,
/// because a concurrent run may have promoted another version for that account. If this run created
/// the account, every other run that staged a version in the secret promotes its version later, and
/// then reads both stores.
fn downgrade_status(staged: StagedSecret, outcome: UpsertOutcome) -> StagedSecret {
    if staged.status == SecretStatus::New && outcome != UpsertOutcome::Created {
        return StagedSecret { status: SecretStatus::NeverUsed, ..staged };
    }
    staged
}

#[cfg(test)]
mod tests;
