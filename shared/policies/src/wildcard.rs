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

#[cfg(test)]
mod tests {
    use super::*;

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
