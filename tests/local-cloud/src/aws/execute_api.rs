//! IAM authorization of API Gateway: who signed the request, and whether that principal may call
//! the route.
use http::header::AUTHORIZATION;

use super::error::AwsError;
use super::policy::Context;
use super::setup::Account;
use super::signature::SignatureHeader;
use crate::server::Request;

/// The service name in signatures for API Gateway.
const SIGNING_NAME: &str = "execute-api";
/// The IAM action of a request to an API.
const INVOKE_ACTION: &str = "execute-api:Invoke";

/// An API with IAM authorization on every route.
#[derive(Debug, Clone)]
pub(crate) struct RestApi {
    pub(crate) owner: Account,
    pub(crate) region: String,
    pub(crate) id: String,
    pub(crate) stage: String,
}

/// Error code and message of a rejected request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl RestApi {
    /// Returns the ARN of the caller if it may make the request.
    pub(crate) fn authorize(&self, request: &Request) -> Result<String, AuthorizationError> {
        self.try_authorize(request).map_err(|error| {
            let (_, code) = error.json_status_and_code();
            AuthorizationError { code: code.to_owned(), message: error.message.clone() }
        })
    }

    /// Returns `true` if the request has a signature. It is not verified.
    pub(crate) fn is_signed(request: &Request) -> bool {
        let claim = request.headers().get(AUTHORIZATION);
        claim.is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"))
    }

    /// Returns the ARN of the route for policies.
    fn route_arn(&self, request: &Request) -> String {
        let RestApi { owner, region, id, stage } = self;
        let (verb, path) = (request.method(), request.uri().path());
        let (partition, account) = (owner.partition(), owner.id());
        format!("arn:{partition}:execute-api:{region}:{account}:{id}/{stage}/{verb}{path}")
    }

    fn try_authorize(&self, request: &Request) -> Result<String, AwsError> {
        let claim = SignatureHeader::parse(request).map_err(|error| match error.code {
            // API Gateway has its own message, which it also uses for unknown routes.
            "MissingAuthenticationToken" => {
                AwsError::new(403, error.code, "Missing Authentication Token")
            }
            _ => error,
        })?;
        let mut store = self.owner.aws().store();
        let caller = store.authenticate_for(request, &claim, SIGNING_NAME)?;
        if claim.region != self.region {
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to a valid region, not '{}'.",
                claim.region
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
