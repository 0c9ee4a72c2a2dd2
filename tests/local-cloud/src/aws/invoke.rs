//! What API Gateway asks IAM before it invokes anything: who signed the request, and whether that identity may call the route.
use http::header::AUTHORIZATION;

use super::policy::Context;
use super::refusal::AwsError;
use super::setup::Account;
use super::signature::SignatureHeader;
use crate::server::Request;

/// What a signature for an API is made for.
const SERVICE: &str = "execute-api";
/// The action that lets an identity call a route.
const ACTION: &str = "execute-api:Invoke";

/// An API in somebody's account, with IAM authorization on every route.
#[derive(Debug, Clone)]
pub(crate) struct RestApi {
    pub(crate) owner: Account,
    pub(crate) region: String,
    pub(crate) id: String,
    pub(crate) stage: String,
}

/// Why a request did not get in: the error's code, and its message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AuthorizationError {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl RestApi {
    /// The ARN of whoever signed the request, if that identity may make it.
    pub(crate) fn admit(&self, request: &Request) -> Result<String, AuthorizationError> {
        self.check(request).map_err(|refusal| {
            let (_, code) = refusal.for_json();
            AuthorizationError { code: code.to_owned(), message: refusal.message.clone() }
        })
    }

    /// Whether a request claims to be signed.
    pub(crate) fn is_signed(request: &Request) -> bool {
        let claim = request.headers().get(AUTHORIZATION);
        claim.is_some_and(|value| value.as_bytes().starts_with(b"AWS4-"))
    }

    /// The ARN that policies name a route by.
    fn route_arn(&self, request: &Request) -> String {
        let RestApi { owner, region, id, stage } = self;
        let (verb, path) = (request.method(), request.uri().path());
        let (partition, account) = (owner.partition(), owner.id());
        format!("arn:{partition}:execute-api:{region}:{account}:{id}/{stage}/{verb}{path}")
    }

    fn check(&self, request: &Request) -> Result<String, AwsError> {
        let claim = SignatureHeader::read(request).map_err(|refusal| match refusal.code {
            // The gateway's own words, which it has for unknown routes as well.
            "MissingAuthenticationToken" => {
                AwsError::new(403, refusal.code, "Missing Authentication Token")
            }
            _ => refusal,
        })?;
        let mut store = self.owner.aws().store();
        let caller = store.authenticate_for(request, &claim, SERVICE)?;
        if claim.region != self.region {
            return Err(AwsError::signature(format!(
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
                    "User: {} is not authorized to perform: {ACTION} on resource: {route} because no resource-based policy \
                     allows the {ACTION} action",
                    caller.arn
                ),
            ));
        }
        store.authorize(&caller, ACTION, &route, &route, &Context::default())?;
        Ok(caller.arn)
    }
}
