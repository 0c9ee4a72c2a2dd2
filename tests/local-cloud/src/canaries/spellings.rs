//! How a secret looks once it went through somebody's hands.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::FRAGMENT;

/// A secret, or a part of it, as it may be written.
#[derive(Clone, Debug)]
pub struct Spelling {
    /// What was done to it.
    pub how: &'static str,
    /// What came of it.
    pub text: String,
    /// The shortest fragment that cannot be there by chance.
    pub least: usize,
}

/// Every spelling of a secret. Of PEM each line counts by itself, and so do the bytes behind it.
pub fn spellings(secret: &str) -> Vec<Spelling> {
    let armoured = secret.contains("-----BEGIN");
    let lines = secret.lines().filter(|line| !line.starts_with('-'));
    let text: String = if armoured { lines.collect() } else { secret.to_owned() };
    let mut all = Vec::new();
    if armoured {
        // The lines by themselves: what is written over the ends of lines is not in the joined text.
        let lines = secret.lines().filter(|line| line.len() >= FRAGMENT && !line.starts_with('-'));
        all.extend(lines.map(|line| Spelling::of("a line", line.to_owned(), FRAGMENT)));
        if let Ok(der) = STANDARD.decode(&text) {
            encode_bytes(&mut all, &der);
        }
    }
    let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    all.extend([
        Spelling::of("in a URL", lower_case_percent_escapes(&encoded), FRAGMENT),
        Spelling::of("in a URL in a URL", encoded.replace('%', "%25"), FRAGMENT),
        Spelling::of("in a URL", encoded, FRAGMENT),
        Spelling::of("in JSON", text.replace('/', "\\/"), FRAGMENT),
        Spelling::of("in JSON", unicode_escaped(&text, false), FRAGMENT),
        Spelling::of("in JSON", unicode_escaped(&text, true), FRAGMENT),
        Spelling::of("reversed", text.chars().rev().collect(), FRAGMENT),
    ]);
    encode_bytes(&mut all, text.as_bytes());
    all.push(Spelling::of("as it is", text, FRAGMENT));
    all
}

impl Spelling {
    fn of(how: &'static str, text: String, least: usize) -> Self {
        Self { how, text, least }
    }
}

/// What bytes become: Base64 wherever they stand in what is encoded, digits, and what `{:?}` makes of them.
fn encode_bytes(all: &mut Vec<Spelling>, bytes: &[u8]) {
    for before in 0..3 {
        let mut led = vec![0; before];
        led.extend_from_slice(bytes);
        for (how, engine) in [("in Base64", &STANDARD), ("in Base64 for URLs", &URL_SAFE)] {
            let text = engine.encode(&led);
            // What the bytes before and behind have a part in is left out.
            let (start, end) = ((before * 8).div_ceil(6), led.len() * 8 / 6);
            all.push(Spelling::of(how, text.get(start..end).unwrap_or_default().to_owned(), 16));
        }
    }
    let digits = hex::encode(bytes);
    all.push(Spelling::of("in capital digits", digits.to_uppercase(), 2 * FRAGMENT));
    all.push(Spelling::of("in digits", digits, 2 * FRAGMENT));
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    all.push(Spelling::of("as numbers", numbers.join(", "), 4 * FRAGMENT));
    all.push(Spelling::of("as numbers", numbers.join(","), 3 * FRAGMENT));
}

/// With `\u` for what is no letter or digit.
fn unicode_escaped(text: &str, capitals: bool) -> String {
    let escape = |letter: char| match letter {
        letter if letter.is_ascii_alphanumeric() => letter.to_string(),
        letter if capitals => format!("\\u{:04X}", u32::from(letter)),
        letter => format!("\\u{:04x}", u32::from(letter)),
    };
    text.chars().map(escape).collect()
}

/// `%2f` for `%2F`.
fn lower_case_percent_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut small = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        small.extend(["%", &digits.to_lowercase(), rest]);
    }
    small
}
