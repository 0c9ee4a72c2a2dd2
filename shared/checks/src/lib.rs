//! The checks that two functions ask: the one that registers by a method, and the one that looks again later.

pub mod access_key;
pub mod ca_chain;
pub mod catalogue;
pub mod certificates;
pub mod classified;
mod clients;
pub mod iam;
mod inspection;
mod method_findings;
pub mod next_steps;
pub mod palette_account;
pub mod pod_identity;
pub mod portal;
pub mod role;
pub mod validation;

use gangway_model::{AccountSpec, Partition, PermissionProfile, PolicyArn};

pub use clients::{Clients, PortalConfig, ScopedAccounts};
pub use inspection::InspectionAccess;
pub use method_findings::MethodFindings;

/// What an account is to allow Palette.
#[derive(Clone, Copy, Debug)]
pub struct RequiredPermissions<'a> {
    /// Where it is.
    pub partition: Partition,
    /// What Palette is to be able to do.
    pub profile: PermissionProfile,
    /// Policies that Palette is to attach to the roles of clusters and nodes.
    pub policies: &'a [PolicyArn],
}

impl<'a> From<&'a AccountSpec> for RequiredPermissions<'a> {
    fn from(settings: &'a AccountSpec) -> Self {
        let AccountSpec { partition, profile, policies, .. } = settings;
        Self { partition: *partition, profile: *profile, policies }
    }
}
