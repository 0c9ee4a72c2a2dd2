use std::{fmt, sync::Arc};

use rustls::{
    crypto::aws_lc_rs::sign::any_supported_type,
    pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, pem::PemObject as _},
    sign::SigningKey,
};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroize as _;

use crate::{
    ExpectedContent, PemError,
    pem::{self, PemLabel},
};

/// The maximum size of the PEM text of a private key. Every key that TLS supports is smaller.
const MAX_PEM_BYTES: usize = 12 * 1024;

/// The private key of a client certificate, of a type that TLS supports. `Debug` prints it
/// redacted, and its text is zeroized on drop.
#[derive(Clone)]
pub struct PrivateKey {
    pem: SecretString,
    signer: Arc<dyn SigningKey>,
}

impl PrivateKey {
    /// Returns the key as PEM in one normalized form. Only a client that sends the key to an
    /// outside service may call `expose_secret`.
    pub const fn pem(&self) -> &SecretString {
        &self.pem
    }

    /// Returns the private key as the type with which rustls signs in a TLS handshake.
    pub fn signer(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.signer)
    }

    /// Returns the public key and its algorithm (`SubjectPublicKeyInfo`), in DER.
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
    type Error = PemError;

    fn try_from(text: SecretString) -> Result<Self, PemError> {
        let expected = ExpectedContent::Key;
        #[expect(
            clippy::disallowed_methods,
            reason = "it is parsed into a type that hides it again"
        )]
        let blocks = pem::parse_blocks(text.expose_secret(), expected, MAX_PEM_BYTES)?;
        let mut keys = Vec::new();
        for (block, position) in blocks.into_iter().zip(1..) {
            match block.label {
                PemLabel::PrivateKey if block.is_encrypted => {
                    return Err(PemError::EncryptedLegacy);
                }
                PemLabel::PrivateKey => keys.push(block),
                PemLabel::EncryptedKey => return Err(PemError::Encrypted),
                PemLabel::CurveParameters => {}
                PemLabel::Certificate => return Err(PemError::CertificateForKey),
                found @ (PemLabel::SshKey
                | PemLabel::PublicKey
                | PemLabel::CertificateRequest
                | PemLabel::RevocationList
                | PemLabel::Pkcs7
                | PemLabel::TrustedCertificate
                | PemLabel::Other) => {
                    return Err(PemError::WrongLabel { expected, found, position });
                }
            }
        }
        let key = match keys.as_mut_slice() {
            [] => {
                let found = PemLabel::CurveParameters;
                return Err(PemError::WrongLabel { expected, found, position: 1 });
            }
            [key] => key,
            several => return Err(PemError::SeveralKeys { count: several.len() }),
        };
        let mut der = PrivateKeyDer::from_pem_slice(key.text.as_bytes())
            .map_err(|_error| PemError::UnusableKey)?;
        let signer = any_supported_type(&der).map_err(|_error| PemError::UnusableKey);
        der.zeroize();
        Ok(Self { signer: signer?, pem: SecretString::from(key.text.as_str()) })
    }
}
