//! Errors in PEM text. No message contains a part of the text.

use std::fmt;

use crate::pem::PemLabel;

/// The content that a field expects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    CaCertificates,
    /// A client certificate.
    Certificate,
    Key,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CaCertificates => {
                "the certificates of the certification authorities in PEM (-----BEGIN CERTIFICATE-----), root and intermediates"
            }
            Self::Certificate => {
                "the client's certificate in PEM (-----BEGIN CERTIFICATE-----), its intermediates behind it"
            }
            Self::Key => "the client's private key in PEM (-----BEGIN PRIVATE KEY-----), not encrypted",
        })
    }
}

/// Why a PEM text is invalid. The message continues a sentence that begins with the field's name.
/// Positions count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PemError {
    #[error("must be {0}")]
    Empty(Expected),
    /// Too long for a secret.
    #[error("is too long: send {0} and nothing else")]
    TooLong(Expected),
    #[error("must be {0}; it has no -----BEGIN …----- line")]
    NotPem(Expected),
    /// The binary form (DER, PKCS#12) as Base64.
    #[error(
        "must be {0}; it looks like DER or PKCS#12 in Base64: convert it with `openssl x509 -inform der`, `openssl pkey -inform der` or `openssl pkcs12 -nodes`"
    )]
    Binary(Expected),
    #[error(
        "has lost its line breaks: send them as line breaks, in JSON as \\n, with each -----BEGIN …----- and -----END …----- on a line of its own"
    )]
    LineBreaks,
    /// A block without its BEGIN or END line.
    #[error(
        "is cut off: block {position} lacks its -----BEGIN …----- or -----END …----- line, copy it whole"
    )]
    Truncated { position: usize },
    #[error("is damaged: block {position} is not Base64, copy it again")]
    NotBase64 { position: usize },
    #[error("is damaged: block {position} holds no X.509 certificate, copy it again")]
    NotX509 { position: usize },
    /// A block of an unexpected type.
    #[error("must be {wanted}; it holds {found}")]
    WrongLabel { wanted: Expected, found: PemLabel },
    #[error("holds a private key: send that as userKey alone, and here the certificate")]
    KeyForCertificate,
    #[error("holds a certificate: send that as userCertificate, and here the private key")]
    CertificateForKey,
    #[error(
        "holds a private key, which nobody needs to trust an authority: remove it, and replace the key if it is in use"
    )]
    KeyAmongCaCertificates,
    #[error("holds {count} private keys: send the one that belongs to userCertificate")]
    SeveralKeys { count: usize },
    /// PKCS#8 with a passphrase.
    #[error(
        "is encrypted (PKCS#8), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    Encrypted,
    /// The older OpenSSL format with a passphrase.
    #[error(
        "is encrypted (Proc-Type: 4,ENCRYPTED), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    EncryptedLegacy,
    /// Damaged, or of an algorithm that `rustls` does not support.
    #[error(
        "cannot be used: it must be a whole RSA key of 2048 to 8192 bits, an EC key on P-256, P-384 or P-521, or Ed25519"
    )]
    UnusableKey,
    /// A certificate that is not a CA certificate.
    #[error(
        "must be certificates of certification authorities (CA:TRUE); number {position} is that of a server or a client: send those of its issuers"
    )]
    NotCaCertificate { position: usize },
    /// A CA certificate in place of the client certificate.
    #[error(
        "must begin with the client's own certificate; the first is that of a certification authority: put the client's first, or send the authority's as certificateAuthority"
    )]
    CaCertificateForClient,
    /// A certificate that did not issue the one before it.
    #[error(
        "must have each certificate behind the one that it issued; number {position} did not issue the one before it"
    )]
    OutOfOrder { position: usize },
}
