//! One certificate, as far as it is looked at.

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use x509_parser::{extensions::ExtendedKeyUsage, prelude::FromDer as _, x509::X509Name};

use crate::{PemError, pem::PemBlock, validity::ValidityPeriod};

/// How much of a name is shown.
const MAX_NAME_CHARS: usize = 120;

/// A certificate that was read, and what it says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Certificate {
    pub(crate) der: CertificateDer<'static>,
    /// Whose it is, fit to be shown.
    pub(crate) subject: String,
    /// Who signed it, fit to be shown.
    pub(crate) issuer: String,
    pub(crate) period: ValidityPeriod,
    /// Signs others.
    pub(crate) authority: bool,
    /// May be shown by a TLS client; where nothing is said, it may.
    pub(crate) for_clients: bool,
    /// Its public key, with the algorithm (SPKI).
    pub(crate) public_key: Vec<u8>,
}

impl Certificate {
    /// Reads a block, the one at this position.
    pub(crate) fn read(block: &PemBlock, position: usize) -> Result<Self, PemError> {
        let der = CertificateDer::from_pem_slice(block.text.as_bytes())
            .map_err(|_quotes_it| PemError::NotBase64 { position })?;
        let damaged = || PemError::NotX509 { position };
        let parsed = x509_parser::certificate::X509Certificate::from_der(&der);
        let (rest, x509) = parsed.map_err(|_quotes_it| damaged())?;
        if !rest.is_empty() {
            return Err(damaged());
        }
        let usage = x509.extended_key_usage().map_err(|_quotes_it| damaged())?;
        let for_clients = usage.is_none_or(|usage| clients(usage.value));
        let signs = x509.key_usage().map_err(|_quotes_it| damaged())?;
        let for_clients = for_clients && signs.is_none_or(|usage| usage.value.digital_signature());
        let validity = x509.validity();
        Ok(Self {
            subject: display_name(x509.subject()),
            issuer: display_name(x509.issuer()),
            period: ValidityPeriod {
                from: validity.not_before.to_datetime(),
                until: validity.not_after.to_datetime(),
            },
            authority: x509.is_ca(),
            for_clients,
            public_key: x509.public_key().raw.to_vec(),
            der: der.clone().into_owned(),
        })
    }

    /// Whether this one's key signed the other.
    pub(crate) fn issued(&self, other: &Self) -> bool {
        let read = x509_parser::certificate::X509Certificate::from_der;
        let (Ok((_, own)), Ok((_, other))) = (read(&self.der), read(&other.der)) else {
            return false;
        };
        own.subject().as_raw() == other.issuer().as_raw()
            && other.verify_signature(Some(own.public_key())).is_ok()
    }
}

fn clients(usage: &ExtendedKeyUsage<'_>) -> bool {
    usage.any || usage.client_auth
}

/// A name without what could spoil a line of a log.
fn display_name(name: &X509Name<'_>) -> String {
    let name = name.to_string().replace(char::is_control, " ");
    match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}
