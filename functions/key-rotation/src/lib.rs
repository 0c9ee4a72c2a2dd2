//! Carries out the steps of rotations of access keys, which Secrets Manager requests.

use gangway_aws::RotatingSecret;
use gangway_lambda::{
    ApiError, EventAccount, OutcomeEvent, Response, SecretRotationEvent, write_metric,
};
use gangway_model::{AuthMethod, RegistrationError, UpstreamError};
use gangway_registration::{
    AppContext,
    rotation::{Rotation, RotationError, RotationStep},
};

/// Name of the function in metrics.
const FUNCTION: &str = "key-rotation";

/// Member `trigger` of the outcome events of this function.
const TRIGGER: &str = "rotation";

/// Carries out one step of a rotation. Publishes an outcome event when the key was rotated, and
/// when the key cannot be rotated.
pub async fn handle(event: SecretRotationEvent, app: &AppContext) -> Result<Response, ApiError> {
    let SecretRotationEvent { step, secret_id, client_request_token: token } = event;
    let Some(step) = parse_step(&step) else { return Err(ApiError::UnrecognizedEvent) };
    let Some(secret) = app.clients.secrets.rotating(&secret_id, &token).await? else {
        let reason = "the secret holds no access key of a registered account";
        return Err(RegistrationError::NotFound(reason.to_owned()).into());
    };
    match Rotation::new(app, &secret, &token).run(step).await {
        Ok(true) => {
            let event = OutcomeEvent::for_rotation(to_event_account(&secret));
            publish_once(app, &secret, (&token, "rotated"), event).await?;
            Ok(Response::Json("rotated".into()))
        }
        Ok(false) => Ok(Response::Json("done".into())),
        Err(error) => {
            if let Some(reason) = error.final_reason() {
                let event = OutcomeEvent::for_failed_rotation(to_event_account(&secret), &reason);
                let noted = format!("{token} failed");
                publish_once(app, &secret, (&noted, "failed"), event).await?;
            }
            Err(match error {
                RotationError::ActionRequired(reason) => RegistrationError::Conflict(reason).into(),
                RotationError::Upstream(error) => error.into(),
            })
        }
    }
}

/// Parses the name of a step. Accepts the spelling of Secrets Manager (`createSecret`) and that of
/// AWS's sample functions (`create_secret`).
fn parse_step(name: &str) -> Option<RotationStep> {
    Some(match name {
        "createSecret" | "create_secret" => RotationStep::Create,
        "setSecret" | "set_secret" => RotationStep::Set,
        "testSecret" | "test_secret" => RotationStep::Test,
        "finishSecret" | "finish_secret" => RotationStep::Finish,
        _ => return None,
    })
}

/// Returns the account that a secret belongs to, for an outcome event.
fn to_event_account(secret: &RotatingSecret) -> EventAccount {
    EventAccount {
        scope: Some(secret.scope.to_string()),
        name: Some(secret.name.clone()),
        uid: Some(secret.uid.to_string()),
        account: Some(secret.account),
        method: Some(AuthMethod::StaticCredentials),
        secret: Some(secret.arn.to_string()),
    }
}

/// Publishes an event, once for each rotation and outcome. After the event is on the event bus,
/// writes the text `noted` to a tag of the secret. If the function ends before the tag is written,
/// the event is published twice, but never lost.
async fn publish_once(
    app: &AppContext,
    secret: &RotatingSecret,
    (noted, outcome): (&str, &'static str),
    event: OutcomeEvent,
) -> Result<(), UpstreamError> {
    if secret.published.as_deref() == Some(noted) {
        return Ok(());
    }
    app.publish(vec![event.encode(app.clients.partition, TRIGGER)]).await?;
    write_metric(FUNCTION, "Rotations", 1, Some(("Outcome", outcome)));
    app.clients.secrets.note_published(&secret.arn, noted).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_steps_are_parsed_in_both_spellings() {
        for (name, step) in [
            ("createSecret", Some(RotationStep::Create)),
            ("set_secret", Some(RotationStep::Set)),
            ("testSecret", Some(RotationStep::Test)),
            ("finish_secret", Some(RotationStep::Finish)),
            ("FinishSecret", None),
            ("", None),
        ] {
            assert_eq!(parse_step(name), step, "{name}");
        }
    }
}
