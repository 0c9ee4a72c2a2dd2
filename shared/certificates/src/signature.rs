//! Signatures of certificates.

use rustls::crypto::aws_lc_rs::default_provider;
use x509_parser::{
    certificate::X509Certificate,
    error::X509Error,
    oid_registry::{OID_PKCS1_RSASSAPSS, Oid},
    public_key::PublicKey,
};

/// Smallest RSA key with which signatures can be verified, in bits.
const MIN_RSA_BITS: usize = 2048;

/// Verifies the signature of `subject` with the key of `issuer`. Returns `None` if the algorithm,
/// its parameters or the size of the key are not supported, so that nothing is known.
pub(crate) fn verify(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    match subject.verify_signature(Some(issuer.public_key())) {
        Ok(()) => Some(true),
        Err(X509Error::SignatureVerificationError) if is_verifiable(subject, issuer) => Some(false),
        Err(_) => verify_with_rustls(subject, issuer),
    }
}

/// Returns `true` if a signature that is not accepted is wrong: RSA-PSS may have another length of
/// the salt, and small RSA keys are not accepted at all.
fn is_verifiable(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
    let is_large = match issuer.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => key.key_size() >= MIN_RSA_BITS,
        Ok(_) => true,
        Err(_) => false,
    };
    is_large && subject.signature_algorithm.algorithm != OID_PKCS1_RSASSAPSS
}

/// Verifies signatures that x509-parser does not know: P-521, and SHA-512 on every curve.
fn verify_with_rustls(subject: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Option<bool> {
    let key = issuer.public_key();
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok())?;
    let signature_id = der(&subject.signature_algorithm.algorithm);
    let key_id = [der(&key.algorithm.algorithm), der(&curve)].concat();
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

/// Encodes an object identifier as DER. The identifiers of algorithms are shorter than 128 bytes.
fn der(oid: &Oid<'_>) -> Vec<u8> {
    const OBJECT_IDENTIFIER: u8 = 6;
    let content = oid.as_bytes();
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[OBJECT_IDENTIFIER, length], content].concat()
}
