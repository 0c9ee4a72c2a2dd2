use std::{fmt, str::FromStr};

/// Defines a type that holds a validated text, with `as_str`, `Display` and `FromStr`. With the
/// name alone, adds `as_str` and `Display` to a type whose field `text` was validated by its own
/// `FromStr`.
macro_rules! text_type {
    ($(#[$attribute:meta])* $type:ident, $error:ident, $rule:ident, $is_valid:expr) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type {
            text: String,
        }

        $crate::text::text_type!($type);

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

pub(crate) use text_type;

/// Returns `true` for a name of an IAM role, user or policy, without its path.
pub fn is_iam_name(text: &str, max_len: usize) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (1..=max_len).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// The rule that a text violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidText {
    #[error(
        "must be 1 to 64 characters: letters, digits, '.', '_' and '-', a letter or digit first"
    )]
    Name,
    #[error("must be at most 255 characters, without line breaks or other control characters")]
    Description,
    #[error("must be a Palette uid: 1 to 36 letters, digits and '-'")]
    Uid,
    #[error("must be a uid or a name: 1 to 128 characters without control characters")]
    UidOrName,
}

text_type!(
    /// The name of a cloud account in Palette. Together with the scope it identifies the account,
    /// and it is a part of its secret's name.
    AccountName,
    InvalidText,
    Name,
    |text| {
        (1..=64).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }
);

text_type!(
    /// The description of a cloud account.
    Description,
    InvalidText,
    Description,
    |text| text.chars().count() <= 255 && !text.contains(char::is_control)
);

text_type!(
    /// The id that Palette gives to one of its objects. It can be a path segment. It is no longer
    /// than a UUID, so that a part of a private key is not accepted as a uid.
    Uid,
    InvalidText,
    Uid,
    |text| {
        (1..=36).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }
);

/// A Palette object as a caller names it: 24 hexadecimal digits are a uid, any other text is a
/// name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UidOrName {
    Uid(Uid),
    Name(String),
}

/// Longest name of a project in a path.
const MAX_PATH_NAME_LEN: usize = 64;

impl UidOrName {
    /// Returns `true` if the text is one path segment and is written in one way only, so that an IAM
    /// policy for one path cannot match another. A uid always is.
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
    fn account_names_are_safe_in_paths_and_secret_names() {
        for text in ["a", "prod", "Team_1.dev-2", &"n".repeat(64)] {
            assert_eq!(text.parse::<AccountName>().unwrap().as_str(), text);
        }
        for text in ["", " prod", "prod ", "-prod", "a/b", "a b", "naïve", "a\n", &"n".repeat(65)]
        {
            assert_eq!(text.parse::<AccountName>(), Err(InvalidText::Name), "{text}");
        }
    }

    #[test]
    fn descriptions_are_one_line_of_at_most_255_characters() {
        assert!("".parse::<Description>().is_ok());
        assert!("é".repeat(255).parse::<Description>().is_ok());
        assert_eq!("é".repeat(256).parse::<Description>(), Err(InvalidText::Description));
        assert_eq!("a\nb".parse::<Description>(), Err(InvalidText::Description));
    }

    #[test]
    fn a_uid_is_distinguished_from_a_name() {
        let uid = "5f0c1a2b3c4d5e6f70818293";
        assert_eq!(uid.parse(), Ok(UidOrName::Uid(uid.parse().unwrap())));
        assert_eq!("Default".parse(), Ok(UidOrName::Name("Default".to_owned())));
        assert_eq!("".parse::<UidOrName>(), Err(InvalidText::UidOrName));
        assert_eq!("a/../b".parse::<Uid>(), Err(InvalidText::Uid));
    }
}
