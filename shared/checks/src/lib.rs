//! The checks that two functions ask: the one that registers by a method, and the one that looks again later.

pub mod certificates;
mod clients;
pub mod enclave;
mod eyes;
mod found;
pub mod iam;
pub mod pod_identity;
pub mod portal;
pub mod role;
pub mod static_authority;
pub mod user;
pub mod validation;

use gangway_model::{Partition, PermissionProfile, PolicyArn, Settings};

pub use clients::{Accounts, Clients, PortalConfig};
pub use eyes::Eyes;
pub use found::Found;

/// What an account is to allow Palette.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// Where it is.
    pub partition: Partition,
    /// What Palette is to be able to do.
    pub profile: PermissionProfile,
    /// Policies that Palette is to attach to the roles of clusters and nodes.
    pub policies: &'a [PolicyArn],
}

impl<'a> From<&'a Settings> for Demand<'a> {
    fn from(settings: &'a Settings) -> Self {
        let Settings { partition, profile, policies, .. } = settings;
        Self { partition: *partition, profile: *profile, policies }
    }
}
