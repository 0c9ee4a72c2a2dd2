//! Drift: differences between what Gangway made for a vended account and what is there now. The
//! function `account-vended` compares, and the watch records the result in the state table.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::timestamp::Timestamp;

/// A part of what Gangway makes for a vended account.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftedPart {
    /// The role does not exist.
    Role,
    /// The role has no tag that says that this deployment created it. Gangway changes no such role.
    OwnershipTags,
    TrustPolicy,
    PermissionsBoundary,
    Description,
    Policies,
    Tags,
    /// The account in Palette has another role, or other settings.
    PaletteAccount,
}

impl DriftedPart {
    /// Returns the identifier, as in events and in the state table.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::OwnershipTags => "ownership-tags",
            Self::TrustPolicy => "trust-policy",
            Self::PermissionsBoundary => "permissions-boundary",
            Self::Description => "description",
            Self::Policies => "policies",
            Self::Tags => "tags",
            Self::PaletteAccount => "palette-account",
        }
    }

    /// Returns the words for the part that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Role => "role (it does not exist)",
            Self::OwnershipTags => "tags gangway:managed and gangway:stack",
            Self::TrustPolicy => "trust policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Description => "description",
            Self::Policies => "policies",
            Self::Tags => "tags",
            Self::PaletteAccount => "account in Palette",
        }
    }
}

/// Returns what a person can do about drift.
pub fn drift_remedy(parts: &BTreeSet<DriftedPart>) -> &'static str {
    if parts.contains(&DriftedPart::OwnershipTags) {
        "tag the role again with gangway:managed and gangway:stack, as the roles of other accounts are tagged; without these tags, Gangway does not change the role"
    } else {
        "set the parameter RepairDrift to enabled, and the next sweep restores it; or send the event AWS Account Vended with the action onboard for this account"
    }
}

/// The result of comparing one vended account with what Gangway makes. It is the member
/// `comparison` of a message in the queue of the watch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftComparison {
    /// `tenant` or `project/<uid>`.
    pub scope: String,
    /// Uid of the account in Palette.
    pub uid: String,
    /// The parts that differ. Empty if nothing differs.
    pub parts: BTreeSet<DriftedPart>,
    /// When the parts were compared.
    pub compared: Timestamp,
}
