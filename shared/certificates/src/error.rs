//! Why a text is not what it should be, and what to send instead. Never the text.

use std::fmt;

use crate::pem::PemLabel;

/// What a text should have been.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// The certificates of certification authorities.
    CaCertificates,
    /// A client's certificate.
    Certificate,
    /// Its private key.
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

/// Why a text will not do. Completes the sentence that the member's name begins. Positions count from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PemError {
    /// Nothing at all.
    #[error("must be {0}")]
    Empty(Expected),
    /// Longer than the vault could keep.
    #[error("is too long: send {0} and nothing else")]
    TooLong(Expected),
    /// No armour in it.
    #[error("must be {0}; it has no -----BEGIN …----- line")]
    NotPem(Expected),
    /// The binary form, written in Base64.
    #[error(
        "must be {0}; it looks like DER or PKCS#12 in Base64: convert it with `openssl x509 -inform der`, `openssl pkey -inform der` or `openssl pkcs12 -nodes`"
    )]
    Binary(Expected),
    /// Its lines ran together on the way.
    #[error(
        "has lost its line breaks: send them as line breaks, in JSON as \\n, with each -----BEGIN …----- and -----END …----- on a line of its own"
    )]
    LineBreaks,
    /// A beginning without its end, or the other way round.
    #[error(
        "is cut off: block {position} lacks its -----BEGIN …----- or -----END …----- line, copy it whole"
    )]
    Truncated {
        /// Which block.
        position: usize,
    },
    /// What stands between the lines is not Base64.
    #[error("is damaged: block {position} is not Base64, copy it again")]
    NotBase64 {
        /// Which block.
        position: usize,
    },
    /// Base64, and no certificate in it.
    #[error("is damaged: block {position} holds no X.509 certificate, copy it again")]
    NotX509 {
        /// Which block.
        position: usize,
    },
    /// Something else than was asked for.
    #[error("must be {wanted}; it holds {found}")]
    WrongLabel {
        /// What should be there.
        wanted: Expected,
        /// What is.
        found: PemLabel,
    },
    /// The two halves were exchanged, or pasted together.
    #[error("holds a private key: send that as userKey alone, and here the certificate")]
    KeyForCertificate,
    /// The two halves were exchanged, or pasted together.
    #[error("holds a certificate: send that as userCertificate, and here the private key")]
    CertificateForKey,
    /// A private key where only certificates belong.
    #[error(
        "holds a private key, which nobody needs to trust an authority: remove it, and replace the key if it is in use"
    )]
    KeyAmongCaCertificates,
    /// More than one key.
    #[error("holds {count} private keys: send the one that belongs to userCertificate")]
    SeveralKeys {
        /// How many.
        count: usize,
    },
    /// PKCS#8 with a passphrase (X07).
    #[error(
        "is encrypted (PKCS#8), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    Encrypted,
    /// OpenSSL's older form of the same (X07).
    #[error(
        "is encrypted (Proc-Type: 4,ENCRYPTED), and Palette has no field for a passphrase: decrypt it with `openssl pkey -in key.pem`"
    )]
    EncryptedLegacy,
    /// Damaged, or of a kind that TLS does not use here.
    #[error(
        "cannot be used: it must be a whole RSA key of 2048 to 8192 bits, an EC key on P-256, P-384 or P-521, or Ed25519"
    )]
    UnusableKey,
    /// A certificate that signs no others (S07, X08).
    #[error(
        "must be certificates of certification authorities (CA:TRUE); number {position} is that of a server or a client: send those of its issuers"
    )]
    NotCaCertificate {
        /// Which certificate.
        position: usize,
    },
    /// A certificate that signs others, as the client's own (X07).
    #[error(
        "must begin with the client's own certificate; the first is that of a certification authority: put the client's first, or send the authority's as certificateAuthority"
    )]
    CaCertificateForClient,
    /// Certificates behind the client's that did not issue the one before (X07).
    #[error(
        "must have each certificate behind the one that it issued; number {position} did not issue the one before it"
    )]
    OutOfOrder {
        /// Which certificate.
        position: usize,
    },
}
