//! `POST /v1/policies`: the IAM policies of an AWS account, to choose `policyArns` from.

use aws::SecretsManager;
use deployment::{Accounts, Deployment};
use domain::{
    AccessKeyId, AssumedRole, Credential, Failure, Partition, RoleArn, SecretArn, SecretKey,
    StaticKeys, Uid,
};
use lambda::{Members, Rejection, Reply, Request};
use serde_json::{Value, json};

use crate::{scoped, view};

/// Whose policies: a registered account's, or those that a credential sees.
enum Whose {
    Account(Uid),
    Keys(StaticKeys),
    KeysInVault(SecretArn),
    Role(RoleArn),
}

/// Answers what Palette's drop-down list shows (F20).
pub(crate) async fn to_choose_from(
    request: &Request,
    deployment: &Deployment,
) -> Result<Reply, Rejection> {
    let whose = Whose::read(request.json()?, deployment.partition)?;
    let registry = scoped(request, deployment).await?;
    let partition = deployment.partition;
    let found = match whose {
        Whose::Account(uid) => {
            let account = view::read(uid.as_str(), &registry).await?;
            registry.iam_policies_of(&account).await?
        }
        whose @ (Whose::Keys(_) | Whose::KeysInVault(_) | Whose::Role(_)) => {
            let credential = whose.credential(&registry, &deployment.vault, partition).await?;
            registry.iam_policies(partition, &credential).await?
        }
    };
    let view: Vec<Value> =
        found.iter().map(|policy| json!({ "arn": policy.arn, "name": policy.name })).collect();
    Ok(Reply::Json(json!({ "policies": view })))
}

impl Whose {
    fn read(mut members: Members, deployed: Partition) -> Result<Self, Rejection> {
        let ways = ["uid", "roleArn", "secretArn", "accessKeyId"];
        let whose = if members.has("uid") {
            members.required::<Uid>("uid").map(Self::Account)
        } else if members.has("roleArn") {
            members.role_arn("roleArn", deployed).map(Self::Role)
        } else if members.has("secretArn") {
            members.secret_arn("secretArn", deployed).map(Self::KeysInVault)
        } else {
            let id = members.required::<AccessKeyId>("accessKeyId");
            let secret = members.secret::<SecretKey>("secretAccessKey");
            id.zip(secret).map(|(id, secret)| Self::Keys(StaticKeys { id, secret }))
        };
        for other in ways {
            members.excluded(other, "must be left out: name one of uid, roleArn, secretArn, or accessKeyId with secretAccessKey");
        }
        members.finish()?;
        whose.ok_or_else(Rejection::incomplete)
    }

    async fn credential(
        self,
        registry: &Accounts<'_>,
        vault: &SecretsManager,
        partition: Partition,
    ) -> Result<Credential, Failure> {
        Ok(match self {
            Self::Keys(keys) => Credential::StaticKeys(keys),
            Self::KeysInVault(arn) => Credential::StaticKeys(vault.read_keys(&arn).await?),
            Self::Role(role) => {
                let facts = registry.sts_trust(partition).await?;
                let external_id = facts.external_id.ok_or_else(|| {
                    Failure::NotFound(format!("Palette tells no external id for {partition}"))
                })?;
                Credential::AssumedRole(AssumedRole { role, external_id })
            }
            Self::Account(uid) => return Err(view::missing(&uid)),
        })
    }
}
