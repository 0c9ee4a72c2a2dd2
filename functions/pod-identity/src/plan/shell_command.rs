//! A shell command over several lines. Each line but the last ends with a backslash, so that the
//! command can be pasted as a whole.

use std::fmt;

/// A command with its options. Each option is printed on its own line.
pub(super) struct ShellCommand {
    command: &'static str,
    options: Vec<(&'static str, String)>,
}

impl ShellCommand {
    pub(super) const fn new(command: &'static str) -> Self {
        Self { command, options: Vec::new() }
    }

    #[must_use]
    pub(super) fn with(mut self, option: &'static str, value: impl fmt::Display) -> Self {
        self.options.push((option, value.to_string()));
        self
    }
}

impl fmt::Display for ShellCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command)?;
        for (option, value) in &self.options {
            write!(f, " \\\n  {option} {}", quote(value))?;
        }
        Ok(())
    }
}

/// Quotes a value so that a shell reads it as one word.
fn quote(value: &str) -> String {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@=,+".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_safe) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_but_the_last_ends_with_a_backslash() {
        let command = ShellCommand::new("aws iam create-role")
            .with("--role-name", "Role")
            .with("--document", r#"{"a": "it's"}"#);
        let expected =
            "aws iam create-role \\\n  --role-name Role \\\n  --document '{\"a\": \"it'\\''s\"}'";
        assert_eq!(command.to_string(), expected);
    }
}
