//! Fake Palette: as strict as the real Palette, and stricter where the real one accepts invalid
//! input.

mod accounts;
mod aws_client;
mod behaviour;
mod caller;
mod classified;
mod paging;
mod pod_identity;
mod rate_limit;
mod records;
mod response;
mod routes;
mod sts;
mod tenants;
#[cfg(test)]
mod tests;
mod validation;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::StatusCode;

pub(crate) use self::routes::describe_operation;
use self::{
    aws_client::PaletteAwsClient,
    caller::Caller,
    response::{PaletteError, PaletteResponse},
    routes::{Operation, Route},
};
pub use self::{
    behaviour::{
        Behaviour, DuplicateResponse, InvalidKeyResponse, KeptAnnotations, NotFoundCall,
        SecretsOnRead, UnconfiguredStsResponse, UnknownProjectResponse,
    },
    classified::SECRET_PARTITION_FLAG,
    records::{
        ADMIN_KEY, Account, Gateway, MEMBER_KEY, OTHER_TENANT_KEY, PortalToken, Project, Records,
        SYSTEM_TOKEN, StsSource, Tenant, User,
    },
};
use crate::{
    cloud::CloudState,
    faults::Effect,
    server::{Principal, Request, Response},
};

/// A fake Palette instance with two tenants. It keeps all data in memory.
#[derive(Debug)]
pub struct Palette {
    records: Mutex<Records>,
    aws: OnceLock<PaletteAwsClient>,
}

impl Default for Palette {
    fn default() -> Self {
        Self { records: Mutex::new(Records::with_defaults()), aws: OnceLock::new() }
    }
}

/// Returns Palette's error response for an injected fault.
pub(crate) fn injected_error(effect: Effect) -> Response {
    let (status, code, message) = match effect {
        Effect::Throttle => (
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequests",
            "Too many requests, retry after a few moments",
        ),
        Effect::InternalError => {
            (StatusCode::INTERNAL_SERVER_ERROR, "OperationalError", "Operational error")
        }
        Effect::Unavailable
        | Effect::AwsError { .. }
        | Effect::NoResponse
        | Effect::HtmlPage
        | Effect::DisconnectBefore
        | Effect::DisconnectAfter
        | Effect::Echo(_)
        | Effect::Delay(_)
        | Effect::StaleReads(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "Service unavailable")
        }
    };
    PaletteError::new(status, code, message).into_response()
}

/// Handles a request. If the API key belongs to a user, the response names that user in the
/// extension `server::Principal`.
pub(crate) async fn handle(cloud: &Arc<CloudState>, request: Request) -> Response {
    let palette = cloud.palette();
    let caller = Caller::describe(&palette.records(), request.headers());
    palette.records().now = cloud.clock().now();
    palette.set_aws_endpoint(&cloud.url(), cloud.ca_pem());
    let mut response = palette.respond(&request).await;
    if let Some(name) = caller {
        response.extensions_mut().insert(Principal(name));
    }
    response
}

impl Palette {
    /// Returns the stored data, which tests can read and change.
    pub fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how the fake Palette behaves.
    pub fn configure(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.records().behaviour);
    }

    /// Sets the AWS endpoint and the CA certificates to trust, at the first call only.
    fn set_aws_endpoint(&self, endpoint: &str, ca_pem: Option<&str>) {
        self.aws.get_or_init(|| PaletteAwsClient::new(endpoint, ca_pem));
    }

    /// Serves a request, and converts an error to a response.
    async fn respond(&self, request: &Request) -> Response {
        match self.serve(request).await {
            Ok(response) => response.into_response(),
            Err(error) => error.into_response(),
        }
    }

    /// Checks the request, and performs its operation.
    async fn serve(&self, request: &Request) -> Result<PaletteResponse, PaletteError> {
        self.records().check_rate_limit(request)?;
        let Route { operation, uid } = routes::find_route(request)?;
        let caller = Caller::from_request(&self.records(), operation, request.headers())?;
        let query = paging::ListQuery::parse(request)?;
        let body = routes::parse_body(operation, &query, request)?;
        classified::check_feature_flag(&self.records(), &body)?;
        let uid = uid.as_str();
        match operation {
            Operation::GetUserInfo => Ok(tenants::get_user_info(&self.records(), &caller)),
            Operation::ListProjects => Ok(tenants::list_projects(&self.records(), &caller, &query)),
            Operation::GetResourceLimits => {
                tenants::get_resource_limits(&self.records(), &caller, uid)
            }
            Operation::ListGateways => Ok(tenants::list_gateways(&self.records(), &caller, &query)),
            Operation::GetGateway => tenants::get_gateway(&self.records(), &caller, uid),
            Operation::ListAccounts => {
                self.records().with_replica(|records| accounts::list(records, &caller, &query))
            }
            Operation::SummarizeAccounts => Ok(self
                .records()
                .with_replica(|records| accounts::summarize(records, &caller, &query))),
            Operation::CreateAccount => {
                let (uid, response) = accounts::create(&mut self.records(), &caller, body)?;
                self.refresh_portal_token(&uid).await;
                Ok(response)
            }
            Operation::GetAccount => {
                self.records().with_replica(|records| accounts::get(records, &caller, uid))
            }
            Operation::PutAccount => {
                let response = accounts::put(&mut self.records(), &caller, uid, body)?;
                self.refresh_portal_token(uid).await;
                Ok(response)
            }
            Operation::DeleteAccount => accounts::delete(&mut self.records(), &caller, uid),
            Operation::GetStsTrust => sts::get_trust(&self.records(), &caller, &query),
            Operation::GetStsSource => sts::get_sts_source(&self.records(), uid),
            Operation::PutStsSource => sts::put_sts_source(&mut self.records(), uid, &body),
            Operation::ListFeatures => Ok(classified::list_features(&self.records())),
            Operation::GetEndpoints | Operation::GetSystemEndpoints => {
                Ok(classified::get_endpoints(&self.records()))
            }
            Operation::PutEndpoints => Ok(classified::put_endpoints(&mut self.records(), body)),
            Operation::GetPortalCredentials
                if self
                    .records()
                    .behaviour
                    .not_found_calls
                    .contains(&NotFoundCall::GetPortalCredentials) =>
            {
                Err(PaletteError::with_numeric_code(
                    StatusCode::NOT_FOUND,
                    404,
                    "path was not found",
                ))
            }
            Operation::GetPortalCredentials => self.get_portal_credentials(&body).await,
            Operation::ValidateAccount => self.validate(&body).await,
            Operation::ValidatePolicyArns => {
                self.validate_policy_arns(&caller, &query, &body).await
            }
            Operation::ListPolicies => self.list_policies(&caller, &query, &body).await,
        }
    }
}
