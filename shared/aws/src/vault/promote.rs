//! Putting a staged version in use.

use domain::{
    PortError, SecretArn, Uid,
    ports::{Staged, Standing},
};
use tokio::join;

use super::{
    CURRENT, PENDING, SecretsManager, call,
    known::{self, Known, State},
};

/// Moves the label, then tells in the tags for whom. Until both are done the version does not count as in use, so a run
/// that was cut off between them is finished by the next.
pub(super) async fn promote(
    vault: &SecretsManager,
    staged: Staged,
    uid: &Uid,
) -> Result<SecretArn, PortError> {
    let Staged { secret, version, standing } = staged;
    match standing {
        Standing::InUse(by) if by == *uid => return Ok(secret),
        // The first version of a secret is current whatever one asks.
        Standing::New => {
            tag(vault, &secret, uid).await?;
            return Ok(secret);
        }
        Standing::InUse(_) | Standing::Unused | Standing::Used => {}
    }
    let missing = || call("secretsmanager:DescribeSecret").unreadable("the staged secret is gone");
    let known = Known::of(vault, secret.as_str()).await?.ok_or_else(missing)?;
    // A pending version of a run that came to nothing would keep rotations from starting.
    let stray = known.pending().filter(|pending| *pending != version);
    let (moved, cleared, tagged) = join!(
        make_current(vault, &known, &version),
        clear(vault, &secret, stray),
        retag(vault, &known, uid),
    );
    moved?;
    cleared?;
    tagged?;
    Ok(secret)
}

async fn make_current(
    vault: &SecretsManager,
    known: &Known,
    version: &str,
) -> Result<(), PortError> {
    if known.current() == Some(version) {
        return Ok(());
    }
    let call = call("secretsmanager:UpdateSecretVersionStage");
    let request = vault
        .client()
        .update_secret_version_stage()
        .secret_id(known.arn.as_str())
        .version_stage(CURRENT)
        .move_to_version_id(version)
        .set_remove_from_version_id(known.current().map(str::to_owned));
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.failed(&error))
}

async fn clear(
    vault: &SecretsManager,
    secret: &SecretArn,
    stray: Option<&str>,
) -> Result<(), PortError> {
    let Some(stray) = stray else { return Ok(()) };
    let call = call("secretsmanager:UpdateSecretVersionStage");
    let request = vault
        .client()
        .update_secret_version_stage()
        .secret_id(secret.as_str())
        .version_stage(PENDING)
        .remove_from_version_id(stray);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.failed(&error))
}

async fn retag(vault: &SecretsManager, known: &Known, uid: &Uid) -> Result<(), PortError> {
    if known.registered_for() == Some(uid) {
        return Ok(());
    }
    tag(vault, &known.arn, uid).await
}

async fn tag(vault: &SecretsManager, secret: &SecretArn, uid: &Uid) -> Result<(), PortError> {
    let call = call("secretsmanager:TagResource");
    let request = vault
        .client()
        .tag_resource()
        .secret_id(secret.as_str())
        .tags(known::stated(State::Registered))
        .tags(known::belonging_to(uid));
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.failed(&error))
}
