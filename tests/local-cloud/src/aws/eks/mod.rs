//! EKS: clusters with their node groups and add-ons, and Pod Identity associations.
mod associations;
mod call;
mod change;
mod describe;
mod pods;
mod setup;
mod state;

use serde_json::Value;

use self::call::EksCall;
pub use self::setup::{AssociationSnapshot, Cluster, NewCluster};
pub(crate) use self::state::{
    AccessRules, Addon, Association, Nodegroup, RbacRule, StoredCluster, agent_daemon_set,
};
use super::body::Body;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;
use crate::server::Request;

/// The operation that a method and a path select.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation<'a> {
    DescribeCluster(&'a str),
    ListNodegroups(&'a str),
    DescribeNodegroup(&'a str, &'a str),
    ListAddons(&'a str),
    DescribeAddon(&'a str, &'a str),
    CreateAddon(&'a str),
    ListFargateProfiles(&'a str),
    ListPodIdentityAssociations(&'a str),
    CreatePodIdentityAssociation(&'a str),
    DescribePodIdentityAssociation(&'a str, &'a str),
    UpdatePodIdentityAssociation(&'a str, &'a str),
    DeletePodIdentityAssociation(&'a str, &'a str),
}

impl<'a> Operation<'a> {
    fn parse(verb: &str, path: &'a str) -> Option<Operation<'a>> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (verb, parts.as_slice()) {
            ("GET", ["clusters", name]) => Some(Self::DescribeCluster(name)),
            ("GET", ["clusters", name, "node-groups"]) => Some(Self::ListNodegroups(name)),
            ("GET", ["clusters", name, "node-groups", group]) => {
                Some(Self::DescribeNodegroup(name, group))
            }
            ("GET", ["clusters", name, "addons"]) => Some(Self::ListAddons(name)),
            ("POST", ["clusters", name, "addons"]) => Some(Self::CreateAddon(name)),
            ("GET", ["clusters", name, "addons", addon]) => Some(Self::DescribeAddon(name, addon)),
            ("GET", ["clusters", name, "fargate-profiles"]) => {
                Some(Self::ListFargateProfiles(name))
            }
            (verb, ["clusters", name, "pod-identity-associations"]) => match verb {
                "GET" => Some(Self::ListPodIdentityAssociations(name)),
                "POST" => Some(Self::CreatePodIdentityAssociation(name)),
                _ => None,
            },
            (verb, ["clusters", name, "pod-identity-associations", id]) => match verb {
                "GET" => Some(Self::DescribePodIdentityAssociation(name, id)),
                "POST" => Some(Self::UpdatePodIdentityAssociation(name, id)),
                "DELETE" => Some(Self::DeletePodIdentityAssociation(name, id)),
                _ => None,
            },
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::DescribeCluster(..) => "DescribeCluster",
            Self::ListNodegroups(..) => "ListNodegroups",
            Self::DescribeNodegroup(..) => "DescribeNodegroup",
            Self::ListAddons(..) => "ListAddons",
            Self::DescribeAddon(..) => "DescribeAddon",
            Self::CreateAddon(..) => "CreateAddon",
            Self::ListFargateProfiles(..) => "ListFargateProfiles",
            Self::ListPodIdentityAssociations(..) => "ListPodIdentityAssociations",
            Self::CreatePodIdentityAssociation(..) => "CreatePodIdentityAssociation",
            Self::DescribePodIdentityAssociation(..) => "DescribePodIdentityAssociation",
            Self::UpdatePodIdentityAssociation(..) => "UpdatePodIdentityAssociation",
            Self::DeletePodIdentityAssociation(..) => "DeletePodIdentityAssociation",
        }
    }
}

/// Returns `true` if the path belongs to EKS.
pub(crate) fn is_addressed(request: &Request) -> bool {
    let path = request.uri().path();
    path == "/clusters" || path.starts_with("/clusters/")
}

/// Returns the operation's name, for the call log and for faults.
pub(crate) fn operation(request: &Request) -> Option<&'static str> {
    Operation::parse(request.method().as_str(), request.uri().path()).map(Operation::name)
}

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    request: &Request,
) -> Result<String, AwsError> {
    let body: Value = match request.body().as_slice() {
        [] => Value::Object(serde_json::Map::default()),
        sent => serde_json::from_slice(sent).unwrap_or_default(),
    };
    let path = request.uri().path();
    let unknown =
        || AwsError::new(404, "UnknownOperationException", format!("No operation has {path}."));
    let operation = Operation::parse(request.method().as_str(), path).ok_or_else(unknown)?;
    let query = request.uri().query().unwrap_or_default();
    let mut call = EksCall {
        store,
        caller,
        body: Body::from_value(&body)?,
        query,
        operation: operation.name(),
    };
    let response = match operation {
        Operation::DescribeCluster(name) => describe::describe_cluster(&call, name),
        Operation::ListNodegroups(name) => describe::list_nodegroups(&call, name),
        Operation::DescribeNodegroup(name, group) => {
            describe::describe_nodegroup(&call, name, group)
        }
        Operation::ListAddons(name) => describe::list_addons(&call, name),
        Operation::DescribeAddon(name, addon) => describe::describe_addon(&mut call, name, addon),
        Operation::CreateAddon(name) => change::create_addon(&mut call, name),
        Operation::ListFargateProfiles(name) => describe::list_fargate_profiles(&call, name),
        Operation::ListPodIdentityAssociations(name) => associations::list(&mut call, name),
        Operation::DescribePodIdentityAssociation(name, id) => {
            associations::describe(&mut call, name, id)
        }
        Operation::CreatePodIdentityAssociation(name) => change::create(&mut call, name),
        Operation::UpdatePodIdentityAssociation(name, id) => change::update(&mut call, name, id),
        Operation::DeletePodIdentityAssociation(name, id) => change::delete(&mut call, name, id),
    };
    response.map(|value| value.to_string())
}
