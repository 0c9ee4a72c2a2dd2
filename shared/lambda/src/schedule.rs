//! Work that is done by the hour, or when somebody asks for it directly.

use std::borrow::Cow;

use gangway_model::RegistrationError;
use lambda_runtime::{Context, Diagnostic, Error, Runtime, service_fn};
use serde::Deserialize;

use crate::{
    ApiError, JsonFields, Response, Trigger,
    invocation::{InvocationRecord, LambdaEventKind, invocation},
    response::{LambdaResponse, answer},
};

/// What the events of a schedule are called, of a rule's as of the scheduler's.
const SCHEDULED: &str = "Scheduled Event";

/// What tells an event from the members of a direct invocation.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "detail-type")]
    detail_type: Option<Cow<'a, str>>,
}

/// Answers a schedule, and invocations with members of their own, until the environment is torn down. The answer is JSON;
/// whatever kept the work from being done is an error, so that it is seen, save members that will not do.
pub async fn run_scheduled<H>(service: &'static str, handler: H) -> Result<(), Error>
where
    H: AsyncFn(JsonFields) -> Result<Response, ApiError>,
{
    let handler = &handler;
    Runtime::new(service_fn(move |event| invocation(service, handler, event))).run().await
}

impl LambdaEventKind for JsonFields {
    fn read(payload: &str, _context: &Context) -> Result<Self, ApiError> {
        members(payload)
    }

    fn seen(service: &'static str, _errand: Option<&Self>) -> InvocationRecord {
        InvocationRecord::of(service, None)
    }

    /// Nobody looks at the answer to a schedule: what was not done has to be an error, or no alarm would tell of it.
    fn told(
        origin: Trigger,
        outcome: &Result<Response, ApiError>,
        request_id: &str,
    ) -> Result<LambdaResponse, Diagnostic> {
        match outcome {
            Err(ApiError::Registration(failure))
                if !matches!(failure, RegistrationError::Invalid(_)) =>
            {
                Err(Diagnostic {
                    error_type: "Gangway.Failed".to_owned(),
                    error_message: failure.to_string(),
                })
            }
            Ok(_) | Err(_) => answer(origin, outcome, request_id),
        }
    }
}

/// The members of a direct invocation. A schedule's own event has none that matter.
pub(crate) fn members(payload: &str) -> Result<JsonFields, ApiError> {
    let shape = serde_json::from_str::<Shape<'_>>(payload);
    match shape.ok().and_then(|shape| shape.detail_type) {
        None => Ok(JsonFields::parse_body(payload)?),
        Some(kind) if kind == SCHEDULED => Ok(JsonFields::none()),
        Some(_) => Err(ApiError::UnrecognizedEvent),
    }
}

#[cfg(test)]
mod tests {
    use gangway_model::UpstreamError;
    use serde_json::{Value, json};

    use super::*;

    fn faults(payload: &Value) -> Vec<String> {
        let mut members = match members(&payload.to_string()) {
            Ok(members) => members,
            Err(ApiError::Registration(RegistrationError::Invalid(faults))) => {
                return faults.into_iter().map(|fault| fault.detail).collect();
            }
            Err(other) => return vec![format!("{other:?}")],
        };
        members.optional_bool("dryRun");
        members.into_errors().into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn a_schedule_has_no_members_and_a_direct_invocation_has_its_own() {
        let scheduled = json!({
            "version": "0", "id": "1", "detail-type": SCHEDULED, "source": "aws.events",
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
            (json!({ "detail-type": "AWS Account Vended", "detail": {} }), vec!["Unreadable"]),
            (json!({ "detail-type": 1 }), vec!["/detail-type"]),
        ] {
            assert_eq!(faults(&payload), expected, "{payload}");
        }
    }

    fn told(outcome: &Result<Response, ApiError>) -> Result<LambdaResponse, Diagnostic> {
        <JsonFields as LambdaEventKind>::told(Trigger::Event, outcome, "1")
    }

    #[test]
    fn what_was_not_done_is_an_error_and_bad_members_are_an_answer() {
        let denied = UpstreamError::AccessDenied {
            service: "AWS Organizations",
            reason: "allow it".to_owned(),
        };
        let failed = told(&Err(denied.into())).err().unwrap();
        assert_eq!(failed.error_type, "Gangway.Failed");
        assert!(told(&Err(ApiError::Internal)).is_err());
        let malformed =
            Err(RegistrationError::malformed("/dryRun", "dryRun must be true or false").into());
        let answer = serde_json::to_value(told(&malformed).ok().unwrap()).unwrap();
        assert_eq!(answer["outcome"], "rejected");
        let shown = told(&Ok(Response::Json(json!({ "outcome": "swept" })))).ok().unwrap();
        assert_eq!(serde_json::to_value(shown).unwrap()["outcome"], "swept");
    }
}
