//! Brings a role that Gangway made to the state that it is to be in.

use gangway_aws::AwsSession;
use gangway_checks::iam::iam_role::IamRole;
use gangway_model::UpstreamError;
use tokio::join;

use super::{
    Changes, DESCRIPTION, DesiredRole, ManagedTags, SESSION_SECONDS, attachments, create,
    managed_policy, versions::Versions,
};
use crate::outcome::VendingError;

/// Changes what differs, and notes it on the role last: a run that is cut off before is finished by the next.
pub(super) async fn role(
    aws: &AwsSession,
    wanted: &DesiredRole,
    role: &IamRole,
) -> Result<Changes, VendingError> {
    let (attached, versions) = join!(attachments::of(aws, &wanted.arn), Versions::of(aws, wanted));
    let (attached, versions) = (attached?, versions?);
    let mut marks = wanted.marks.with_documents(&versions);
    let read_already = versions.list_managed() && marks.same_documents(&role.tags);
    let mut took = Changes::Nothing;
    if !gangway_policies::is_equivalent(&role.trust, &wanted.trust) {
        trust(aws, wanted).await?;
        took = Changes::Changes;
    }
    if wanted.boundary.is_some() && role.boundary != wanted.boundary {
        boundary(aws, wanted).await?;
        took = Changes::Changes;
    }
    let long_enough = role.max_session.as_secs() >= SESSION_SECONDS.unsigned_abs().into();
    if !long_enough || role.description != DESCRIPTION {
        update_description_and_session(aws, wanted, role, long_enough).await?;
    }
    if !attachments::complete(wanted, &attached) || !read_already {
        if attachments::all(aws, wanted, &attached, managed_policy::CreateFirst::There).await?
            == Changes::Changes
        {
            took = Changes::Changes;
        }
        marks = wanted.marks.with_documents(&Versions::of(aws, wanted).await?);
    }
    if !marks.are_on(&role.tags) {
        tags(aws, wanted, &marks).await?;
    }
    Ok(took)
}

async fn trust(aws: &AwsSession, wanted: &DesiredRole) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:UpdateAssumeRolePolicy", "such role");
    let request = aws.iam().update_assume_role_policy().role_name(wanted.arn.name());
    let answer = request.policy_document(wanted.trust.to_string()).send().await;
    answer.map(drop).map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))
}

async fn boundary(aws: &AwsSession, wanted: &DesiredRole) -> Result<(), VendingError> {
    let call =
        AwsSession::iam_api_call("iam:PutRolePermissionsBoundary", "such permissions boundary");
    let request = aws.iam().put_role_permissions_boundary().role_name(wanted.arn.name());
    let answer = request.set_permissions_boundary(wanted.boundary.clone()).send().await;
    match answer.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) => Ok(()),
        Err(UpstreamError::NotFound { .. }) => Err(create::no_boundary(wanted)),
        Err(error) => Err(VendingError::in_account(error)),
    }
}

/// Description and length of sessions, which one call sets: longer sessions are left as they are.
async fn update_description_and_session(
    aws: &AwsSession,
    wanted: &DesiredRole,
    role: &IamRole,
    long_enough: bool,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:UpdateRole", "such role");
    let kept = i32::try_from(role.max_session.as_secs()).unwrap_or(SESSION_SECONDS);
    let seconds = if long_enough { kept } else { SESSION_SECONDS };
    let request = aws.iam().update_role().role_name(wanted.arn.name());
    let answer = request.description(DESCRIPTION).max_session_duration(seconds).send().await;
    answer.map(drop).map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))
}

async fn tags(
    aws: &AwsSession,
    wanted: &DesiredRole,
    marks: &ManagedTags,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:TagRole", "such role");
    let request = aws.iam().tag_role().role_name(wanted.arn.name());
    let answer = request.set_tags(Some(marks.of_role()?)).send().await;
    answer.map(drop).map_err(|error| VendingError::in_account(call.to_upstream_error(&error)))
}
