//! Checks of the IAM role that Palette assumes.

use gangway_model::{Check, CheckSubject, Severity};

pub static EXTERNAL_ID_ENFORCED: Check = Check {
    id: "sts.external-id-enforced",
    title: "The role refuses Palette if Palette sends a wrong external id",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["D07", "D11"],
    remedy: "Require the external id in every statement that allows Palette's account.",
};

pub static ROLE_ARN: Check = Check {
    id: "sts.role-arn",
    title: "The role ARN belongs to this partition",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C03", "C04", "D12"],
    remedy: "Send the ARN of a role of this partition, in a customer's account.",
};

pub static SOURCE_ACCOUNT: Check = Check {
    id: "sts.source-account",
    title: "Palette returns its source AWS account and the tenant's external id",
    severity: Severity::Blocker,
    subject: CheckSubject::Deployment,
    covers: &["D01", "D03", "D04"],
    remedy: "Ask Palette's operator to enable STS for this partition, or to correct its account.",
};

pub static TRUSTS_PALETTE: Check = Check {
    id: "sts.trusts-palette",
    title: "The role trusts Palette's AWS account, and not everyone",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["D06"],
    remedy: "Set the trust policy to what the report shows.",
};

pub static EXTERNAL_ID_REQUIRED: Check = Check {
    id: "sts.external-id-required",
    title: "The role requires Palette's external id, and accepts no other",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["D07"],
    remedy: "Add the condition `sts:ExternalId` with the value that `GET /v1/sts/trust` returns.",
};

pub static NO_EXCLUDING_CONDITIONS: Check = Check {
    id: "sts.no-excluding-conditions",
    title: "No condition of the trust policy excludes Palette",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["D08"],
    remedy: "Remove the condition, or change it so that Palette satisfies it.",
};
