//! Lenient PEM parser: accepts any line breaks, white space, invisible characters and text around
//! the blocks, and files that were joined without a line break. Every block must be complete: none
//! is left out because its BEGIN line is damaged.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Expected, PemError};

/// The type of a block, from its label.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PemLabel {
    Certificate,
    /// PKCS#8, PKCS#1 or SEC1.
    PrivateKey,
    /// PKCS#8 with a passphrase.
    EncryptedKey,
    SshKey,
    PublicKey,
    /// The curve of the key that follows, written by OpenSSL.
    CurveParameters,
    CertificateRequest,
    RevocationList,
    Pkcs7,
    /// A certificate with OpenSSL's own trust settings.
    TrustedCertificate,
    Other,
}

impl PemLabel {
    fn from_label(label: &str) -> Self {
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" => Self::Certificate,
            "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" | "DSA PRIVATE KEY" => {
                Self::PrivateKey
            }
            "ENCRYPTED PRIVATE KEY" => Self::EncryptedKey,
            "OPENSSH PRIVATE KEY" => Self::SshKey,
            "PUBLIC KEY" | "RSA PUBLIC KEY" => Self::PublicKey,
            "EC PARAMETERS" => Self::CurveParameters,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Self::CertificateRequest,
            "X509 CRL" => Self::RevocationList,
            "PKCS7" | "CMS" => Self::Pkcs7,
            "TRUSTED CERTIFICATE" => Self::TrustedCertificate,
            _ => Self::Other,
        }
    }

    /// Returns `true` if the content is secret.
    pub(crate) const fn is_private(self) -> bool {
        matches!(self, Self::PrivateKey | Self::EncryptedKey | Self::SshKey)
    }
}

impl fmt::Display for PemLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "a certificate",
            Self::PrivateKey => "a private key",
            Self::EncryptedKey => "an encrypted private key",
            Self::SshKey => "an SSH private key: send a key in PKCS#8",
            Self::PublicKey => "a public key: send the private key",
            Self::CurveParameters => "the parameters of an elliptic curve without the key",
            Self::CertificateRequest => {
                "a certificate request: send the certificate that was issued for it"
            }
            Self::RevocationList => "a revocation list",
            Self::Pkcs7 => "PKCS#7: extract the certificates with `openssl pkcs7 -print_certs`",
            Self::TrustedCertificate => {
                "a trusted certificate of OpenSSL: convert it with `openssl x509 -in file.pem`"
            }
            Self::Other => "a block of an unexpected type",
        })
    }
}

/// A parsed block.
pub(crate) struct PemBlock {
    pub(crate) label: PemLabel,
    /// `true` if the headers of the block declare encryption.
    pub(crate) encrypted: bool,
    /// The block in lines of 64 characters, zeroized on drop.
    pub(crate) text: Zeroizing<String>,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Parses every block of a text. Ignores text outside of blocks, where tools describe the content.
pub(crate) fn parse_blocks(
    text: &str,
    expected: Expected,
    max_bytes: usize,
) -> Result<Vec<PemBlock>, PemError> {
    let text = text.trim_matches(is_blank);
    if text.is_empty() {
        return Err(PemError::Empty(expected));
    }
    if text.len() > max_bytes {
        return Err(PemError::TooLong(expected));
    }
    let lines = || text.split(['\n', '\r']).flat_map(split_joined_files);
    if !text.contains(BEGIN) && !text.contains(END) {
        if let Some(error) = lines().find_map(|line| boundary_damage(line, 1)) {
            return Err(error);
        }
        let binary = text.starts_with("MI") && text.bytes().all(is_base64);
        return Err(if binary { PemError::Binary(expected) } else { PemError::NotPem(expected) });
    }
    let mut blocks = Vec::new();
    let mut open: Option<OpenBlock<'_>> = None;
    for line in lines().map(|line| line.trim_matches(is_blank)) {
        let position = blocks.len() + 1;
        if let Some(error) = boundary_damage(line, position) {
            return Err(error);
        }
        if let Some(label) = parse_boundary_line(line, BEGIN)? {
            if open.is_some() {
                return Err(PemError::Truncated { position });
            }
            open = Some(OpenBlock::new(label, text.len()));
        } else if let Some(label) = parse_boundary_line(line, END)? {
            let block = open.take().filter(|open| open.label == label);
            blocks.push(block.ok_or(PemError::Truncated { position })?.finish(position)?);
        } else if let Some(open) = &mut open {
            open.push_line(line, position)?;
        } else if line.len() >= MIN_CONTENT_LEN && line.bytes().all(is_base64_letter) {
            // The content of a block without its BEGIN line.
            return Err(PemError::Truncated { position });
        }
    }
    if open.is_some() {
        return Err(PemError::Truncated { position: blocks.len() + 1 });
    }
    // A BEGIN marker that is broken across lines starts no block.
    if blocks.is_empty() { Err(PemError::Truncated { position: 1 }) } else { Ok(blocks) }
}

/// Splits a line between the END line of one file and the BEGIN line of the next.
fn split_joined_files(line: &str) -> impl Iterator<Item = &str> {
    const JOINED: &str = "----------BEGIN ";
    let (end, begin) = match line.find(JOINED).and_then(|at| line.split_at_checked(at + 5)) {
        Some((end, begin)) => (end, Some(begin)),
        None => (line, None),
    };
    std::iter::once(end).chain(begin)
}

/// Returns `true` for white space, and for the characters without a width that editors and web
/// pages leave in text: byte order mark, zero-width space and joiners, direction marks, soft
/// hyphen.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{ad}')
}

/// Shortest line outside of a block that is taken for the content of one; whole lines have 64 or 76
/// characters. Hashes that tools print are shorter, or have other characters between.
const MIN_CONTENT_LEN: usize = 60;

const fn is_base64_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Labels of blocks, without blanks.
const LABELS: [&str; 17] = [
    "CERTIFICATE",
    "X509CERTIFICATE",
    "TRUSTEDCERTIFICATE",
    "PRIVATEKEY",
    "RSAPRIVATEKEY",
    "ECPRIVATEKEY",
    "DSAPRIVATEKEY",
    "ENCRYPTEDPRIVATEKEY",
    "OPENSSHPRIVATEKEY",
    "PUBLICKEY",
    "RSAPUBLICKEY",
    "ECPARAMETERS",
    "CERTIFICATEREQUEST",
    "NEWCERTIFICATEREQUEST",
    "X509CRL",
    "PKCS7",
    "CMS",
];

/// Longest BEGIN or END line, with what damages it.
const MAX_BOUNDARY_LEN: usize = 200;

/// Returns an error for a line that is meant as a BEGIN or END line, and is not quite one: with
/// other hyphens or blanks, small letters, or characters that are not shown.
fn boundary_damage(line: &str, position: usize) -> Option<PemError> {
    let line = line.trim_matches(is_blank);
    let is_hyphen =
        |letter: char| letter == '-' || !(letter.is_ascii() || letter.is_alphanumeric());
    if line.len() > MAX_BOUNDARY_LEN || !(line.starts_with(is_hyphen) || line.ends_with(is_hyphen))
    {
        return None;
    }
    let is_letter = |letter: char| letter.is_alphanumeric();
    // The line may be one of a private key.
    let mut word = Zeroizing::new(String::with_capacity(line.len()));
    word.extend(line.chars().filter(|letter| is_letter(*letter)).map(|it| it.to_ascii_uppercase()));
    let (kind, label) = [(BEGIN, "BEGIN"), (END, "END")]
        .into_iter()
        .find_map(|(kind, word_of_kind)| Some((kind, word.strip_prefix(word_of_kind)?)))?;
    if !LABELS.contains(&label) {
        return None;
    }
    let is_whole =
        line.strip_prefix(kind).and_then(|rest| rest.strip_suffix("-----")).is_some_and(|found| {
            found.split(' ').collect::<String>() == label && is_single_spaced(found)
        });
    if is_whole {
        return None;
    }
    let foreign = line.chars().find(|character| !character.is_ascii() || character.is_control());
    Some(match foreign {
        Some(character) => PemError::ForeignCharacter { position, code_point: character.into() },
        None => PemError::BoundaryLine { position },
    })
}

fn is_single_spaced(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

/// Returns the label of a BEGIN or END line. It is an error if the line contains other text.
fn parse_boundary_line<'a>(line: &'a str, kind: &str) -> Result<Option<&'a str>, PemError> {
    match line.strip_prefix(kind) {
        Some(rest) => match rest.split_once("-----") {
            Some((label, "")) => Ok(Some(label)),
            Some(_) => Err(PemError::LineBreaks),
            // The line is truncated.
            None => Ok(Some("")),
        },
        None if line.contains(kind) => Err(PemError::LineBreaks),
        None => Ok(None),
    }
}

struct OpenBlock<'a> {
    label: &'a str,
    encrypted: bool,
    base64: Zeroizing<String>,
}

impl<'a> OpenBlock<'a> {
    fn new(label: &'a str, max_bytes: usize) -> Self {
        // Allocated in full, so that growing leaves no copy of a key in memory.
        let base64 = Zeroizing::new(String::with_capacity(max_bytes));
        Self { label, encrypted: false, base64 }
    }

    fn push_line(&mut self, line: &str, position: usize) -> Result<(), PemError> {
        if line.contains(':') {
            self.encrypted |= line.starts_with("Proc-Type:") && line.contains("ENCRYPTED");
            return Ok(());
        }
        if let Some(character) = line.chars().find(|character| is_invisible(*character)) {
            return Err(PemError::InvisibleCharacter { position, code_point: character.into() });
        }
        self.base64.extend(line.split_whitespace());
        Ok(())
    }

    fn finish(self, position: usize) -> Result<PemBlock, PemError> {
        let Self { label, encrypted, base64 } = self;
        if !encrypted && (base64.is_empty() || !base64.bytes().all(is_base64)) {
            return Err(PemError::NotBase64 { position });
        }
        // An older label for the same content, which fewer parsers accept.
        let label = if label == "X509 CERTIFICATE" { "CERTIFICATE" } else { label };
        let mut text =
            Zeroizing::new(String::with_capacity(base64.len() * 2 + label.len() * 2 + 64));
        text.extend([BEGIN, label, "-----\n"]);
        for (index, character) in base64.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.extend(["\n", END, label, "-----\n"]);
        Ok(PemBlock { label: PemLabel::from_label(label), encrypted, text })
    }
}

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b' ')
}
