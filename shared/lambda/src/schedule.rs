//! Decodes scheduled events, and direct invocations of functions that have a schedule.

use std::borrow::Cow;

use gangway_model::{Initiator, RegistrationError, RequestOrigin};
use lambda_runtime::{Context, Diagnostic};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    ApiError, Fields, Response, Trigger, invocation::InvocationPayload, record::InvocationRecord,
    response::respond,
};

/// `detail-type` of scheduled events, from a rule or from EventBridge Scheduler.
const SCHEDULED_EVENT: &str = "Scheduled Event";

/// The members of an EventBridge event that Gangway reads. Payloads of direct invocations have no
/// `detail-type`.
#[derive(Deserialize)]
struct EventMembers<'a> {
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    source: Option<Cow<'a, str>>,
    #[serde(borrow)]
    account: Option<Cow<'a, str>>,
}

/// A scheduled event, which has no fields, or a direct invocation, which can have some.
pub(crate) struct ScheduledRequest {
    pub(crate) fields: Fields,
    initiator: Initiator,
}

impl InvocationPayload for ScheduledRequest {
    fn decode(payload: &str, _context: &Context) -> Result<Self, ApiError> {
        decode_schedule(payload)
    }

    fn record(service: &'static str, event: Option<&Self>) -> InvocationRecord {
        let mut record = InvocationRecord::new(service, None);
        record.initiator = event.map(|event| event.initiator.clone()).unwrap_or_default();
        record
    }

    /// Encodes the outcome. A failure other than invalid fields makes the invocation fail, so that
    /// alarms notice the failure: nobody reads the response to a scheduled event.
    fn respond(
        trigger: Trigger,
        outcome: &Result<Response, ApiError>,
        origin: &RequestOrigin,
    ) -> Result<Box<RawValue>, Diagnostic> {
        match outcome {
            Err(ApiError::Registration(error))
                if !matches!(error, RegistrationError::Invalid(_)) =>
            {
                Err(Diagnostic {
                    error_type: "Gangway.Failed".to_owned(),
                    error_message: error.to_string(),
                })
            }
            Ok(_) | Err(_) => respond(trigger, outcome, origin),
        }
    }
}

/// Decodes a scheduled event, which has no fields, or a direct invocation.
pub(crate) fn decode_schedule(payload: &str) -> Result<ScheduledRequest, ApiError> {
    let event = serde_json::from_str::<EventMembers<'_>>(payload).ok();
    match event.filter(|event| event.detail_type.is_some()) {
        None => {
            let initiator = Initiator::DirectInvocation;
            Ok(ScheduledRequest { fields: Fields::from_json(payload)?, initiator })
        }
        Some(event) if event.detail_type.as_deref() == Some(SCHEDULED_EVENT) => {
            let EventMembers { id, source, account, .. } = event;
            let initiator = Initiator::event(id.as_deref(), source.as_deref(), account.as_deref());
            Ok(ScheduledRequest { fields: Fields::empty(), initiator })
        }
        Some(_) => Err(ApiError::UnrecognizedEvent),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::UpstreamError;
    use serde_json::{Value, json};

    use super::*;

    /// Decodes a payload and reads the field `dryRun`. Returns the pointers or messages of the
    /// errors.
    fn errors(payload: &Value) -> Vec<String> {
        let mut fields = match decode_schedule(&payload.to_string()) {
            Ok(request) => request.fields,
            Err(ApiError::Registration(RegistrationError::Invalid(errors))) => {
                return errors.into_iter().map(|error| error.detail).collect();
            }
            Err(other) => return vec![format!("{other:?}")],
        };
        fields.optional_bool("dryRun");
        fields.into_errors().into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn scheduled_event_has_no_fields_and_direct_invocation_has_some() {
        let scheduled = json!({
            "version": "0", "id": "1", "detail-type": SCHEDULED_EVENT, "source": "aws.events",
            "account": "111122223333", "time": "2026-11-24T00:00:00Z", "region": "us-east-1",
            "resources": [], "detail": {},
        });
        for (payload, expected) in [
            (scheduled, vec![]),
            (json!({}), vec![]),
            (json!({ "dryRun": true }), vec![]),
            (json!({ "dryRun": "yes" }), vec!["/dryRun"]),
            (json!({ "dryrun": true }), vec!["/dryrun"]),
            (json!([]), vec!["the request must be a JSON object, not a list"]),
            (
                json!({ "detail-type": "AWS Account Vended", "detail": {} }),
                vec!["UnrecognizedEvent"],
            ),
            (json!({ "detail-type": 1 }), vec!["/detail-type"]),
        ] {
            assert_eq!(errors(&payload), expected, "{payload}");
        }
    }

    fn response_to(outcome: &Result<Response, ApiError>) -> Result<Box<RawValue>, Diagnostic> {
        <ScheduledRequest as InvocationPayload>::respond(
            Trigger::Event,
            outcome,
            &RequestOrigin::default(),
        )
    }

    #[test]
    fn failures_fail_the_invocation_but_invalid_fields_do_not() {
        let denied = UpstreamError::AccessDenied {
            service: "AWS Organizations",
            reason: "allow it".to_owned(),
        };
        let failed = response_to(&Err(denied.into())).err().unwrap();
        assert_eq!(failed.error_type, "Gangway.Failed");
        assert!(response_to(&Err(ApiError::Internal)).is_err());
        let malformed =
            Err(RegistrationError::malformed("/dryRun", "dryRun must be true or false").into());
        let response = serde_json::to_value(response_to(&malformed).ok().unwrap()).unwrap();
        assert_eq!(response["outcome"], "rejected");
        let shown = response_to(&Ok(Response::Json(json!({ "outcome": "swept" })))).ok().unwrap();
        assert_eq!(serde_json::to_value(shown).unwrap()["outcome"], "swept");
    }
}
