//! Fake AWS: accounts in four partitions, and the AWS services that Gangway's functions and Palette
//! call.
mod assume;
mod authorize;
mod body;
mod bus_policy;
mod caller;
pub mod client;
pub mod dynamodb;
pub mod eks;
mod error;
mod events;
mod execute_api;
mod form;
mod iam;
mod ids;
mod key_policy;
mod managed_policies;
pub mod organizations;
mod partition;
mod policy;
mod presigned;
mod replica_lag;
pub mod s3;
mod secrets_manager;
pub mod setup;
mod signature;
mod snapshots;
pub mod sqs;
mod stack_responses;
mod store;
mod sts;
#[cfg(test)]
mod tests;
mod used_permissions;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::assume::is_allowed_by_trust_policy;
pub(crate) use self::bus_policy::ResourcePolicy;
use self::caller::Caller;
pub use self::dynamodb::{Table, TableSettings};
pub use self::eks::Cluster;
use self::error::{AwsError, Protocol, build_response};
pub(crate) use self::execute_api::{AuthorizationError, RestApi};
use self::form::Form;
pub use self::iam::FalseDenial;
pub use self::organizations::Organization;
pub use self::s3::{Bucket, ObjectSnapshot};
pub use self::secrets_manager::{DueRotation, RotationKind};
pub use self::setup::{Account, AwsCredentials, Group, Role, SecretSnapshot, User};
use self::signature::SignatureHeader;
pub use self::snapshots::{PolicySnapshot, RoleSnapshot};
pub use self::sqs::Queue;
use self::store::Store;
use crate::canaries::{Canary, SecretKind};
use crate::clock::Clock;
use crate::cloud::CloudState;
use crate::faults::Effect;
use crate::server::{Principal, Request, Response};

/// The fake AWS with all its accounts. All clones share one state.
#[derive(Debug, Clone)]
pub struct Aws {
    store: Arc<Mutex<Store>>,
}

impl Aws {
    pub(crate) fn new(clock: Arc<Clock>, seed: u64) -> Aws {
        Aws { store: Arc::new(Mutex::new(Store::new(clock, seed))) }
    }

    /// Returns every secret value that the fake AWS has issued: secret access keys and session
    /// tokens, each with its access key id.
    pub fn issued_secrets(&self) -> Vec<Canary> {
        let store = self.store();
        let keys =
            store.keys.values().map(|key| Canary::new(SecretKind::AccessKey, &key.id, &key.secret));
        let sessions = store.sessions.iter().flat_map(|(id, session)| {
            [
                Canary::new(SecretKind::Session, id, &session.secret),
                Canary::new(SecretKind::Token, id, &session.token),
            ]
        });
        keys.chain(sessions).collect()
    }

    /// Makes `SimulatePrincipalPolicy` deny every action from now on, even an action that the
    /// policies allow. With `None`, the results are correct again.
    pub fn set_false_denial(&self, false_denial: Option<FalseDenial>) {
        self.store().false_denial = false_denial;
    }

    /// Locks the state of all accounts.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds the name of the AWS service that a request is for. The signature is not considered.
pub(crate) fn find_target_service(request: &Request) -> String {
    if stack_responses::is_addressed(request) {
        return "s3".to_owned();
    }
    if let Some(target) = amz_target_header(request) {
        let service_prefix = target.split('.').next().unwrap_or_default();
        return match service_prefix {
            "AWSOrganizationsV20161128" => "organizations".to_owned(),
            "AWSEvents" => "events".to_owned(),
            "AmazonSQS" => "sqs".to_owned(),
            "DynamoDB_20120810" => "dynamodb".to_owned(),
            other => other.to_owned(),
        };
    }
    if s3::is_addressed(request) {
        return "s3".to_owned();
    }
    if eks::is_addressed(request) {
        return "eks".to_owned();
    }
    match Form::parse(request.body()).get("Version") {
        Some("2011-06-15") => "sts".to_owned(),
        Some("2010-05-08") => "iam".to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn amz_target_header(request: &Request) -> Option<&str> {
    request.headers().get("x-amz-target")?.to_str().ok()
}

/// Finds the names of the service and the operation that a request is for. The call log and the
/// injected faults use them.
pub(crate) fn find_operation(request: &Request) -> (String, String) {
    if stack_responses::is_addressed(request) {
        return ("s3".to_owned(), "PutObject".to_owned());
    }
    let operation = match amz_target_header(request) {
        Some(target) => target.split_once('.').map(|(_, name)| name.to_owned()),
        None if s3::is_addressed(request) => s3::find_operation(request).map(str::to_owned),
        None if eks::is_addressed(request) => eks::operation(request).map(str::to_owned),
        None => Form::parse(request.body()).get("Action").map(str::to_owned),
    };
    (find_target_service(request), operation.unwrap_or_else(|| "unknown".to_owned()))
}

/// Returns the error response of a service to a call for which a test has injected a fault.
pub(crate) fn injected_error(service: &str, effect: Effect) -> Response {
    AwsError::from_effect(service, effect)
        .to_response(Protocol::for_service(service), "00000000-0000-4000-a000-000000000000")
}

/// Serves a request to any AWS service: authenticates it and returns the response in the format of
/// its service.
pub(crate) fn handle(cloud: &CloudState, request: &Request) -> Response {
    let (service, operation) = find_operation(request);
    let protocol = Protocol::for_service(&service);
    let mut store = cloud.aws().store();
    let id = store.generate_request_id();
    if stack_responses::is_addressed(request) {
        return stack_responses::serve(&mut store, request, &id);
    }
    let caller =
        SignatureHeader::parse(request).and_then(|header| store.authenticate(request, &header));
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return error.to_response(protocol, &id),
    };
    let is_consistent = dynamodb::is_consistent_read(&service, request);
    let result = store.serve_from_replica(&service, &operation, is_consistent, |store| {
        serve((&service, protocol), &operation, (store, &caller), request, &id)
    });
    let mut response = result.unwrap_or_else(|error| error.to_response(protocol, &id));
    response.extensions_mut().insert(Principal(caller.arn));
    response
}

/// Calls the module of a service for an authenticated request.
fn serve(
    (service, protocol): (&str, Protocol),
    operation: &str,
    (store, caller): (&mut Store, &Caller),
    request: &Request,
    id: &str,
) -> Result<Response, AwsError> {
    match (service, protocol) {
        ("secretsmanager", _) => secrets_manager::serve(store, caller, operation, request.body())
            .map(|body| build_response(200, "application/x-amz-json-1.1", body, id)),
        ("organizations", _) => organizations::serve(store, caller, operation, request.body())
            .map(|body| build_response(200, "application/x-amz-json-1.1", body, id)),
        ("events", _) => events::serve(store, caller, operation, request.body())
            .map(|body| build_response(200, "application/x-amz-json-1.1", body, id)),
        ("sqs", _) => sqs::serve(store, caller, operation, request.body())
            .map(|body| build_response(200, "application/x-amz-json-1.0", body, id)),
        ("dynamodb", _) => dynamodb::serve(store, caller, operation, request.body())
            .map(|(status, body)| build_response(status, "application/x-amz-json-1.0", body, id)),
        ("s3", _) => s3::serve(store, caller, operation, request, id),
        ("eks", _) => eks::serve(store, caller, request)
            .map(|body| build_response(200, "application/json", body, id)),
        ("sts" | "iam", Protocol::Query(namespace)) => {
            let form = Form::parse(request.body());
            let result = if service == "iam" {
                iam::serve(store, caller, operation, &form)
            } else {
                sts::serve(store, caller, operation, &form)
            };
            result.map(|xml| {
                build_response(200, "text/xml", xml.into_response(namespace, operation, id), id)
            })
        }
        _ => Err(AwsError::new(404, "UnknownOperationException", "This service is not supported.")),
    }
}

/// Returns the error that STS and IAM return for an unknown action.
fn invalid_action(operation: &str, version: &str) -> AwsError {
    AwsError::new(
        400,
        "InvalidAction",
        format!("Could not find operation {operation} for version {version}"),
    )
}
