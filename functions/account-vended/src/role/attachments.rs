//! Which policies the role has, and those that it is to have.

use futures_util::future::try_join_all;
use gangway_aws::AwsSession;
use gangway_model::RoleArn;
use gangway_policies::PolicyDocument;

use super::{Changes, DesiredRole, PATH, managed_policy, retry_until_consistent};
use crate::outcome::VendingError;

/// A policy that is attached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Attached {
    name: String,
    arn: String,
}

/// Every managed policy of the role.
pub(super) async fn of(aws: &AwsSession, role: &RoleArn) -> Result<Vec<Attached>, VendingError> {
    let call = AwsSession::iam_api_call("iam:ListAttachedRolePolicies", "such role");
    let (mut all, mut marker) = (Vec::new(), None);
    loop {
        let request = aws.iam().list_attached_role_policies().role_name(role.name());
        let answer = request.set_marker(marker).send().await;
        let answer =
            answer.map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))?;
        let attached = answer.attached_policies.unwrap_or_default().into_iter();
        all.extend(attached.filter_map(|policy| {
            Some(Attached { name: policy.policy_name?, arn: policy.policy_arn? })
        }));
        marker = answer.marker.filter(|_| answer.is_truncated);
        if marker.is_none() {
            return Ok(all);
        }
    }
}

/// Whether the profile's policies are all attached, and no other of Gangway's.
pub(super) fn complete(wanted: &DesiredRole, attached: &[Attached]) -> bool {
    let has = |document: &PolicyDocument| attached.iter().any(|one| one.name == document.name());
    gangway_policies::documents_for(wanted.profile).iter().all(has)
        && surplus(wanted, attached).next().is_none()
}

/// Policies of Gangway's that another profile had.
fn surplus<'a>(
    wanted: &DesiredRole,
    attached: &'a [Attached],
) -> impl Iterator<Item = &'a Attached> {
    let profile = gangway_policies::documents_for(wanted.profile);
    let ours = format!("arn:{}:iam::{}:policy{PATH}", wanted.partition(), wanted.account());
    attached.iter().filter(move |one| {
        one.arn.starts_with(&ours)
            && PolicyDocument::from_name(&one.name)
                .is_some_and(|document| !profile.contains(&document))
    })
}

/// Brings every policy of the profile to its state and attaches it, all at the same time; then lets go of those of another
/// profile.
pub(super) async fn all(
    aws: &AwsSession,
    wanted: &DesiredRole,
    attached: &[Attached],
    likely: managed_policy::CreateFirst,
) -> Result<Changes, VendingError> {
    let documents = gangway_policies::documents_for(wanted.profile).iter();
    let each = try_join_all(documents.map(async |document| {
        let (arn, took) = managed_policy::ensure(aws, wanted, *document, likely).await?;
        if attached.iter().any(|one| one.arn == arn) {
            return Ok(took);
        }
        attach(aws, wanted, &arn).await?;
        Ok::<_, VendingError>(Changes::Changes)
    }));
    let each = each.await?;
    let mut took =
        if each.contains(&Changes::Changes) { Changes::Changes } else { Changes::Nothing };
    for one in surplus(wanted, attached) {
        detach(aws, wanted, &one.arn).await?;
        took = Changes::Changes;
    }
    Ok(took)
}

/// Attaching twice is attaching once.
async fn attach(aws: &AwsSession, wanted: &DesiredRole, arn: &str) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:AttachRolePolicy", "such role or policy");
    let request = aws.iam().attach_role_policy().role_name(wanted.arn.name()).policy_arn(arn);
    let step =
        async || request.clone().send().await.map_err(|error| call.to_upstream_error(&error));
    retry_until_consistent(step).await.map(drop).map_err(VendingError::in_account)
}

async fn detach(aws: &AwsSession, wanted: &DesiredRole, arn: &str) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:DetachRolePolicy", "such attachment");
    let request = aws.iam().detach_role_policy().role_name(wanted.arn.name()).policy_arn(arn);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))
}
