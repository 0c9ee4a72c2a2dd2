//! IAM authorization of API Gateway: finds the principal that signed a request, and checks that it
//! may call the route.
use http::header::AUTHORIZATION;

use super::error::AwsError;
use super::policy::Context;
use super::setup::Account;
use super::signature::SignatureHeader;
use crate::server::Request;

/// The service name in signatures for API Gateway.
const SIGNING_NAME: &str = "execute-api";
/// The IAM action that a caller needs for a request to an API.
const INVOKE_ACTION: &str = "execute-api:Invoke";

/// A REST API in API Gateway, with IAM authorization on every route.
#[derive(Debug, Clone)]
pub(crate) struct RestApi {
    /// The account of the API.
    pub(crate) owner: Account,
    pub(crate) region: String,
    /// The id of the API.
    pub(crate) id: String,
    /// The name of the stage.
    pub(crate) stage: String,
}

/// Error code and message with which API Gateway rejects a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl RestApi {
    /// Authorizes a request. Returns the ARN of the caller.
    ///
    /// # Errors
    /// The error with which API Gateway rejects the request.
    pub(crate) fn authorize(&self, request: &Request) -> Result<String, AuthorizationError> {
        self.try_authorize(request).map_err(|error| {
            let (_, code) = error.json_status_and_code();
            AuthorizationError { code: code.to_owned(), message: error.message.clone() }
        })
    }

    /// Returns `true` if the request has a signature, even a wrong one.
    pub(crate) fn is_signed(request: &Request) -> bool {
        let authorization = request.headers().get(AUTHORIZATION);
        authorization.is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"))
    }

    /// Returns the ARN with which policies name the route of a request.
    fn route_arn(&self, request: &Request) -> String {
        let RestApi { owner, region, id, stage } = self;
        let (method, path) = (request.method(), request.uri().path());
        let (partition, account) = (owner.partition(), owner.id());
        format!("arn:{partition}:execute-api:{region}:{account}:{id}/{stage}/{method}{path}")
    }

    /// Authorizes a request. Returns the ARN of the caller.
    fn try_authorize(&self, request: &Request) -> Result<String, AwsError> {
        let header = SignatureHeader::parse(request).map_err(|error| match error.code {
            // API Gateway has its own message, which it also uses for unknown routes.
            "MissingAuthenticationToken" => {
                AwsError::new(403, error.code, "Missing Authentication Token")
            }
            _ => error,
        })?;
        let mut store = self.owner.aws().store();
        let caller = store.authenticate_for(request, &header, SIGNING_NAME)?;
        if header.region != self.region {
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to a valid region, not '{}'.",
                header.region
            )));
        }
        let route = self.route_arn(request);
        if caller.account() != self.owner.id() || caller.partition() != self.owner.partition() {
            return Err(AwsError::new(
                403,
                "AccessDenied",
                format!(
                    "User: {} is not authorized to perform: {INVOKE_ACTION} on resource: {route} because no resource-based policy \
                     allows the {INVOKE_ACTION} action",
                    caller.arn
                ),
            ));
        }
        store.authorize(&caller, INVOKE_ACTION, &route, &route, &Context::default())?;
        Ok(caller.arn)
    }
}
