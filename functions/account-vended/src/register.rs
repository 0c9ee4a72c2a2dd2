//! The account is registered, the way that every request goes.

mod propagation;

use gangway_aws::AwsSession;
use gangway_checks::ScopedAccounts;
use gangway_checks::iam::iam_role::IamRole;
use gangway_checks::{InspectionAccess, MethodFindings, role};
use gangway_model::{
    AccountName, AccountSpec, AssumedRole, AuthMethod, Credential, Description, Operation,
    Registration, RequestedScope, RoleArn, UidOrName, UpsertOutcome,
};
use gangway_palette::{PaletteState, StsSourceAccount};

use crate::{
    VendingHandler,
    outcome::{MessageOutcome, VendingError},
    palette_cache::CachedSourceAccount,
    role::Changes,
};

/// An account that is to be registered.
pub(crate) struct PendingRegistration<'a> {
    vending: &'a VendingHandler,
    registry: ScopedAccounts<'a>,
    look: PaletteState,
    settings: AccountSpec,
    trusted: &'a CachedSourceAccount,
}

/// Who made the role.
pub(crate) enum RoleOwnership {
    /// Gangway did, and brought it to its state.
    Managed {
        /// As it is now.
        role: IamRole,
        /// Whether AWS may not see all of it yet.
        fresh: bool,
        /// What that took.
        took: Changes,
    },
    /// Somebody else did: this is its ARN.
    External(String),
}

impl<'a> PendingRegistration<'a> {
    /// What Palette has of it already is kept as people have set it.
    pub(crate) fn new(
        vending: &'a VendingHandler,
        registry: ScopedAccounts<'a>,
        look: PaletteState,
        (name, scope): (AccountName, RequestedScope),
        trusted: &'a CachedSourceAccount,
    ) -> Result<Self, VendingError> {
        if look.session.is_blocking() {
            return Err(VendingError::NotReady(format!(
                "{}: {}",
                look.session.check.id, look.session.observed
            )));
        }
        let known = look.existing.by_name.as_ref();
        let settings = AccountSpec {
            name,
            description: known
                .and_then(|known| known.description.as_deref())
                .and_then(|text| text.parse::<Description>().ok()),
            partition: vending.deployment.clients.partition,
            scope,
            policies: known
                .map(|known| known.policies.iter().filter_map(|arn| arn.parse().ok()).collect())
                .unwrap_or_default(),
            gateway: known
                .and_then(|known| known.gateway.as_deref())
                .and_then(|uid| uid.parse().ok())
                .map(UidOrName::Uid),
            profile: vending.settings.profile,
        };
        Ok(Self { vending, registry, look, settings, trusted })
    }

    /// A name that belongs to another account is found out before anything is made.
    pub(crate) fn ensure_name_available(&self, role: &RoleArn) -> Result<(), VendingError> {
        match &self.look.existing.by_name {
            Some(known) if !self.registration(role).is_same_identity_as(known) => {
                Err(VendingError::Permanent(format!(
                    "the name {} belongs to account {} in Palette, which is another AWS account or is reached by another method: rename that, or mend GANGWAY_ACCOUNT_NAME_TEMPLATE",
                    self.settings.name, known.uid
                )))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn assumed(&self, role: &RoleArn) -> AssumedRole {
        AssumedRole { role: role.clone(), external_id: self.trusted.external_id.clone() }
    }

    /// As it is to be in Palette.
    fn registration(&self, role: &RoleArn) -> Registration {
        let gateway = match &self.settings.gateway {
            Some(UidOrName::Uid(uid)) => Some(uid.clone()),
            Some(UidOrName::Name(_)) | None => None,
        };
        let credential = Credential::AssumedRole(self.assumed(role));
        let scope = self.registry.scope().clone();
        self.settings.clone().into_registration(role.account(), scope, gateway, credential)
    }

    /// Registers it, if that takes anything.
    pub(crate) async fn register(
        self,
        aws: &AwsSession,
        wanted: &RoleArn,
        whose: RoleOwnership,
    ) -> Result<MessageOutcome, VendingError> {
        let (arn, untouched) = match &whose {
            RoleOwnership::Managed { took, .. } => (wanted.clone(), *took == Changes::Nothing),
            RoleOwnership::External(arn) => {
                (arn.parse().unwrap_or_else(|_fault| wanted.clone()), true)
            }
        };
        let known = self.look.existing.by_name.as_ref();
        if untouched && known.is_some_and(|known| self.registration(&arn).is_up_to_date(known)) {
            return Ok(MessageOutcome::Registered(UpsertOutcome::Unchanged));
        }
        let findings = match whose {
            RoleOwnership::Managed { role, fresh, .. } => {
                let (allowed, validated) = self.wait_for_propagation(aws, &arn, fresh).await?;
                let trusted = (self.trusted.account, self.trusted.external_id.as_str());
                role::check_created_role(&role, &arn, trusted, allowed, validated)?
            }
            RoleOwnership::External(_) => {
                let facts = StsSourceAccount {
                    account: Some(self.trusted.account),
                    raw_account: self.trusted.account.to_string(),
                    external_id: Some(self.trusted.external_id.clone()),
                };
                let (eyes, demand) =
                    (InspectionAccess::Granted(aws.clone()), (&self.settings).into());
                let seen = role::run_checks(&arn, Ok(facts), &eyes, &self.registry, demand).await;
                seen.map_err(VendingError::in_account)?.findings
            }
        };
        self.conclude(&arn, findings).await
    }

    /// The way of every registration.
    async fn conclude(
        self,
        role: &RoleArn,
        findings: Vec<gangway_model::Finding>,
    ) -> Result<MessageOutcome, VendingError> {
        let credential = Some(Credential::AssumedRole(self.assumed(role)));
        let Self { vending, registry, look, settings, .. } = self;
        let gateway = registry.gateway(settings.gateway.as_ref()).await?;
        let found = MethodFindings {
            method: AuthMethod::Sts,
            account: Some(role.account()),
            credential,
            palette: look,
            gateway,
            findings,
            notices: Vec::new(),
        };
        let intent = Operation::Register;
        let preflight = found.into_preflight(settings, &intent, &registry);
        let receipt = vending.deployment.register(preflight, &intent, &registry).await?;
        Ok(MessageOutcome::Registered(receipt.outcome))
    }
}
