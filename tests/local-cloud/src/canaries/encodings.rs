//! Encodings in which a secret may appear.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::MIN_FRAGMENT;

/// A secret or a part of it in one encoding.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// Name of the encoding.
    pub name: &'static str,
    /// The encoded text.
    pub text: String,
    /// Minimum length of a fragment that is no coincidence.
    pub min_length: usize,
}

/// Returns all encodings of a secret. For PEM also those of each line and of the DER bytes.
pub fn encodings(secret: &str) -> Vec<Encoding> {
    let is_pem = secret.contains("-----BEGIN");
    let lines = secret.lines().filter(|line| !line.starts_with('-'));
    let text: String = if is_pem { lines.collect() } else { secret.to_owned() };
    let mut all = Vec::new();
    if is_pem {
        // Each line separately, because the joined text has no line breaks.
        let lines =
            secret.lines().filter(|line| line.len() >= MIN_FRAGMENT && !line.starts_with('-'));
        all.extend(lines.map(|line| Encoding::new("a line", line.to_owned(), MIN_FRAGMENT)));
        if let Ok(der) = STANDARD.decode(&text) {
            push_byte_encodings(&mut all, &der);
        }
    }
    let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    all.extend([
        Encoding::new("in a URL", lower_case_percent_escapes(&encoded), MIN_FRAGMENT),
        Encoding::new("in a URL in a URL", encoded.replace('%', "%25"), MIN_FRAGMENT),
        Encoding::new("in a URL", encoded, MIN_FRAGMENT),
        Encoding::new("in JSON", text.replace('/', "\\/"), MIN_FRAGMENT),
        Encoding::new("in JSON", unicode_escaped(&text, false), MIN_FRAGMENT),
        Encoding::new("in JSON", unicode_escaped(&text, true), MIN_FRAGMENT),
        Encoding::new("reversed", text.chars().rev().collect(), MIN_FRAGMENT),
    ]);
    push_byte_encodings(&mut all, text.as_bytes());
    all.push(Encoding::new("as it is", text, MIN_FRAGMENT));
    all
}

impl Encoding {
    fn new(name: &'static str, text: String, min_length: usize) -> Self {
        Self { name, text, min_length }
    }
}

/// Adds encodings of bytes: Base64 at every offset, hexadecimal and decimal.
fn push_byte_encodings(all: &mut Vec<Encoding>, bytes: &[u8]) {
    for before in 0..3 {
        let mut led = vec![0; before];
        led.extend_from_slice(bytes);
        for (name, engine) in [("in Base64", &STANDARD), ("in Base64 for URLs", &URL_SAFE)] {
            let text = engine.encode(&led);
            // Characters that also encode neighbouring bytes are left out.
            let (start, end) = ((before * 8).div_ceil(6), led.len() * 8 / 6);
            all.push(Encoding::new(name, text.get(start..end).unwrap_or_default().to_owned(), 16));
        }
    }
    let digits = hex::encode(bytes);
    all.push(Encoding::new("in capital digits", digits.to_uppercase(), 2 * MIN_FRAGMENT));
    all.push(Encoding::new("in digits", digits, 2 * MIN_FRAGMENT));
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    all.push(Encoding::new("as numbers", numbers.join(", "), 4 * MIN_FRAGMENT));
    all.push(Encoding::new("as numbers", numbers.join(","), 3 * MIN_FRAGMENT));
}

/// Escapes all characters except letters and digits as `\u….`
fn unicode_escaped(text: &str, capitals: bool) -> String {
    let escape = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_string(),
        letter if capitals => format!("\\u{:04X}", u32::from(letter)),
        letter => format!("\\u{:04x}", u32::from(letter)),
    };
    text.chars().map(escape).collect()
}

/// Converts percent escapes to lower case: `%2f` for `%2F`.
fn lower_case_percent_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lower_case = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower_case.extend(["%", &digits.to_lowercase(), rest]);
    }
    lower_case
}
