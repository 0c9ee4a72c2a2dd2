//! Marks secrets for deletion, and schedules their deletion with a recovery window.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use futures_util::future::join_all;
use gangway_model::{
    AccountId, AccountName, Scope, SecretArn, Uid, UpstreamError,
    stores::{PendingDeletion, SecretOwner, StagedSecret},
};
use tokio::join;

use super::{
    SecretsManagerStore,
    metadata::{self, SecretMetadata, SecretState},
    secrets_manager_call,
};
use crate::error::AwsErrorKind;

/// Recovery window of stored secrets, in days. Secrets Manager allows 30 days at most.
const RECOVERY_DAYS: i64 = 30;

/// Recovery window of incoming secrets, in days. Secrets Manager allows 7 days at least.
const INCOMING_RECOVERY_DAYS: i64 = 7;

/// Schedules deletion of a staged secret. Does nothing if another run has made the secret active
/// since it was staged.
pub(super) async fn delete_staged(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(store, staged.secret.as_str()).await? {
        Some(secret) if secret.registered_for().is_none() && !secret.is_scheduled_for_deletion => {
            delete_secret(store, staged.secret.as_str(), RECOVERY_DAYS).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Sets the state tag of every secret of the account, except the secret `keep`, to *pending
/// deletion*. Returns the ARNs of the tagged secrets.
///
/// The tag is set before the deletion, so that a secret that somebody restores does not count as
/// active.
pub(super) async fn mark_for_deletion(
    store: &SecretsManagerStore,
    owner: SecretOwner<'_>,
    keep: Option<&SecretArn>,
) -> Result<PendingDeletion, UpstreamError> {
    let (listed, by_name) = join!(list_by_owner(store, owner), find_by_name(store, owner));
    let mut arns = listed?;
    // `ListSecrets` is eventually consistent: it may not return a secret that was just created.
    arns.extend(by_name?.filter(|arn| !arns.contains(arn)));
    arns.retain(|arn| keep != Some(arn));
    let marked =
        join_all(arns.iter().map(|arn| set_state_tag(store, arn, SecretState::PendingDeletion)))
            .await;
    let mut pending = Vec::new();
    for (arn, exists) in arns.into_iter().zip(marked) {
        if exists? {
            pending.push(arn);
        }
    }
    Ok(PendingDeletion(pending))
}

/// Schedules deletion of the marked secrets. Skips a secret if another run has tagged it with
/// another account after it was marked. Returns the number of marked secrets.
///
/// The uid tag decides, not the state tag, because a read may still return the state tag from
/// before the secret was marked.
pub(super) async fn delete_marked(
    store: &SecretsManagerStore,
    uid: &Uid,
    PendingDeletion(arns): PendingDeletion,
) -> Result<usize, UpstreamError> {
    for outcome in join_all(arns.iter().map(|arn| schedule_deletion(store, uid, arn))).await {
        outcome?;
    }
    Ok(arns.len())
}

/// Schedules deletion of one marked secret. If the secret now belongs to another account, sets its
/// state tag to *registered* instead.
async fn schedule_deletion(
    store: &SecretsManagerStore,
    uid: &Uid,
    arn: &SecretArn,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(store, arn.as_str()).await? {
        Some(secret) if secret.uid.as_ref() != Some(uid) => {
            set_state_tag(store, arn, SecretState::Registered).await.map(drop)
        }
        Some(_) | None => delete_secret(store, arn.as_str(), RECOVERY_DAYS).await,
    }
}

/// Sets the state tag of the marked secrets back to *registered*.
pub(super) async fn unmark(
    store: &SecretsManagerStore,
    PendingDeletion(arns): PendingDeletion,
) -> Result<(), UpstreamError> {
    for outcome in
        join_all(arns.iter().map(|arn| set_state_tag(store, arn, SecretState::Registered))).await
    {
        outcome?;
    }
    Ok(())
}

/// Sets the state tag of a secret. Returns `false` if the secret does not exist or is scheduled for
/// deletion.
async fn set_state_tag(
    store: &SecretsManagerStore,
    arn: &SecretArn,
    state: SecretState,
) -> Result<bool, UpstreamError> {
    let call = secrets_manager_call("secretsmanager:TagResource");
    let request = store.client().tag_resource().secret_id(arn.as_str());
    let request = request.tags(metadata::state_tag(state)).tags(metadata::changed_by_tag());
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) => match AwsErrorKind::from_sdk(&error) {
            Some(AwsErrorKind::NotFound | AwsErrorKind::InvalidState) => Ok(false),
            Some(_) | None => Err(call.to_upstream_error(&error)),
        },
    }
}

/// Tags an incoming secret as promoted and schedules its deletion. Does nothing if the secret does
/// not exist or is already scheduled for deletion.
pub(super) async fn delete_incoming(
    store: &SecretsManagerStore,
    arn: &SecretArn,
) -> Result<(), UpstreamError> {
    if set_state_tag(store, arn, SecretState::Promoted).await? {
        delete_secret(store, arn.as_str(), INCOMING_RECOVERY_DAYS).await?;
    }
    Ok(())
}

/// Schedules deletion of a secret. Does nothing if the secret does not exist or is already
/// scheduled for deletion.
async fn delete_secret(
    store: &SecretsManagerStore,
    arn: &str,
    recovery_days: i64,
) -> Result<(), UpstreamError> {
    let call = secrets_manager_call("secretsmanager:DeleteSecret");
    let request = store.client().delete_secret().secret_id(arn);
    let Err(error) = request.recovery_window_in_days(recovery_days).send().await else {
        return Ok(());
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::NotFound) => Ok(()),
        // `InvalidRequestException` can mean that the secret is already scheduled for deletion.
        Some(AwsErrorKind::InvalidState) => match SecretMetadata::describe(store, arn).await? {
            Some(secret) if !secret.is_scheduled_for_deletion => {
                Err(call.to_upstream_error(&error))
            }
            Some(_) | None => Ok(()),
        },
        Some(_) | None => Err(call.to_upstream_error(&error)),
    }
}

/// Finds the secret with the name that follows from the last known state of the account. Returns
/// `None` if this secret belongs to another account or is scheduled for deletion.
async fn find_by_name(
    store: &SecretsManagerStore,
    owner: SecretOwner<'_>,
) -> Result<Option<SecretArn>, UpstreamError> {
    let Some((account, partition, aws_account, name)) = owner.last_seen.and_then(|account| {
        let partition = account.partition.parse().ok()?;
        Some((account, partition, account.aws_account()?, account.name.parse().ok()?))
    }) else {
        return Ok(None);
    };
    let name = store.secret_name(partition, aws_account, &name, owner.scope);
    let Some(secret) = SecretMetadata::describe(store, &name).await? else {
        return Ok(None);
    };
    let is_owner = secret.uid.as_ref() == Some(&account.uid)
        && secret.scope == Some(owner.scope.to_string())
        && !secret.is_scheduled_for_deletion;
    Ok(is_owner.then_some(secret.arn))
}

/// Lists the stored secrets whose tags name this Palette account and scope. Ignores secrets outside
/// Gangway's prefix, because other people may set the same tags. Compares the complete tags,
/// because a filter of `ListSecrets` matches prefixes.
async fn list_by_owner(
    store: &SecretsManagerStore,
    owner: SecretOwner<'_>,
) -> Result<Vec<SecretArn>, UpstreamError> {
    let SecretOwner { uid, scope, .. } = owner;
    let prefix = store.stored_secret_prefix();
    let secrets = list_secrets(store, &prefix, std::slice::from_ref(uid)).await?;
    let own = secrets.iter().filter(|secret| metadata::has_owner(secret.tags(), uid, scope));
    Ok(own.filter_map(|secret| secret.arn()?.parse().ok()).collect())
}

/// Returns uid and scope of each Palette account that owns a secret of this AWS account and account
/// name. Reads the names and tags of the secrets.
pub(super) async fn owners_of(
    store: &SecretsManagerStore,
    account: AccountId,
    name: &AccountName,
) -> Result<Vec<(Uid, Scope)>, UpstreamError> {
    // Name of the secret of a tenant account. For a project, `@` and the uid of the project follow.
    let in_tenant = store.secret_name(store.0.partition, account, name, &Scope::Tenant);
    let secrets = list_secrets(store, &in_tenant, &[]).await?;
    let mut owners = Vec::new();
    for secret in &secrets {
        let Some(owner) = metadata::parse_owner(secret.tags()) else { continue };
        let own_name = store.secret_name(store.0.partition, account, name, &owner.1);
        if secret.name() == Some(&own_name) && !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    Ok(owners)
}

/// Lists the secrets with a uid tag whose names have this prefix. If `uids` is not empty, a tag
/// must also have one of these values; `uids` has 10 elements at most. Leaves out secrets that are
/// scheduled for deletion.
pub(super) async fn list_secrets(
    store: &SecretsManagerStore,
    prefix: &str,
    uids: &[Uid],
) -> Result<Vec<SecretListEntry>, UpstreamError> {
    let call = secrets_manager_call("secretsmanager:ListSecrets");
    let filter =
        |key: FilterNameStringType, value: &str| Filter::builder().key(key).values(value).build();
    let request = store
        .client()
        .list_secrets()
        .max_results(100)
        .filters(filter(FilterNameStringType::Name, prefix))
        .filters(filter(FilterNameStringType::TagKey, metadata::UID_TAG));
    let request = if uids.is_empty() {
        request
    } else {
        let values = uids.iter().map(ToString::to_string).collect();
        let filter = Filter::builder().key(FilterNameStringType::TagValue);
        request.filters(filter.set_values(Some(values)).build())
    };
    let mut pages = request.into_paginator().send();
    let mut secrets = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| call.to_upstream_error(&error))?;
        let listed = page.secret_list.unwrap_or_default().into_iter();
        let listed = listed.filter(|secret| secret.deleted_date().is_none());
        let has_prefix = |name: &str| name.starts_with(prefix);
        secrets.extend(listed.filter(|secret| secret.name().is_some_and(has_prefix)));
    }
    Ok(secrets)
}
