//! IAM's wildcards: `*` for any run of characters, `?` for one.

/// Returns `true` if the pattern matches the whole text.
pub(crate) fn wildcard_match(pattern: &str, text: &str) -> bool {
    wildcard_match_by(u8::eq, pattern.as_bytes(), text.as_bytes())
}

/// Like [`wildcard_match`], without regard to ASCII case, for names of actions.
pub(crate) fn wildcard_match_ignore_case(pattern: &str, text: &str) -> bool {
    wildcard_match_by(u8::eq_ignore_ascii_case, pattern.as_bytes(), text.as_bytes())
}

fn wildcard_match_by(same: fn(&u8, &u8) -> bool, pattern: &[u8], text: &[u8]) -> bool {
    // Position of the last `*` and of the text that it matches. On a mismatch, the `*` takes one more
    // byte, and matching continues after it.
    let (mut p, mut t, mut retry) = (0, 0, None);
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(b'*'), _) => {
                retry = Some((p, t));
                p += 1;
            }
            (Some(b'?'), Some(_)) => (p, t) = (p + 1, t + 1),
            (Some(wanted), Some(found)) if same(wanted, found) => (p, t) = (p + 1, t + 1),
            (None, None) => return true,
            (_, _) => match retry {
                Some((star, from)) if from < text.len() => {
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
                Some(_) | None => return false,
            },
        }
    }
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
