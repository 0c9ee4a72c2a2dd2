//! One policy: made, or found and brought to what its document says.

use std::collections::BTreeMap;

use gangway_aws::AwsSession;
use gangway_model::UpstreamError;
use gangway_policies::PolicyDocument;

use super::{Changes, DesiredRole, PATH, managed_tags, version};
use crate::outcome::VendingError;

/// What is tried first. The other is tried next, so this only saves a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum CreateFirst {
    /// The role was just made, so its policies will not be there either.
    New,
    /// The role was there, so its policies will be, too.
    There,
}

/// A policy that is there.
pub(super) struct ManagedPolicy {
    pub(super) arn: String,
    pub(super) default: String,
    tags: BTreeMap<String, String>,
}

/// Brings the policy to its state; its ARN, and what that took.
pub(super) async fn ensure(
    aws: &AwsSession,
    wanted: &DesiredRole,
    document: PolicyDocument,
    likely: CreateFirst,
) -> Result<(String, Changes), VendingError> {
    let name = document.name();
    let at = |path: &str| {
        format!("arn:{}:iam::{}:policy{path}{name}", wanted.partition(), wanted.account())
    };
    let own = at(PATH);
    if likely == CreateFirst::There
        && let Some(known) = read(aws, &own).await?
    {
        return update(aws, wanted, document, known).await;
    }
    match create(aws, wanted, document).await {
        Ok(()) => return Ok((own, Changes::Changes)),
        Err(VendingError::Upstream(UpstreamError::AlreadyExists { .. })) => {}
        Err(setback) => return Err(setback),
    }
    // A name is taken whatever the path. People follow Palette's documents and leave it at that.
    for arn in [own, at("/")] {
        if let Some(known) = read(aws, &arn).await? {
            return update(aws, wanted, document, known).await;
        }
    }
    Err(VendingError::Permanent(format!(
        "account {} has a policy {name} under a path of its own: detach and delete it, or move it to /, so that Gangway can judge it",
        wanted.account()
    )))
}

async fn create(
    aws: &AwsSession,
    wanted: &DesiredRole,
    document: PolicyDocument,
) -> Result<(), VendingError> {
    let call = AwsSession::iam_api_call("iam:CreatePolicy", "such account");
    let request = aws
        .iam()
        .create_policy()
        .policy_name(document.name())
        .path(PATH)
        .description("Permissions that Spectro Cloud Palette asks for. Made by Gangway.")
        .policy_document(document.text(wanted.partition()))
        .set_tags(Some(wanted.marks.of_policy()?));
    match request.send().await.map_err(|error| call.to_upstream_error(&error)) {
        Ok(_) => Ok(()),
        Err(taken @ UpstreamError::AlreadyExists { .. }) => Err(VendingError::Upstream(taken)),
        Err(error) => Err(VendingError::in_account(error)),
    }
}

async fn read(aws: &AwsSession, arn: &str) -> Result<Option<ManagedPolicy>, VendingError> {
    let call = AwsSession::iam_api_call("iam:GetPolicy", "such policy");
    let answer = aws.iam().get_policy().policy_arn(arn).send().await;
    let policy = match answer.map_err(|error| call.to_upstream_error(&error)) {
        Ok(answer) => answer.policy,
        Err(UpstreamError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(VendingError::in_account(error)),
    };
    let policy =
        policy.ok_or_else(|| VendingError::Upstream(call.invalid_response("no policy")))?;
    let tags = policy.tags.unwrap_or_default().into_iter();
    Ok(Some(ManagedPolicy {
        arn: arn.to_owned(),
        default: policy.default_version_id.unwrap_or_default(),
        tags: tags.map(|tag| (tag.key, tag.value)).collect(),
    }))
}

/// A policy that says what it is to say is as good as ours, whoever made it. Another one is changed only if it is ours.
async fn update(
    aws: &AwsSession,
    wanted: &DesiredRole,
    document: PolicyDocument,
    known: ManagedPolicy,
) -> Result<(String, Changes), VendingError> {
    let says = version::read(aws, &known).await?;
    if gangway_policies::is_equivalent(&says, &document.render(wanted.partition())) {
        return Ok((known.arn, Changes::Nothing));
    }
    if !managed_tags::is_managed_by(&known.tags, wanted.marks.stack()) {
        return Err(VendingError::Permanent(format!(
            "policy {} is not this deployment's own, and does not say what Palette's document says: give it a version that does, or delete it",
            known.arn
        )));
    }
    version::create(aws, &known.arn, document.text(wanted.partition())).await?;
    Ok((known.arn, Changes::Changes))
}
