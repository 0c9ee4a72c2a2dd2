//! Patterns with `*`, `?` and policy variables.
use super::Context;

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    Char(char),
}

/// A pattern ready to be compared: its variables are filled in.
#[derive(Debug)]
pub(crate) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Reads a pattern. Nothing where it names a variable that the call has no value for: such a pattern fits nothing.
    pub(crate) fn read(text: &str, context: &Context) -> Option<Pattern> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if let Some((variable, behind)) =
                rest.strip_prefix("${").and_then(|inner| inner.split_once('}'))
            {
                match variable {
                    // How a document writes these characters themselves.
                    "*" | "?" | "$" => pieces.extend(variable.chars().map(Piece::Char)),
                    _ => {
                        let (key, default) = match variable.split_once(',') {
                            Some((key, default)) => {
                                (key.trim(), Some(default.trim().trim_matches('\'')))
                            }
                            None => (variable, None),
                        };
                        let value =
                            context.get(key).and_then(|values| values.first().map(String::as_str));
                        pieces.extend(value.or(default)?.chars().map(Piece::Char));
                    }
                }
                rest = behind;
            } else {
                pieces.push(match next {
                    '*' => Piece::Any,
                    '?' => Piece::One,
                    other => Piece::Char(other),
                });
                rest = rest.strip_prefix(next).unwrap_or_default();
            }
        }
        Some(Pattern(pieces))
    }

    /// The whole text fits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        fits(&self.0, &text.chars().collect::<Vec<_>>())
    }

    /// Both are ARNs whose six parts fit one by one: a wildcard does not reach across a colon, except in the last.
    pub(crate) fn matches_arn(&self, text: &str) -> bool {
        if self.0 == [Piece::Any] {
            return true;
        }
        let parts: Vec<&[Piece]> = self.0.splitn(6, |piece| *piece == Piece::Char(':')).collect();
        let texts: Vec<&str> = text.splitn(6, ':').collect();
        let fit = |(part, text): (&&[Piece], &&str)| fits(part, &text.chars().collect::<Vec<_>>());
        parts.len() == 6 && texts.len() == 6 && parts.iter().zip(&texts).all(fit)
    }
}

fn fits(pattern: &[Piece], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([Piece::Any, rest @ ..], _) => {
            // Several stars are one; then the shortest stretch that lets the rest fit.
            let rest = rest
                .iter()
                .position(|piece| *piece != Piece::Any)
                .map_or(&[][..], |at| &rest[at..]);
            rest.is_empty() || (0..=text.len()).any(|skip| fits(rest, &text[skip..]))
        }
        ([Piece::One, pattern @ ..], [_, text @ ..]) => fits(pattern, text),
        ([Piece::Char(wanted), pattern @ ..], [found, text @ ..]) => {
            wanted == found && fits(pattern, text)
        }
        ([], [_, ..]) | ([Piece::One | Piece::Char(_), ..], []) => false,
    }
}
