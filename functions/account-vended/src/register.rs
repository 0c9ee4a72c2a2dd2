//! Registers the account in Palette, with the same workflow as every request.

mod propagation;

use gangway_aws::AwsSession;
use gangway_checks::{
    InspectionAccess, MethodChecks, PaletteChecks, PaletteStateCheck, RequiredPermissions,
    ScopedClient,
    assumed_role::{self, ExternalIdTest},
    iam::{iam_role::IamRole, scope_tag},
};
use gangway_lambda::{AccountOperation, OutcomeEvent};
use gangway_model::{
    AccountName, AccountSpec, AuthMethod, CloudAccount, Credential, Description, Difference,
    Operation, PermissionProfile, Registration, RequestedScope, RoleArn, StsRole, UidOrName,
    UpsertOutcome,
};
use gangway_palette::StsSourceAccount;
use gangway_registration::AppContext;

use crate::{
    outcome::{MessageOutcome, VendingError},
    palette_cache::CachedSourceAccount,
    role::RoleChanges,
};

/// An account that is to be registered.
pub(crate) struct PendingRegistration<'a> {
    app: &'a AppContext,
    accounts: ScopedClient<'a>,
    state: PaletteStateCheck,
    spec: AccountSpec,
    source_account: &'a CachedSourceAccount,
}

/// Who manages the role.
pub(crate) enum RoleOwnership {
    /// This deployment of Gangway created the role.
    Managed {
        /// The role as IAM has it after the changes.
        role: IamRole,
        /// `true` if the role or its policies may not be visible in all of AWS yet.
        is_new: bool,
        changes: RoleChanges,
    },
    /// Somebody else created the role with this ARN.
    External(String),
}

impl<'a> PendingRegistration<'a> {
    /// Prepares the registration. If Palette already has the account, keeps its description,
    /// policies, gateway and region.
    ///
    /// # Errors
    ///
    /// `NotReady` if Palette does not accept the deployment's API key.
    pub(crate) fn new(
        app: &'a AppContext,
        profile: PermissionProfile,
        accounts: ScopedClient<'a>,
        state: PaletteStateCheck,
        (name, scope): (AccountName, RequestedScope),
        source_account: &'a CachedSourceAccount,
    ) -> Result<Self, VendingError> {
        if state.session.is_blocking() {
            return Err(VendingError::NotReady(format!(
                "{}: {}",
                state.session.check.id, state.session.observed
            )));
        }
        let existing = state.existing.by_name.as_ref();
        let spec = AccountSpec {
            name,
            description: existing
                .and_then(|existing| existing.description.as_deref())
                .and_then(|text| text.parse::<Description>().ok()),
            partition: app.clients.partition,
            scope,
            policies: existing
                .map(|existing| {
                    existing.policies.iter().filter_map(|arn| arn.parse().ok()).collect()
                })
                .unwrap_or_default(),
            gateway: existing
                .and_then(|existing| existing.gateway.as_deref())
                .and_then(|uid| uid.parse().ok())
                .map(UidOrName::Uid),
            profile,
            region: existing.and_then(|existing| existing.region.clone()),
            waived_checks: Vec::new(),
            incoming_secret: None,
        };
        Ok(Self { app, accounts, state, spec, source_account })
    }

    /// Checks that no other account has the name in Palette, before anything is created in AWS.
    pub(crate) fn ensure_name_available(&self, role: &RoleArn) -> Result<(), VendingError> {
        match &self.state.existing.by_name {
            Some(existing) if !self.to_registration(role).is_same_identity_as(existing) => {
                Err(VendingError::Permanent(format!(
                    "the name {} belongs to account {} in Palette, which is another AWS account or uses another method: rename that account, or correct the parameter AccountNameTemplate",
                    self.spec.name, existing.uid
                )))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Returns the account of this name in Palette, if there is one.
    pub(crate) fn existing_account(&self) -> Option<CloudAccount> {
        self.state.existing.by_name.clone()
    }

    /// Returns `true` if Palette's account differs from the registration with this role.
    /// Annotations that are missing do not count: some versions of Palette drop them.
    pub(crate) fn differs_from(&self, existing: &CloudAccount, role: &RoleArn) -> bool {
        self.to_registration(role).difference_from(existing) == Difference::Settings
    }

    fn to_sts_role(&self, role: &RoleArn) -> StsRole {
        StsRole { role: role.clone(), external_id: self.source_account.external_id.clone() }
    }

    /// Returns the registration of the account with this role.
    fn to_registration(&self, role: &RoleArn) -> Registration {
        let gateway = match &self.spec.gateway {
            Some(UidOrName::Uid(uid)) => Some(uid.clone()),
            Some(UidOrName::Name(_)) | None => None,
        };
        let credential = Credential::StsRole(self.to_sts_role(role));
        let scope = self.accounts.scope().clone();
        self.spec.clone().into_registration(role.account(), scope, gateway, credential)
    }

    /// Checks and registers the account. Does nothing if the role was not changed and Palette's
    /// account is up to date.
    pub(crate) async fn register(
        self,
        aws: &AwsSession,
        desired_role: &RoleArn,
        ownership: RoleOwnership,
    ) -> Result<MessageOutcome, VendingError> {
        let (arn, role_unchanged, repaired) = match &ownership {
            RoleOwnership::Managed { changes, .. } => {
                (desired_role.clone(), changes.is_empty(), changes.part_ids())
            }
            RoleOwnership::External(arn) => {
                (arn.parse().unwrap_or_else(|_invalid| desired_role.clone()), true, Vec::new())
            }
        };
        let existing = self.state.existing.by_name.as_ref();
        let up_to_date = existing.is_some_and(|existing| {
            match self.to_registration(&arn).difference_from(existing) {
                Difference::None => true,
                // The tags of a role that Gangway manages contain the same data as the annotations.
                Difference::AnnotationsMissing => {
                    matches!(ownership, RoleOwnership::Managed { .. })
                        || self.app.annotations.are_dropped()
                }
                Difference::Settings => false,
            }
        });
        if let Some(existing) = existing.filter(|_| role_unchanged && up_to_date) {
            let event = OutcomeEvent::unchanged(existing.into(), AccountOperation::Onboard);
            return Ok(MessageOutcome::Registered(UpsertOutcome::Unchanged, Box::new(event)));
        }
        let role_changed = !role_unchanged;
        let findings = match ownership {
            RoleOwnership::Managed { role, is_new, .. } => {
                let (permissions, palette) = self.wait_for_propagation(aws, &arn, is_new).await?;
                let trusted =
                    (self.source_account.account, self.source_account.external_id.as_str());
                // The settings decide the scope, so the role needs no scope tag. If the owner of
                // the account sets the tag, it must allow the scope.
                let required = RequiredPermissions {
                    require_scope_tag: false,
                    ..RequiredPermissions::new(&self.spec, &self.app.clients)
                };
                let scope = scope_tag::check(&role.tags, &self.accounts, required).await?;
                assumed_role::check_created_role(&role, &arn, trusted, scope, permissions, palette)?
            }
            RoleOwnership::External(_) => {
                let source_account = StsSourceAccount {
                    account: Some(self.source_account.account),
                    raw_account: self.source_account.account.to_string(),
                    external_id: Some(self.source_account.external_id.clone()),
                };
                let access = InspectionAccess::Granted(aws.clone());
                let required = RequiredPermissions::new(&self.spec, &self.app.clients);
                assumed_role::run_checks(
                    &arn,
                    Ok(source_account),
                    &access,
                    &self.accounts,
                    required,
                    ExternalIdTest::Always,
                )
                .await
                .map_err(VendingError::from_account_error)?
                .findings
            }
        };
        self.register_after_checks(&arn, findings, role_changed, repaired).await
    }

    /// Registers the account in Palette, unless a finding blocks the registration. If only the role
    /// was changed, the outcome is `Updated`.
    async fn register_after_checks(
        self,
        role: &RoleArn,
        findings: Vec<gangway_model::Finding>,
        role_changed: bool,
        repaired: Vec<&'static str>,
    ) -> Result<MessageOutcome, VendingError> {
        let credential = Some(Credential::StsRole(self.to_sts_role(role)));
        let Self { app, accounts, state, spec, .. } = self;
        let gateway = gangway_checks::gateway::check(&accounts, spec.gateway.as_ref()).await?;
        let palette = PaletteChecks { state, gateway, quota: None };
        let checks = MethodChecks { account: Some(role.account()), credential, ..findings.into() };
        let operation = Operation::Register;
        let preflight =
            checks.into_preflight(AuthMethod::Sts, palette, spec, &operation, &accounts);
        let mut receipt = app.register(preflight, &operation, &accounts).await?;
        if role_changed && receipt.outcome == UpsertOutcome::Unchanged {
            receipt.outcome = UpsertOutcome::Updated;
        }
        let event = OutcomeEvent::registered(&receipt, AccountOperation::Onboard);
        let event = match receipt.outcome {
            UpsertOutcome::Updated => event.with_repaired_parts(repaired),
            UpsertOutcome::Created | UpsertOutcome::Unchanged => event,
        };
        Ok(MessageOutcome::Registered(receipt.outcome, Box::new(event)))
    }
}
