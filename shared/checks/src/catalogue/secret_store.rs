//! Checks of the credentials that Gangway stores in Secrets Manager.

use gangway_model::{Check, CheckSubject, Severity};

pub static SECRET_ACTIVE: Check = Check {
    id: "vault.secret-in-use",
    title: "Gangway stores the account's credential, and the secret is marked as active",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["C18"],
    remedy: "Send the registration again with `PUT …/accounts/<method>/<uid>`, with the credential.",
};

pub static SECRET_MATCHES_PALETTE: Check = Check {
    id: "vault.secret-matches-palette",
    title: "Palette uses the access key that Gangway stores",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["C18"],
    remedy: "Send the registration again with `PUT …/accounts/<method>/<uid>`, with the keys.",
};
