//! Creates the role that Palette assumes, and the policies of the role, in a member account.
//! Updates the parts that differ from the desired state.
//!
//! Each step is idempotent, and writes only what differs from the desired state. A role or policy
//! that Gangway did not create is never changed.

mod attachments;
mod compare;
mod create;
mod managed_policy;
mod managed_tags;
mod policy_version;
mod policy_versions;
mod retry;
mod update;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::{self, IamRole};
use gangway_model::{AccountId, Partition, PermissionProfile, RoleArn, UpstreamError};
use gangway_registration::drift::DriftedPart;
use serde_json::Value;

use crate::outcome::VendingError;

pub(crate) use compare::compare_role;
pub(crate) use managed_tags::{ManagedTags, SCOPE_TAG};
pub(crate) use retry::PROPAGATION_RETRY;

/// IAM path of the policies that Gangway creates.
pub(crate) const POLICY_PATH: &str = "/gangway/";

/// Description of the role in IAM.
const ROLE_DESCRIPTION: &str =
    "Lets Spectro Cloud Palette manage clusters in this account. Created by Gangway.";

/// Minimum `MaxSessionDuration` of the role, in seconds.
const MIN_SESSION_SECONDS: i32 = 3600;

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
    /// Returns the role in the form in which IAM returns a role, with the desired values.
    pub(crate) fn to_iam_role(&self) -> IamRole {
        IamRole {
            arn: self.arn.as_str().to_owned(),
            trust: self.trust_policy.clone(),
            max_session: Duration::from_secs(MIN_SESSION_SECONDS.unsigned_abs().into()),
            boundary: self.permissions_boundary.clone(),
            description: ROLE_DESCRIPTION.to_owned(),
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

/// How Gangway changed the role.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RoleChanges {
    /// Gangway created the role.
    Created,
    /// Gangway updated these parts, which differed from the desired state. Empty if nothing
    /// differed.
    Updated(BTreeSet<DriftedPart>),
}

impl RoleChanges {
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Updated(parts) if parts.is_empty())
    }

    /// Returns `true` if the changes may not be visible in all of AWS yet. Changes of tags and of
    /// the description do not count, because no check depends on them.
    pub(crate) fn may_not_be_visible_yet(&self) -> bool {
        match self {
            Self::Created => true,
            Self::Updated(parts) => parts
                .iter()
                .any(|part| !matches!(part, DriftedPart::Description | DriftedPart::Tags)),
        }
    }

    /// Returns the identifiers of the changed parts, for the member `repaired` of an outcome event.
    pub(crate) fn part_ids(&self) -> Vec<&'static str> {
        match self {
            Self::Created => vec!["role"],
            Self::Updated(parts) => parts.iter().map(|part| part.id()).collect(),
        }
    }
}

/// Reads the role from IAM by the name in `arn`. A role of that name with another path is
/// `External`.
pub(crate) async fn get_role(
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

/// Creates the role and its policies. Returns `false` if another run has created the role in the
/// meantime: the caller must read the role again.
pub(crate) async fn create_role(
    aws: &AwsSession,
    desired: &DesiredRole,
) -> Result<bool, VendingError> {
    let created = create::create_role(aws, desired).await?;
    if created {
        let first_attempt = managed_policy::FirstAttempt::Create;
        let (_, versions) =
            attachments::reconcile_policies(aws, desired, &[], first_attempt).await?;
        update::update_tags(aws, desired, &desired.tags.with_versions(&versions)).await?;
    }
    Ok(created)
}

/// Updates the parts of the role that differ from the desired state, and returns these parts.
pub(crate) async fn reconcile_role(
    aws: &AwsSession,
    desired: &DesiredRole,
    existing: &IamRole,
) -> Result<BTreeSet<DriftedPart>, VendingError> {
    update::update_role(aws, desired, existing).await
}
