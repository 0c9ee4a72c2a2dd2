//! `POST /v1/policies`: the IAM policies of an AWS account, to choose `policyArns` from.

use gangway_aws::SecretsManagerStore;
use gangway_checks::ScopedAccounts;
use gangway_lambda::{ApiError, Fields, Request, Response};
use gangway_model::{
    AccessKey, AssumedRole, Credential, Partition, RegistrationError, RoleArn, SecretSource, Uid,
    UpstreamError,
};
use gangway_registration::AppContext;
use serde_json::{Value, json};

use crate::{resolve_scope, view};

/// Whose policies: a registered account's, or those that a credential sees.
enum PolicySource<K> {
    Account(Uid),
    Keys(K),
    Role(RoleArn),
}

/// Answers what Palette's drop-down list shows (F20).
pub(crate) async fn list_policies(
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let partition = deployment.clients.partition;
    let whose = PolicySource::parse(request.json()?, partition)?
        .resolve_secret(&deployment.clients.secrets)
        .await?;
    let registry = resolve_scope(request, deployment).await?;
    let (found, pointer) = match whose {
        PolicySource::Account(uid) => {
            let account = view::load(&uid, &registry).await?;
            (registry.iam_policies_of(&account).await, "/uid")
        }
        PolicySource::Keys(keys) => {
            let credential = Credential::AccessKey(keys);
            (registry.iam_policies(partition, &credential).await, "/accessKeyId")
        }
        PolicySource::Role(role) => {
            let role = assume_role(role, &registry, partition).await?;
            let credential = Credential::AssumedRole(role);
            (registry.iam_policies(partition, &credential).await, "/roleArn")
        }
    };
    let found = found.map_err(|error| rejected(error, pointer))?;
    let view: Vec<Value> =
        found.iter().map(|policy| json!({ "arn": policy.arn, "name": policy.name })).collect();
    Ok(Response::Json(json!({ "policies": view })))
}

/// What Palette cannot see with a credential is the caller's to mend.
fn rejected(error: UpstreamError, pointer: &str) -> RegistrationError {
    match error {
        UpstreamError::Rejected { service, reason } => RegistrationError::unprocessable(
            pointer,
            format!(
                "must be a way into the account that may list policies; {service} says: {reason}"
            ),
        ),
        UpstreamError::AccessDenied { .. }
        | UpstreamError::NotFound { .. }
        | UpstreamError::ProjectNotFound { .. }
        | UpstreamError::AlreadyExists { .. }
        | UpstreamError::Throttled { .. }
        | UpstreamError::Unavailable { .. }
        | UpstreamError::TimedOut { .. } => error.into(),
    }
}

impl PolicySource<SecretSource<AccessKey>> {
    fn parse(mut members: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let ways = ["uid", "roleArn", "secretArn", "accessKeyId"];
        let whose = if members.has("uid") {
            members.required::<Uid>("uid").map(Self::Account)
        } else if members.has("roleArn") {
            members.role_arn("roleArn", deployed).map(Self::Role)
        } else {
            members.access_key(deployed).map(Self::Keys)
        };
        for other in ways {
            members.forbid(other, "must be left out: name one of uid, roleArn, secretArn, or accessKeyId with secretAccessKey");
        }
        members.finish(whose)
    }

    /// The same with the keys at hand.
    async fn resolve_secret(
        self,
        vault: &SecretsManagerStore,
    ) -> Result<PolicySource<AccessKey>, RegistrationError> {
        Ok(match self {
            Self::Keys(source) => PolicySource::Keys(vault.resolve_source(source, None).await?),
            Self::Role(role) => PolicySource::Role(role),
            Self::Account(uid) => PolicySource::Account(uid),
        })
    }
}

/// The role, with what Palette presents when it assumes it.
async fn assume_role(
    role: RoleArn,
    registry: &ScopedAccounts<'_>,
    partition: Partition,
) -> Result<AssumedRole, RegistrationError> {
    let facts = registry.sts_source_account(partition).await?;
    let external_id = facts.external_id.ok_or_else(|| {
        RegistrationError::NotFound(format!("Palette tells no external id for {partition}"))
    })?;
    Ok(AssumedRole { role, external_id })
}
