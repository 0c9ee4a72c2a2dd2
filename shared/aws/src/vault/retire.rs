//! Sending secrets into their recovery window.

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use futures_util::future::join_all;
use gangway_model::{
    PortError, SecretArn, Uid,
    ports::{Condemned, Owner, Staged},
};
use tokio::join;

use super::{
    SecretsManager, call,
    known::{self, Known, State},
};
use crate::fault::Refusal;

/// How long a secret can still be restored: the longest that Secrets Manager offers.
const RECOVERY_DAYS: i64 = 30;

/// A secret that was never in use goes, unless another run has put it in use since.
pub(super) async fn discard(vault: &SecretsManager, staged: &Staged) -> Result<(), PortError> {
    match Known::of(vault, staged.secret.as_str()).await? {
        Some(known) if known.registered_for().is_none() && !known.scheduled => {
            delete(vault, staged.secret.as_str()).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Every secret whose tags name the account, save one. The state is noted before anything goes: a secret that comes back out
/// of the window must not pass for one in use.
pub(super) async fn condemn(
    vault: &SecretsManager,
    owner: Owner<'_>,
    keep: Option<&SecretArn>,
) -> Result<Condemned, PortError> {
    let (listed, named) = join!(listed(vault, owner), named(vault, owner));
    let mut found = listed?;
    // The list of secrets lags behind; what was registered just now is found by its name.
    found.extend(named?.filter(|named| !found.contains(named)));
    found.retain(|arn| keep != Some(arn));
    let noted = join_all(found.iter().map(|arn| state(vault, arn, State::Retired))).await;
    let mut condemned = Vec::new();
    for (arn, there) in found.into_iter().zip(noted) {
        if there? {
            condemned.push(arn);
        }
    }
    Ok(Condemned(condemned))
}

/// Another look at each: whoever registers the same name meanwhile has noted an account of its own. The state tells nothing, as
/// readers may see what was noted before.
pub(super) async fn retire(
    vault: &SecretsManager,
    uid: &Uid,
    Condemned(going): Condemned,
) -> Result<usize, PortError> {
    for outcome in join_all(going.iter().map(|arn| send_off(vault, uid, arn))).await {
        outcome?;
    }
    Ok(going.len())
}

async fn send_off(vault: &SecretsManager, uid: &Uid, arn: &SecretArn) -> Result<(), PortError> {
    match Known::of(vault, arn.as_str()).await? {
        Some(known) if known.uid.as_ref() != Some(uid) => {
            state(vault, arn, State::Registered).await.map(drop)
        }
        Some(_) | None => delete(vault, arn.as_str()).await,
    }
}

pub(super) async fn spare(
    vault: &SecretsManager,
    Condemned(going): Condemned,
) -> Result<(), PortError> {
    for outcome in join_all(going.iter().map(|arn| state(vault, arn, State::Registered))).await {
        outcome?;
    }
    Ok(())
}

/// Notes a state; `false` where the secret is gone, or in its recovery window.
async fn state(vault: &SecretsManager, arn: &SecretArn, state: State) -> Result<bool, PortError> {
    let call = call("secretsmanager:TagResource");
    let request = vault.client().tag_resource().secret_id(arn.as_str()).tags(known::stated(state));
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) => match Refusal::from_sdk(&error) {
            Some(Refusal::NotFound | Refusal::WrongState) => Ok(false),
            Some(_) | None => Err(call.failed(&error)),
        },
    }
}

async fn delete(vault: &SecretsManager, arn: &str) -> Result<(), PortError> {
    let call = call("secretsmanager:DeleteSecret");
    let request = vault.client().delete_secret().secret_id(arn);
    let Err(error) = request.recovery_window_in_days(RECOVERY_DAYS).send().await else {
        return Ok(());
    };
    match Refusal::from_sdk(&error) {
        Some(Refusal::NotFound) => Ok(()),
        // In its recovery window already, which Secrets Manager calls an invalid request.
        Some(Refusal::WrongState) => match Known::of(vault, arn).await? {
            Some(known) if !known.scheduled => Err(call.failed(&error)),
            Some(_) | None => Ok(()),
        },
        Some(_) | None => Err(call.failed(&error)),
    }
}

/// The secret that the account has by its name, if that is still its own.
async fn named(vault: &SecretsManager, owner: Owner<'_>) -> Result<Option<SecretArn>, PortError> {
    let Some((account, partition, aws_account, name)) = owner.seen.and_then(|account| {
        let partition = account.partition.parse().ok()?;
        Some((account, partition, account.aws_account()?, account.name.parse().ok()?))
    }) else {
        return Ok(None);
    };
    let name = vault.name(partition, aws_account, &name, owner.scope);
    let Some(known) = Known::of(vault, &name).await? else {
        return Ok(None);
    };
    let own = known.uid.as_ref() == Some(&account.uid)
        && known.scope == Some(known::scope_value(owner.scope))
        && !known.scheduled;
    Ok(own.then_some(known.arn))
}

/// The secrets whose tags name the account. Filters match beginnings, so the tags decide.
async fn listed(vault: &SecretsManager, owner: Owner<'_>) -> Result<Vec<SecretArn>, PortError> {
    let Owner { uid, scope, .. } = owner;
    let call = call("secretsmanager:ListSecrets");
    let filter =
        |key: FilterNameStringType, value: &str| Filter::builder().key(key).values(value).build();
    let request = vault
        .client()
        .list_secrets()
        .max_results(100)
        .filters(filter(FilterNameStringType::TagKey, known::UID))
        .filters(filter(FilterNameStringType::TagValue, uid.as_str()));
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let answer = request.clone().set_next_token(next).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let ours = answer
            .secret_list()
            .iter()
            .filter(|secret| known::belongs(secret.tags(), uid, scope))
            .filter(|secret| secret.deleted_date().is_none());
        found.extend(ours.filter_map(|secret| secret.arn()?.parse::<SecretArn>().ok()));
        next = answer.next_token().filter(|token| !token.is_empty()).map(str::to_owned);
        if next.is_none() {
            return Ok(found);
        }
    }
}
