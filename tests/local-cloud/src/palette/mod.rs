//! Palette, as strict as the real one where that is strict, and stricter where it lets nonsense pass.

mod accounts;
mod answer;
mod behaviour;
mod callers;
mod enclave;
mod gateways;
mod paging;
mod pods;
mod rate;
mod records;
mod routes;
mod signed;
mod system;
#[cfg(test)]
mod tests;
mod validation;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use http::StatusCode;

pub(crate) use self::routes::operation;
use self::{
    answer::{PaletteError, PaletteResponse},
    callers::Caller,
    routes::{Operation, Route},
    signed::AwsCaller,
};
pub use self::{
    behaviour::{
        Behaviour, Concealed, DuplicateAnswer, RefusedKey, SecretsOnRead, UnconfiguredSts,
        UnknownProject,
    },
    enclave::SECRET_PARTITION_FLAG,
    records::{
        ADMIN_KEY, Account, Gateway, MEMBER_KEY, Named, OTHER_TENANT_KEY, Records, SYSTEM_TOKEN,
        StsSource, Tenant, Token, User,
    },
};
use crate::{
    cloud::Parts,
    faults::Effect,
    server::{Principal, Request, Response},
};

/// A Palette instance with two tenants. Nothing in it outlives the process.
#[derive(Debug)]
pub struct State {
    records: Mutex<Records>,
    aws: OnceLock<AwsCaller>,
}

impl Default for State {
    fn default() -> Self {
        Self { records: Mutex::new(Records::with_defaults()), aws: OnceLock::new() }
    }
}

/// The answer to a throttle or an outage, in Palette's own error format.
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
        | Effect::NeverAnswer
        | Effect::Garbage
        | Effect::CutBefore
        | Effect::CutAfter
        | Effect::Echo(_)
        | Effect::Delay(_)
        | Effect::Stale(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "Service unavailable")
        }
    };
    PaletteError::new(status, code, message).into_response()
}

/// Serves one call. The answer's extensions carry `server::Principal`.
pub(crate) async fn handle(cloud: &Arc<Parts>, request: Request) -> Response {
    let palette = cloud.palette();
    let caller = Caller::name(&palette.records(), request.headers());
    palette.records().now = cloud.clock().now();
    palette.set_aws_endpoint(&cloud.url(), cloud.ca_pem());
    let mut response = palette.respond(&request).await;
    if let Some(name) = caller {
        response.extensions_mut().insert(Principal(name));
    }
    response
}

impl State {
    /// Its tenants, users and accounts, to look at or to change between two calls.
    pub fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how it behaves where Palette's documents leave that open.
    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.records().behaviour);
    }

    fn set_aws_endpoint(&self, endpoint: &str, trusted: Option<&str>) {
        self.aws.get_or_init(|| AwsCaller::new(endpoint, trusted));
    }

    async fn respond(&self, request: &Request) -> Response {
        match self.serve(request).await {
            Ok(answer) => answer.into_response(),
            Err(problem) => problem.into_response(),
        }
    }

    async fn serve(&self, request: &Request) -> Result<PaletteResponse, PaletteError> {
        self.records().check(request)?;
        let Route { operation, uid } = routes::find(request)?;
        let caller = Caller::of(&self.records(), operation, request.headers())?;
        let query = paging::ListQuery::of(request)?;
        let body = routes::parse_body(operation, &query, request)?;
        enclave::check_feature_flag(&self.records(), &body)?;
        let uid = uid.as_str();
        match operation {
            Operation::UserInfo => Ok(gateways::user_info(&self.records(), &caller)),
            Operation::Projects => Ok(gateways::projects(&self.records(), &caller, &query)),
            Operation::ResourceLimits => gateways::limits(&self.records(), &caller, uid),
            Operation::Overlords => Ok(gateways::list_gateways(&self.records(), &caller, &query)),
            Operation::Overlord => gateways::get_gateway(&self.records(), &caller, uid),
            Operation::ListAccounts => {
                self.records().with_replica(|records| accounts::list(records, &caller, &query))
            }
            Operation::CreateAccount => {
                let (uid, answer) = accounts::create(&mut self.records(), &caller, body)?;
                self.refresh(&uid).await;
                Ok(answer)
            }
            Operation::GetAccount => {
                self.records().with_replica(|records| accounts::get(records, &caller, uid))
            }
            Operation::PutAccount => {
                let answer = accounts::put(&mut self.records(), &caller, uid, body)?;
                self.refresh(uid).await;
                Ok(answer)
            }
            Operation::DeleteAccount => accounts::delete(&mut self.records(), &caller, uid),
            Operation::StsTrust => system::get_trust(&self.records(), &caller, &query),
            Operation::StsSource => system::get_sts_source(&self.records(), uid),
            Operation::ChangeStsSource => system::put_sts_source(&mut self.records(), uid, &body),
            Operation::Features => Ok(enclave::features(&self.records())),
            Operation::Endpoints | Operation::SystemEndpoints => {
                Ok(enclave::endpoints(&self.records()))
            }
            Operation::ChangeEndpoints => Ok(enclave::change_endpoints(&mut self.records(), body)),
            Operation::PortalKeys
                if self.records().behaviour.conceals.contains(&Concealed::Portal) =>
            {
                Err(PaletteError::with_numeric_code(
                    StatusCode::NOT_FOUND,
                    404,
                    "path was not found",
                ))
            }
            Operation::PortalKeys => self.portal_keys(&body).await,
            Operation::Validate => self.validate(&body).await,
            Operation::ValidatePolicyArns => {
                self.validate_policy_arns(&caller, &query, &body).await
            }
            Operation::Policies => self.policies(&caller, &query, &body).await,
        }
    }
}
