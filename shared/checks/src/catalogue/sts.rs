//! The role that Palette assumes.

use gangway_model::{Check, Severity};
pub use gangway_policies::trust::{EXTERNAL_ID_REQUIRED, NO_EXCLUDING_CONDITIONS, TRUSTS_PALETTE};

pub static EXTERNAL_ID_ENFORCED: Check = Check {
    id: "sts.external-id-enforced",
    title: "The role refuses Palette when it presents another external id",
    severity: Severity::Warning,
    covers: &["D07", "D11"],
    remedy: "Require the external id in every statement that allows Palette's account.",
};

pub static ROLE_ARN: Check = Check {
    id: "sts.role-arn",
    title: "The role ARN belongs to this partition",
    severity: Severity::Blocker,
    covers: &["C03", "C04", "D12"],
    remedy: "Send the ARN of a role of this partition, in a customer's account.",
};

pub static SOURCE_ACCOUNT: Check = Check {
    id: "sts.source-account",
    title: "Palette returns its source AWS account and the tenant's external id",
    severity: Severity::Blocker,
    covers: &["D01", "D03", "D04"],
    remedy: "Ask Palette's operator to enable STS for this partition, or to correct its account.",
};
