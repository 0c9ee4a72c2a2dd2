//! Patterns in policies, with the wildcards `*` and `?` and with policy variables.
use super::Context;

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternPart {
    /// `*`: any number of characters.
    AnyText,
    /// `?`: exactly one character.
    AnyCharacter,
    Character(char),
}

/// A pattern whose policy variables have been replaced by values of the call.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<PatternPart>);

impl Pattern {
    /// Parses a pattern and replaces its policy variables. Returns `None` if the call has no value
    /// for a variable: then the pattern matches nothing.
    pub(crate) fn parse(text: &str, context: &Context) -> Option<Pattern> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some((variable, after)) =
                rest.strip_prefix("${").and_then(|inner| inner.split_once('}'))
            {
                match variable {
                    // `${*}`, `${?}` and `${$}` stand for the character itself.
                    "*" | "?" | "$" => parts.extend(variable.chars().map(PatternPart::Character)),
                    _ => {
                        let (key, default) = match variable.split_once(',') {
                            Some((key, default)) => {
                                (key.trim(), Some(default.trim().trim_matches('\'')))
                            }
                            None => (variable, None),
                        };
                        let value =
                            context.get(key).and_then(|values| values.first().map(String::as_str));
                        parts.extend(value.or(default)?.chars().map(PatternPart::Character));
                    }
                }
                rest = after;
            } else {
                parts.push(match next {
                    '*' => PatternPart::AnyText,
                    '?' => PatternPart::AnyCharacter,
                    other => PatternPart::Character(other),
                });
                rest = rest.strip_prefix(next).unwrap_or_default();
            }
        }
        Some(Pattern(parts))
    }

    /// Returns `true` if the pattern matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        parts_match(&self.0, &text.chars().collect::<Vec<_>>())
    }

    /// Returns `true` if the pattern matches an ARN. Each of the six parts of the ARN must match
    /// the same part of the pattern. A wildcard does not match a colon, except in the last part.
    pub(crate) fn matches_arn(&self, text: &str) -> bool {
        if self.0 == [PatternPart::AnyText] {
            return true;
        }
        let parts: Vec<&[PatternPart]> =
            self.0.splitn(6, |part| *part == PatternPart::Character(':')).collect();
        let texts: Vec<&str> = text.splitn(6, ':').collect();
        let is_match = |(part, text): (&&[PatternPart], &&str)| {
            parts_match(part, &text.chars().collect::<Vec<_>>())
        };
        parts.len() == 6 && texts.len() == 6 && parts.iter().zip(&texts).all(is_match)
    }
}

/// Returns `true` if the parts of a pattern match a whole text.
fn parts_match(pattern: &[PatternPart], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([PatternPart::AnyText, rest @ ..], _) => {
            // Several `*` in a row count as one. Then every possible length of the text is tried.
            let rest = rest
                .iter()
                .position(|part| *part != PatternPart::AnyText)
                .map_or(&[][..], |index| &rest[index..]);
            rest.is_empty() || (0..=text.len()).any(|skip| parts_match(rest, &text[skip..]))
        }
        ([PatternPart::AnyCharacter, pattern @ ..], [_, text @ ..]) => parts_match(pattern, text),
        ([PatternPart::Character(wanted), pattern @ ..], [found, text @ ..]) => {
            wanted == found && parts_match(pattern, text)
        }
        ([], [_, ..]) | ([PatternPart::AnyCharacter | PatternPart::Character(_), ..], []) => false,
    }
}
