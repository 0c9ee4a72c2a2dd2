//! Putting a staged version in use.

use std::time::Duration;

use gangway_model::{
    AuthMethod, SecretArn, Uid, UpstreamError,
    stores::{SecretStatus, StagedSecret},
};
use tokio::{join, time::sleep};

use super::{
    CURRENT, PENDING, SecretsManagerStore, call,
    metadata::{self, SecretMetadata, SecretState},
};

/// How long what was staged a moment ago is waited for, from one look to the next: readers may be shown what was before.
const CONSISTENCY_RETRY_DELAYS: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_millis(800),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(3),
    Duration::from_secs(4),
];

/// Moves the label, then tells in the tags for whom. Until both are done the version does not count as in use, so a run
/// that was cut off between them is finished by the next.
pub(super) async fn promote(
    vault: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    let StagedSecret { secret, method, status: standing, .. } = staged;
    match standing {
        SecretStatus::ActiveFor(by) if by == uid => return Ok(()),
        // The first version of a secret is current whatever one asks.
        SecretStatus::New => return tag(vault, secret, uid, *method).await,
        SecretStatus::ActiveFor(_) | SecretStatus::NeverUsed | SecretStatus::OtherVersionActive => {
        }
    }
    let mut pauses = CONSISTENCY_RETRY_DELAYS.into_iter();
    loop {
        // A version whose label another run has taken is not listed any more, and can still be put in use.
        let outcome = match SecretMetadata::describe(vault, secret.as_str()).await? {
            None => None,
            // A removal has sent it off since: whoever looks what holds finds out, and stages it again.
            Some(known) if known.scheduled => return Ok(()),
            Some(known) => Some(make_active(vault, &known, staged, uid).await),
        };
        // Refused: a label is not where it was seen, since another run has moved it or since readers see the past.
        let late = matches!(outcome, None | Some(Err(UpstreamError::Rejected { .. })));
        match (outcome, pauses.next().filter(|_| late)) {
            (_, Some(pause)) => sleep(pause).await,
            (Some(outcome), None) => return outcome,
            (None, None) => {
                let unseen = "what was staged is not seen yet";
                return Err(call("secretsmanager:DescribeSecret").invalid_response(unseen));
            }
        }
    }
}

/// Whether the version is in use for this account.
pub(super) async fn holds(
    vault: &SecretsManagerStore,
    staged: &StagedSecret,
    uid: &Uid,
) -> Result<bool, UpstreamError> {
    let known = SecretMetadata::describe(vault, staged.secret.as_str()).await?;
    Ok(known.is_some_and(|known| {
        !known.scheduled
            && known.current() == Some(staged.version.as_str())
            && known.registered_for() == Some(uid)
    }))
}

async fn make_active(
    vault: &SecretsManagerStore,
    known: &SecretMetadata,
    StagedSecret { version, method, .. }: &StagedSecret,
    uid: &Uid,
) -> Result<(), UpstreamError> {
    // A pending version of a run that came to nothing would keep rotations from starting.
    let stray = known.pending().filter(|pending| pending != version);
    let (moved, cleared, tagged) = join!(
        make_current(vault, known, version),
        clear(vault, &known.arn, stray),
        retag(vault, known, uid, *method),
    );
    moved?;
    cleared?;
    tagged
}

async fn make_current(
    vault: &SecretsManagerStore,
    known: &SecretMetadata,
    version: &str,
) -> Result<(), UpstreamError> {
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
    answer.map(drop).map_err(|error| call.to_upstream_error(&error))
}

async fn clear(
    vault: &SecretsManagerStore,
    secret: &SecretArn,
    stray: Option<&str>,
) -> Result<(), UpstreamError> {
    let Some(stray) = stray else { return Ok(()) };
    let call = call("secretsmanager:UpdateSecretVersionStage");
    let request = vault
        .client()
        .update_secret_version_stage()
        .secret_id(secret.as_str())
        .version_stage(PENDING)
        .remove_from_version_id(stray);
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.to_upstream_error(&error))
}

async fn retag(
    vault: &SecretsManagerStore,
    known: &SecretMetadata,
    uid: &Uid,
    method: AuthMethod,
) -> Result<(), UpstreamError> {
    if known.is_active_for(uid, method) {
        return Ok(());
    }
    tag(vault, &known.arn, uid, method).await
}

async fn tag(
    vault: &SecretsManagerStore,
    secret: &SecretArn,
    uid: &Uid,
    method: AuthMethod,
) -> Result<(), UpstreamError> {
    let call = call("secretsmanager:TagResource");
    let request = vault
        .client()
        .tag_resource()
        .secret_id(secret.as_str())
        .tags(metadata::state_tag(SecretState::Registered))
        .tags(metadata::of_method(method))
        .tags(metadata::owner_tag(uid));
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.to_upstream_error(&error))
}
