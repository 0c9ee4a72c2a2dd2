//! All checks of an AWS account, for its registration and for checking it again later.
//!
//! Start at [`catalogue`], which defines every check. A method's module ([`access_key`],
//! [`assumed_role`], [`pod_identity`], [`access_portal`]) runs the checks of that method in this
//! order:
//!
//! 1. **Gather.** Read everything with parallel calls: STS and IAM of the target account (`iam`),
//!    Palette ([`palette_validation`], [`classified`]), the access portal.
//! 2. **Evaluate.** Convert each result into a [`Finding`](gangway_model::Finding). A wrong
//!    credential is a finding; a service that could not be called is an error.
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
    /// The documents of the profile, and those that the method needs in addition.
    pub documents: &'a [PolicyDocument],
    /// The region in which clusters will run: policies may allow actions in some regions only.
    pub region: &'a str,
    /// Additional policies that Palette attaches to the roles of clusters and nodes.
    pub policies: &'a [PolicyArn],
    /// Whether the owner of the account must have set the tag `gangway:scopes`.
    pub require_scope_tag: bool,
}

impl<'a> RequiredPermissions<'a> {
    /// Returns what an account needs in this deployment. The documents are those of the profile alone.
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
