//! `POST /v1/policies`: the IAM policies of an AWS account, to choose `policyArns` from.

use gangway_aws::SecretsManager;
use gangway_checks::Accounts;
use gangway_lambda::{Members, Rejection, Reply, Request};
use gangway_model::{
    AssumedRole, Credential, Failure, Partition, PortError, RoleArn, Source, StaticKeys, Uid,
};
use gangway_registration::Deployment;
use serde_json::{Value, json};

use crate::{scoped, view};

/// Whose policies: a registered account's, or those that a credential sees.
enum Whose<K> {
    Account(Uid),
    Keys(K),
    Role(RoleArn),
}

/// Answers what Palette's drop-down list shows (F20).
pub(crate) async fn to_choose_from(
    request: &Request,
    deployment: &Deployment,
) -> Result<Reply, Rejection> {
    let partition = deployment.clients.partition;
    let whose = Whose::read(request.json()?, partition)?.opened(&deployment.clients.vault).await?;
    let registry = scoped(request, deployment).await?;
    let (found, pointer) = match whose {
        Whose::Account(uid) => {
            let account = view::read(&uid, &registry).await?;
            (registry.iam_policies_of(&account).await, "/uid")
        }
        Whose::Keys(keys) => {
            let credential = Credential::StaticKeys(keys);
            (registry.iam_policies(partition, &credential).await, "/accessKeyId")
        }
        Whose::Role(role) => {
            let role = assumed(role, &registry, partition).await?;
            let credential = Credential::AssumedRole(role);
            (registry.iam_policies(partition, &credential).await, "/roleArn")
        }
    };
    let found = found.map_err(|error| refused(error, pointer))?;
    let view: Vec<Value> =
        found.iter().map(|policy| json!({ "arn": policy.arn, "name": policy.name })).collect();
    Ok(Reply::Json(json!({ "policies": view })))
}

/// What Palette cannot see with a credential is the caller's to mend.
fn refused(error: PortError, pointer: &str) -> Failure {
    match error {
        PortError::Refused { service, reason } => Failure::refused(
            pointer,
            format!(
                "must be a way into the account that may list policies; {service} says: {reason}"
            ),
        ),
        PortError::Denied { .. }
        | PortError::Missing { .. }
        | PortError::NoProject { .. }
        | PortError::Duplicate { .. }
        | PortError::Busy { .. }
        | PortError::Unavailable { .. }
        | PortError::TimedOut { .. } => error.into(),
    }
}

impl Whose<Source<StaticKeys>> {
    fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let ways = ["uid", "roleArn", "secretArn", "accessKeyId"];
        let whose = if members.has("uid") {
            members.required::<Uid>("uid").map(Self::Account)
        } else if members.has("roleArn") {
            members.role_arn("roleArn", deployed).map(Self::Role)
        } else {
            members.static_keys(deployed).map(Self::Keys)
        };
        for other in ways {
            members.excluded(other, "must be left out: name one of uid, roleArn, secretArn, or accessKeyId with secretAccessKey");
        }
        members.finish()?;
        whose.ok_or_else(Rejection::incomplete)
    }

    /// The same with the keys at hand.
    async fn opened(self, vault: &SecretsManager) -> Result<Whose<StaticKeys>, Failure> {
        Ok(match self {
            Self::Keys(source) => Whose::Keys(vault.opened(source, None).await?),
            Self::Role(role) => Whose::Role(role),
            Self::Account(uid) => Whose::Account(uid),
        })
    }
}

/// The role, with what Palette presents when it assumes it.
async fn assumed(
    role: RoleArn,
    registry: &Accounts<'_>,
    partition: Partition,
) -> Result<AssumedRole, Failure> {
    let facts = registry.sts_trust(partition).await?;
    let external_id = facts.external_id.ok_or_else(|| {
        Failure::NotFound(format!("Palette tells no external id for {partition}"))
    })?;
    Ok(AssumedRole { role, external_id })
}
