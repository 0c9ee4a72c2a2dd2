//! The errors that a PEM text may have. No message contains a part of the text.

use std::fmt;

use crate::pem::PemLabel;

/// The content that a field of a request must have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExpectedContent {
    CaCertificates,
    /// A client certificate, and the certificates of its issuers.
    Certificate,
    Key,
}

impl fmt::Display for ExpectedContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CaCertificates => {
                "the CA certificates in PEM (-----BEGIN CERTIFICATE-----), root and intermediates"
            }
            Self::Certificate => {
                "the client's certificate in PEM (-----BEGIN CERTIFICATE-----), followed by its intermediates"
            }
            Self::Key => "the client's private key in PEM (-----BEGIN PRIVATE KEY-----), not encrypted",
        })
    }
}

/// The reason why a PEM text is invalid. The message is the end of a sentence that begins with the
/// name of the field. Positions of blocks and certificates count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PemError {
    #[error("must be {0}")]
    Empty(ExpectedContent),
    /// The text is longer than any text that the field needs.
    #[error("is too long: send {0} and nothing else")]
    TooLong(ExpectedContent),
    #[error("must be {0}; it has no -----BEGIN …----- line")]
    NotPem(ExpectedContent),
    /// The text is a binary file (DER or PKCS#12) in Base64, without BEGIN and END lines.
    #[error(
        "must be {0}; it looks like DER or PKCS#12 in Base64: convert it with `openssl x509 -inform der`, `openssl pkey -inform der` or `openssl pkcs12 -nodes`"
    )]
    Binary(ExpectedContent),
    #[error(
        "has lost its line breaks: send them as line breaks, in JSON as \\n, with each -----BEGIN …----- and -----END …----- on a line of its own"
    )]
    LineBreaks,
    /// A block has no BEGIN line or no END line.
    #[error(
        "is cut off: block {position} has no complete -----BEGIN …----- or -----END …----- line, copy the whole block"
    )]
    Truncated { position: usize },
    /// A BEGIN or END line has a character that is not ASCII, or a control character.
    #[error(
        "is damaged: the -----BEGIN …----- or -----END …----- line of block {position} contains U+{code_point:04X}, where only hyphens, capital letters and spaces may be: copy the block again from the file"
    )]
    ForeignCharacter { position: usize, code_point: u32 },
    /// A BEGIN or END line does not have five hyphens on each side, single spaces and capital
    /// letters.
    #[error(
        "is damaged: the -----BEGIN …----- or -----END …----- line of block {position} must have five hyphens on each side, capital letters and single spaces: copy the block again from the file"
    )]
    BoundaryLine { position: usize },
    #[error("is damaged: block {position} is not Base64, copy it again")]
    NotBase64 { position: usize },
    /// There is an invisible character within the Base64 of a block.
    #[error(
        "is damaged: block {position} contains the invisible character U+{code_point:04X}: remove it, or copy the block again from the file"
    )]
    InvisibleCharacter { position: usize, code_point: u32 },
    #[error("is damaged: block {position} contains no X.509 certificate, copy it again")]
    NotX509 { position: usize },
    /// A block has another type than the field expects.
    #[error("must be {expected}; block {position} is {found}")]
    WrongLabel { expected: ExpectedContent, found: PemLabel, position: usize },
    #[error("contains a private key: send the key as userKey, and only the certificate here")]
    KeyForCertificate,
    #[error("contains a certificate: send it as userCertificate, and the private key here")]
    CertificateForKey,
    #[error(
        "contains a private key, which is not needed to trust a CA certificate: remove it, and replace the key if it is in use"
    )]
    KeyAmongCaCertificates,
    #[error("contains {count} private keys: send only the one that belongs to userCertificate")]
    SeveralKeys { count: usize },
    /// The private key is in PKCS#8 and encrypted with a passphrase.
    #[error(
        "is encrypted (PKCS#8), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    Encrypted,
    /// The private key is in OpenSSL's older format and encrypted with a passphrase.
    #[error(
        "is encrypted (Proc-Type: 4,ENCRYPTED), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    EncryptedLegacy,
    /// The private key is damaged, or has an algorithm that `rustls` does not support.
    #[error(
        "cannot be used: it must be a whole RSA key of 2048 to 8192 bits, an EC key on P-256, P-384 or P-521, or Ed25519"
    )]
    UnusableKey,
    /// A certificate among the CA certificates is not a CA certificate.
    #[error(
        "must be CA certificates (CA:TRUE); number {position} is a server or client certificate: send the certificates of its issuers"
    )]
    NotCaCertificate { position: usize },
    /// A certificate is of X.509 version 1, in which a certificate cannot say that it is a CA
    /// certificate.
    #[error(
        "must be CA certificates (CA:TRUE); number {position} is of X.509 version 1, which cannot say so: have it reissued as version 3"
    )]
    Version1 { position: usize },
    /// A self-signed certificate does not have the extension `basicConstraints`, which says that it
    /// is a CA certificate.
    #[error(
        "must be CA certificates (CA:TRUE); number {position} is self-signed and has no basicConstraints, so it does not say that it is one: have it reissued with CA:TRUE"
    )]
    NoBasicConstraints { position: usize },
    /// The key usage of a CA certificate does not contain `keyCertSign`.
    #[error(
        "must be CA certificates that may sign others; the key usage of number {position} lacks keyCertSign, so nothing that it issued is accepted: have it reissued with keyCertSign"
    )]
    NoCertificateSigning { position: usize },
    /// The first certificate is a CA certificate and not the client certificate.
    #[error(
        "must begin with the client's own certificate; the first one is a CA certificate: put the client's certificate first, or send the CA certificate as certificateAuthority"
    )]
    CaCertificateForClient,
    /// A certificate did not issue the certificate before it.
    #[error(
        "must contain each certificate directly after the one that it issued; number {position} did not issue the one before it"
    )]
    OutOfOrder { position: usize },
}
