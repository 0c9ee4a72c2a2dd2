use std::{fmt, str::FromStr};

/// Defines a type that contains a validated text, with `as_str`, `Display` and `FromStr`. If the
/// only argument is the name of a type with a field `text`, the macro adds `as_str` and `Display`
/// to that type, which has a `FromStr` of its own.
macro_rules! define_text_type {
    ($(#[$attribute:meta])* $type:ident, $error:ident, $rule:ident, $is_valid:expr) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type {
            text: String,
        }

        $crate::text::define_text_type!($type);

        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(text) { Ok(Self { text: text.to_owned() }) } else { Err($error::$rule) }
            }
        }
    };
    ($type:ident) => {
        impl $type {
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

pub(crate) use define_text_type;

/// Returns `true` if a text is a valid name of an IAM role, user or policy: 1 to `max_len`
/// characters that IAM allows. The path of the role, user or policy is not part of its name.
pub fn is_iam_name(text: &str, max_len: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=max_len).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// The error for a text that is not a valid name, description or uid. Its message is the violated
/// rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidText {
    #[error(
        "must be 1 to 64 characters (at most 128 bytes) that can be seen, and blanks between them; it must not look like a key"
    )]
    Name,
    #[error(
        "must be 1 to 64 characters that can be seen; it contains the invisible character U+{0:04X}: remove it, or write it as an ordinary space"
    )]
    InvisibleInName(u32),
    #[error(
        "must be at most 255 characters, without line breaks or other control characters, and must not be a key in PEM"
    )]
    Description,
    #[error("must be a Palette uid: 1 to 36 letters, digits and '-'")]
    Uid,
    #[error("must be a uid or a name: 1 to 128 characters without control characters")]
    UidOrName,
}

/// The name of a cloud account in Palette. Name and scope together identify the account, and the
/// name of the account's secret contains this name. Palette does not document which names it
/// accepts.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountName {
    text: String,
}

define_text_type!(AccountName);

impl FromStr for AccountName {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(character) = text.chars().find(|character| is_invisible(*character)) {
            return Err(InvalidText::InvisibleInName(character.into()));
        }
        let is_valid = (1..=64).contains(&text.chars().count())
            && text.len() <= 128
            && text.trim() == text
            && !may_be_key(text);
        if is_valid { Ok(Self { text: text.to_owned() }) } else { Err(InvalidText::Name) }
    }
}

impl AccountName {
    /// Returns `true` if the name has only ASCII letters, digits, `.`, `_` and `-`, and begins with
    /// a letter or digit. Such a name needs no escaping in URLs, in ARNs or in names of secrets.
    pub fn is_plain(&self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && self.text.bytes().all(is_plain_byte)
    }

    /// Returns the name in characters that Secrets Manager allows in the name of a secret. Letters,
    /// digits, `.`, `_` and `-` stay the same; every other byte becomes `=` and two hexadecimal
    /// digits. Two different names have two different results, and no result contains `/` or `@`.
    pub fn to_secret_name_part(&self) -> String {
        let mut part = String::with_capacity(self.text.len());
        for byte in self.text.bytes() {
            if is_plain_byte(byte) {
                part.push(char::from(byte));
            } else {
                part.push('=');
                for half in [byte >> 4, byte & 0xF] {
                    let digit = char::from_digit(u32::from(half), 16).unwrap_or_default();
                    part.push(digit.to_ascii_uppercase());
                }
            }
        }
        part
    }
}

/// Returns `true` for an ASCII letter or digit, and for `.`, `_` and `-`.
const fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Returns `true` for a control character, for white space other than the space, for a character
/// that is not displayed, and for a character that changes the direction of text. Two names that
/// differ only in such characters look the same.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}

/// Returns `true` if a text is probably a secret key that a person pasted into the wrong field: a
/// line of PEM, a word in the format of a secret access key, or a word of at least 32 base64
/// characters with `+`, `/` or `=`. Gangway logs names, and it must not log keys.
fn may_be_key(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    text.contains("-----")
        || text.split(' ').any(|word| {
            may_be_secret_access_key(word)
                || (word.len() >= 32
                    && word.bytes().all(is_base64)
                    && word.contains(|letter| "+/=".contains(letter)))
        })
}

/// The number of characters of an AWS secret access key.
const SECRET_ACCESS_KEY_LEN: usize = 40;

/// A word of 40 characters may be a secret access key if it changes at least this many times
/// between capital letters, small letters and digits. 40 random letters and digits have about 24
/// such changes; a name such as `ProductionEurope` has two for each of its words.
const MIN_KIND_CHANGES: usize = 17;

/// Returns `true` if a word has the format of a secret access key without `+` and `/`. Returns
/// `false` for a hash in hexadecimal digits, because such a hash does not have both capital and
/// small letters.
fn may_be_secret_access_key(word: &str) -> bool {
    let kind = |byte: &u8| (byte.is_ascii_uppercase(), byte.is_ascii_lowercase());
    let kinds: Vec<_> = word.as_bytes().iter().map(kind).collect();
    let changes =
        kinds.iter().zip(kinds.iter().skip(1)).filter(|(kind, next)| kind != next).count();
    word.len() == SECRET_ACCESS_KEY_LEN
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word.contains(|letter: char| letter.is_ascii_uppercase())
        && word.contains(|letter: char| letter.is_ascii_lowercase())
        && changes >= MIN_KIND_CHANGES
}

define_text_type!(
    /// The description of a cloud account.
    Description,
    InvalidText,
    Description,
    |text| {
        text.chars().count() <= 255
            && !text.contains(char::is_control)
            && !text.contains("-----BEGIN ")
    }
);

define_text_type!(
    /// The id of an object in Palette. A uid can be a segment of a URL path without escaping. It
    /// has at most 36 characters, as many as a UUID, so that a line of a private key is not
    /// accepted as a uid.
    Uid,
    InvalidText,
    Uid,
    |text| {
        (1..=36).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }
);

/// The uid or the name of an object in Palette, as a request contains it. A text of 24 hexadecimal
/// digits is a uid, any other text is a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UidOrName {
    Uid(Uid),
    Name(String),
}

/// The maximum number of characters of a project name in the path of a request.
const MAX_PATH_NAME_LEN: usize = 64;

impl UidOrName {
    /// Returns `true` if the uid or name can be a segment of a URL path without escaping. Then only
    /// one path leads to the object, and an IAM policy that allows this path protects the object.
    /// A uid can always be a segment.
    pub fn is_path_segment(&self) -> bool {
        match self {
            Self::Uid(_) => true,
            Self::Name(name) => {
                name.len() <= MAX_PATH_NAME_LEN
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
            }
        }
    }
}

impl FromStr for UidOrName {
    type Err = InvalidText;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return text.parse().map(Self::Uid);
        }
        let fits = (1..=128).contains(&text.chars().count()) && !text.contains(char::is_control);
        if fits { Ok(Self::Name(text.to_owned())) } else { Err(InvalidText::UidOrName) }
    }
}

impl fmt::Display for UidOrName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => uid.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_names_with_readable_characters_are_accepted() {
        for text in [
            "a",
            "prod",
            "Team_1.dev-2",
            "Prod Account",
            "-prod",
            "a/b",
            "Prod (EU) #1",
            "naïve",
            "支払い",
            "a@5f0c1a2b3c4d5e6f70818293",
            "=20",
            "a  b",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
            "ProductionEuropeCentral1PaymentsTeamAlfa",
            "payments production europe central 1 landing zone two",
            &"n".repeat(64),
            &"é".repeat(64),
        ] {
            assert_eq!(text.parse::<AccountName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            " ",
            " prod",
            "prod ",
            &"n".repeat(65),
            &"支".repeat(43),
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "9dV1uXq7GkZr2LwT0bYc5NfHs8PmJe3AiRo6KxQt",
            "key 9dV1uXq7GkZr2LwT0bYc5NfHs8PmJe3AiRo6KxQt",
            "-----BEGIN PRIVATE KEY-----",
        ] {
            assert_eq!(text.parse::<AccountName>(), Err(InvalidText::Name), "{text}");
        }
    }

    #[test]
    fn an_invisible_character_in_a_name_is_rejected() {
        for (text, code_point) in [
            ("a\n", "U+000A"),
            ("a\tb", "U+0009"),
            ("a\u{a0}b", "U+00A0"),
            ("a\u{200b}b", "U+200B"),
            ("a\u{202e}b", "U+202E"),
            ("\u{feff}a", "U+FEFF"),
            ("a\u{2028}b", "U+2028"),
            ("a\u{3164}b", "U+3164"),
            ("a\u{e0041}", "U+E0041"),
        ] {
            let error = text.parse::<AccountName>().unwrap_err().to_string();
            assert!(error.contains(&format!("the invisible character {code_point}:")), "{error}");
        }
    }

    #[test]
    fn account_names_become_distinct_parts_of_secret_names() {
        let part = |text: &str| text.parse::<AccountName>().unwrap().to_secret_name_part();
        for (name, expected, is_plain) in [
            ("Team_1.dev-2", "Team_1.dev-2", true),
            ("-prod", "-prod", false),
            ("Prod Account", "Prod=20Account", false),
            ("Prod=20Account", "Prod=3D20Account", false),
            ("a/../b", "a=2F..=2Fb", false),
            ("a@b", "a=40b", false),
            ("ï", "=C3=AF", false),
        ] {
            assert_eq!(part(name), expected);
            assert_eq!(name.parse::<AccountName>().unwrap().is_plain(), is_plain, "{name}");
        }
        // With the longest prefix, partition, account id and project uid, the name of a secret has
        // at most 512 characters, which is the limit of Secrets Manager.
        let longest = part(&"é".repeat(64));
        assert!(longest.len() + 64 + "/aws-us-gov/123456789012/".len() + 37 <= 512);
    }

    #[test]
    fn descriptions_are_one_line_of_at_most_255_characters() {
        assert!("".parse::<Description>().is_ok());
        assert!("é".repeat(255).parse::<Description>().is_ok());
        assert_eq!("é".repeat(256).parse::<Description>(), Err(InvalidText::Description));
        assert_eq!("a\nb".parse::<Description>(), Err(InvalidText::Description));
        let pem = "-----BEGIN PRIVATE KEY-----";
        assert_eq!(pem.parse::<Description>(), Err(InvalidText::Description));
    }

    #[test]
    fn twenty_four_hexadecimal_digits_are_a_uid_and_not_a_name() {
        let uid = "5f0c1a2b3c4d5e6f70818293";
        assert_eq!(uid.parse(), Ok(UidOrName::Uid(uid.parse().unwrap())));
        assert_eq!("Default".parse(), Ok(UidOrName::Name("Default".to_owned())));
        assert_eq!("".parse::<UidOrName>(), Err(InvalidText::UidOrName));
        assert_eq!("a/../b".parse::<Uid>(), Err(InvalidText::Uid));
    }
}
