//! Putting a staged version in use.

use std::time::Duration;

use gangway_model::{
    Method, PortError, SecretArn, Uid,
    ports::{Staged, Standing},
};
use tokio::{join, time::sleep};

use super::{
    CURRENT, PENDING, SecretsManager, call,
    known::{self, Known, State},
};

/// How long what was staged a moment ago is waited for, from one look to the next: readers may be shown what was before.
const LATE: [Duration; 6] = [
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
    vault: &SecretsManager,
    staged: &Staged,
    uid: &Uid,
) -> Result<(), PortError> {
    let Staged { secret, method, standing, .. } = staged;
    match standing {
        Standing::InUse(by) if by == uid => return Ok(()),
        // The first version of a secret is current whatever one asks.
        Standing::New => return tag(vault, secret, uid, *method).await,
        Standing::InUse(_) | Standing::Unused | Standing::Used => {}
    }
    let mut pauses = LATE.into_iter();
    loop {
        // A version whose label another run has taken is not listed any more, and can still be put in use.
        let outcome = match Known::of(vault, secret.as_str()).await? {
            None => None,
            // A removal has sent it off since: whoever looks what holds finds out, and stages it again.
            Some(known) if known.scheduled => return Ok(()),
            Some(known) => Some(put_in_use(vault, &known, staged, uid).await),
        };
        // Refused: a label is not where it was seen, since another run has moved it or since readers see the past.
        let late = matches!(outcome, None | Some(Err(PortError::Refused { .. })));
        match (outcome, pauses.next().filter(|_| late)) {
            (_, Some(pause)) => sleep(pause).await,
            (Some(outcome), None) => return outcome,
            (None, None) => {
                let unseen = "what was staged is not seen yet";
                return Err(call("secretsmanager:DescribeSecret").unreadable(unseen));
            }
        }
    }
}

/// Whether the version is in use for this account.
pub(super) async fn holds(
    vault: &SecretsManager,
    staged: &Staged,
    uid: &Uid,
) -> Result<bool, PortError> {
    let known = Known::of(vault, staged.secret.as_str()).await?;
    Ok(known.is_some_and(|known| {
        !known.scheduled
            && known.current() == Some(staged.version.as_str())
            && known.registered_for() == Some(uid)
    }))
}

async fn put_in_use(
    vault: &SecretsManager,
    known: &Known,
    Staged { version, method, .. }: &Staged,
    uid: &Uid,
) -> Result<(), PortError> {
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

async fn retag(
    vault: &SecretsManager,
    known: &Known,
    uid: &Uid,
    method: Method,
) -> Result<(), PortError> {
    if known.serves(uid, method) {
        return Ok(());
    }
    tag(vault, &known.arn, uid, method).await
}

async fn tag(
    vault: &SecretsManager,
    secret: &SecretArn,
    uid: &Uid,
    method: Method,
) -> Result<(), PortError> {
    let call = call("secretsmanager:TagResource");
    let request = vault
        .client()
        .tag_resource()
        .secret_id(secret.as_str())
        .tags(known::stated(State::Registered))
        .tags(known::of_method(method))
        .tags(known::belonging_to(uid));
    let answer = request.send().await;
    answer.map(drop).map_err(|error| call.failed(&error))
}
