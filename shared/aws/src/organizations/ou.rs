//! Types for the id of an organizational unit (OU), and for the path of OUs that an account is in.

use std::{fmt, str::FromStr};

/// Id of an OU or of a root. The root is the parent of accounts that are in no OU.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OuId(Box<str>);

/// Rule that an invalid id of an OU or root violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be the id of an organizational unit or of a root, such as ou-abcd-12345678 or r-abcd"
)]
pub struct InvalidOuId;

impl OuId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OuId {
    type Err = InvalidOuId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_valid = match text.split_once('-') {
            Some(("r", root)) => is_id_part(root, 4),
            Some(("ou", rest)) => rest
                .split_once('-')
                .is_some_and(|(root, ou)| is_id_part(root, 4) && is_id_part(ou, 8)),
            Some(_) | None => false,
        };
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidOuId) }
    }
}

/// Returns `true` if a text has `min_len` to 32 characters, all of them lowercase letters or
/// digits.
fn is_id_part(text: &str, min_len: usize) -> bool {
    (min_len..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

impl fmt::Display for OuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// OUs that an account is in: the parent of the account first, the root last.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct OuPath(Vec<OuId>);

impl OuPath {
    /// Parses the path that Organizations returns for an account: `o-…/r-…/ou-…/…/<account>/`.
    /// Returns `None` if the path has no root.
    pub fn from_path(path: &str) -> Option<Self> {
        let mut ous: Vec<OuId> = path.split('/').filter_map(|part| part.parse().ok()).collect();
        ous.reverse();
        ous.last().is_some_and(|root| root.as_str().starts_with("r-")).then_some(Self(ous))
    }

    /// Creates a path from a list of OUs. Each OU must be the child of the OU that follows it.
    pub fn from_parent_first(ous: Vec<OuId>) -> Self {
        Self(ous)
    }

    /// Returns the path that starts with `ou`, a child of the first OU of this path.
    pub(crate) fn child(&self, ou: OuId) -> Self {
        Self([ou].into_iter().chain(self.0.iter().cloned()).collect())
    }

    /// Returns the parent of the account: the OU or root that directly contains it.
    pub fn parent(&self) -> Option<&OuId> {
        self.0.first()
    }

    /// Iterates over the OUs, the parent of the account first.
    pub fn iter(&self) -> impl Iterator<Item = &OuId> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ids_of_ous_and_roots_are_parsed() {
        for text in ["ou-abcd-12345678", "r-abcd", "ou-a1b2-a1b2c3d4e5f6"] {
            assert_eq!(text.parse::<OuId>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "ou-abcd",
            "ou-abc-12345678",
            "ou-abcd-1234567",
            "OU-abcd-12345678",
            "ou-abcd-1234567A",
            "r-abc",
            "o-abcdefghij",
            "Workloads",
            "ou-abcd-12345678/ou-abcd-87654321",
        ] {
            assert_eq!(text.parse::<OuId>(), Err(InvalidOuId), "{text}");
        }
    }

    #[test]
    fn ou_path_starts_with_the_parent_of_the_account() {
        let path = "o-a1b2c3d4e5/r-abcd/ou-abcd-11111111/ou-abcd-22222222/123456789012/";
        let ou_path = OuPath::from_path(path).unwrap();
        let ous: Vec<_> = ou_path.iter().map(OuId::as_str).collect();
        assert_eq!(ous, ["ou-abcd-22222222", "ou-abcd-11111111", "r-abcd"]);
        let in_root = OuPath::from_path("o-a1b2c3d4e5/r-abcd/123456789012/").unwrap();
        assert_eq!(in_root.parent().map(OuId::as_str), Some("r-abcd"));
        assert_eq!(OuPath::from_path("o-a1b2c3d4e5/123456789012/"), None);
        assert_eq!(OuPath::from_path(""), None);
    }
}
