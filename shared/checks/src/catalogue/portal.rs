//! Checks of the access portals of the Secret and Top Secret partitions.

use gangway_model::{Check, CheckSubject, Severity};

pub static ACCOUNT_KNOWN: Check = Check {
    id: "portal.account-known",
    title: "Gangway can determine the 12-digit id of the AWS account",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X05", "X12"],
    remedy: "Send the 12-digit account id, or give the function a network path to the portal.",
};

pub static CREDENTIALS_EXPIRE: Check = Check {
    id: "portal.key-lifetime",
    title: "The portal's keys are temporary and have an expiry time",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X13"],
    remedy: "Ask the portal's administrator for keys of a role, and compare the clocks.",
};

pub static CREDENTIALS_ISSUED: Check = Check {
    id: "portal.keys",
    title: "The access portal issues keys for this agency, account and role",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X05", "X06", "X11"],
    remedy: "Correct agency, account or mission, and role, or ask the portal's administrator to authorize the certificate.",
};

pub static ROLE_NAME: Check = Check {
    id: "portal.role-name",
    title: "The prefix and the role together form a valid IAM role name",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X10"],
    remedy: "Shorten `rolePrefix` or `role`.",
};

pub static PORTAL_CERTIFICATE_TRUSTED: Check = Check {
    id: "portal.trusted",
    title: "The CA chain that was sent signs the access portal's certificate",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C05", "X08"],
    remedy: "Send the CA chain that signs the portal's certificate.",
};
