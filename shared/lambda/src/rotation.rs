//! Decodes the events that Secrets Manager sends for the rotation of a secret.

use gangway_model::{Initiator, RequestOrigin};
use lambda_runtime::{Context, Diagnostic};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    ApiError, Response, Trigger, invocation::InvocationPayload, record::InvocationRecord,
    response::respond,
};

/// An event of Secrets Manager that requests one step of a rotation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SecretRotationEvent {
    /// `createSecret`, `setSecret`, `testSecret` or `finishSecret`.
    pub step: String,
    /// ARN of the secret.
    pub secret_id: String,
    /// Version id of the new version of the secret.
    pub client_request_token: String,
}

impl InvocationPayload for SecretRotationEvent {
    fn decode(payload: &str, _context: &Context) -> Result<Self, ApiError> {
        serde_json::from_str(payload).map_err(|_says_where| ApiError::UnrecognizedEvent)
    }

    fn record(service: &'static str, event: Option<&Self>) -> InvocationRecord {
        let mut record = InvocationRecord::new(service, None);
        let source = event.map(|_event| "aws.secretsmanager");
        record.initiator = Initiator::event(None, source, None);
        record
    }

    /// Encodes the outcome. Every failure is an error of the invocation, so that Secrets Manager
    /// tries the rotation again.
    fn respond(
        trigger: Trigger,
        outcome: &Result<Response, ApiError>,
        origin: &RequestOrigin,
    ) -> Result<Box<RawValue>, Diagnostic> {
        match outcome {
            Ok(_) => respond(trigger, outcome, origin),
            Err(error) => Err(Diagnostic {
                error_type: "Gangway.RotationFailed".to_owned(),
                error_message: error.detail(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_without_step_secret_or_token_is_unrecognized() {
        let event = r#"{"Step":"createSecret","SecretId":"arn:aws:secretsmanager:us-east-1:111122223333:secret:gangway/aws/1-AbCdEf","ClientRequestToken":"11111111-1111-4111-8111-111111111111","RotationToken":"0f6"}"#;
        let context = Context::default();
        let event = <SecretRotationEvent as InvocationPayload>::decode(event, &context).unwrap();
        assert_eq!(event.step, "createSecret");
        assert_eq!(event.client_request_token.len(), 36);
        for invalid in ["{}", "[]", "", r#"{"Step":1,"SecretId":"s","ClientRequestToken":"t"}"#] {
            let decoded = <SecretRotationEvent as InvocationPayload>::decode(invalid, &context);
            assert!(matches!(decoded, Err(ApiError::UnrecognizedEvent)), "{invalid}");
        }
    }
}
