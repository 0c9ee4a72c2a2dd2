//! Patterns with `*`, `?` and policy variables.
use super::Context;

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatternPart {
    AnyText,
    AnyCharacter,
    Character(char),
}

/// A pattern whose policy variables are replaced.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<PatternPart>);

impl Pattern {
    /// Parses a pattern. Returns `None` if the call has no value for a variable: such a pattern
    /// matches nothing.
    pub(crate) fn parse(text: &str, context: &Context) -> Option<Pattern> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some((variable, behind)) =
                rest.strip_prefix("${").and_then(|inner| inner.split_once('}'))
            {
                match variable {
                    // `${*}`, `${?}` and `${$}` stand for the character itself.
                    "*" | "?" | "$" => pieces.extend(variable.chars().map(PatternPart::Character)),
                    _ => {
                        let (key, default) = match variable.split_once(',') {
                            Some((key, default)) => {
                                (key.trim(), Some(default.trim().trim_matches('\'')))
                            }
                            None => (variable, None),
                        };
                        let value =
                            context.get(key).and_then(|values| values.first().map(String::as_str));
                        pieces.extend(value.or(default)?.chars().map(PatternPart::Character));
                    }
                }
                rest = behind;
            } else {
                pieces.push(match next {
                    '*' => PatternPart::AnyText,
                    '?' => PatternPart::AnyCharacter,
                    other => PatternPart::Character(other),
                });
                rest = rest.strip_prefix(next).unwrap_or_default();
            }
        }
        Some(Pattern(pieces))
    }

    /// Returns `true` if the whole text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        parts_match(&self.0, &text.chars().collect::<Vec<_>>())
    }

    /// Returns `true` if the six parts of the ARN match one by one. A wildcard matches no colon,
    /// except in the last part.
    pub(crate) fn matches_arn(&self, text: &str) -> bool {
        if self.0 == [PatternPart::AnyText] {
            return true;
        }
        let parts: Vec<&[PatternPart]> =
            self.0.splitn(6, |piece| *piece == PatternPart::Character(':')).collect();
        let texts: Vec<&str> = text.splitn(6, ':').collect();
        let fit = |(part, text): (&&[PatternPart], &&str)| {
            parts_match(part, &text.chars().collect::<Vec<_>>())
        };
        parts.len() == 6 && texts.len() == 6 && parts.iter().zip(&texts).all(fit)
    }
}

fn parts_match(pattern: &[PatternPart], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([PatternPart::AnyText, rest @ ..], _) => {
            // Consecutive wildcards count as one; then every possible length is tried.
            let rest = rest
                .iter()
                .position(|piece| *piece != PatternPart::AnyText)
                .map_or(&[][..], |at| &rest[at..]);
            rest.is_empty() || (0..=text.len()).any(|skip| parts_match(rest, &text[skip..]))
        }
        ([PatternPart::AnyCharacter, pattern @ ..], [_, text @ ..]) => parts_match(pattern, text),
        ([PatternPart::Character(wanted), pattern @ ..], [found, text @ ..]) => {
            wanted == found && parts_match(pattern, text)
        }
        ([], [_, ..]) | ([PatternPart::AnyCharacter | PatternPart::Character(_), ..], []) => false,
    }
}
