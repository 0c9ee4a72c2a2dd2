//! A cloud account: as requested, as registered, and as Palette returns it.

use std::{collections::BTreeMap, time::SystemTime};

use crate::{
    AccountId, AccountName, Check, Credential, Description, PaletteCluster, Partition,
    PermissionProfile, PolicyArn, Region, RoleArn, SecretArn, StoredCredential, Uid, UidOrName,
};

/// The fields of a request that every method has.
#[derive(Clone, Debug)]
pub struct AccountSpec {
    pub name: AccountName,
    pub description: Option<Description>,
    /// The partition that this deployment serves.
    pub partition: Partition,
    pub scope: RequestedScope,
    /// Policies that Palette attaches to the roles of clusters and nodes.
    pub policies: Vec<PolicyArn>,
    /// The private cloud gateway that Palette uses for this account.
    pub gateway: Option<UidOrName>,
    /// The permissions that the account grants to Palette.
    pub profile: PermissionProfile,
    /// The region in which clusters will run, if the request names one.
    pub region: Option<Region>,
    /// Checks that do not prevent the registration if they fail.
    pub waived_checks: Vec<&'static Check>,
    /// The secret from which the credential was read, if the request named one.
    pub incoming_secret: Option<SecretArn>,
}

impl AccountSpec {
    /// Creates the registration from the request and from what was looked up.
    pub fn into_registration(
        self,
        account: AccountId,
        scope: Scope,
        gateway: Option<Uid>,
        credential: Credential,
    ) -> Registration {
        let Self { name, description, partition, policies, profile, region, .. } = self;
        let (waived_checks, incoming_secret) = (self.waived_checks, self.incoming_secret);
        Registration {
            name,
            description,
            partition,
            account,
            scope,
            policies,
            gateway,
            profile,
            region,
            credential,
            waived_checks,
            incoming_secret,
        }
    }
}

/// The scope of an account, as a request names it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RequestedScope {
    #[default]
    Tenant,
    Project(UidOrName),
}

/// The scope of an account in Palette. It cannot be changed after the account was created.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Visible in all projects of the tenant.
    Tenant,
    Project(Uid),
}

/// The operation that a request asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operation {
    /// Run the checks and store nothing.
    Validate,
    /// Create the account, or update the one of that name.
    Register,
    /// Update the account with this uid, even if its AWS account or method changes.
    Replace(Uid),
}

/// An account to register. Every field is parsed and looked up.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Together with the scope, the natural key.
    pub name: AccountName,
    pub description: Option<Description>,
    pub partition: Partition,
    /// The AWS account of the credential.
    pub account: AccountId,
    pub scope: Scope,
    /// Policies that Palette attaches to the roles of clusters and nodes.
    pub policies: Vec<PolicyArn>,
    pub gateway: Option<Uid>,
    /// The permissions that the account grants to Palette. Stored as an annotation for re-validation.
    pub profile: PermissionProfile,
    /// The region in which clusters will run. Stored as an annotation for re-validation.
    pub region: Option<Region>,
    pub credential: Credential,
    /// Checks that did not prevent the registration. Stored as an annotation for re-validation.
    pub waived_checks: Vec<&'static Check>,
    /// The secret from which the credential was read. It is deleted once the account is registered.
    pub incoming_secret: Option<SecretArn>,
}

/// An account as Palette returns it, without secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloudAccount {
    pub uid: Uid,
    pub name: String,
    /// As Palette spells it; may be a partition that Gangway does not know.
    pub partition: String,
    /// The public part of the credential.
    pub access: StoredCredential,
    /// The AWS account, from Gangway's annotation or the role's ARN.
    pub account: Option<AccountId>,
    /// From Gangway's annotation.
    pub profile: Option<PermissionProfile>,
    /// The region in which clusters will run, from Gangway's annotation.
    pub region: Option<Region>,
    /// Ids of the checks that the registration waived, from Gangway's annotation.
    pub waived_checks: Vec<String>,
    /// Cluster that Palette runs on and roles of its pods, from Gangway's annotations. Method
    /// `pod-identity` only.
    pub palette_cluster: Option<PaletteCluster>,
    /// Policies that Palette attaches to the roles of clusters and nodes.
    pub policies: Vec<String>,
    /// The policy of an access portal's account, which other tools may set; kept on update.
    pub portal_policy: Option<String>,
    /// All annotations, including those of other tools; kept on update.
    pub annotations: BTreeMap<String, String>,
    /// Labels; kept on update.
    pub labels: BTreeMap<String, String>,
    pub description: Option<String>,
    pub gateway: Option<String>,
    pub scope: Scope,
    /// As Palette names it.
    pub state: Option<String>,
    /// When the credentials expire that Palette got from an access portal.
    pub token_expiry: Option<SystemTime>,
}

impl CloudAccount {
    /// Returns the AWS account from the annotation, or else from the role's ARN.
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
    /// Returns `true` if the account has the same partition, method and AWS account.
    pub fn is_same_identity_as(&self, known: &CloudAccount) -> bool {
        let same_account = match (known.aws_account(), &known.access, &self.credential) {
            (Some(account), _, _) => account == self.account,
            // Registered by hand, without annotations: the same key belongs to the same user.
            (None, StoredCredential::AccessKey { access_key_id }, Credential::AccessKey(keys)) => {
                keys.id.as_str() == access_key_id
            }
            // The account has the same name in the access portal.
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

    /// Returns `true` if every field that Palette returns is as requested.
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
            region,
            credential,
            waived_checks,
            incoming_secret: _,
        } = self;
        // A masked access key id counts as equal; the version of the secret is compared elsewhere.
        let access = known.access.matches_credential(credential).unwrap_or(true);
        let same_policies = policies.len() == known.policies.len()
            && policies.iter().all(|arn| known.policies.iter().any(|known| known == arn.as_str()));
        access
            && same_policies
            && known.account == Some(*account)
            && known.profile == Some(*profile)
            && known.region == *region
            && waived_checks.iter().map(|check| check.id).eq(known.waived_checks.iter())
            && known.palette_cluster.as_ref() == credential.palette_cluster()
            && known.name == name.as_str()
            && known.scope == *scope
            && known.description.as_deref().unwrap_or_default()
                == description.as_ref().map_or("", Description::as_str)
            && known.gateway.as_deref().unwrap_or_default()
                == gateway.as_ref().map_or("", Uid::as_str)
    }
}
