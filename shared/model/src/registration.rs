//! A cloud account as a request describes it, as Gangway registers it, and as Palette returns it.

use std::{collections::BTreeMap, fmt, str::FromStr, time::SystemTime};

use crate::{
    AccountId, AccountName, Check, Credential, Description, PaletteCluster, Partition,
    PermissionProfile, PolicyArn, Region, RoleArn, SecretArn, StoredCredential, Uid, UidOrName,
};

/// The fields of a registration request that do not depend on the authentication method.
#[derive(Clone, Debug)]
pub struct AccountSpec {
    pub name: AccountName,
    pub description: Option<Description>,
    /// The AWS partition that this deployment of Gangway serves.
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
    /// Creates a registration from this request, the AWS account of the credential, and the scope
    /// and gateway that Palette's API returned for the request.
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

/// The scope that a request names: the tenant, or one project by its uid or name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum RequestedScope {
    #[default]
    Tenant,
    Project(UidOrName),
}

/// The scope of a cloud account in Palette: the tenant or one project. Palette cannot change the
/// scope of an account that exists.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Scope {
    /// The account is visible in all projects of the tenant.
    Tenant,
    /// The account is visible in the project with this uid only.
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

/// The error for a text that is not a scope. Its message is the violated rule.
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
    /// Runs the checks and stores nothing.
    Validate,
    /// Creates a cloud account, or updates the cloud account that has the requested name and scope.
    Register,
    /// Updates the cloud account with this uid, even if its AWS account or its method changes.
    Replace(Uid),
}

/// The data of a cloud account that Gangway registers in Palette. Every name in the request has
/// been replaced with a uid that Palette returned.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The name in Palette. Name and scope together identify a cloud account.
    pub name: AccountName,
    pub description: Option<Description>,
    pub partition: Partition,
    /// The AWS account that the credential belongs to.
    pub account: AccountId,
    pub scope: Scope,
    /// Policies that Palette attaches to the roles of clusters and nodes.
    pub policies: Vec<PolicyArn>,
    /// The private cloud gateway that Palette uses for this account.
    pub gateway: Option<Uid>,
    /// The permissions that the account grants to Palette. Gangway stores them for re-validation.
    pub profile: PermissionProfile,
    /// The region in which clusters will run. Gangway stores it for re-validation.
    pub region: Option<Region>,
    pub credential: Credential,
    /// Checks that do not prevent the registration if they fail. Gangway stores their ids as an
    /// annotation of the cloud account, for re-validation.
    pub waived_checks: Vec<&'static Check>,
    /// The secret that the credential was read from. Gangway deletes this secret after it has
    /// registered the account.
    pub incoming_secret: Option<SecretArn>,
}

/// A cloud account as Palette's API returns it, without secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloudAccount {
    pub uid: Uid,
    pub name: String,
    /// The id of the partition, as Palette returns it. Gangway may not know this partition.
    pub partition: String,
    /// The public part of the credential.
    pub access: StoredCredential,
    /// The AWS account, from Gangway's annotation or from the account's secret. `None` if Palette
    /// did not keep the annotation and no secret shows the AWS account. To get the AWS account,
    /// call [`Self::aws_account`].
    pub account: Option<AccountId>,
    /// The permissions that the account grants to Palette, from Gangway's annotation or from a tag
    /// of the account's secret.
    pub profile: Option<PermissionProfile>,
    /// The region in which clusters will run, from Gangway's annotation or from a tag of the
    /// account's secret.
    pub region: Option<Region>,
    /// The ids of the checks that the request waived, from Gangway's annotation.
    pub waived_checks: Vec<String>,
    /// The EKS cluster that Palette runs on and the roles of Palette's pods, from Gangway's
    /// annotations. `None` unless the method is `pod-identity`.
    pub palette_cluster: Option<PaletteCluster>,
    /// Policies that Palette attaches to the roles of clusters and nodes.
    pub policies: Vec<String>,
    /// The member `policy` of Palette's settings for an access portal. Gangway never sets it, but
    /// another tool may set it, so Gangway keeps its value in an update.
    pub portal_policy: Option<String>,
    /// All annotations, including those of other tools. Gangway keeps them in an update.
    pub annotations: BTreeMap<String, String>,
    /// All labels. Gangway keeps them in an update.
    pub labels: BTreeMap<String, String>,
    pub description: Option<String>,
    /// The uid of the private cloud gateway that Palette uses for this account.
    pub gateway: Option<String>,
    pub scope: Scope,
    /// The state of the cloud account, as Palette returns it.
    pub state: Option<String>,
    /// The time at which the credentials expire that Palette received from an access portal.
    pub token_expiry: Option<SystemTime>,
}

impl CloudAccount {
    /// Returns the AWS account of the role if Palette assumes a role, and otherwise the AWS account
    /// that Gangway recorded.
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

/// The settings that Palette's API has no member for. Gangway stores them in annotations of the
/// cloud account and in tags of its secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountSettings {
    pub profile: PermissionProfile,
    pub region: Option<Region>,
}

/// The result of comparing partition, method and AWS account of a registration with those of a
/// cloud account that exists in Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Identity {
    /// Partition, method and AWS account are the same.
    Same,
    /// The AWS account, the partition or the method is a different one.
    Different,
    /// Partition and method are the same. Palette's response does not show the AWS account.
    Unknown,
}

/// How a cloud account in Palette differs from a registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Difference {
    /// The accounts do not differ.
    None,
    /// Gangway's annotations are missing, and nothing else differs: another tool has updated the
    /// cloud account, or this version of Palette does not keep annotations.
    AnnotationsMissing,
    /// A setting or the credential differs.
    Settings,
}

impl Registration {
    /// Returns the settings that Palette's API has no member for.
    pub fn settings(&self) -> AccountSettings {
        AccountSettings { profile: self.profile, region: self.region.clone() }
    }

    /// Returns `true` if the cloud account certainly has the partition, method and AWS account of
    /// this registration.
    pub fn is_same_identity_as(&self, known: &CloudAccount) -> bool {
        self.identity(known) == Identity::Same
    }

    /// Compares partition, method and AWS account of this registration with those of a cloud
    /// account.
    pub fn identity(&self, known: &CloudAccount) -> Identity {
        if known.partition != self.partition.id()
            || known.access.method() != Some(self.credential.method())
        {
            return Identity::Different;
        }
        let is_same = match (known.aws_account(), &known.access, &self.credential) {
            (Some(account), _, _) => account == self.account,
            // The same access key belongs to the same AWS account. Two different access keys may
            // also belong to one AWS account, so a different key proves nothing.
            (None, StoredCredential::AccessKey { access_key_id }, Credential::AccessKey(key))
                if key.id.as_str() == access_key_id =>
            {
                true
            }
            // The access portal has one AWS account for each agency and account name.
            (
                None,
                StoredCredential::AccessPortal { agency, account, .. },
                Credential::AccessPortal(wanted),
            ) => wanted.agency.as_str() == agency && wanted.account.as_str() == account,
            (None, _, _) => return Identity::Unknown,
        };
        if is_same { Identity::Same } else { Identity::Different }
    }

    /// Compares every field of this registration with the field that Palette returned.
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
        // If Palette masks the access key id, it counts as equal here. The caller also compares the
        // version of the account's secret, which is a hash of the credential.
        let has_same_credential = known.access.matches_credential(credential).unwrap_or(true);
        let has_same_policies = policies.len() == known.policies.len()
            && policies.iter().all(|arn| known.policies.iter().any(|known| known == arn.as_str()));
        let has_same_settings = has_same_credential
            && has_same_policies
            && known.name == name.as_str()
            && known.scope == *scope
            && known.description.as_deref().unwrap_or_default()
                == description.as_ref().map_or("", Description::as_str)
            && known.gateway.as_deref().unwrap_or_default()
                == gateway.as_ref().map_or("", Uid::as_str);
        let has_same_annotations = known.account == Some(*account)
            && known.profile == Some(*profile)
            && known.region == *region
            && waived_checks.iter().map(|check| check.id).eq(known.waived_checks.iter())
            && known.palette_cluster.as_ref() == credential.palette_cluster();
        let has_no_annotations = known.account.is_none_or(|known| known == *account)
            && known.profile.is_none()
            && known.region.is_none()
            && known.waived_checks.is_empty()
            && known.palette_cluster.is_none();
        match (has_same_settings, has_same_annotations, has_no_annotations) {
            (true, true, _) => Difference::None,
            (true, false, true) => Difference::AnnotationsMissing,
            (true, false, false) | (false, _, _) => Difference::Settings,
        }
    }
}
