//! IAM's wildcards: `*` for any run of characters, `?` for one.

use wildmatch::WildMatch;

/// Returns `true` if the pattern matches the whole text.
pub(crate) fn wildcard_match(pattern: &str, text: &str) -> bool {
    WildMatch::new(pattern).matches(text)
}

/// Compares like [`wildcard_match`] but ignores case, as IAM does for names of actions.
pub(crate) fn wildcard_match_ignore_case(pattern: &str, text: &str) -> bool {
    WildMatch::new_case_insensitive(pattern).matches(text)
}

/// Returns `true` if the pattern matches some text that begins with `prefix` and is longer.
pub(crate) fn matches_some_suffix(pattern: &str, prefix: &str) -> bool {
    // What is left of the pattern after it matched the prefix so far. `None` stands for any letter.
    let mut open = vec![pattern];
    for letter in prefix.chars().map(Some).chain([None]) {
        let mut next = Vec::new();
        for left in open {
            let mut left = left;
            loop {
                let mut letters = left.chars();
                let Some(own) = letters.next() else { break };
                if own == '*' {
                    next.push(left);
                    left = letters.as_str();
                    continue;
                }
                if own == '?' || letter.is_none_or(|letter| letter == own) {
                    next.push(letters.as_str());
                }
                break;
            }
        }
        next.sort_unstable();
        next.dedup();
        open = next;
    }
    !open.is_empty()
}

/// Returns `true` if the pattern matches every text that begins with `prefix` and is longer.
pub(crate) fn matches_every_suffix(pattern: &str, prefix: &str) -> bool {
    // A letter that no pattern has, once and more often than a pattern has wildcards for one
    // letter.
    let odd = '\u{1}';
    [1, pattern.len() + 1].into_iter().all(|count| {
        let suffix: String = std::iter::repeat_n(odd, count).collect();
        wildcard_match(pattern, &format!("{prefix}{suffix}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_every_text_with_a_prefix_or_some_or_none() {
        for (pattern, may, any) in [
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
            assert_eq!(matches_some_suffix(pattern, "a/"), may, "{pattern}");
            assert_eq!(matches_every_suffix(pattern, "a/"), any, "{pattern}");
        }
    }

    #[test]
    fn wildcards_match_as_in_iam() {
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
            assert_eq!(wildcard_match(pattern, text), outcome, "{pattern} {text}");
        }
        assert!(wildcard_match_ignore_case("ec2:describe*", "EC2:DescribeVpcs"));
    }
}
