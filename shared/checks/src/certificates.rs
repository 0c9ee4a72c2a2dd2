//! The checks of certificates (S07, X07, X08). What they say of themselves, at the time that is given.

use std::time::SystemTime;

use gangway_certificates::{CaChain, ClientCertificate, Links, PrivateKey, Validity};
use gangway_model::{Check, ClientIdentity, Finding, Severity};

static AUTHORITY_VALID: Check = Check {
    id: "certificates.authority-valid",
    title: "The certification authorities are authorities, and valid now",
    severity: Severity::Blocker,
    covers: &["S07", "X08"],
};

static AUTHORITY_WHOLE: Check = Check {
    id: "certificates.authority-whole",
    title: "The certification authorities are complete up to a root, and in order",
    severity: Severity::Warning,
    covers: &["S07", "X08"],
};

static AUTHORITY_LASTS: Check = Check {
    id: "certificates.authority-lasts",
    title: "No certification authority ends within 30 days",
    severity: Severity::Warning,
    covers: &["S07", "X08"],
};

static CLIENT_VALID: Check = Check {
    id: "certificates.client-valid",
    title: "The client's certificate is valid now",
    severity: Severity::Blocker,
    covers: &["X07"],
};

static CLIENT_USAGE: Check = Check {
    id: "certificates.client-usage",
    title: "The client's certificate may be used by a TLS client",
    severity: Severity::Blocker,
    covers: &["X07"],
};

static CLIENT_LASTS: Check = Check {
    id: "certificates.client-lasts",
    title: "The client's certificate does not end within 30 days",
    severity: Severity::Warning,
    covers: &["X07"],
};

static KEY_MATCHES: Check = Check {
    id: "certificates.key-matches",
    title: "The private key is that of the client's certificate, and not encrypted",
    severity: Severity::Blocker,
    covers: &["X07"],
};

/// The authorities that were sent (S07, X08).
pub fn of_authority(chain: &CaChain, now: SystemTime) -> Vec<Finding> {
    let validity = chain.validity(now);
    let subjects = chain.subjects().join("; ");
    let whole = match chain.links() {
        Links::Whole => AUTHORITY_WHOLE.passed(subjects.clone()),
        Links::IssuerMissing { subject, issuer } => AUTHORITY_WHOLE.failed(
            format!("{subject} was issued by {issuer}, whose certificate is not there"),
            "add the issuer's certificate, up to and with the root: ask the cloud's administrator for the whole chain",
        ),
        Links::OutOfOrder { subject } => AUTHORITY_WHOLE.failed(
            format!("{subject} does not stand beside its issuer"),
            "put each certificate before the one that issued it, the root last",
        ),
    };
    vec![
        valid(
            &AUTHORITY_VALID,
            &validity,
            &subjects,
            "get the authorities' present certificates from the cloud's administrator",
        ),
        whole,
        lasts(&AUTHORITY_LASTS, &validity),
    ]
}

/// What a client shows to the portal (X07, X08).
pub fn of_client(identity: &ClientIdentity, now: SystemTime) -> Vec<Finding> {
    let ClientIdentity { certificate_authority, certificate, key } = identity;
    let validity = certificate.validity(now);
    let mut findings = of_authority(certificate_authority, now);
    findings.extend([
        valid(
            &CLIENT_VALID,
            &validity,
            certificate.subject(),
            "have the identity team issue a new certificate, and PUT the account with it",
        ),
        usage(certificate),
        lasts(&CLIENT_LASTS, &validity),
        matches(certificate, key),
    ]);
    findings
}

fn usage(certificate: &ClientCertificate) -> Finding {
    if certificate.is_for_clients() {
        return CLIENT_USAGE.passed("its extensions allow client authentication");
    }
    CLIENT_USAGE.failed(
        "its extensions do not allow client authentication",
        "have it issued with extended key usage clientAuth and key usage digitalSignature",
    )
}

fn matches(certificate: &ClientCertificate, key: &PrivateKey) -> Finding {
    if certificate.belongs_to(key) {
        return KEY_MATCHES.passed("the public halves are the same");
    }
    KEY_MATCHES.failed(
        "the key is another certificate's: the public halves differ",
        "send the key that userCertificate was issued for, or the certificate of this key",
    )
}

fn valid(check: &'static Check, validity: &Validity, subjects: &str, remedy: &str) -> Finding {
    match validity {
        Validity::Good { until } | Validity::EndsSoon { until, .. } => {
            check.passed(format!("{subjects}; valid until {until}"))
        }
        Validity::Ended { subject, on } => {
            check.failed(format!("{subject} has expired on {on}"), remedy)
        }
        Validity::NotYet { subject, from } => check.failed(
            format!("{subject} is not valid before {from}"),
            format!("wait for that day or correct the clock (NTP); else {remedy}"),
        ),
    }
}

fn lasts(check: &'static Check, validity: &Validity) -> Finding {
    match validity {
        Validity::Good { until } => check.passed(format!("valid until {until}")),
        Validity::EndsSoon { subject, days, until } => check.failed(
            format!("{subject} expires on {until}, in {days} days"),
            "have a new one issued, and PUT the account with it before that day",
        ),
        Validity::Ended { .. } | Validity::NotYet { .. } => {
            check.not_applicable("it is not valid now")
        }
    }
}
