//! Tokens of expressions.

/// A name, a placeholder, a word or a symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) after_space: bool,
}

/// Words that are not names of attributes or functions.
const WORDS: [&str; 5] = ["AND", "BETWEEN", "IN", "NOT", "OR"];

impl Token {
    /// Returns `true` for the name of an attribute or its placeholder.
    pub(super) fn is_name(&self) -> bool {
        self.is_identifier() || self.text.starts_with('#')
    }

    /// Returns `true` for letters and digits, letter first, that are not a word of the language.
    pub(super) fn is_identifier(&self) -> bool {
        self.text.starts_with(|first: char| first.is_ascii_alphabetic())
            && !WORDS.contains(&self.text.to_ascii_uppercase().as_str())
    }
}

/// Splits an expression into tokens.
pub(super) fn tokenize(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let after_space = trimmed.len() < rest.len();
        rest = trimmed;
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let length = if first.is_ascii_alphanumeric() || first == '#' || first == ':' {
            let tail = rest.chars().skip(1).take_while(|letter| is_part(*letter)).count();
            if tail == 0 && !first.is_ascii_alphanumeric() {
                return Err(syntax_error(first, rest));
            }
            tail + 1
        } else if ["<=", ">=", "<>"].iter().any(|symbol| rest.starts_with(symbol)) {
            2
        } else if "()=<>,.[]".contains(first) {
            1
        } else {
            return Err(syntax_error(first, rest));
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(Token { text: token.to_owned(), after_space });
        rest = tail;
    }
}

fn syntax_error(token: char, rest: &str) -> String {
    let near: String = rest.chars().take(10).collect();
    format!("Syntax error; token: \"{token}\", near: \"{near}\"")
}
