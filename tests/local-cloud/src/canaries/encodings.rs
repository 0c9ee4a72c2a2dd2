//! Computes the encodings in which a secret may occur in a text.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::MIN_FRAGMENT_LENGTH;

/// A secret, or a part of a secret, in one encoding.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// Name of the encoding for messages.
    pub name: &'static str,
    /// The encoded secret.
    pub text: String,
    /// Minimum length of a fragment, in characters, that counts as a leak. A shorter one may occur
    /// by chance.
    pub min_length: usize,
}

/// Returns a secret in all encodings. For a secret in PEM, also returns each line, and the DER
/// bytes in all encodings.
pub fn encodings(secret: &str) -> Vec<Encoding> {
    let is_pem = secret.contains("-----BEGIN");
    let lines = secret.lines().filter(|line| !line.starts_with('-'));
    let text: String = if is_pem { lines.collect() } else { secret.to_owned() };
    let mut encodings = Vec::new();
    if is_pem {
        // Each line is a secret of its own, because `text` has no line breaks.
        let lines = secret
            .lines()
            .filter(|line| line.len() >= MIN_FRAGMENT_LENGTH && !line.starts_with('-'));
        encodings.extend(
            lines.map(|line| {
                Encoding::new("as one line of PEM", line.to_owned(), MIN_FRAGMENT_LENGTH)
            }),
        );
        if let Ok(der) = STANDARD.decode(&text) {
            push_byte_encodings(&mut encodings, &der);
        }
    }
    let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    encodings.extend([
        Encoding::new("in a URL", lower_case_percent_escapes(&encoded), MIN_FRAGMENT_LENGTH),
        Encoding::new("in a URL inside a URL", encoded.replace('%', "%25"), MIN_FRAGMENT_LENGTH),
        Encoding::new("in a URL", encoded, MIN_FRAGMENT_LENGTH),
        Encoding::new("in JSON", text.replace('/', "\\/"), MIN_FRAGMENT_LENGTH),
        Encoding::new("in JSON", escape_unicode(&text, false), MIN_FRAGMENT_LENGTH),
        Encoding::new("in JSON", escape_unicode(&text, true), MIN_FRAGMENT_LENGTH),
        Encoding::new("reversed", text.chars().rev().collect(), MIN_FRAGMENT_LENGTH),
    ]);
    push_byte_encodings(&mut encodings, text.as_bytes());
    encodings.push(Encoding::new("unchanged", text, MIN_FRAGMENT_LENGTH));
    encodings
}

impl Encoding {
    fn new(name: &'static str, text: String, min_length: usize) -> Self {
        Self { name, text, min_length }
    }
}

/// Adds the encodings of bytes: Base64 at each of three offsets, hexadecimal and decimal.
fn push_byte_encodings(encodings: &mut Vec<Encoding>, bytes: &[u8]) {
    for offset in 0..3 {
        let mut shifted_bytes = vec![0; offset];
        shifted_bytes.extend_from_slice(bytes);
        for (name, engine) in [("in Base64", &STANDARD), ("in Base64 for URLs", &URL_SAFE)] {
            let text = engine.encode(&shifted_bytes);
            // The characters at both ends also encode bits of other bytes, so they are left out.
            let (start, end) = ((offset * 8).div_ceil(6), shifted_bytes.len() * 8 / 6);
            encodings.push(Encoding::new(
                name,
                text.get(start..end).unwrap_or_default().to_owned(),
                16,
            ));
        }
    }
    let digits = hex::encode(bytes);
    encodings.push(Encoding::new(
        "in upper-case hexadecimal",
        digits.to_uppercase(),
        2 * MIN_FRAGMENT_LENGTH,
    ));
    encodings.push(Encoding::new("in hexadecimal", digits, 2 * MIN_FRAGMENT_LENGTH));
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    encodings.push(Encoding::new(
        "as decimal numbers",
        numbers.join(", "),
        4 * MIN_FRAGMENT_LENGTH,
    ));
    encodings.push(Encoding::new("as decimal numbers", numbers.join(","), 3 * MIN_FRAGMENT_LENGTH));
}

/// Writes all characters except letters and digits as JSON escapes (`\uXXXX`).
fn escape_unicode(text: &str, upper_case: bool) -> String {
    let escape = |character: char| match character {
        character if character.is_ascii_alphanumeric() => character.to_string(),
        character if upper_case => format!("\\u{:04X}", u32::from(character)),
        character => format!("\\u{:04x}", u32::from(character)),
    };
    text.chars().map(escape).collect()
}

/// Converts percent escapes to lower case, such as `%2F` to `%2f`.
fn lower_case_percent_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lower_case = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower_case.extend(["%", &digits.to_lowercase(), rest]);
    }
    lower_case
}
