//! Redacts secrets from texts of Palette, and shortens them to one line.

use secrecy::{ExposeSecret as _, SecretString};

/// Length from which a fragment of a secret is redacted, too: messages may be truncated.
const MIN_FRAGMENT: usize = 8;

/// Characters of the text that are examined.
const MAX_INPUT_CHARS: usize = 4096;

/// Characters of the text that are returned.
const MAX_TEXT_CHARS: usize = 300;

/// Redacts `secrets`, their fragments, and everything that looks like a key, a token or a
/// signature. Returns one line of at most 300 characters.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut text: String = text.chars().take(MAX_INPUT_CHARS).collect();
    for secret in secrets {
        #[expect(clippy::disallowed_methods, reason = "searches for the secret to redact it")]
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            text = redact_fragments(&text.replace(secret, "[redacted]"), secret);
        }
    }
    let text = replace_runs(&text, |letter| !ends_url(letter), redact_url_query);
    let text = replace_runs(&text, |letter| letter.is_ascii_alphanumeric(), redact_access_key_id);
    let text = replace_runs(&text, is_token_char, redact_token);
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Redacts every fragment of `secret` that is 8 bytes or longer.
fn redact_fragments(text: &str, secret: &str) -> String {
    let (mut redacted, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let fragment = longest_prefix_in(rest, secret);
        if fragment >= MIN_FRAGMENT {
            redacted.push_str("[redacted]");
            rest = rest.get(fragment..).unwrap_or_default();
        } else {
            redacted.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    redacted
}

/// Returns the length in bytes of the longest prefix of `text` that `secret` contains.
fn longest_prefix_in(text: &str, secret: &str) -> usize {
    let ends = text.char_indices().map(|(start, letter)| start + letter.len_utf8());
    let within = |end: &usize| text.get(..*end).is_some_and(|part| secret.contains(part));
    ends.take_while(within).last().unwrap_or_default()
}

/// Passes each longest run of characters that `belongs` accepts to `replace`, which may return a
/// replacement.
fn replace_runs(
    text: &str,
    belongs: fn(char) -> bool,
    replace: fn(&str) -> Option<String>,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let is_match = belongs(letter);
        let end = rest.find(|next| belongs(next) != is_match).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match replace(run).filter(|_| is_match) {
            Some(other) => replaced.push_str(&other),
            None => replaced.push_str(run),
        }
        rest = after;
    }
    replaced
}

const fn ends_url(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | ')' | ',')
}

/// Redacts the query: that of a presigned URL contains the signature.
fn redact_url_query(word: &str) -> Option<String> {
    let (url, _query) = word.split_once('?')?;
    url.contains("://").then(|| format!("{url}?[redacted]"))
}

/// Redacts `AKIA…`, `ASIA…` and the like.
fn redact_access_key_id(run: &str) -> Option<String> {
    let id = run.len() >= 16
        && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| run.starts_with(prefix))
        && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    id.then(|| "[redacted]".to_owned())
}

const fn is_token_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '_' | '-' | '%')
}

/// Redacts secret access keys (40 characters of Base64) as well as API keys, tokens and signatures
/// (32 and more). Names and paths of that length seldom contain upper case, lower case and digits
/// at once; request ids (UUIDs) never do.
fn redact_token(run: &str) -> Option<String> {
    let any = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let mixed = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase);
    let base64 = run.len() >= 32 && mixed && any(u8::is_ascii_digit) || run.len() == 40 && mixed;
    let hex = run.len() >= 40 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    (base64 || hex).then(|| "[redacted]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        redact(text, &["p4l3tte-k3y".into(), "short secret".into()])
    }

    /// Acceptance rows: F95.
    #[test]
    fn secrets_of_the_request_are_redacted() {
        assert_eq!(redacted("ApiKey p4l3tte-k3y not found"), "ApiKey [redacted] not found");
        assert_eq!(redacted("'short secret'p4l3tte-k3y"), "'[redacted]'[redacted]");
        assert_eq!(redact("as it is", &["".into()]), "as it is");
    }

    /// Acceptance rows: F95.
    #[test]
    fn fragments_of_secrets_are_redacted() {
        let secret = "9rZqVbT0cXnLw3KdPe5GsHa7UyMf1oJi8QtB2E";
        for fragment in secret.as_bytes().windows(12) {
            let text = format!("key {}", String::from_utf8_lossy(fragment));
            assert_eq!(redact(&text, &[secret.into()]), "key [redacted]");
        }
        assert_eq!(redact("key 9rZqV is wrong", &[secret.into()]), "key 9rZqV is wrong");
    }

    /// Acceptance rows: F95.
    #[test]
    fn what_looks_like_a_secret_is_redacted() {
        for (text, expected) in [
            ("accessKey=AKIAIOSFODNN7EXAMPLE, no", "accessKey=[redacted], no"),
            ("key ASIAIOSFODNN7EXAMPLE.", "key [redacted]."),
            ("\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"", "\"[redacted]\""),
            ("secretKey:wJalrXUtnFEMI%2FK7MDENG%2FbPxRfiCYEXAMPLEKEY", "secretKey:[redacted]"),
            ("jwt eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.x", "jwt [redacted].x"),
            (
                "sig 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
                "sig [redacted]",
            ),
            (
                "GET https://sts.amazonaws.com/?Action=A&X-Amz-Signature=1 failed",
                "GET https://sts.amazonaws.com/?[redacted] failed",
            ),
        ] {
            assert_eq!(redacted(text), expected);
        }
    }

    #[test]
    fn helpful_texts_are_kept() {
        for text in [
            "User: arn:aws:iam::123456789012:user/team/palette is not authorized to perform: sts:AssumeRole",
            "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
            "request 8f14e45f-ceea-467f-a8c0-1b2c3d4e5f60 of 5f0c1a2b3c4d5e6f70818293",
            "Is it right? Use 'palette-operators-of-the-platform-team'",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn the_result_is_one_short_line() {
        assert_eq!(redacted("a\nb\u{1b}[31m\r\0"), "a b [31m  ");
        let long = redacted(&"é ".repeat(400));
        assert_eq!(long.chars().count(), MAX_TEXT_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
