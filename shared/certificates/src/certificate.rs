use std::time::SystemTime;

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use time::OffsetDateTime;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{ExtendedKeyUsage, ParsedExtension},
    prelude::FromDer as _,
    x509::{X509Name, X509Version},
};

use crate::{PemError, pem::PemBlock, signature};

/// The maximum number of characters of a subject or issuer in messages.
const MAX_NAME_CHARS: usize = 120;

/// A parsed X.509 certificate, with the values that this crate checks.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: CertificateDer<'static>,
    /// The subject, for messages: without control characters, and shortened.
    pub(crate) subject: String,
    /// The issuer, for messages: without control characters, and shortened.
    pub(crate) issuer: String,
    pub(crate) period: ValidityPeriod,
    pub(crate) ca_status: CaStatus,
    /// `true` if the extensions for key usage and extended key usage allow TLS client
    /// authentication, or are absent.
    pub(crate) allows_client_auth: bool,
    /// `true` if the extension for key usage allows to sign certificates, or is absent.
    pub(crate) may_sign_certificates: bool,
    /// The public key and its algorithm (`SubjectPublicKeyInfo`), in DER.
    pub(crate) public_key: Vec<u8>,
}

/// Whether a certificate says that it is a CA certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CaStatus {
    /// The extension `basicConstraints` has CA:TRUE.
    Ca,
    /// The extension `basicConstraints` has CA:FALSE, or cannot be parsed.
    NotCa,
    /// The certificate does not have the extension `basicConstraints`.
    Unstated,
    /// The certificate is of an X.509 version that has no extensions.
    Version1,
}

/// The time from `notBefore` to `notAfter` of a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValidityPeriod {
    pub(crate) from: OffsetDateTime,
    pub(crate) until: OffsetDateTime,
}

impl Certificate {
    /// Parses the certificate in a PEM block. `position` is the position of the block in the text,
    /// for error messages; it counts from 1.
    pub(crate) fn parse(block: &PemBlock, position: usize) -> Result<Self, PemError> {
        let der = CertificateDer::from_pem_slice(block.text.as_bytes())
            .map_err(|_error| PemError::NotBase64 { position })?;
        let not_x509_error = || PemError::NotX509 { position };
        let parsed = X509Certificate::from_der(&der);
        let (rest, x509) = parsed.map_err(|_error| not_x509_error())?;
        if !rest.is_empty() {
            return Err(not_x509_error());
        }
        let extended_key_usage = x509.extended_key_usage().map_err(|_error| not_x509_error())?;
        let has_client_usage = extended_key_usage
            .is_none_or(|extended_key_usage| is_client_usage(extended_key_usage.value));
        let key_usage = x509.key_usage().map_err(|_error| not_x509_error())?;
        let allows_client_auth = has_client_usage
            && key_usage.as_ref().is_none_or(|key_usage| key_usage.value.digital_signature());
        let may_sign_certificates =
            key_usage.is_none_or(|key_usage| key_usage.value.key_cert_sign());
        let validity = x509.validity();
        Ok(Self {
            subject: display_name(x509.subject()),
            issuer: display_name(x509.issuer()),
            period: ValidityPeriod {
                from: validity.not_before.to_datetime(),
                until: validity.not_after.to_datetime(),
            },
            ca_status: CaStatus::from_x509(&x509),
            allows_client_auth,
            may_sign_certificates,
            public_key: x509.public_key().raw.to_vec(),
            der: der.clone().into_owned(),
        })
    }

    /// Returns the time at which the certificate expires.
    pub(crate) fn expiry(&self) -> SystemTime {
        self.period.until.into()
    }

    /// Returns `true` if this certificate issued the certificate `subject`: the subject of this
    /// certificate is the issuer of the other, and the signature is correct. If this crate cannot
    /// verify the signature, the key identifiers of the certificates must not differ.
    pub(crate) fn is_issuer_of(&self, subject: &Self) -> bool {
        let parse_der = X509Certificate::from_der;
        let (Ok((_, issuer)), Ok((_, subject))) = (parse_der(&self.der), parse_der(&subject.der))
        else {
            return false;
        };
        issuer.subject().as_raw() == subject.issuer().as_raw()
            && signature::verify(&subject, &issuer)
                .unwrap_or_else(|| key_identifiers_agree(&issuer, &subject))
    }
}

impl CaStatus {
    fn from_x509(x509: &X509Certificate<'_>) -> Self {
        match x509.basic_constraints() {
            Ok(Some(constraints)) if constraints.value.ca => Self::Ca,
            Ok(Some(_)) | Err(_) => Self::NotCa,
            Ok(None) if x509.version() == X509Version::V3 => Self::Unstated,
            Ok(None) => Self::Version1,
        }
    }
}

/// Returns `false` if the extension `subjectKeyIdentifier` of `issuer` differs from the extension
/// `authorityKeyIdentifier` of `subject`. Returns `true` if the two identifiers are equal, or if
/// one of the two extensions is absent.
fn key_identifiers_agree(issuer: &X509Certificate<'_>, subject: &X509Certificate<'_>) -> bool {
    let issuer_key_id = issuer.iter_extensions().find_map(|extension| {
        let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() else {
            return None;
        };
        Some(id.0)
    });
    let subject_issuer_key_id = subject.iter_extensions().find_map(|extension| {
        let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() else {
            return None;
        };
        id.key_identifier.as_ref().map(|id| id.0)
    });
    issuer_key_id.zip(subject_issuer_key_id).is_none_or(|(own, other)| own == other)
}

/// Returns `true` if the extended key usage allows TLS client authentication.
fn is_client_usage(extended_key_usage: &ExtendedKeyUsage<'_>) -> bool {
    extended_key_usage.any || extended_key_usage.client_auth
}

/// Returns a subject or issuer as text without control characters, cut to [`MAX_NAME_CHARS`]
/// characters.
fn display_name(name: &X509Name<'_>) -> String {
    let name = name.to_string().replace(char::is_control, " ");
    match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}
