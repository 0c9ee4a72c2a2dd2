//! What logs and metrics contain of an invocation.

use std::time::Duration;

use gangway_model::{AccountId, AuthMethod, Initiator, RegistrationError, SecretArn};

use crate::{ApiError, Request, Response, Trigger, logs};

/// What logs and metrics contain of an invocation.
pub(crate) struct InvocationRecord {
    pub(crate) service: &'static str,
    pub(crate) trigger: Trigger,
    pub(crate) is_registration: bool,
    pub(crate) duration: Duration,
    pub(crate) initiator: Initiator,
    route: Option<String>,
    gateway_request_id: Option<String>,
}

impl InvocationRecord {
    pub(crate) fn new(service: &'static str, request: Option<&Request>) -> Self {
        Self {
            service,
            trigger: request.map_or(Trigger::Event, Request::trigger),
            is_registration: request.is_some_and(Request::is_registration),
            duration: Duration::ZERO,
            initiator: request.map(Request::initiator).cloned().unwrap_or_default(),
            route: request.and_then(Request::route_name).map(str::to_owned),
            gateway_request_id: request.and_then(Request::gateway_request_id).map(str::to_owned),
        }
    }

    #[cfg(test)]
    pub(crate) fn sample(service: &'static str, trigger: Trigger, duration: Duration) -> Self {
        Self { trigger, duration, is_registration: true, ..Self::new(service, None) }
    }

    /// Writes the log line of the invocation. An upstream error is logged with its causes.
    pub(crate) fn log(&self, outcome: &Result<Response, ApiError>) {
        let route = self.route.as_deref();
        let gateway_request_id = self.gateway_request_id.as_deref();
        let trigger = match self.trigger {
            Trigger::Http => "http",
            Trigger::Event => "event",
        };
        let duration = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        let (method, account) = method_and_account(outcome).unzip();
        let (method, account) = (method.map(AuthMethod::id), account.flatten());
        let account = account.as_ref().map(AccountId::as_str);
        let mut fields = logs::request_fields();
        let mut secret_arn = None;
        if let Ok(Response::Receipt(receipt)) = outcome {
            fields.uid = Some(receipt.uid.to_string());
            secret_arn = receipt.secret.as_ref().map(SecretArn::as_str);
        }
        if let Ok(Response::Deleted { name }) = outcome {
            fields.name.clone_from(name);
        }
        let (scope, name, uid) =
            (fields.scope.as_deref(), fields.name.as_deref(), fields.uid.as_deref());
        let (outcome_id, status) = match outcome {
            Ok(response) => (response.outcome(), response.status()),
            Err(error) => (error.kind().id, error.kind().status),
        };
        let (error, detail) = match outcome {
            Err(ApiError::Registration(RegistrationError::Upstream(error))) => {
                (Some(gangway_http::error_chain(error)), None)
            }
            Err(error) => (None, Some(error.detail())),
            Ok(_) => (None, None),
        };
        // A macro, because the level and the message of an event must be constants.
        macro_rules! log {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    trigger,
                    route,
                    method,
                    scope,
                    name,
                    uid,
                    awsAccountId = account,
                    secretArn = secret_arn,
                    outcome = outcome_id,
                    status,
                    durationMs = duration,
                    gatewayRequestId = gateway_request_id,
                    error,
                    detail,
                    $message
                )
            };
        }
        if status < 500 { log!(info, "request completed") } else { log!(error, "request failed") }
    }
}

/// Returns the method and the AWS account of an outcome.
fn method_and_account(
    outcome: &Result<Response, ApiError>,
) -> Option<(AuthMethod, Option<AccountId>)> {
    match outcome {
        Ok(Response::Receipt(receipt)) => Some((receipt.method, Some(receipt.account))),
        Ok(Response::Report(report)) => Some((report.method, report.account)),
        Err(ApiError::Registration(RegistrationError::ChecksFailed(report))) => {
            Some((report.method, report.account))
        }
        Ok(Response::Json(_) | Response::Static(_) | Response::Deleted { .. }) | Err(_) => None,
    }
}
