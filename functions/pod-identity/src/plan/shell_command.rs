use std::fmt;

/// A shell command with its options. `Display` writes each option on a line of its own. Each line
/// except the last ends with a backslash, so that a person can paste the whole command.
pub(super) struct ShellCommand {
    command: &'static str,
    options: Vec<(&'static str, String)>,
}

impl ShellCommand {
    pub(super) const fn new(command: &'static str) -> Self {
        Self { command, options: Vec::new() }
    }

    /// Adds an option with its value.
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
            write!(f, " \\\n  {option} {}", quote_for_shell(value))?;
        }
        Ok(())
    }
}

/// Quotes a value, if this is needed, so that a shell reads the value as one word.
fn quote_for_shell(value: &str) -> String {
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
    fn each_option_of_a_command_is_quoted_on_its_own_line() {
        let command = ShellCommand::new("aws iam create-role")
            .with("--role-name", "Role")
            .with("--document", r#"{"a": "it's"}"#);
        let expected =
            "aws iam create-role \\\n  --role-name Role \\\n  --document '{\"a\": \"it'\\''s\"}'";
        assert_eq!(command.to_string(), expected);
    }
}
