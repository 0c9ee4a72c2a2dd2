//! A cloud account: as requested, as registered, and as Palette returns it.

use std::{collections::BTreeMap, fmt, str::FromStr, time::SystemTime};

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

/// Writes `tenant` or `project/<uid>`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tenant => f.write_str("tenant"),
            Self::Project(uid) => write!(f, "project/{uid}"),
        }
    }
}

/// The rule that the text of a scope violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be tenant or project/<uid>")]
pub struct InvalidScope;

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("project/") {
            Some(uid) => uid.parse().map(Self::Project).map_err(|_invalid| InvalidScope),
            None if text == "tenant" => Ok(Self::Tenant),
            None => Err(InvalidScope),
        }
    }
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
    /// The permissions that the account grants to Palette. Recorded for re-validation.
    pub profile: PermissionProfile,
    /// The region in which clusters will run. Recorded for re-validation.
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
    /// The AWS account, from Gangway's annotation or from the account's secret. Palette need not
    /// keep annotations. See [`Self::aws_account`].
    pub account: Option<AccountId>,
    /// From Gangway's annotation or from the account's secret.
    pub profile: Option<PermissionProfile>,
    /// The region in which clusters will run, from Gangway's annotation or from the account's
    /// secret.
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
    /// Returns the AWS account: that of the role if Palette assumes one, or else the recorded one.
    pub fn aws_account(&self) -> Option<AccountId> {
        match &self.access {
            StoredCredential::StsRole { role_arn }
            | StoredCredential::PodIdentity { role_arn, .. } => {
                role_arn.parse::<RoleArn>().ok().map(|role| role.account())
            }
            StoredCredential::AccessKey { .. }
            | StoredCredential::AccessPortal { .. }
            | StoredCredential::Unrecognized(_) => self.account,
        }
    }
}

/// What Palette has no member for. Annotations of the account and tags of its secret record it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountSettings {
    pub profile: PermissionProfile,
    pub region: Option<Region>,
}

/// Whether a registration is for the AWS account that a registered account is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Identity {
    Same,
    /// Another AWS account, partition or method.
    Different,
    /// The same partition and method. Palette does not show the AWS account.
    Unknown,
}

/// How a registered account differs from a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    None,
    /// Gangway's annotations are missing, and nothing else differs: another tool has written the
    /// account, or Palette does not keep them.
    AnnotationsMissing,
    /// A setting or the credential differs.
    Settings,
}

impl Registration {
    /// Returns what Palette has no member for.
    pub fn settings(&self) -> AccountSettings {
        AccountSettings { profile: self.profile, region: self.region.clone() }
    }

    /// Returns `true` if the account is known to have the same partition, method and AWS account.
    pub fn is_same_identity_as(&self, known: &CloudAccount) -> bool {
        self.identity(known) == Identity::Same
    }

    /// Compares partition, method and AWS account.
    pub fn identity(&self, known: &CloudAccount) -> Identity {
        if known.partition != self.partition.id()
            || known.access.method() != Some(self.credential.method())
        {
            return Identity::Different;
        }
        let is_same = match (known.aws_account(), &known.access, &self.credential) {
            (Some(account), _, _) => account == self.account,
            // The same key belongs to the same user. Another key may be of the same user, too.
            (None, StoredCredential::AccessKey { access_key_id }, Credential::AccessKey(keys))
                if keys.id.as_str() == access_key_id =>
            {
                true
            }
            // The account has the same name in the access portal.
            (
                None,
                StoredCredential::AccessPortal { agency, account, .. },
                Credential::AccessPortal(wanted),
            ) => wanted.agency.as_str() == agency && wanted.account.as_str() == account,
            (None, _, _) => return Identity::Unknown,
        };
        if is_same { Identity::Same } else { Identity::Different }
    }

    /// Compares every field that Palette returns with the requested one.
    pub fn difference_from(&self, known: &CloudAccount) -> Difference {
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
        let same_settings = access
            && same_policies
            && known.name == name.as_str()
            && known.scope == *scope
            && known.description.as_deref().unwrap_or_default()
                == description.as_ref().map_or("", Description::as_str)
            && known.gateway.as_deref().unwrap_or_default()
                == gateway.as_ref().map_or("", Uid::as_str);
        let same_annotations = known.account == Some(*account)
            && known.profile == Some(*profile)
            && known.region == *region
            && waived_checks.iter().map(|check| check.id).eq(known.waived_checks.iter())
            && known.palette_cluster.as_ref() == credential.palette_cluster();
        let no_annotations = known.account.is_none_or(|known| known == *account)
            && known.profile.is_none()
            && known.region.is_none()
            && known.waived_checks.is_empty()
            && known.palette_cluster.is_none();
        match (same_settings, same_annotations, no_annotations) {
            (true, true, _) => Difference::None,
            (true, false, true) => Difference::AnnotationsMissing,
            (true, false, false) | (false, _, _) => Difference::Settings,
        }
    }
}
