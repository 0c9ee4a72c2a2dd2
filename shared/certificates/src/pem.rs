//! A parser for PEM text that people paste. It accepts every kind of line break, white space,
//! invisible characters and other text around the blocks, and files that were joined without a line
//! break. It returns an error if a block is incomplete or its BEGIN or END line is damaged, so that
//! it never ignores a block.

use std::fmt;

use zeroize::Zeroizing;

use crate::{ExpectedContent, PemError};

/// The type of a PEM block, as the label in its BEGIN line says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PemLabel {
    Certificate,
    /// A private key in PKCS#8, PKCS#1 or SEC1.
    PrivateKey,
    /// A private key in PKCS#8 that is encrypted with a passphrase.
    EncryptedKey,
    SshKey,
    PublicKey,
    /// The elliptic curve of a private key. OpenSSL writes this block before the block of the key.
    CurveParameters,
    CertificateRequest,
    RevocationList,
    Pkcs7,
    /// A certificate with trust settings that only OpenSSL uses.
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

    /// Returns `true` if the block contains a private key, so that its content is secret.
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

/// A PEM block that was parsed.
pub(crate) struct PemBlock {
    pub(crate) label: PemLabel,
    /// `true` if the headers of the block say that its content is encrypted.
    pub(crate) is_encrypted: bool,
    /// The whole block in PEM, with lines of 64 characters. It is zeroized on drop.
    pub(crate) text: Zeroizing<String>,
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Parses every PEM block of a text. Ignores text outside of the blocks, because tools write
/// descriptions there.
pub(crate) fn parse_blocks(
    text: &str,
    expected: ExpectedContent,
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
        if let Some(error) = lines().find_map(|line| find_boundary_error(line, 1)) {
            return Err(error);
        }
        let binary = text.starts_with("MI") && text.bytes().all(is_base64_or_line_break);
        return Err(if binary { PemError::Binary(expected) } else { PemError::NotPem(expected) });
    }
    let mut blocks = Vec::new();
    let mut open: Option<OpenBlock<'_>> = None;
    for line in lines().map(|line| line.trim_matches(is_blank)) {
        let position = blocks.len() + 1;
        if let Some(error) = find_boundary_error(line, position) {
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
        } else if line.len() >= MIN_CONTENT_LEN && line.bytes().all(is_base64_character) {
            // This line is the content of a block whose BEGIN line is missing.
            return Err(PemError::Truncated { position });
        }
    }
    if open.is_some() {
        return Err(PemError::Truncated { position: blocks.len() + 1 });
    }
    // There is no block if a line break is within the only BEGIN line.
    if blocks.is_empty() { Err(PemError::Truncated { position: 1 }) } else { Ok(blocks) }
}

/// Splits a line that contains the END line of one file and the BEGIN line of the next file,
/// because the files were joined without a line break.
fn split_joined_files(line: &str) -> impl Iterator<Item = &str> {
    const JOINED: &str = "----------BEGIN ";
    let (end, begin) = match line.find(JOINED).and_then(|at| line.split_at_checked(at + 5)) {
        Some((end, begin)) => (end, Some(begin)),
        None => (line, None),
    };
    std::iter::once(end).chain(begin)
}

/// Returns `true` for white space and for invisible characters.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || is_invisible(character)
}

/// Returns `true` for characters that are not displayed, and that editors and web pages add to
/// text: byte order mark, zero-width space and joiners, direction marks, soft hyphen.
const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{ad}')
}

/// A line of base64 characters outside of the blocks is taken for the content of a block if it has
/// at least this length. Complete lines of a block have 64 or 76 characters. Hashes that tools
/// print are shorter or contain other characters, such as `:`.
const MIN_CONTENT_LEN: usize = 60;

const fn is_base64_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// The labels that a BEGIN or END line may have, without spaces.
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

/// The maximum length of a line that is checked for a damaged BEGIN or END line.
const MAX_BOUNDARY_LEN: usize = 200;

/// Returns an error for a line that has the words of a BEGIN or END line but not its exact form: it
/// has other hyphens or spaces, small letters, or invisible characters.
fn find_boundary_error(line: &str, position: usize) -> Option<PemError> {
    let line = line.trim_matches(is_blank);
    let is_hyphen =
        |letter: char| letter == '-' || !(letter.is_ascii() || letter.is_alphanumeric());
    if line.len() > MAX_BOUNDARY_LEN || !(line.starts_with(is_hyphen) || line.ends_with(is_hyphen))
    {
        return None;
    }
    let is_letter = |letter: char| letter.is_alphanumeric();
    // The line may be a part of a private key, so the copy is zeroized.
    let mut word = Zeroizing::new(String::with_capacity(line.len()));
    word.extend(line.chars().filter(|letter| is_letter(*letter)).map(|it| it.to_ascii_uppercase()));
    let (kind, label) = [(BEGIN, "BEGIN"), (END, "END")]
        .into_iter()
        .find_map(|(kind, word_of_kind)| Some((kind, word.strip_prefix(word_of_kind)?)))?;
    if !LABELS.contains(&label) {
        return None;
    }
    let is_exact =
        line.strip_prefix(kind).and_then(|rest| rest.strip_suffix("-----")).is_some_and(|found| {
            found.split(' ').collect::<String>() == label && is_single_spaced(found)
        });
    if is_exact {
        return None;
    }
    let foreign_character =
        line.chars().find(|character| !character.is_ascii() || character.is_control());
    Some(match foreign_character {
        Some(character) => PemError::ForeignCharacter { position, code_point: character.into() },
        None => PemError::BoundaryLine { position },
    })
}

/// Returns `true` if a text has no space at its ends and no two spaces together.
fn is_single_spaced(text: &str) -> bool {
    !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ")
}

/// Returns the label of a BEGIN or END line, or `None` for any other line. Returns an empty label
/// if the hyphens at the end of the line are missing.
///
/// # Errors
///
/// Returns an error if the line also contains other text, because line breaks are missing.
fn parse_boundary_line<'a>(line: &'a str, kind: &str) -> Result<Option<&'a str>, PemError> {
    match line.strip_prefix(kind) {
        Some(rest) => match rest.split_once("-----") {
            Some((label, "")) => Ok(Some(label)),
            Some(_) => Err(PemError::LineBreaks),
            // The hyphens at the end of the line are missing. No block has an empty label, so the
            // block will be reported as truncated or as a block of an unexpected type.
            None => Ok(Some("")),
        },
        None if line.contains(kind) => Err(PemError::LineBreaks),
        None => Ok(None),
    }
}

/// A block whose END line was not reached yet.
struct OpenBlock<'a> {
    label: &'a str,
    is_encrypted: bool,
    base64: Zeroizing<String>,
}

impl<'a> OpenBlock<'a> {
    fn new(label: &'a str, max_bytes: usize) -> Self {
        // The full capacity is allocated now. A string that grows would leave copies of a private
        // key in memory.
        let base64 = Zeroizing::new(String::with_capacity(max_bytes));
        Self { label, is_encrypted: false, base64 }
    }

    /// Adds a line between the BEGIN line and the END line: a header or base64.
    fn push_line(&mut self, line: &str, position: usize) -> Result<(), PemError> {
        if line.contains(':') {
            self.is_encrypted |= line.starts_with("Proc-Type:") && line.contains("ENCRYPTED");
            return Ok(());
        }
        if let Some(character) = line.chars().find(|character| is_invisible(*character)) {
            return Err(PemError::InvisibleCharacter { position, code_point: character.into() });
        }
        self.base64.extend(line.split_whitespace());
        Ok(())
    }

    /// Returns the complete block, with its base64 in lines of 64 characters.
    fn finish(self, position: usize) -> Result<PemBlock, PemError> {
        let Self { label, is_encrypted, base64 } = self;
        if !is_encrypted && (base64.is_empty() || !base64.bytes().all(is_base64_or_line_break)) {
            return Err(PemError::NotBase64 { position });
        }
        // `X509 CERTIFICATE` is an older label for the same content. Fewer parsers accept it.
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
        Ok(PemBlock { label: PemLabel::from_label(label), is_encrypted, text })
    }
}

const fn is_base64_or_line_break(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\n' | b'\r' | b' ')
}
