//! The record of an invocation for logs and metrics.

use std::time::Duration;

use gangway_model::{AccountId, AuthMethod, Correlation, Initiator, RegistrationError, SecretArn};

use crate::{AccountOperation, ApiError, EventAccount, Request, Response, Trigger, logs};

/// The values of an invocation that its log line and its metrics contain.
pub(crate) struct InvocationRecord {
    pub(crate) service: &'static str,
    pub(crate) trigger: Trigger,
    /// What the request does with an account. `None` if the request changes no account.
    pub(crate) operation: Option<AccountOperation>,
    pub(crate) duration: Duration,
    pub(crate) initiator: Initiator,
    pub(crate) correlation: Correlation,
    route: Option<String>,
    gateway_request_id: Option<String>,
}

impl InvocationRecord {
    pub(crate) fn new(service: &'static str, request: Option<&Request>) -> Self {
        Self {
            service,
            trigger: request.map_or(Trigger::Event, Request::trigger),
            operation: request.and_then(Request::account_operation),
            duration: Duration::ZERO,
            initiator: request.map(Request::initiator).cloned().unwrap_or_default(),
            correlation: request.map(Request::correlation).cloned().unwrap_or_default(),
            route: request.and_then(Request::route_name).map(str::to_owned),
            gateway_request_id: request.and_then(Request::gateway_request_id).map(str::to_owned),
        }
    }

    #[cfg(test)]
    pub(crate) fn sample(service: &'static str, trigger: Trigger, duration: Duration) -> Self {
        let operation = Some(AccountOperation::Register);
        Self { trigger, operation, duration, ..Self::new(service, None) }
    }

    /// Returns `true` if the request registers or replaces an account.
    pub(crate) const fn is_registration(&self) -> bool {
        matches!(self.operation, Some(AccountOperation::Register | AccountOperation::Replace))
    }

    /// Returns the account of the request in progress, as far as it is known.
    pub(crate) fn known_account() -> EventAccount {
        let logs::RequestFields { scope, name, uid } = logs::request_fields();
        EventAccount { scope, name, uid, ..EventAccount::default() }
    }

    /// Writes the log line of the invocation. The line contains an upstream error with its causes.
    pub(crate) fn log(&self, outcome: &Result<Response, ApiError>) {
        let route = self.route.as_deref();
        let gateway_request_id = self.gateway_request_id.as_deref();
        let trigger = self.trigger.id();
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
        if let Ok(Response::Deleted { account: Some(account) }) = outcome {
            fields.name = Some(account.name.clone());
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
        Ok(Response::Deleted { account: Some(account) }) => {
            account.access.method().map(|method| (method, account.aws_account()))
        }
        Ok(
            Response::Json(_)
            | Response::Accepted(_)
            | Response::Static(_)
            | Response::Deleted { account: None },
        )
        | Err(_) => None,
    }
}
