//! The template for the names of accounts that are registered automatically.

use std::{collections::BTreeSet, fmt, str::FromStr};

use gangway_model::{AccountId, AccountName};

/// A template of names, with at least one of the placeholders `{accountId}` and `{accountName}`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NameTemplate(Vec<Part>);

/// A part of a template: a text, or a placeholder.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    AccountId,
    AccountName,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "must be letters, digits, '.', '_' and '-' around {{accountId}}, {{accountName}} or both, a letter, a digit or a placeholder first, and at most 64 characters with an account id in its place"
)]
pub struct InvalidNameTemplate;

/// Largest length of a name, in characters.
const MAX_CHARS: usize = 64;

impl Default for NameTemplate {
    fn default() -> Self {
        Self(vec![Part::Text("aws-".to_owned()), Part::AccountId])
    }
}

impl FromStr for NameTemplate {
    type Err = InvalidNameTemplate;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let (placeholder, after) = behind.split_once('}').ok_or(InvalidNameTemplate)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(match placeholder {
                "accountId" => Part::AccountId,
                "accountName" => Part::AccountName,
                _ => return Err(InvalidNameTemplate),
            });
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        let template = Self(parts);
        // A sample name shows whether the texts around the placeholders are valid in a name.
        let sample = template.fill("000000000000", "a");
        let has_placeholder = template.0.iter().any(|part| !matches!(part, Part::Text(_)));
        if has_placeholder && sample.parse().is_ok_and(|name: AccountName| name.is_plain()) {
            Ok(template)
        } else {
            Err(InvalidNameTemplate)
        }
    }
}

impl NameTemplate {
    /// Returns the name in Palette of the AWS account `account`, whose name in Organizations is
    /// `name`. Replaces characters of `name` other than letters, digits, `.`, `_` and `-` with `-`.
    /// Returns `None` if the result would be empty, too long or invalid. A name that is too long is
    /// not truncated, because two accounts could then have the same name.
    pub fn name(&self, account: AccountId, name: &str) -> Option<AccountName> {
        let name: String = name
            .chars()
            .map(|character| {
                if character.is_ascii_alphanumeric() || "._-".contains(character) {
                    character
                } else {
                    '-'
                }
            })
            .collect();
        let name = name.trim_matches('-');
        if name.is_empty() && self.uses_account_name() {
            return None;
        }
        let filled = self.fill(account.as_str(), name);
        if filled.len() > MAX_CHARS {
            return None;
        }
        filled.parse().ok().filter(AccountName::is_plain)
    }

    /// Returns `true` if the template contains `{accountName}`. Then the name must be read from
    /// Organizations, because events may not contain the name.
    pub fn uses_account_name(&self) -> bool {
        self.0.contains(&Part::AccountName)
    }

    /// Returns `true` if the template can give this name to an account, and `account` is not that
    /// account. A template that consists only of `{accountName}` reserves no name, because it would
    /// reserve all.
    pub fn reserves(&self, name: &AccountName, account: Option<AccountId>) -> bool {
        if self.0.iter().all(|part| *part == Part::AccountName) || !self.can_produce(name, None) {
            return false;
        }
        // Without an account id in the template, the name does not show which account it belongs
        // to.
        let is_own = account.is_some_and(|account| self.can_produce(name, Some(account)));
        !(is_own && self.0.contains(&Part::AccountId))
    }

    /// Returns `true` if the template can give this name to the account. If `account` is `None`,
    /// returns `true` if the template can give this name to any account.
    fn can_produce(&self, name: &AccountName, account: Option<AccountId>) -> bool {
        let name = fold_case(name.as_str());
        let mut rests = BTreeSet::from([name.as_str()]);
        for part in &self.0 {
            rests = rests.into_iter().flat_map(|rest| part.rests_after(rest, account)).collect();
        }
        rests.contains("")
    }

    /// Returns the template with these values for its placeholders.
    fn fill(&self, account: &str, name: &str) -> String {
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::AccountId => account.to_owned(),
            Part::AccountName => name.to_owned(),
        };
        self.0.iter().map(part).collect()
    }
}

impl Part {
    /// Returns every possible rest of `text` after this part at its start. There are several,
    /// because an account name can have any length.
    fn rests_after<'a>(&self, text: &'a str, account: Option<AccountId>) -> Vec<&'a str> {
        match (self, account) {
            (Self::Text(own), _) => text.strip_prefix(&*fold_case(own)).into_iter().collect(),
            (Self::AccountId, Some(account)) => {
                text.strip_prefix(account.as_str()).into_iter().collect()
            }
            (Self::AccountId, None) => {
                let rest =
                    text.split_at_checked(12).filter(|(id, _)| id.parse::<AccountId>().is_ok());
                rest.map(|(_, rest)| rest).into_iter().collect()
            }
            (Self::AccountName, _) => (1..=text.len()).filter_map(|end| text.get(end..)).collect(),
        }
    }
}

/// Returns the text without differences of case, because Palette may not distinguish the case of
/// names. Converts to upper case and then to lower case: `ſ` becomes an ASCII letter only in upper
/// case, and `K` (the Kelvin sign) only in lower case.
fn fold_case(text: &str) -> String {
    text.to_uppercase().to_lowercase()
}

impl fmt::Display for NameTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill("{accountId}", "{accountName}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_a_template_are_valid_in_palette() {
        let account: AccountId = "012345678901".parse().unwrap();
        for (template, name, expected) in [
            ("aws-{accountId}", "whatever it is", Some("aws-012345678901")),
            ("{accountName}", "team-payments-dev", Some("team-payments-dev")),
            ("{accountName}-{accountId}", "Müller & Co", Some("M-ller---Co-012345678901")),
            ("{accountName}", " (lab) ", Some("lab")),
            ("{accountName}", "???", None),
            ("{accountName}", "_lab", None),
            ("x{accountName}", &"n".repeat(64), None),
        ] {
            let template: NameTemplate = template.parse().unwrap();
            let name = template.name(account, name);
            assert_eq!(name.as_ref().map(AccountName::as_str), expected, "{template}");
        }
        assert_eq!(NameTemplate::default(), "aws-{accountId}".parse().unwrap());
    }

    #[test]
    fn names_of_other_vended_accounts_are_reserved() {
        let own: AccountId = "012345678901".parse().unwrap();
        for (template, name, reserved, reserved_from_its_account) in [
            ("aws-{accountId}", "aws-012345678901", true, false),
            ("aws-{accountId}", "aws-999999999999", true, true),
            ("aws-{accountId}", "aws-payments", false, false),
            ("aws-{accountId}", "aws-0123456789012", false, false),
            ("aws-{accountId}", "AWS-012345678901", true, false),
            ("aws-{accountId}", "Aws-999999999999", true, true),
            ("aws-{accountId}", "awſ-999999999999", true, true),
            ("aws-{accountId}", "aws -999999999999", false, false),
            ("aws-{accountId}", "aws-٩99999999999", false, false),
            ("kit-{accountName}", "\u{212a}it-Prod Account", true, true),
            ("{accountId}", "999999999999", true, true),
            ("{accountName}-{accountId}", "a-b-012345678901", true, false),
            ("{accountName}-{accountId}", "a-999999999999", true, true),
            ("{accountName}-{accountId}", "-012345678901", false, false),
            ("vended-{accountName}", "vended-payments", true, true),
            ("vended-{accountName}", "payments", false, false),
            ("{accountName}", "payments", false, false),
            ("{accountName}{accountName}", "payments", false, false),
        ] {
            let parsed: NameTemplate = template.parse().unwrap();
            let Ok(account_name) = name.parse() else {
                assert!(!reserved, "{name} is no name");
                continue;
            };
            assert_eq!(parsed.reserves(&account_name, None), reserved, "{template} {name}");
            let from_its_account = parsed.reserves(&account_name, Some(own));
            assert_eq!(from_its_account, reserved_from_its_account, "{template} {name}");
        }
    }

    #[test]
    fn invalid_templates_are_rejected() {
        for text in [
            "",
            "aws",
            "{account}",
            "{accountId",
            "{accountId}}",
            "a b {accountId}",
            "-{accountId}",
            "{}",
            &format!("{}{{accountId}}", "n".repeat(53)),
        ] {
            assert_eq!(text.parse::<NameTemplate>(), Err(InvalidNameTemplate), "{text}");
        }
        assert!(!NameTemplate::default().uses_account_name());
    }
}
