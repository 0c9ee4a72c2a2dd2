//! Deletion of secrets, with a recovery window.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType, SecretListEntry};
use futures_util::future::join_all;
use gangway_model::{
    AccountId, AccountName, Scope, SecretArn, Uid, UpstreamError,
    stores::{PendingDeletion, SecretOwner, StagedSecret},
};
use tokio::join;

use super::{
    SecretsManagerStore, call,
    metadata::{self, SecretMetadata, SecretState},
};
use crate::error::AwsErrorKind;

/// Recovery window of stored secrets: the longest that Secrets Manager offers.
const RECOVERY_DAYS: i64 = 30;

/// Recovery window of incoming secrets: the shortest.
const INCOMING_RECOVERY_DAYS: i64 = 7;

/// Schedules deletion of a staged secret, unless another run has made it active since.
pub(super) async fn delete_staged(
    store: &SecretsManagerStore,
    staged: &StagedSecret,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(store, staged.secret.as_str()).await? {
        Some(secret) if secret.registered_for().is_none() && !secret.scheduled => {
            delete(store, staged.secret.as_str(), RECOVERY_DAYS).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Sets the state tag of every secret of the account, except `keep`, and returns their ARNs.
///
/// The tag is set before the deletion, so that a restored secret does not count as active.
pub(super) async fn mark_for_deletion(
    store: &SecretsManagerStore,
    owner: SecretOwner<'_>,
    keep: Option<&SecretArn>,
) -> Result<PendingDeletion, UpstreamError> {
    let (listed, by_name) = join!(list_by_owner(store, owner), find_by_name(store, owner));
    let mut arns = listed?;
    // `ListSecrets` is eventually consistent: it may not show a secret that was just created.
    arns.extend(by_name?.filter(|arn| !arns.contains(arn)));
    arns.retain(|arn| keep != Some(arn));
    let marked =
        join_all(arns.iter().map(|arn| set_state(store, arn, SecretState::PendingDeletion))).await;
    let mut pending = Vec::new();
    for (arn, exists) in arns.into_iter().zip(marked) {
        if exists? {
            pending.push(arn);
        }
    }
    Ok(PendingDeletion(pending))
}

/// Schedules deletion of the marked secrets, except those that another run has tagged with another
/// account since. Returns the number of marked secrets.
///
/// The uid tag decides, not the state tag: a read may still show the state from before the mark.
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

async fn schedule_deletion(
    store: &SecretsManagerStore,
    uid: &Uid,
    arn: &SecretArn,
) -> Result<(), UpstreamError> {
    match SecretMetadata::describe(store, arn.as_str()).await? {
        Some(secret) if secret.uid.as_ref() != Some(uid) => {
            set_state(store, arn, SecretState::Registered).await.map(drop)
        }
        Some(_) | None => delete(store, arn.as_str(), RECOVERY_DAYS).await,
    }
}

pub(super) async fn unmark(
    store: &SecretsManagerStore,
    PendingDeletion(arns): PendingDeletion,
) -> Result<(), UpstreamError> {
    for outcome in
        join_all(arns.iter().map(|arn| set_state(store, arn, SecretState::Registered))).await
    {
        outcome?;
    }
    Ok(())
}

/// Sets the state tag. Returns `false` if the secret does not exist or is scheduled for deletion.
async fn set_state(
    store: &SecretsManagerStore,
    arn: &SecretArn,
    state: SecretState,
) -> Result<bool, UpstreamError> {
    let call = call("secretsmanager:TagResource");
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

/// Tags an incoming secret and schedules its deletion. Does nothing if that has been done.
pub(super) async fn delete_incoming(
    store: &SecretsManagerStore,
    arn: &SecretArn,
) -> Result<(), UpstreamError> {
    if set_state(store, arn, SecretState::Promoted).await? {
        delete(store, arn.as_str(), INCOMING_RECOVERY_DAYS).await?;
    }
    Ok(())
}

async fn delete(
    store: &SecretsManagerStore,
    arn: &str,
    recovery_days: i64,
) -> Result<(), UpstreamError> {
    let call = call("secretsmanager:DeleteSecret");
    let request = store.client().delete_secret().secret_id(arn);
    let Err(error) = request.recovery_window_in_days(recovery_days).send().await else {
        return Ok(());
    };
    match AwsErrorKind::from_sdk(&error) {
        Some(AwsErrorKind::NotFound) => Ok(()),
        // `InvalidRequestException`: it is scheduled for deletion already.
        Some(AwsErrorKind::InvalidState) => match SecretMetadata::describe(store, arn).await? {
            Some(secret) if !secret.scheduled => Err(call.to_upstream_error(&error)),
            Some(_) | None => Ok(()),
        },
        Some(_) | None => Err(call.to_upstream_error(&error)),
    }
}

/// Finds the secret by the name that the account was last seen with, if it still belongs to it.
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
    let name = store.name(partition, aws_account, &name, owner.scope);
    let Some(secret) = SecretMetadata::describe(store, &name).await? else {
        return Ok(None);
    };
    let is_owner = secret.uid.as_ref() == Some(&account.uid)
        && secret.scope == Some(owner.scope.to_string())
        && !secret.scheduled;
    Ok(is_owner.then_some(secret.arn))
}

/// Lists the stored secrets that are tagged with the account. Anybody may tag their own secrets
/// like that, so only those under Gangway's prefix count. Filters of `ListSecrets` match prefixes,
/// so the tags are compared as well.
async fn list_by_owner(
    store: &SecretsManagerStore,
    owner: SecretOwner<'_>,
) -> Result<Vec<SecretArn>, UpstreamError> {
    let SecretOwner { uid, scope, .. } = owner;
    let prefix = store.stored_prefix();
    let secrets = list(store, &prefix, std::slice::from_ref(uid)).await?;
    let own = secrets.iter().filter(|secret| metadata::has_owner(secret.tags(), uid, scope));
    Ok(own.filter_map(|secret| secret.arn()?.parse().ok()).collect())
}

/// Returns the Palette accounts, with their scopes, that own a secret of this AWS account and name,
/// by the names and tags of the secrets.
pub(super) async fn owners_of(
    store: &SecretsManagerStore,
    account: AccountId,
    name: &AccountName,
) -> Result<Vec<(Uid, Scope)>, UpstreamError> {
    // The name in the tenant. In a project, `@` and its uid follow.
    let in_tenant = store.name(store.0.partition, account, name, &Scope::Tenant);
    let secrets = list(store, &in_tenant, &[]).await?;
    let mut owners = Vec::new();
    for secret in &secrets {
        let Some(owner) = metadata::owner(secret.tags()) else { continue };
        let own_name = store.name(store.0.partition, account, name, &owner.1);
        if secret.name() == Some(&own_name) && !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    Ok(owners)
}

/// Lists secrets that have an owner and a name with this prefix, and a tag with one of these uids
/// if some are given, 10 at most. Leaves out those that are scheduled for deletion.
pub(super) async fn list(
    store: &SecretsManagerStore,
    prefix: &str,
    uids: &[Uid],
) -> Result<Vec<SecretListEntry>, UpstreamError> {
    let call = call("secretsmanager:ListSecrets");
    let filter =
        |key: FilterNameStringType, value: &str| Filter::builder().key(key).values(value).build();
    let request = store
        .client()
        .list_secrets()
        .max_results(100)
        .filters(filter(FilterNameStringType::Name, prefix))
        .filters(filter(FilterNameStringType::TagKey, metadata::UID));
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
