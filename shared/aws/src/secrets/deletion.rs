//! Sending secrets into their recovery window.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use futures_util::future::join_all;
use gangway_model::{
    SecretArn, Uid, UpstreamError,
    stores::{PendingDeletion, SecretOwner, StagedSecret},
};
use tokio::join;

use super::{
    SecretsManagerStore, call,
    metadata::{self, SecretMetadata, SecretState},
};
use crate::error::AwsErrorKind;

/// How long a secret can still be restored: the longest that Secrets Manager offers.
const RECOVERY_DAYS: i64 = 30;

/// A secret that was never in use goes, unless another run has put it in use since.
pub(super) async fn discard(
    vault: &SecretsManagerStore,
    staged: &StagedSecret,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(vault, staged.secret.as_str()).await? {
        Some(known) if known.registered_for().is_none() && !known.scheduled => {
            delete(vault, staged.secret.as_str()).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Every secret whose tags name the account, save one. The state is noted before anything goes: a secret that comes back out
/// of the window must not pass for one in use.
pub(super) async fn condemn(
    vault: &SecretsManagerStore,
    owner: SecretOwner<'_>,
    keep: Option<&SecretArn>,
) -> Result<PendingDeletion, UpstreamError> {
    let (listed, named) = join!(list_by_owner(vault, owner), find_by_name(vault, owner));
    let mut found = listed?;
    // The list of secrets lags behind; what was registered just now is found by its name.
    found.extend(named?.filter(|named| !found.contains(named)));
    found.retain(|arn| keep != Some(arn));
    let noted =
        join_all(found.iter().map(|arn| state(vault, arn, SecretState::PendingDeletion))).await;
    let mut condemned = Vec::new();
    for (arn, there) in found.into_iter().zip(noted) {
        if there? {
            condemned.push(arn);
        }
    }
    Ok(PendingDeletion(condemned))
}

/// Another look at each: whoever registers the same name meanwhile has noted an account of its own. The state tells nothing, as
/// readers may see what was noted before.
pub(super) async fn retire(
    vault: &SecretsManagerStore,
    uid: &Uid,
    PendingDeletion(going): PendingDeletion,
) -> Result<usize, UpstreamError> {
    for outcome in join_all(going.iter().map(|arn| schedule_deletion(vault, uid, arn))).await {
        outcome?;
    }
    Ok(going.len())
}

async fn schedule_deletion(
    vault: &SecretsManagerStore,
    uid: &Uid,
    arn: &SecretArn,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(vault, arn.as_str()).await? {
        Some(known) if known.uid.as_ref() != Some(uid) => {
            state(vault, arn, SecretState::Registered).await.map(drop)
        }
        Some(_) | None => delete(vault, arn.as_str()).await,
    }
}

pub(super) async fn spare(
    vault: &SecretsManagerStore,
    PendingDeletion(going): PendingDeletion,
) -> Result<(), UpstreamError> {
    for outcome in
        join_all(going.iter().map(|arn| state(vault, arn, SecretState::Registered))).await
    {
        outcome?;
    }
    Ok(())
}

/// Notes a state; `false` where the secret is gone, or in its recovery window.
async fn state(
    vault: &SecretsManagerStore,
    arn: &SecretArn,
    state: SecretState,
) -> Result<bool, UpstreamError> {
    let call = call("secretsmanager:TagResource");
    let request =
        vault.client().tag_resource().secret_id(arn.as_str()).tags(metadata::state_tag(state));
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) => match AwsErrorKind::from_sdk(&error) {
            Some(AwsErrorKind::NotFound | AwsErrorKind::InvalidState) => Ok(false),
            Some(_) | None => Err(call.to_upstream_error(&error)),
        },
    }
}

async fn delete(vault: &SecretsManagerStore, arn: &str) -> Result<(), UpstreamError> {
    let call = call("secretsmanager:DeleteSecret");
    let request = vault.client().delete_secret().secret_id(arn);
    let Err(error) = request.recovery_window_in_days(RECOVERY_DAYS).send().await else {
        return Ok(());
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::NotFound) => Ok(()),
        // In its recovery window already, which Secrets Manager calls an invalid request.
        Some(AwsErrorKind::InvalidState) => match SecretMetadata::describe(vault, arn).await? {
            Some(known) if !known.scheduled => Err(call.to_upstream_error(&error)),
            Some(_) | None => Ok(()),
        },
        Some(_) | None => Err(call.to_upstream_error(&error)),
    }
}

/// The secret that the account has by its name, if that is still its own.
async fn find_by_name(
    vault: &SecretsManagerStore,
    owner: SecretOwner<'_>,
) -> Result<Option<SecretArn>, UpstreamError> {
    let Some((account, partition, aws_account, name)) = owner.last_seen.and_then(|account| {
        let partition = account.partition.parse().ok()?;
        Some((account, partition, account.aws_account()?, account.name.parse().ok()?))
    }) else {
        return Ok(None);
    };
    let name = vault.name(partition, aws_account, &name, owner.scope);
    let Some(known) = SecretMetadata::describe(vault, &name).await? else {
        return Ok(None);
    };
    let own = known.uid.as_ref() == Some(&account.uid)
        && known.scope == Some(metadata::scope_value(owner.scope))
        && !known.scheduled;
    Ok(own.then_some(known.arn))
}

/// The secrets whose tags name the account. Filters match beginnings, so the tags decide.
async fn list_by_owner(
    vault: &SecretsManagerStore,
    owner: SecretOwner<'_>,
) -> Result<Vec<SecretArn>, UpstreamError> {
    let SecretOwner { uid, scope, .. } = owner;
    let call = call("secretsmanager:ListSecrets");
    let filter =
        |key: FilterNameStringType, value: &str| Filter::builder().key(key).values(value).build();
    let request = vault
        .client()
        .list_secrets()
        .max_results(100)
        .filters(filter(FilterNameStringType::TagKey, metadata::UID))
        .filters(filter(FilterNameStringType::TagValue, uid.as_str()));
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let answer = request.clone().set_next_token(next).send().await;
        let answer = answer.map_err(|error| call.to_upstream_error(&error))?;
        let ours = answer
            .secret_list()
            .iter()
            .filter(|secret| metadata::has_owner(secret.tags(), uid, scope))
            .filter(|secret| secret.deleted_date().is_none());
        found.extend(ours.filter_map(|secret| secret.arn()?.parse::<SecretArn>().ok()));
        next = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if next.is_none() {
            return Ok(found);
        }
    }
}
