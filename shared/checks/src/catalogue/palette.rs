//! Checks of Palette, its settings and its accounts.

use gangway_model::{Check, CheckSubject, Severity};

pub static EDITION: Check = Check {
    id: "palette.edition-vertex",
    title: "Palette is VerteX, the edition that serves the Secret and Top Secret partitions",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C19", "X01"],
    remedy: "Register the account in a Palette VerteX.",
};

pub static ENDPOINT_OVERRIDES: Check = Check {
    id: "palette.endpoint-overrides",
    title: "The custom endpoints that Palette has for this region can be reached and are trusted",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X04"],
    remedy: "Correct the endpoints in the system console, or add their CA certificates to the secret of `AwsCaBundleSecret`.",
};

pub static METHOD_SUPPORTED: Check = Check {
    id: "palette.method",
    title: "Palette stores all values that are needed to check the account again",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["C04"],
    remedy: "Send the full registration request to `…/accounts/<method>/validate`.",
};

pub static POLICY_ARNS_ACCEPTED: Check = Check {
    id: "palette.policy-arns-accepted",
    title: "Palette finds the policies for the roles of clusters and nodes",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C15"],
    remedy: "Name policies that exist in the account.",
};

pub static PORTAL_ADDRESS: Check = Check {
    id: "palette.portal-address",
    title: "Palette and Gangway use the same access portal",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X14"],
    remedy: "Ask Palette's operator to correct the address, or correct `ScapUrl` or `CapUrl`.",
};

pub static PORTAL_TOGGLE_OFF: Check = Check {
    id: "palette.portal-toggle-off",
    title: "Secure Compliance Validation is off, because the keys do not come from an access portal",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["S08"],
    remedy: "Nothing to do. For keys of an access portal, use the method `scap`.",
};

pub static SECRET_PARTITION_FLAG: Check = Check {
    id: "palette.secret-partition-flag",
    title: "The feature flag `AwsSecretPartition` is on",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C04", "X02"],
    remedy: "Ask VerteX's operations administrator to turn the flag on. It cannot be turned off again.",
};

pub static VALIDATION: Check = Check {
    id: "palette.validation",
    title: "Palette's own validation of the credential succeeds",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C17", "D02", "D11", "X03"],
    remedy: "Fix the other failed checks first. The report quotes Palette's own message.",
};

pub static NAME_AVAILABLE: Check = Check {
    id: "palette.name-available",
    title: "The account name is free in its scope, or already belongs to this account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C02"],
    remedy: "Choose another name, or PUT to the uid of the account that has it.",
};

pub static ACCOUNT_QUOTA: Check = Check {
    id: "palette.account-quota",
    title: "The tenant may have one more cloud account",
    severity: Severity::Blocker,
    subject: CheckSubject::Deployment,
    covers: &["C02"],
    remedy: "Delete accounts that nobody uses, or ask Palette's operator to raise the limit of cloud accounts of the tenant.",
};

pub static ACCOUNT_READABLE: Check = Check {
    id: "palette.account-readable",
    title: "Palette returns the account after its registration, without an error",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C18"],
    remedy: "Look at the account in Palette. The request may be sent again.",
};

pub static GATEWAY_REGISTERED: Check = Check {
    id: "palette.gateway-registered",
    title: "The private cloud gateway is registered in this tenant",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["G01", "G02"],
    remedy: "Choose a gateway that `GET …/private-cloud-gateways` lists.",
};

pub static GATEWAY_RUNNING: Check = Check {
    id: "palette.gateway-running",
    title: "The private cloud gateway is running",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["G01"],
    remedy: "Start the gateway: Tenant Settings, Private Cloud Gateways.",
};

pub static GATEWAY_PROXY: Check = Check {
    id: "palette.gateway-proxy-authority",
    title: "Clusters trust the proxy of the private cloud gateway",
    severity: Severity::Info,
    subject: CheckSubject::Account,
    covers: &["G03"],
    remedy: "Put the CA certificate of the proxy into the cluster profiles.",
};

pub static API_KEY_VALID: Check = Check {
    id: "palette.session",
    title: "Gangway's API key belongs to a Palette tenant administrator",
    severity: Severity::Blocker,
    subject: CheckSubject::Deployment,
    covers: &["C01"],
    remedy: "Store the API key of a tenant administrator in the secret: [rotate it](operations.md#palettes-api-key).",
};
