//! Makes Palette's words fit to be shown: no keys, no tokens, one short line.

use secrecy::{ExposeSecret as _, SecretString};

/// How many letters of a secret may not be shown, wherever in it they stand: messages are cut off.
const FRAGMENT: usize = 8;

/// How much of Palette's words is looked at.
const READ: usize = 4096;

/// How much of Palette's words is shown.
const MAX_TEXT_CHARS: usize = 300;

/// Takes out every one of `secrets` and whatever looks like one.
pub(crate) fn redact(text: &str, secrets: &[SecretString]) -> String {
    let mut text: String = text.chars().take(READ).collect();
    for secret in secrets {
        #[expect(clippy::disallowed_methods, reason = "looks for the secret in order to remove it")]
        let secret = secret.expose_secret();
        if !secret.is_empty() {
            text = without(&text.replace(secret, "[redacted]"), secret);
        }
    }
    let text = runs(&text, |letter| !ends_url(letter), url_without_query);
    let text = runs(&text, |letter| letter.is_ascii_alphanumeric(), access_key_id);
    let text = runs(&text, of_a_token, token);
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The text without fragments of a secret. Short secrets are none to be guessed from a fragment.
fn without(text: &str, secret: &str) -> String {
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(letter) = rest.chars().next() {
        let fragment = longest_in(rest, secret);
        if fragment >= FRAGMENT {
            kept.push_str("[redacted]");
            rest = rest.get(fragment..).unwrap_or_default();
        } else {
            kept.push(letter);
            rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    kept
}

/// How many bytes of the text's beginning stand in the secret, in whole letters.
fn longest_in(text: &str, secret: &str) -> usize {
    let ends = text.char_indices().map(|(at, letter)| at + letter.len_utf8());
    let within = |end: &usize| text.get(..*end).is_some_and(|part| secret.contains(part));
    ends.take_while(within).last().unwrap_or_default()
}

/// Puts each longest run of letters that belong together past `judge`, which may put something else in its place.
fn runs(text: &str, belongs: fn(char) -> bool, judge: fn(&str) -> Option<String>) -> String {
    let mut judged = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let inside = belongs(letter);
        let end = rest.find(|next| belongs(next) != inside).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        match judge(run).filter(|_| inside) {
            Some(other) => judged.push_str(&other),
            None => judged.push_str(run),
        }
        rest = after;
    }
    judged
}

const fn ends_url(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>' | ')' | ',')
}

/// Presigned URLs carry their signature in the query.
fn url_without_query(word: &str) -> Option<String> {
    let (url, _query) = word.split_once('?')?;
    url.contains("://").then(|| format!("{url}?[redacted]"))
}

/// `AKIA…`, `ASIA…` and the like.
fn access_key_id(run: &str) -> Option<String> {
    let id = run.len() >= 16
        && ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| run.starts_with(prefix))
        && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    id.then(|| "[redacted]".to_owned())
}

const fn of_a_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '_' | '-' | '%')
}

/// Secret access keys have 40 letters of Base64; API keys, tokens and signatures have 32 and more. Names and paths of
/// that length seldom have capitals, small letters and digits at once; request ids (UUIDs) never have.
fn token(run: &str) -> Option<String> {
    let any = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
    let mixed = any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase);
    let base64 = run.len() >= 32 && mixed && any(u8::is_ascii_digit) || run.len() == 40 && mixed;
    let hex = run.len() >= 40 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    (base64 || hex).then(|| "[redacted]".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        redact(text, &["p4l3tte-k3y".into(), "short secret".into()])
    }

    /// Rows: F95.
    #[test]
    fn what_was_sent_never_comes_back() {
        assert_eq!(shown("ApiKey p4l3tte-k3y not found"), "ApiKey [redacted] not found");
        assert_eq!(shown("'short secret'p4l3tte-k3y"), "'[redacted]'[redacted]");
        assert_eq!(redact("as it is", &["".into()]), "as it is");
    }

    /// Rows: F95.
    #[test]
    fn no_fragment_of_what_was_sent_comes_back() {
        let secret = "9rZqVbT0cXnLw3KdPe5GsHa7UyMf1oJi8QtB2E";
        for fragment in secret.as_bytes().windows(12) {
            let said = format!("key {}", String::from_utf8_lossy(fragment));
            assert_eq!(redact(&said, &[secret.into()]), "key [redacted]");
        }
        assert_eq!(redact("key 9rZqV is wrong", &[secret.into()]), "key 9rZqV is wrong");
    }

    /// Rows: F95.
    #[test]
    fn what_looks_like_a_secret_is_not_shown() {
        for (said, told) in [
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
            assert_eq!(shown(said), told);
        }
    }

    #[test]
    fn what_helps_to_mend_it_is_shown() {
        for text in [
            "User: arn:aws:iam::123456789012:user/team/palette is not authorized to perform: sts:AssumeRole",
            "arn:aws-us-gov:iam::123456789012:role/SpectroCloudRole",
            "request 8f14e45f-ceea-467f-a8c0-1b2c3d4e5f60 of 5f0c1a2b3c4d5e6f70818293",
            "Is it right? Use 'palette-operators-of-the-platform-team'",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn it_is_one_short_line() {
        assert_eq!(shown("a\nb\u{1b}[31m\r\0"), "a b [31m  ");
        let long = shown(&"é ".repeat(400));
        assert_eq!(long.chars().count(), MAX_TEXT_CHARS + 1);
        assert!(long.ends_with('…'));
    }
}
