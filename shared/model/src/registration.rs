//! A cloud account: as asked for, as it is to be, and as it is.

use std::collections::BTreeMap;

use crate::{
    AccountId, AccountName, Credential, Description, Partition, PermissionProfile, PolicyArn,
    RoleArn, StoredCredential, Uid, UidOrName,
};

/// What a request asks for besides the credential, the same for every method.
#[derive(Clone, Debug)]
pub struct AccountSpec {
    /// What Palette is to call the account.
    pub name: AccountName,
    /// What people are to read about it.
    pub description: Option<Description>,
    /// Where it is: the partition that this deployment serves.
    pub partition: Partition,
    /// Whose it is to be.
    pub scope: RequestedScope,
    /// Policies that Palette is to attach to the roles of clusters and nodes (T12).
    pub policies: Vec<PolicyArn>,
    /// The private cloud gateway that Palette is to go through.
    pub gateway: Option<UidOrName>,
    /// What it is to be allowed.
    pub profile: PermissionProfile,
}

impl AccountSpec {
    /// The account, now that everything it names has been looked up.
    pub fn into_registration(
        self,
        account: AccountId,
        scope: Scope,
        gateway: Option<Uid>,
        credential: Credential,
    ) -> Registration {
        let Self { name, description, partition, policies, profile, .. } = self;
        Registration {
            name,
            description,
            partition,
            account,
            scope,
            policies,
            gateway,
            profile,
            credential,
        }
    }
}

/// Whose an account is to be, as a caller names it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RequestedScope {
    /// The tenant's.
    #[default]
    Tenant,
    /// A project's.
    Project(UidOrName),
}

/// Whose an account is. Fixed when it is made: nothing in Palette moves it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// The tenant's, for all its projects.
    Tenant,
    /// One project's.
    Project(Uid),
}

/// What the caller wants done with a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Tell whether it would work; keep nothing.
    Validate,
    /// Make the account, or bring the one of that name to this state.
    Register,
    /// Bring this account to this state, whatever it was.
    Replace(Uid),
}

/// An account as Palette is to have it. Everything in it is parsed and looked up.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Its name; with the scope, its natural key.
    pub name: AccountName,
    /// What people read about it.
    pub description: Option<Description>,
    /// Where it is.
    pub partition: Partition,
    /// The AWS account that the credential acts in.
    pub account: AccountId,
    /// Whose it is.
    pub scope: Scope,
    /// Policies for the roles of clusters and nodes.
    pub policies: Vec<PolicyArn>,
    /// The gateway that Palette goes through.
    pub gateway: Option<Uid>,
    /// What it is to be allowed; noted on the account, so that it can be checked again later.
    pub profile: PermissionProfile,
    /// The way in.
    pub credential: Credential,
}

/// An account as Palette has it. No secret is ever read back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloudAccount {
    /// Palette's own name for it.
    pub uid: Uid,
    /// Its name.
    pub name: String,
    /// Its partition, as Palette spells it; unknown ones are possible.
    pub partition: String,
    /// The way in, as far as it is known.
    pub access: StoredCredential,
    /// The AWS account, where Gangway noted it or the ARN tells.
    pub account: Option<AccountId>,
    /// What it is to be allowed, where Gangway noted it.
    pub profile: Option<PermissionProfile>,
    /// Policies for the roles of clusters and nodes.
    pub policies: Vec<String>,
    /// Everything that is noted on it, also what Gangway does not know; kept on update.
    pub annotations: BTreeMap<String, String>,
    /// Labels that others put on it; kept on update.
    pub labels: BTreeMap<String, String>,
    /// What people read about it.
    pub description: Option<String>,
    /// The gateway that Palette goes through.
    pub gateway: Option<String>,
    /// Whose it is.
    pub scope: Scope,
    /// In Palette's words.
    pub state: Option<String>,
}

impl CloudAccount {
    /// The AWS account: as noted, else as the role's ARN tells.
    pub fn aws_account(&self) -> Option<AccountId> {
        self.account.or_else(|| match &self.access {
            StoredCredential::AssumedRole { role_arn }
            | StoredCredential::PodIdentity { role_arn, .. } => {
                role_arn.parse::<RoleArn>().ok().map(|role| role.account())
            }
            StoredCredential::AccessKey { .. }
            | StoredCredential::AccessPortal { .. }
            | StoredCredential::Unrecognized(_) => None,
        })
    }
}

impl Registration {
    /// Whether the account that Palette has is this one: same partition, method and AWS account.
    pub fn is_same_identity_as(&self, known: &CloudAccount) -> bool {
        let same_account = match (known.aws_account(), &known.access, &self.credential) {
            (Some(account), _, _) => account == self.account,
            // Registered by hand, so nothing is noted: the same key is the same user.
            (None, StoredCredential::AccessKey { access_key_id }, Credential::AccessKey(keys)) => {
                keys.id.as_str() == access_key_id
            }
            // What the portal knows the account by.
            (
                None,
                StoredCredential::AccessPortal { agency, account, .. },
                Credential::AccessPortal(wanted),
            ) => wanted.agency.as_str() == agency && wanted.account.as_str() == account,
            (None, _, _) => false,
        };
        same_account
            && known.partition == self.partition.id()
            && known.access.method() == Some(self.credential.method())
    }

    /// Whether it has everything that can be read back as it is to be.
    pub fn is_up_to_date(&self, known: &CloudAccount) -> bool {
        let Self {
            name,
            description,
            partition: _,
            account,
            scope,
            policies,
            gateway,
            profile,
            credential,
        } = self;
        // What Palette masks, the vault knows: which version is in use, and for which account.
        let access = known.access.matches_credential(credential).unwrap_or(true);
        let same_policies = policies.len() == known.policies.len()
            && policies.iter().all(|arn| known.policies.iter().any(|known| known == arn.as_str()));
        access
            && same_policies
            && known.account == Some(*account)
            && known.profile == Some(*profile)
            && known.name == name.as_str()
            && known.scope == *scope
            && known.description.as_deref().unwrap_or_default()
                == description.as_ref().map_or("", Description::as_str)
            && known.gateway.as_deref().unwrap_or_default()
                == gateway.as_ref().map_or("", Uid::as_str)
    }
}
