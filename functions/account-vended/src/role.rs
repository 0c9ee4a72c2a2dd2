//! Brings the role and its policies to the state that they are to be in. Each step may be repeated; what is in order costs no
//! call, and what Gangway did not make it never changes.

mod attachments;
mod backoff;
mod converge;
mod create;
mod managed_policy;
mod managed_tags;
mod read;
mod version;
mod versions;

use std::{collections::BTreeMap, time::Duration};

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::IamRole;
use gangway_model::{AccountId, Partition, PermissionProfile, RoleArn};
use serde_json::Value;

use crate::outcome::VendingError;

pub(crate) use backoff::{Backoff, retry_until_consistent};
pub(crate) use managed_tags::{ManagedTags, SCOPE};

/// The path of the policies that Gangway makes.
pub(crate) const PATH: &str = "/gangway/";

/// What people read about the role in IAM's console.
const DESCRIPTION: &str =
    "Lets Spectro Cloud Palette manage clusters in this account. Made by Gangway.";

/// How long Palette's sessions may last, in seconds (D10).
const SESSION_SECONDS: i32 = 3600;

/// The role as it is to be.
#[derive(Clone, Debug)]
pub(crate) struct DesiredRole {
    /// Which role.
    pub(crate) arn: RoleArn,
    /// What Palette is to be allowed.
    pub(crate) profile: PermissionProfile,
    /// Who may assume it.
    pub(crate) trust: Value,
    /// The ARN of what limits it.
    pub(crate) boundary: Option<String>,
    /// What is noted on it.
    pub(crate) marks: ManagedTags,
}

impl DesiredRole {
    /// The role, once it is as it is to be.
    pub(crate) fn done(&self) -> IamRole {
        IamRole {
            arn: self.arn.as_str().to_owned(),
            trust: self.trust.clone(),
            max_session: Duration::from_secs(SESSION_SECONDS.unsigned_abs().into()),
            boundary: self.boundary.clone(),
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

/// The role as it was found.
#[derive(Debug)]
pub(crate) enum ExistingRole {
    /// Not at all.
    Missing,
    /// As Gangway made it, or as somebody changed what Gangway made.
    Managed(IamRole),
    /// Made by somebody else.
    External(IamRole),
}

/// What it took.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Changes {
    /// Nothing: all was in order.
    Nothing,
    /// Something was made or changed just now, which AWS may not see everywhere yet.
    Changes,
}

/// Looks for the role.
pub(crate) async fn get(
    aws: &AwsSession,
    arn: &RoleArn,
    stack: &str,
) -> Result<ExistingRole, VendingError> {
    let Some(role) = read::role(aws, arn).await? else { return Ok(ExistingRole::Missing) };
    let ours = role.arn == arn.as_str() && managed_tags::is_managed_by(&role.tags, stack);
    Ok(if ours { ExistingRole::Managed(role) } else { ExistingRole::External(role) })
}

/// Makes what is not there. `false` where somebody else made the role meanwhile: look again.
pub(crate) async fn create(aws: &AwsSession, wanted: &DesiredRole) -> Result<bool, VendingError> {
    let made = create::role(aws, wanted).await?;
    if made {
        attachments::all(aws, wanted, &[], managed_policy::CreateFirst::New).await?;
    }
    Ok(made)
}

/// Mends what differs.
pub(crate) async fn reconcile(
    aws: &AwsSession,
    wanted: &DesiredRole,
    role: &IamRole,
) -> Result<Changes, VendingError> {
    converge::role(aws, wanted, role).await
}
