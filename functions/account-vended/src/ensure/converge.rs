//! Brings a role that Gangway made to the state that it is to be in.

use gangway_aws::Aws;
use gangway_checks::iam::role::Role;
use gangway_model::PortError;
use tokio::join;

use super::{
    DESCRIPTION, Marks, SESSION_SECONDS, Took, Wanted, attachments, create, policy,
    versions::Versions,
};
use crate::outcome::Setback;

/// Changes what differs, and notes it on the role last: a run that is cut off before is finished by the next.
pub(super) async fn role(aws: &Aws, wanted: &Wanted, role: &Role) -> Result<Took, Setback> {
    let (attached, versions) = join!(attachments::of(aws, &wanted.arn), Versions::of(aws, wanted));
    let (attached, versions) = (attached?, versions?);
    let mut marks = wanted.marks.with(&versions);
    let read_already = versions.all_ours() && marks.same_documents(&role.tags);
    let mut took = Took::Nothing;
    if !gangway_policies::same(&role.trust, &wanted.trust) {
        trust(aws, wanted).await?;
        took = Took::Changes;
    }
    if wanted.boundary.is_some() && role.boundary != wanted.boundary {
        boundary(aws, wanted).await?;
        took = Took::Changes;
    }
    let long_enough = role.max_session.as_secs() >= SESSION_SECONDS.unsigned_abs().into();
    if !long_enough || role.description != DESCRIPTION {
        face(aws, wanted, role, long_enough).await?;
    }
    if !attachments::complete(wanted, &attached) || !read_already {
        if attachments::all(aws, wanted, &attached, policy::Likely::There).await? == Took::Changes {
            took = Took::Changes;
        }
        marks = wanted.marks.with(&Versions::of(aws, wanted).await?);
    }
    if !marks.on(&role.tags) {
        tags(aws, wanted, &marks).await?;
    }
    Ok(took)
}

async fn trust(aws: &Aws, wanted: &Wanted) -> Result<(), Setback> {
    let call = Aws::iam_call("iam:UpdateAssumeRolePolicy", "such role");
    let request = aws.iam().update_assume_role_policy().role_name(wanted.arn.name());
    let answer = request.policy_document(wanted.trust.to_string()).send().await;
    answer.map(drop).map_err(|error| Setback::within(call.failed(&error)))
}

async fn boundary(aws: &Aws, wanted: &Wanted) -> Result<(), Setback> {
    let call = Aws::iam_call("iam:PutRolePermissionsBoundary", "such permissions boundary");
    let request = aws.iam().put_role_permissions_boundary().role_name(wanted.arn.name());
    let answer = request.set_permissions_boundary(wanted.boundary.clone()).send().await;
    match answer.map_err(|error| call.failed(&error)) {
        Ok(_) => Ok(()),
        Err(PortError::Missing { .. }) => Err(create::no_boundary(wanted)),
        Err(error) => Err(Setback::within(error)),
    }
}

/// Description and length of sessions, which one call sets: longer sessions are left as they are.
async fn face(aws: &Aws, wanted: &Wanted, role: &Role, long_enough: bool) -> Result<(), Setback> {
    let call = Aws::iam_call("iam:UpdateRole", "such role");
    let kept = i32::try_from(role.max_session.as_secs()).unwrap_or(SESSION_SECONDS);
    let seconds = if long_enough { kept } else { SESSION_SECONDS };
    let request = aws.iam().update_role().role_name(wanted.arn.name());
    let answer = request.description(DESCRIPTION).max_session_duration(seconds).send().await;
    answer.map(drop).map_err(|error| Setback::within(call.failed(&error)))
}

async fn tags(aws: &Aws, wanted: &Wanted, marks: &Marks) -> Result<(), Setback> {
    let call = Aws::iam_call("iam:TagRole", "such role");
    let request = aws.iam().tag_role().role_name(wanted.arn.name());
    let answer = request.set_tags(Some(marks.of_role()?)).send().await;
    answer.map(drop).map_err(|error| Setback::within(call.failed(&error)))
}
