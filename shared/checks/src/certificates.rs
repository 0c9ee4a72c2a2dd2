//! Checks CA chains, client certificates and private keys at a given time, without I/O.

use crate::catalogue::certificates::{
    CA_CHAIN_COMPLETE, CA_EXPIRY, CA_VALID, CLIENT_EXPIRY, CLIENT_USAGE, CLIENT_VALID, KEY_MATCHES,
};
use std::time::SystemTime;

use gangway_certificates::{CaChain, ChainStatus, ClientCertificate, PrivateKey, Validity};
use gangway_model::{Check, ClientTlsIdentity, Finding};

/// Checks that the CA certificates of a chain are valid at `now`, complete and in the right order.
pub fn check_ca_chain(chain: &CaChain, now: SystemTime) -> Vec<Finding> {
    let validity = chain.validity(now);
    let subjects = chain.subjects().join("; ");
    let chain_finding = match chain.chain_status() {
        ChainStatus::Complete => CA_CHAIN_COMPLETE.passed(subjects.clone()),
        ChainStatus::IssuerMissing { subject, issuer } => CA_CHAIN_COMPLETE.failed(
            format!("{subject} was issued by {issuer}, and that issuer's certificate is missing"),
            "add the issuer's certificate, up to and including the root: ask the cloud's administrator for the whole chain",
        ),
        ChainStatus::OutOfOrder { subject } => CA_CHAIN_COMPLETE.failed(
            format!("{subject} is not followed by its issuer"),
            "put each certificate before the one that issued it, the root last",
        ),
    };
    vec![
        validity_finding(
            &CA_VALID,
            &validity,
            &subjects,
            "get the current CA certificates from the cloud's administrator",
        ),
        chain_finding,
        expiry_finding(&CA_EXPIRY, &validity).expiring(chain.expiry()),
    ]
}

/// Checks the CA chain, the client certificate and the private key that Gangway uses to connect to
/// an access portal.
pub fn check_client_certificate(identity: &ClientTlsIdentity, now: SystemTime) -> Vec<Finding> {
    let ClientTlsIdentity { certificate_authority, certificate, key } = identity;
    let validity = certificate.validity(now);
    let mut findings = check_ca_chain(certificate_authority, now);
    findings.extend([
        validity_finding(
            &CLIENT_VALID,
            &validity,
            certificate.subject(),
            "ask the identity team for a new certificate, and PUT the account with it",
        ),
        usage_finding(certificate),
        expiry_finding(&CLIENT_EXPIRY, &validity).expiring(certificate.expiry()),
        key_match_finding(certificate, key),
    ]);
    findings
}

fn usage_finding(certificate: &ClientCertificate) -> Finding {
    if certificate.allows_client_auth() {
        return CLIENT_USAGE.passed("its extensions allow client authentication");
    }
    CLIENT_USAGE.failed(
        "its extensions do not allow client authentication",
        "have it issued with extended key usage clientAuth and key usage digitalSignature",
    )
}

fn key_match_finding(certificate: &ClientCertificate, key: &PrivateKey) -> Finding {
    if certificate.matches_key(key) {
        return KEY_MATCHES.passed("the public keys are the same");
    }
    KEY_MATCHES.failed(
        "the key belongs to another certificate: the public keys differ",
        "send the key that userCertificate was issued for, or the certificate of this key",
    )
}

fn validity_finding(
    check: &'static Check,
    validity: &Validity,
    subjects: &str,
    remedy: &str,
) -> Finding {
    match validity {
        Validity::Valid { until } | Validity::ExpiresSoon { until, .. } => {
            check.passed(format!("{subjects}; valid until {until}"))
        }
        Validity::Expired { subject, on } => {
            check.failed(format!("{subject} expired on {on}"), remedy)
        }
        Validity::NotYetValid { subject, from } => check.failed(
            format!("{subject} is not valid before {from}"),
            format!("wait for that day or correct the clock (NTP); otherwise {remedy}"),
        ),
    }
}

fn expiry_finding(check: &'static Check, validity: &Validity) -> Finding {
    match validity {
        Validity::Valid { until } => check.passed(format!("valid until {until}")),
        Validity::ExpiresSoon { subject, days, until } => check.failed(
            format!("{subject} expires on {until}, in {days} days"),
            "have a new one issued, and PUT the account with it before that day",
        ),
        Validity::Expired { .. } | Validity::NotYetValid { .. } => {
            check.not_applicable("it is not valid now")
        }
    }
}
