//! Makes the `summary` of an outcome event safe to read in a mail or a chat. Owners of AWS accounts
//! choose parts of the summary: Sids of policies, external ids, names of roles.

/// Text that replaces a link.
const LINK_REPLACEMENT: &str = "(link left out)";

/// Returns the text on one line, without invisible characters, and with an apostrophe for each
/// double quotation mark and backslash. Replaces links: texts with a scheme, with `www.`, or with a
/// host name and a path.
pub(super) fn to_safe_text(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|letter| !is_hidden(*letter))
        .map(|letter| match letter {
            // An input transformer of EventBridge puts the summary between the quotation marks of a
            // JSON string, without escaping.
            '"' | '\\' => '\'',
            letter if letter.is_control() => ' ',
            letter => letter,
        })
        .collect();
    // `split_whitespace` also splits at the Unicode separators of lines and paragraphs.
    visible.split_whitespace().map(replace_links).collect::<Vec<_>>().join(" ")
}

/// Returns the text with its first letter in upper case.
pub(super) fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Returns `true` for characters that take no space, and for characters that change the direction
/// of the text.
const fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Replaces the parts of a word that mail programs would show as a link.
fn replace_links(word: &str) -> String {
    let ends_link = |letter: char| "'`()[]{}<>,;|".contains(letter);
    let parts = word.split_inclusive(ends_link).map(|part| {
        let (text, end) = match part.char_indices().next_back() {
            Some((at, last)) if ends_link(last) => part.split_at(at),
            Some(_) | None => (part, ""),
        };
        format!("{}{end}", if is_link(text) { LINK_REPLACEMENT } else { text })
    });
    parts.collect()
}

/// Returns `true` if mail programs would show the text as a link.
fn is_link(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut segments: Vec<_> = text.split('/').collect();
    // A host name without a path is not a link: names of checks, files and services look the same.
    segments.pop();
    text.contains("://")
        || text.split(['/', ':']).any(|part| part.starts_with("www."))
        || ["mailto:", "javascript:", "data:"].iter().any(|scheme| text.starts_with(scheme))
        || segments.into_iter().any(is_host)
}

/// Returns `true` for a host name. A user may be before the name, and a port after it.
fn is_host(text: &str) -> bool {
    let host = text.rsplit('@').next().unwrap_or(text);
    let mut parts = host.split(':').rev();
    let last = parts.next().unwrap_or_default();
    let is_port = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    let host = if is_port { parts.next().unwrap_or_default() } else { last };
    let labels: Vec<_> = host.split('.').collect();
    let is_top_level = |label: &&str| {
        label.len() > 1 && (label.starts_with("xn--") || label.chars().all(char::is_alphabetic))
    };
    labels.len() > 1
        && labels.iter().all(|label| !label.is_empty())
        && labels.last().is_some_and(is_top_level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_invisible_characters_are_removed() {
        for (text, expected) in [
            ("a Sid\r\nSubject: you won", "a Sid Subject: you won"),
            ("one\u{2028}two\u{2029}three\u{85}four", "one two three four"),
            ("bell\u{7} and \u{1b}[31mred", "bell and [31mred"),
            ("role/\u{202e}nimda", "role/nimda"),
            ("ad\u{200b}min \u{2066}x\u{2069}", "admin x"),
            ("tag\u{e0041}\u{feff}", "tag"),
            ("{\"a\": \"b\\c\"}", "{'a': 'b'c'}"),
            ("see https://evil.example/login?x=1 now", "see (link left out) now"),
            ("HTTPS://EVIL.EXAMPLE", "(link left out)"),
            ("hxxp:javascript://x", "(link left out)"),
            ("(http://evil.example)", "((link left out))"),
            (
                "'StringEquals':{'sts:ExternalId':'https://evil.example'}",
                "'StringEquals':{'sts:ExternalId':'(link left out)'}",
            ),
            ("www.evil.example", "(link left out)"),
            ("evil.example/login", "(link left out)"),
            ("me@evil.example:8443/login", "(link left out)"),
            ("role/evil.example/login", "(link left out)"),
            ("m\u{fc}nchen.example/x", "(link left out)"),
            ("mailto:me@evil.example", "(link left out)"),
            // Texts that Gangway itself writes are not changed.
            ("See docs/checks.md#iam.actions-allowed", "See docs/checks.md#iam.actions-allowed"),
            ("arn:aws:iam::123456789012:role/a/b.c", "arn:aws:iam::123456789012:role/a/b.c"),
            ("sts.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"),
            ("2.5/3 or 10.0.0.0/8", "2.5/3 or 10.0.0.0/8"),
            ("K\u{f6}nig, \u{65e5}\u{672c}", "K\u{f6}nig, \u{65e5}\u{672c}"),
        ] {
            assert_eq!(to_safe_text(text), expected, "{text:?}");
        }
    }

    #[test]
    fn capitalize_changes_only_the_first_letter() {
        for (text, expected) in
            [("account a", "Account a"), ("\u{e9}t\u{e9}", "\u{c9}t\u{e9}"), ("", "")]
        {
            assert_eq!(capitalize(text), expected);
        }
    }
}
