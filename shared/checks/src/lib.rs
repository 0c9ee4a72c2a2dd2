//! Runs the checks of an AWS account, before its registration and at re-validation.
//!
//! Read [`catalogue`] first: the module defines every check. Each method has a module
//! ([`access_key`], [`assumed_role`], [`pod_identity`], [`access_portal`]) that runs the checks of
//! the method in this order:
//!
//! 1. **Gather.** The module reads the facts with parallel calls: STS and IAM of the target
//!    account (`iam`), Palette ([`palette_validation`], [`classified`]), the access portal.
//! 2. **Evaluate.** The module converts each result into a [`Finding`](gangway_model::Finding). A
//!    wrong credential is a finding. A service that could not be called is an error.
//! 3. **Report.** [`MethodChecks`] orders the findings and adds the notices.

pub mod access_key;
pub mod access_portal;
pub mod assumed_role;
pub mod ca_chain;
pub mod catalogue;
pub mod certificates;
pub mod classified;
mod clients;
pub mod gateway;
pub mod iam;
mod inspection;
mod method_checks;
pub mod next_steps;
pub mod own_account;
pub mod palette_account;
mod palette_checks;
pub mod palette_quota;
pub mod palette_state;
pub mod palette_validation;
#[cfg(feature = "pod-identity")]
pub mod pod_identity;
#[cfg(feature = "pod-identity")]
pub mod revalidation;

use gangway_model::{AccountSpec, Partition, PermissionProfile, PolicyArn, Region};
use gangway_policies::PolicyDocument;

pub use clients::{Clients, PortalConfig};
pub use gangway_palette::ScopedClient;
pub use gateway::GatewayCheck;
pub use inspection::InspectionAccess;
pub use method_checks::MethodChecks;
pub use palette_checks::PaletteChecks;
pub use palette_state::PaletteStateCheck;

/// The permissions that Palette needs in an account.
#[derive(Clone, Copy, Debug)]
pub struct RequiredPermissions<'a> {
    pub partition: Partition,
    pub profile: PermissionProfile,
    /// The policy documents of the profile, and the policy documents that the method also needs.
    pub documents: &'a [PolicyDocument],
    /// The AWS Region in which clusters will run. Policies can allow an action in one Region only.
    pub region: &'a str,
    /// The additional policies that Palette attaches to the roles of clusters and nodes.
    pub policies: &'a [PolicyArn],
    /// Whether the owner of the account must have set the tag `gangway:scopes`.
    pub require_scope_tag: bool,
}

impl<'a> RequiredPermissions<'a> {
    /// Returns the permissions that an account with these settings needs. `documents` contains
    /// only the policy documents of the profile, not the documents that the method also needs.
    pub fn new(settings: &'a AccountSpec, clients: &'a Clients) -> Self {
        let AccountSpec { partition, profile, policies, region, .. } = settings;
        let region = region.as_ref().map_or(clients.cluster_region.as_str(), Region::as_str);
        let require_scope_tag = clients.require_scope_tag;
        Self {
            partition: *partition,
            profile: *profile,
            documents: gangway_policies::documents_for(*profile),
            region,
            policies,
            require_scope_tag,
        }
    }
}
