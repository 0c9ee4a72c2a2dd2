//! Glob patterns for account names.

use std::str::FromStr;

use wildmatch::WildMatch;

/// A glob pattern: `*` matches any text, and `?` matches one character. Patterns are
/// case-sensitive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Glob(String);

/// Error of a text that is not a valid pattern. The message is the rule for patterns.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be 1 to 256 characters without control characters; * matches any text and ? matches one character"
)]
pub struct InvalidGlob;

impl Default for Glob {
    /// Returns a pattern that matches every text.
    fn default() -> Self {
        Self("*".to_owned())
    }
}

impl FromStr for Glob {
    type Err = InvalidGlob;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=256).contains(&text.chars().count()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidGlob) }
    }
}

impl Glob {
    /// Returns `true` if the pattern matches the whole text.
    pub fn matches(&self, text: &str) -> bool {
        WildMatch::new(&self.0).matches(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_must_match_the_whole_name() {
        for (pattern, matching, others) in [
            ("*", vec!["", "a", "team-payments-dev"], vec![]),
            ("team-*", vec!["team-", "team-a"], vec!["Team-a", "my-team-a", "team"]),
            ("*-dev", vec!["a-dev", "-dev", "a-dev-dev"], vec!["a-dev2", "dev"]),
            ("a?c", vec!["abc", "aéc"], vec!["ac", "abbc"]),
            ("*a*b*", vec!["ab", "xaxbx", "aab"], vec!["ba", "b"]),
            ("a.c", vec!["a.c"], vec!["abc"]),
            ("**", vec!["", "x"], vec![]),
        ] {
            let glob: Glob = pattern.parse().unwrap();
            for name in matching {
                assert!(glob.matches(name), "{pattern} {name}");
            }
            for name in others {
                assert!(!glob.matches(name), "{pattern} {name}");
            }
        }
        for text in ["", "a\nb", &"*".repeat(257)] {
            assert_eq!(text.parse::<Glob>(), Err(InvalidGlob), "{text:?}");
        }
    }

    #[test]
    fn a_pattern_with_many_wildcards_is_matched_in_limited_time() {
        let glob: Glob = "*a".repeat(128).parse().unwrap();
        assert!(!glob.matches(&format!("{}b", "a".repeat(10_000))));
        assert!(glob.matches(&"a".repeat(10_000)));
    }
}
