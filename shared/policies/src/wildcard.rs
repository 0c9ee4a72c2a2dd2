//! Patterns with IAM's wildcards: `*` stands for any number of characters, `?` for one character.

use wildmatch::WildMatch;

/// Returns `true` if the pattern matches the whole text.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    WildMatch::new(pattern).matches(text)
}

/// Returns `true` if the pattern matches the whole text and differences in case are ignored. IAM
/// compares names of actions in this way.
pub(crate) fn matches_pattern_ignore_case(pattern: &str, text: &str) -> bool {
    WildMatch::new_case_insensitive(pattern).matches(text)
}

/// Returns `true` if the pattern matches at least one text that begins with `prefix` and is longer
/// than `prefix`.
pub(crate) fn matches_some_text_with_prefix(pattern: &str, prefix: &str) -> bool {
    // Each item is a rest of the pattern that must match the rest of the text, after the part of
    // the pattern before it matched the characters of the prefix so far. In `chain`, `None` stands
    // for any character after the prefix.
    let mut rests = vec![pattern];
    for character in prefix.chars().map(Some).chain([None]) {
        let mut next_rests = Vec::new();
        for rest in rests {
            let mut rest = rest;
            loop {
                let mut pattern_characters = rest.chars();
                let Some(expected) = pattern_characters.next() else { break };
                if expected == '*' {
                    next_rests.push(rest);
                    rest = pattern_characters.as_str();
                    continue;
                }
                if expected == '?' || character.is_none_or(|character| character == expected) {
                    next_rests.push(pattern_characters.as_str());
                }
                break;
            }
        }
        next_rests.sort_unstable();
        next_rests.dedup();
        rests = next_rests;
    }
    !rests.is_empty()
}

/// Returns `true` if the pattern matches every text that begins with `prefix` and is longer than
/// `prefix`.
pub(crate) fn matches_every_text_with_prefix(pattern: &str, prefix: &str) -> bool {
    // Only a wildcard matches this character, because no pattern contains it. Two texts are enough:
    // one with one such character, and one with more such characters than the pattern has `?`.
    let unusual = '\u{1}';
    [1, pattern.len() + 1].into_iter().all(|count| {
        let suffix: String = std::iter::repeat_n(unusual, count).collect();
        matches_pattern(pattern, &format!("{prefix}{suffix}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_every_some_or_no_text_with_a_prefix() {
        for (pattern, matches_some, matches_every) in [
            ("*", true, true),
            ("a/*", true, true),
            ("a/?*", true, true),
            ("a/??*", true, false),
            ("a/x", true, false),
            ("?/*y", true, false),
            ("*b/*", true, false),
            ("a/", false, false),
            ("a*", true, true),
            ("b/*", false, false),
            ("a", false, false),
            ("", false, false),
        ] {
            assert_eq!(matches_some_text_with_prefix(pattern, "a/"), matches_some, "{pattern}");
            assert_eq!(matches_every_text_with_prefix(pattern, "a/"), matches_every, "{pattern}");
        }
    }

    #[test]
    fn patterns_match_the_texts_that_iam_matches() {
        for (pattern, text, outcome) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a:b/c", true),
            ("a*", "a", true),
            ("a?", "a", false),
            ("a?c", "abc", true),
            ("*b*d", "abcbd", true),
            ("*b*d", "abcbde", false),
            ("arn:*:ssm:*:*:parameter/*", "arn:aws:ssm:us-east-1::parameter/aws/x", true),
            ("arn:*:s3:::*", "*", false),
            ("ec2:describe*", "ec2:Describe", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), outcome, "{pattern} {text}");
        }
        assert!(matches_pattern_ignore_case("ec2:describe*", "EC2:DescribeVpcs"));
    }
}
