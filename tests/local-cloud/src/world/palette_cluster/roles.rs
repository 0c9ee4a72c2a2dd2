//! The roles with their trust and permissions, in the order in which IAM takes them.

use gangway_model::PermissionProfile;
use gangway_policies::{
    PolicyDocument,
    pod_identity::{ExternalIds, RolePurpose},
};
use serde_json::Value;

use super::{Case, PaletteCluster};
use crate::aws::{Account, Role};

impl PaletteCluster {
    /// The account that a role is in.
    fn account_of(&self, part: RolePurpose) -> &Account {
        match part {
            RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => &self.target,
            RolePurpose::Palette
            | RolePurpose::Hubble
            | RolePurpose::Identity
            | RolePurpose::IdentityLocal
            | RolePurpose::HubbleLocal => self.cluster.account(),
        }
    }

    /// The case that a role belongs to.
    const fn case_of(part: RolePurpose) -> Case {
        match part {
            RolePurpose::Palette | RolePurpose::Hubble | RolePurpose::Identity => Case::SameAccount,
            RolePurpose::IdentityLocal
            | RolePurpose::HubbleLocal
            | RolePurpose::PaletteTarget
            | RolePurpose::HubbleTarget => Case::CrossAccount,
        }
    }

    /// A role.
    ///
    /// # Panics
    /// Never: each part is a role of its case.
    pub fn role(&self, part: RolePurpose) -> Role {
        let roles = self.roles(Self::case_of(part));
        let all = roles.in_creation_order();
        let (_, arn) = all.iter().find(|(known, _)| *known == part).expect("a role of its case");
        self.account_of(part).role(arn.name())
    }

    /// The trust that a role is to have.
    pub fn trust(&self, part: RolePurpose) -> Value {
        let ids = ExternalIds::expected(self.cluster_reference());
        self.roles(Self::case_of(part)).trust(part, &ids)
    }

    /// The ARN of a role's own permission policy, with what it is to allow.
    pub fn policy(&self, part: RolePurpose) -> String {
        let document = self.roles(Self::case_of(part)).permissions(part);
        self.account_of(part).policy(part.document().name(), &document)
    }

    pub(super) fn set_up_roles(&self) {
        for case in Case::ALL {
            let parts: Vec<_> =
                self.roles(case).in_creation_order().into_iter().map(|(part, _)| part).collect();
            for part in parts {
                let role = self.role(part);
                role.trust(&self.trust(part));
                role.attach(&self.policy(part));
                if matches!(part, RolePurpose::Palette | RolePurpose::PaletteTarget) {
                    for document in gangway_policies::documents_for(PermissionProfile::CoreEks) {
                        role.attach(&self.profile_policy(part, *document));
                    }
                }
            }
        }
    }

    /// The ARN of one of the policies that Palette's role needs for its profile.
    pub fn profile_policy(&self, part: RolePurpose, document: PolicyDocument) -> String {
        self.account_of(part).policy(document.name(), &document.render(self.partition))
    }
}
