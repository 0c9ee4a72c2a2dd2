//! The verification of the signatures of certificates.

use rustls::crypto::aws_lc_rs::default_provider;
use x509_parser::{
    certificate::X509Certificate,
    error::X509Error,
    oid_registry::{OID_PKCS1_RSASSAPSS, Oid},
    public_key::PublicKey,
};

/// The minimum size in bits of an RSA key with which this crate can verify signatures.
const MIN_RSA_BITS: usize = 2048;

/// Returns whether the signature of `subject` is correct, verified with the public key of `issuer`.
/// Returns `None` if this crate does not support the algorithm, the parameters of the algorithm, or
/// the size of the key.
pub(crate) fn verify(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    match subject.verify_signature(Some(issuer.public_key())) {
        Ok(()) => Some(true),
        Err(X509Error::SignatureVerificationError) if is_failure_conclusive(subject, issuer) => {
            Some(false)
        }
        Err(_) => verify_with_rustls(subject, issuer),
    }
}

/// Returns `true` if a failed verification by x509-parser proves that the signature is wrong. It is
/// no proof for RSA-PSS, whose salt may have a length that x509-parser does not support, or for
/// small RSA keys, which x509-parser never accepts.
fn is_failure_conclusive(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let is_large = match issuer.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => key.key_size() >= MIN_RSA_BITS,
        Ok(_) => true,
        Err(_) => false,
    };
    is_large && subject.signature_algorithm.algorithm != OID_PKCS1_RSASSAPSS
}

/// Verifies a signature with an algorithm that only rustls supports: with a key on the curve P-521,
/// or with SHA-512 and a key on any curve. Returns `None` if rustls does not support the algorithm.
fn verify_with_rustls(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    let key = issuer.public_key();
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok())?;
    let signature_id = encode_oid(&subject.signature_algorithm.algorithm);
    let key_id = [encode_oid(&key.algorithm.algorithm), encode_oid(&curve)].concat();
    let provider = default_provider();
    let algorithm = provider.signature_verification_algorithms.all.iter().find(|algorithm| {
        algorithm.signature_alg_id().as_ref() == signature_id
            && algorithm.public_key_alg_id().as_ref() == key_id
    })?;
    let verified = algorithm.verify_signature(
        &key.subject_public_key.data,
        subject.tbs_certificate.as_ref(),
        &subject.signature_value.data,
    );
    Some(verified.is_ok())
}

/// Encodes an object identifier in DER. The identifier must be shorter than 128 bytes, as all
/// identifiers of algorithms are.
fn encode_oid(oid: &Oid<'_>) -> Vec<u8> {
    const OBJECT_IDENTIFIER: u8 = 6;
    let content = oid.as_bytes();
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[OBJECT_IDENTIFIER, length], content].concat()
}
