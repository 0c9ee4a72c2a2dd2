//! Glob patterns for account names.

use std::str::FromStr;

/// A glob pattern: `*` matches any text, `?` matches any one character. Case-sensitive.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Glob(Vec<char>);

/// The rule that a pattern violates.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be 1 to 256 characters, where * stands for any text and ? for one character, without control characters"
)]
pub struct InvalidGlob;

impl Default for Glob {
    /// Matches every text.
    fn default() -> Self {
        Self(vec!['*'])
    }
}

impl FromStr for Glob {
    type Err = InvalidGlob;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=256).contains(&text.chars().count()) && !text.contains(char::is_control);
        if fits { Ok(Self(text.chars().collect())) } else { Err(InvalidGlob) }
    }
}

impl Glob {
    /// Returns `true` if the pattern matches the whole text. Time is proportional to the product of
    /// the lengths.
    pub fn matches(&self, text: &str) -> bool {
        // For each position in the pattern: can the text read so far end there?
        let mut reached: Vec<bool> = self.closure(vec![true; 1]);
        for letter in text.chars() {
            let mut next = vec![false; self.0.len() + 1];
            for (place, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                let target = match self.0.get(place) {
                    Some('*') => place,
                    Some('?') => place + 1,
                    Some(own) if *own == letter => place + 1,
                    Some(_) | None => continue,
                };
                if let Some(slot) = next.get_mut(target) {
                    *slot = true;
                }
            }
            reached = self.closure(next);
        }
        reached.last().copied().unwrap_or_default()
    }

    /// Adds the positions that are reached without a character, because `*` also matches an empty
    /// text.
    fn closure(&self, mut reached: Vec<bool>) -> Vec<bool> {
        reached.resize(self.0.len() + 1, false);
        let mut through = false;
        for (place, slot) in reached.iter_mut().enumerate() {
            *slot |= through;
            through = *slot && self.0.get(place) == Some(&'*');
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_a_whole() {
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
    fn matching_time_is_bounded() {
        let glob: Glob = "*a".repeat(128).parse().unwrap();
        assert!(!glob.matches(&format!("{}b", "a".repeat(10_000))));
        assert!(glob.matches(&"a".repeat(10_000)));
    }
}
