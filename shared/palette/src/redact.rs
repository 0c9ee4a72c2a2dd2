//! Redacts secrets from messages of Palette, and shortens the messages to one line.

use secrecy::{ExposeSecret as _, SecretString};

/// Length in bytes of the shortest fragment of a secret that is redacted. Fragments are redacted,
/// because a message may contain a truncated secret.
const MIN_FRAGMENT_BYTES: usize = 8;

/// Maximum number of characters of the message that are read. The rest is dropped.
const MAX_INPUT_CHARS: usize = 4096;

/// Maximum number of characters that are returned.
const MAX_OUTPUT_CHARS: usize = 300;

/// Redacts `secrets` and fragments of `secrets`, and all text that looks like a key, a token or a
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
    let text = replace_runs(&text, |letter| !is_url_end(letter), redact_url_query);
    let text = replace_runs(&text, |letter| letter.is_ascii_alphanumeric(), redact_access_key_id);
    let text = replace_runs(&text, is_token_char, redact_token);
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(MAX_OUTPUT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Redacts every fragment of `secret` of at least 8 bytes.
fn redact_fragments(text: &str, secret: &str) -> String {
    let (mut redacted, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let fragment = longest_prefix_in(rest, secret);
        if fragment >= MIN_FRAGMENT_BYTES {
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

/// Splits the text into runs of characters for which `is_in_run` returns `true`, and other text.
/// Calls `replace` with each run, and replaces the run if `replace` returns `Some`.
fn replace_runs(
    text: &str,
    is_in_run: fn(char) -> bool,
    replace: fn(&str) -> Option<String>,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let is_match = is_in_run(letter);
        let end = rest.find(|next| is_in_run(next) != is_match).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match replace(run).filter(|_| is_match) {
            Some(other) => replaced.push_str(&other),
            None => replaced.push_str(run),
        }
        rest = after;
    }
    replaced
}

/// Returns `true` if a URL in a message cannot contain this character.
const fn is_url_end(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | ')' | ',')
}

/// Redacts the query of a URL, because the query of a presigned URL contains the signature. Returns
/// `None` if the text is no URL with a query.
fn redact_url_query(word: &str) -> Option<String> {
    let (url, _query) = word.split_once('?')?;
    url.contains("://").then(|| format!("{url}?[redacted]"))
}

/// Redacts an access key ID of AWS, such as `AKIA…` or `ASIA…`. Returns `None` if the text is no
/// access key ID.
fn redact_access_key_id(run: &str) -> Option<String> {
    let is_id = run.len() >= 16
        && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| run.starts_with(prefix))
        && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_id.then(|| "[redacted]".to_owned())
}

const fn is_token_char(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '_' | '-' | '%')
}

/// Redacts a text that looks like a secret access key (40 characters of Base64), or like an API
/// key, a token or a signature (32 characters or more). Returns `None` for other texts. Names and
/// paths of this length seldom contain upper case, lower case and digits together; request ids
/// (UUIDs) never do.
fn redact_token(run: &str) -> Option<String> {
    let contains = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let has_mixed_case = contains(u8::is_ascii_uppercase) && contains(u8::is_ascii_lowercase);
    let is_base64 = run.len() >= 32 && has_mixed_case && contains(u8::is_ascii_digit)
        || run.len() == 40 && has_mixed_case;
    let is_hex = run.len() >= 40 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_base64 || is_hex).then(|| "[redacted]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Redacts two sample secrets from the text.
    fn redact_samples(text: &str) -> String {
        redact(text, &["p4l3tte-k3y".into(), "short secret".into()])
    }

    /// Acceptance rows: F95.
    #[test]
    fn secrets_of_the_request_are_redacted() {
        assert_eq!(redact_samples("ApiKey p4l3tte-k3y not found"), "ApiKey [redacted] not found");
        assert_eq!(redact_samples("'short secret'p4l3tte-k3y"), "'[redacted]'[redacted]");
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
    fn text_that_looks_like_a_secret_is_redacted() {
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
            assert_eq!(redact_samples(text), expected);
        }
    }

    #[test]
    fn arns_uuids_uids_and_names_are_not_redacted() {
        for text in [
            "User: arn:aws:iam::123456789012:user/team/palette is not authorized to perform: sts:AssumeRole",
            "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
            "request 8f14e45f-ceea-467f-a8c0-1b2c3d4e5f60 of 5f0c1a2b3c4d5e6f70818293",
            "Is it right? Use 'palette-operators-of-the-platform-team'",
        ] {
            assert_eq!(redact_samples(text), text);
        }
    }

    #[test]
    fn redacted_text_is_one_line_of_limited_length() {
        assert_eq!(redact_samples("a\nb\u{1b}[31m\r\0"), "a b [31m  ");
        let long = redact_samples(&"é ".repeat(400));
        assert_eq!(long.chars().count(), MAX_OUTPUT_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
