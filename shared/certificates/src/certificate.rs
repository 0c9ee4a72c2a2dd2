//! A parsed X.509 certificate.

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

/// Limits the length of a displayed name.
const MAX_NAME_CHARS: usize = 120;

/// A parsed certificate, with the fields that are checked.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: CertificateDer<'static>,
    /// Without control characters.
    pub(crate) subject: String,
    /// Without control characters.
    pub(crate) issuer: String,
    pub(crate) period: ValidityPeriod,
    pub(crate) ca_status: CaStatus,
    /// `true` if the key usage extensions allow TLS client authentication, or are absent.
    pub(crate) allows_client_auth: bool,
    /// `true` if the key usage allows to sign certificates, or is absent.
    pub(crate) may_sign_certificates: bool,
    /// The public key with its algorithm (SPKI).
    pub(crate) public_key: Vec<u8>,
}

/// What a certificate says about being a CA certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CaStatus {
    /// The extension `basicConstraints` has CA:TRUE.
    Ca,
    /// The extension has CA:FALSE.
    NotCa,
    /// There is no such extension.
    Unstated,
    /// X.509 version 1 has no extensions.
    Version1,
}

/// The time from `notBefore` to `notAfter` of a certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ValidityPeriod {
    pub(crate) from: OffsetDateTime,
    pub(crate) until: OffsetDateTime,
}

impl Certificate {
    /// Parses a block. `position` counts from 1, for error messages.
    pub(crate) fn parse(block: &PemBlock, position: usize) -> Result<Self, PemError> {
        let der = CertificateDer::from_pem_slice(block.text.as_bytes())
            .map_err(|_quotes_it| PemError::NotBase64 { position })?;
        let damaged = || PemError::NotX509 { position };
        let parsed = X509Certificate::from_der(&der);
        let (rest, x509) = parsed.map_err(|_quotes_it| damaged())?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        let extended_key_usage = x509.extended_key_usage().map_err(|_quotes_it| damaged())?;
        let for_clients = extended_key_usage
            .is_none_or(|extended_key_usage| is_client_usage(extended_key_usage.value));
        let key_usage = x509.key_usage().map_err(|_quotes_it| damaged())?;
        let for_clients = for_clients
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
            ca_status: CaStatus::of(&x509),
            allows_client_auth: for_clients,
            may_sign_certificates,
            public_key: x509.public_key().raw.to_vec(),
            der: der.clone().into_owned(),
        })
    }

    pub(crate) fn expiry(&self) -> SystemTime {
        self.period.until.into()
    }

    /// Returns `true` if this certificate issued the other one: the names agree, and the signature
    /// is correct. If the signature cannot be verified, the key identifiers decide.
    pub(crate) fn is_issuer_of(&self, subject: &Self) -> bool {
        let parse_der = X509Certificate::from_der;
        let (Ok((_, issuer)), Ok((_, subject))) = (parse_der(&self.der), parse_der(&subject.der))
        else {
            return false;
        };
        issuer.subject().as_raw() == subject.issuer().as_raw()
            && signature::verify(&subject, &issuer)
                .unwrap_or_else(|| may_have_issued(&issuer, &subject))
    }
}

impl CaStatus {
    fn of(x509: &X509Certificate<'_>) -> Self {
        match x509.basic_constraints() {
            Ok(Some(constraints)) if constraints.value.ca => Self::Ca,
            Ok(Some(_)) | Err(_) => Self::NotCa,
            Ok(None) if x509.version() == X509Version::V3 => Self::Unstated,
            Ok(None) => Self::Version1,
        }
    }
}

/// Returns `false` if the key identifiers of the certificates differ.
fn may_have_issued(issuer: &X509Certificate<'_>, subject: &X509Certificate<'_>) -> bool {
    let own = issuer.iter_extensions().find_map(|extension| {
        let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() else {
            return None;
        };
        Some(id.0)
    });
    let named = subject.iter_extensions().find_map(|extension| {
        let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() else {
            return None;
        };
        id.key_identifier.as_ref().map(|id| id.0)
    });
    own.zip(named).is_none_or(|(own, named)| own == named)
}

fn is_client_usage(extended_key_usage: &ExtendedKeyUsage<'_>) -> bool {
    extended_key_usage.any || extended_key_usage.client_auth
}

/// Returns a name without control characters, shortened to a length that fits in a log line.
fn display_name(name: &X509Name<'_>) -> String {
    let name = name.to_string().replace(char::is_control, " ");
    match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}
