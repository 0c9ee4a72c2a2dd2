//! Checks of CA chains, client certificates and private keys.

use gangway_model::{Check, CheckSubject, Severity};

pub static CA_EXPIRY: Check = Check {
    id: "certificates.authority-lasts",
    title: "No CA certificate expires within 30 days",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["S07", "X08"],
    remedy: "Have a new CA certificate issued, and PUT the account with it.",
};

pub static CA_SIGNS_AWS: Check = Check {
    id: "certificates.authority-signs-aws",
    title: "The CA chain signs the certificate of the partition's AWS endpoints",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["S07"],
    remedy: "Send the chain that signs the partition's endpoints, or have the endpoint's certificate corrected.",
};

pub static CA_VALID: Check = Check {
    id: "certificates.authority-valid",
    title: "The certificates that were sent are CA certificates and are valid now",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["S07", "X08"],
    remedy: "Send CA certificates (`CA:TRUE`) that are valid today.",
};

pub static CA_CHAIN_COMPLETE: Check = Check {
    id: "certificates.authority-whole",
    title: "The CA chain is complete up to the root and in order",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["S07", "X08"],
    remedy: "Send the whole chain: each certificate before its issuer, the root last.",
};

pub static CLIENT_EXPIRY: Check = Check {
    id: "certificates.client-lasts",
    title: "The client certificate does not expire within 30 days",
    severity: Severity::Warning,
    subject: CheckSubject::Account,
    covers: &["X07"],
    remedy: "Have a new certificate issued, and PUT the account with it.",
};

pub static CLIENT_USAGE: Check = Check {
    id: "certificates.client-usage",
    title: "The client certificate allows TLS client authentication",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X07"],
    remedy: "Have the certificate issued with the extended key usage `clientAuth` and the key usage `digitalSignature`.",
};

pub static CLIENT_VALID: Check = Check {
    id: "certificates.client-valid",
    title: "The client certificate is valid now",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X07"],
    remedy: "Send a certificate that is valid today.",
};

pub static KEY_MATCHES: Check = Check {
    id: "certificates.key-matches",
    title: "The private key belongs to the client certificate and is not encrypted",
    severity: Severity::Blocker,
    subject: CheckSubject::Account,
    covers: &["X07"],
    remedy: "Send the private key that the certificate was issued for, without a passphrase.",
};
