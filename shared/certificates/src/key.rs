//! A client's private key (X07).

use std::{fmt, sync::Arc};

use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, pem::PemObject as _},
    sign::SigningKey,
};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroize as _;

use crate::{
    Fault, Wanted,
    pem::{self, Label},
};

/// Larger than any key that TLS uses.
const LONGEST: usize = 12 * 1024;

/// A private key that TLS can use. Prints as redacted; its text is wiped.
#[derive(Clone)]
pub struct PrivateKey {
    pem: SecretString,
    signer: Arc<dyn SigningKey>,
}

impl PrivateKey {
    /// The key in PEM, in one form whatever it came in. Still wrapped: only an adapter may open it.
    pub const fn pem(&self) -> &SecretString {
        &self.pem
    }

    /// What proves in a handshake that the client has it.
    pub fn signer(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.signer)
    }

    /// Its other half, with the algorithm.
    pub(crate) fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        self.signer.public_key()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([REDACTED])")
    }
}

impl TryFrom<SecretString> for PrivateKey {
    type Error = Fault;

    fn try_from(text: SecretString) -> Result<Self, Fault> {
        let wanted = Wanted::Key;
        #[expect(
            clippy::disallowed_methods,
            reason = "it is parsed into a type that hides it again"
        )]
        let blocks = pem::blocks(text.expose_secret(), wanted, LONGEST)?;
        let mut keys = Vec::new();
        for block in blocks {
            match block.label {
                Label::PrivateKey if block.encrypted => return Err(Fault::EncryptedLegacy),
                Label::PrivateKey => keys.push(block),
                Label::EncryptedKey => return Err(Fault::Encrypted),
                Label::CurveParameters => {}
                Label::Certificate => return Err(Fault::CertificateForKey),
                found @ (Label::SshKey
                | Label::PublicKey
                | Label::Request
                | Label::Revocations
                | Label::Pkcs7
                | Label::TrustedCertificate
                | Label::Other) => return Err(Fault::Holds { wanted, found }),
            }
        }
        let key = match keys.as_mut_slice() {
            [] => return Err(Fault::Holds { wanted, found: Label::CurveParameters }),
            [key] => key,
            several => return Err(Fault::SeveralKeys { count: several.len() }),
        };
        let mut der = PrivateKeyDer::from_pem_slice(key.text.as_bytes())
            .map_err(|_quotes_it| Fault::UnusableKey)?;
        let signer = any_supported_type(&der).map_err(|_quotes_it| Fault::UnusableKey);
        der.zeroize();
        Ok(Self { signer: signer?, pem: SecretString::from(key.text.as_str()) })
    }
}
