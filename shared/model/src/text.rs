//! Short texts that callers choose: names, descriptions, uids.

use std::{fmt, str::FromStr};

/// Why a text will not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidText {
    /// Not a name.
    #[error(
        "must be 1 to 64 characters: letters, digits, '.', '_' and '-', a letter or digit first"
    )]
    Name,
    /// Not a description.
    #[error("must be at most 255 characters, without line breaks or other control characters")]
    Description,
    /// Not a uid.
    #[error("must be a Palette uid: 1 to 36 letters, digits and '-'")]
    Uid,
    /// Neither a uid nor a name.
    #[error("must be a uid or a name: 1 to 128 characters without control characters")]
    UidOrName,
}

macro_rules! text {
    ($(#[$doc:meta])* $type:ident, $fault:ident, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $type(String);

        impl $type {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) { Ok(Self(text.to_owned())) } else { Err(InvalidText::$fault) }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// A cloud account's name in Palette: with the scope, its natural key (C02). Also part of its secret's name.
    AccountName,
    Name,
    |text| {
        (1..=64).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    }
);

text!(
    /// What people read about a cloud account.
    Description,
    Description,
    |text| text.chars().count() <= 255 && !text.contains(char::is_control)
);

text!(
    /// Palette's own name for one of its objects. Safe in a path. No longer than a UUID, so that a line of a key is none.
    Uid,
    Uid,
    |text| {
        (1..=36).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }
);

/// A Palette object as a caller names it. Palette's uids are 24 hexadecimal digits; all else is a name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UidOrName {
    /// By uid.
    Uid(Uid),
    /// By name.
    Name(String),
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
    fn f04_names_are_safe_wherever_they_are_used() {
        for text in ["a", "prod", "Team_1.dev-2", &"n".repeat(64)] {
            assert_eq!(text.parse::<AccountName>().unwrap().as_str(), text);
        }
        for text in ["", " prod", "prod ", "-prod", "a/b", "a b", "naïve", "a\n", &"n".repeat(65)]
        {
            assert_eq!(text.parse::<AccountName>(), Err(InvalidText::Name), "{text}");
        }
    }

    #[test]
    fn f05_descriptions_are_one_line() {
        assert!("".parse::<Description>().is_ok());
        assert!("é".repeat(255).parse::<Description>().is_ok());
        assert_eq!("é".repeat(256).parse::<Description>(), Err(InvalidText::Description));
        assert_eq!("a\nb".parse::<Description>(), Err(InvalidText::Description));
    }

    #[test]
    fn uids_are_told_from_names() {
        let uid = "5f0c1a2b3c4d5e6f70818293";
        assert_eq!(uid.parse(), Ok(UidOrName::Uid(Uid(uid.to_owned()))));
        assert_eq!("Default".parse(), Ok(UidOrName::Name("Default".to_owned())));
        assert_eq!("".parse::<UidOrName>(), Err(InvalidText::UidOrName));
        assert_eq!("a/../b".parse::<Uid>(), Err(InvalidText::Uid));
    }
}
