//! Creates Palette's role and its policies in a member account, and updates what differs.
//!
//! Each step is idempotent. What already is as desired costs no write. What Gangway did not create
//! is never changed.

mod attachments;
mod converge;
mod create;
mod managed_policy;
mod managed_tags;
mod policy_version;
mod policy_versions;
mod retry;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::{self, IamRole};
use gangway_model::{AccountId, Partition, PermissionProfile, RoleArn, UpstreamError};
use serde_json::Value;

use crate::outcome::VendingError;

pub(crate) use managed_tags::{ManagedTags, SCOPE_TAG};
pub(crate) use retry::PROPAGATION_RETRY;

/// IAM path of the policies that Gangway creates.
pub(crate) const POLICY_PATH: &str = "/gangway/";

/// Description of the role in IAM.
const DESCRIPTION: &str =
    "Lets Spectro Cloud Palette manage clusters in this account. Created by Gangway.";

/// Minimum `MaxSessionDuration` of the role, in seconds.
const SESSION_SECONDS: i32 = 3600;

/// The desired state of the role.
#[derive(Clone, Debug)]
pub(crate) struct DesiredRole {
    pub(crate) arn: RoleArn,
    /// The permissions of the role.
    pub(crate) profile: PermissionProfile,
    pub(crate) trust_policy: Value,
    /// ARN of the permissions boundary.
    pub(crate) permissions_boundary: Option<String>,
    pub(crate) tags: ManagedTags,
}

impl DesiredRole {
    /// Returns the role as IAM shows it once it is in the desired state.
    pub(crate) fn to_iam_role(&self) -> IamRole {
        IamRole {
            arn: self.arn.as_str().to_owned(),
            trust: self.trust_policy.clone(),
            max_session: Duration::from_secs(SESSION_SECONDS.unsigned_abs().into()),
            boundary: self.permissions_boundary.clone(),
            description: DESCRIPTION.to_owned(),
            made: None,
            tags: BTreeMap::new(),
        }
    }

    const fn partition(&self) -> Partition {
        self.arn.partition()
    }

    const fn account(&self) -> AccountId {
        self.arn.account()
    }
}

/// The role as it exists in the account.
#[derive(Debug)]
pub(crate) enum ExistingRole {
    Missing,
    /// This deployment created the role. Somebody may have changed it since.
    Managed(IamRole),
    External(IamRole),
}

/// What was made or changed of the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RoleChanges {
    /// The role is new.
    Created,
    /// These parts were not as desired.
    Updated(BTreeSet<RolePart>),
}

impl RoleChanges {
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Updated(parts) if parts.is_empty())
    }

    /// Returns `true` if AWS may not show it everywhere yet. Nothing waits for tags and description.
    pub(crate) fn may_not_be_visible_yet(&self) -> bool {
        match self {
            Self::Created => true,
            Self::Updated(parts) => {
                parts.iter().any(|part| !matches!(part, RolePart::Description | RolePart::Tags))
            }
        }
    }

    /// Returns the identifiers of what is as desired again, if the account was registered before.
    pub(crate) fn part_ids(&self) -> Vec<&'static str> {
        match self {
            Self::Created => vec!["role"],
            Self::Updated(parts) => parts.iter().map(|part| part.id()).collect(),
        }
    }
}

/// A part of the role that Gangway brings back to the desired state.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum RolePart {
    TrustPolicy,
    PermissionsBoundary,
    Description,
    Policies,
    Tags,
}

impl RolePart {
    const fn id(self) -> &'static str {
        match self {
            Self::TrustPolicy => "trust-policy",
            Self::PermissionsBoundary => "permissions-boundary",
            Self::Description => "description",
            Self::Policies => "policies",
            Self::Tags => "tags",
        }
    }
}

/// Reads the role by its name, whatever its path is.
pub(crate) async fn get(
    aws: &AwsSession,
    arn: &RoleArn,
    stack_name: &str,
) -> Result<ExistingRole, VendingError> {
    let role = match iam_role::get_role(aws, arn).await {
        Ok(role) => role,
        Err(UpstreamError::NotFound { .. }) => return Ok(ExistingRole::Missing),
        Err(error) => return Err(VendingError::from_account_error(error)),
    };
    if role.arn == arn.as_str() && managed_tags::is_managed_by(&role.tags, stack_name) {
        Ok(ExistingRole::Managed(role))
    } else {
        Ok(ExistingRole::External(role))
    }
}

/// Creates the role and its policies. Returns `false` if another run created the role meanwhile:
/// read it again.
pub(crate) async fn create(aws: &AwsSession, desired: &DesiredRole) -> Result<bool, VendingError> {
    let created = create::role(aws, desired).await?;
    if created {
        let first_attempt = managed_policy::FirstAttempt::Create;
        let (_, versions) = attachments::reconcile(aws, desired, &[], first_attempt).await?;
        converge::update_tags(aws, desired, &desired.tags.with_versions(&versions)).await?;
    }
    Ok(created)
}

/// Updates what differs from the desired state, and returns what did.
pub(crate) async fn reconcile(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<BTreeSet<RolePart>, VendingError> {
    converge::role(aws, desired, existing).await
}
