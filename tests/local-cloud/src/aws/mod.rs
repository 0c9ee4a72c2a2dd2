//! AWS: accounts in every partition, and the services that the functions and Palette call.
mod assume;
mod authorize;
mod body;
mod caller;
pub mod client;
pub mod eks;
mod form;
mod iam;
mod ids;
mod invoke;
mod lag;
mod managed;
pub mod organizations;
mod partition;
mod policy;
mod presigned;
mod refusal;
mod rights;
mod secrets;
mod seen;
pub mod setup;
mod signature;
pub mod sqs;
mod store;
mod sts;
#[cfg(test)]
mod tests;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::assume::lets_in;
use self::caller::Caller;
pub use self::eks::Handle as Cluster;
use self::form::Form;
pub(crate) use self::invoke::{AuthorizationError, RestApi};
pub use self::organizations::Handle as Organization;
use self::refusal::{AwsError, Protocol, response};
pub use self::seen::{PolicySeen, RoleSeen};
pub use self::setup::{Account, Group, Keys, Role, SecretSeen, User};
use self::signature::SignatureHeader;
pub use self::sqs::Handle as Queue;
use self::store::Store;
use crate::canaries::{Canary, Kind};
use crate::clock::Clock;
use crate::cloud::Parts;
use crate::faults::Effect;
use crate::server::{Principal, Request, Response};

/// All of AWS. Cheap to clone; every clone is the same AWS.
#[derive(Debug, Clone)]
pub struct Aws {
    store: Arc<Mutex<Store>>,
}

impl Aws {
    pub(crate) fn new(clock: Arc<Clock>, seed: u64) -> Aws {
        Aws { store: Arc::new(Mutex::new(Store::new(clock, seed))) }
    }

    /// Every secret that it ever gave out: what it is, and whose (an ARN's end).
    pub fn issued(&self) -> Vec<Canary> {
        let store = self.store();
        let keys =
            store.keys.values().map(|key| Canary::new(Kind::AccessKey, &key.id, &key.secret));
        let sessions = store.sessions.iter().flat_map(|(id, session)| {
            [
                Canary::new(Kind::Session, id, &session.secret),
                Canary::new(Kind::Token, id, &session.token),
            ]
        });
        keys.chain(sessions).collect()
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service a call speaks to, whatever its signature says.
pub(crate) fn target_service(request: &Request) -> String {
    if let Some(target) = target(request) {
        let prefix = target.split('.').next().unwrap_or_default();
        return match prefix {
            "AWSOrganizationsV20161128" => "organizations".to_owned(),
            "AmazonSQS" => "sqs".to_owned(),
            other => other.to_owned(),
        };
    }
    if eks::is_addressed(request) {
        return "eks".to_owned();
    }
    match Form::read(request.body()).get("Version") {
        Some("2011-06-15") => "sts".to_owned(),
        Some("2010-05-08") => "iam".to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn target(request: &Request) -> Option<&str> {
    request.headers().get("x-amz-target")?.to_str().ok()
}

/// Service and operation of a call, as the log and the faults name them.
pub(crate) fn operation(request: &Request) -> (String, String) {
    let operation = match target(request) {
        Some(target) => target.split_once('.').map(|(_, name)| name.to_owned()),
        None if eks::is_addressed(request) => eks::operation(request).map(str::to_owned),
        None => Form::read(request.body()).get("Action").map(str::to_owned),
    };
    (target_service(request), operation.unwrap_or_else(|| "unknown".to_owned()))
}

/// The answer to a throttle or an outage, in the service's own format.
pub(crate) fn injected_error(service: &str, effect: Effect) -> Response {
    AwsError::injected_error(service, effect)
        .render(Protocol::of(service), "00000000-0000-4000-a000-000000000000")
}

/// Serves one call.
pub(crate) fn handle(cloud: &Parts, request: &Request) -> Response {
    let (service, operation) = operation(request);
    let protocol = Protocol::of(&service);
    let mut store = cloud.aws().store();
    let id = store.request_id();
    let caller =
        SignatureHeader::read(request).and_then(|claim| store.authenticate(request, &claim));
    let caller = match caller {
        Ok(caller) => caller,
        Err(refusal) => return refusal.render(protocol, &id),
    };
    let served = store.with_replica(&service, &operation, |store| {
        serve((&service, protocol), &operation, (store, &caller), request, &id)
    });
    let mut response = served.unwrap_or_else(|refusal| refusal.render(protocol, &id));
    response.extensions_mut().insert(Principal(caller.arn));
    response
}

fn serve(
    (service, protocol): (&str, Protocol),
    operation: &str,
    (store, caller): (&mut Store, &Caller),
    request: &Request,
    id: &str,
) -> Result<Response, AwsError> {
    match (service, protocol) {
        ("secretsmanager", _) => secrets::serve(store, caller, operation, request.body())
            .map(|body| response(200, "application/x-amz-json-1.1", body, id)),
        ("organizations", _) => organizations::serve(store, caller, operation, request.body())
            .map(|body| response(200, "application/x-amz-json-1.1", body, id)),
        ("sqs", _) => sqs::serve(store, caller, operation, request.body())
            .map(|body| response(200, "application/x-amz-json-1.0", body, id)),
        ("eks", _) => eks::serve(store, caller, request)
            .map(|body| response(200, "application/json", body, id)),
        ("sts" | "iam", Protocol::PolicyQuery(namespace)) => {
            let form = Form::read(request.body());
            let served = if service == "iam" {
                iam::serve(store, caller, operation, &form)
            } else {
                sts::serve(store, caller, operation, &form)
            };
            served.map(|xml| {
                response(200, "text/xml", xml.into_response(namespace, operation, id), id)
            })
        }
        _ => {
            Err(AwsError::new(404, "UnknownOperationException", "Nobody here speaks this service."))
        }
    }
}

/// What a query service answers to an action it does not have.
fn invalid_action(operation: &str, version: &str) -> AwsError {
    AwsError::new(
        400,
        "InvalidAction",
        format!("Could not find operation {operation} for version {version}"),
    )
}
