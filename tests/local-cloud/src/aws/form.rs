//! Parameters of the AWS query protocol, which are sent as a form.
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::AwsError;

/// The parameters of a call by name, decoded.
#[derive(Debug, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Parses a request body. A part without `=` is ignored.
    pub(crate) fn parse(body: &[u8]) -> Form {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let pairs = String::from_utf8_lossy(body);
        let pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
        Form(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// Returns a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a parameter that must be present and not empty.
    ///
    /// # Errors
    /// AWS's validation error if the parameter is absent or empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, AwsError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let member = lower_first_letter(name);
            AwsError::validation(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// Returns a parameter that must be an integer within limits.
    ///
    /// # Errors
    /// AWS's validation error if the parameter is not an integer or is outside the limits.
    pub(crate) fn integer(
        &self,
        name: &str,
        limits: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, AwsError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| limits.contains(number));
        let error = || {
            let (member, low, high) = (lower_first_letter(name), limits.start(), limits.end());
            AwsError::validation(format!(
                "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must \
                 have value between {low} and {high}"
            ))
        };
        number.map(Some).ok_or_else(error)
    }

    /// Returns a list parameter: the values of `<name>.member.1`, `<name>.member.2` and so on.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let item = |n: usize| self.0.get(&format!("{name}.member.{n}")).cloned();
        (1..).map_while(item).collect()
    }

    /// Returns a parameter that is a list of structures. Each structure is a form with its members.
    pub(crate) fn structures(&self, name: &str) -> Vec<Form> {
        let structure = |n: usize| {
            let prefix = format!("{name}.member.{n}.");
            let member = |(key, value): (&String, &String)| {
                Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()))
            };
            let members: BTreeMap<_, _> = self.0.iter().filter_map(member).collect();
            (!members.is_empty()).then_some(Form(members))
        };
        (1..).map_while(structure).collect()
    }

    /// Returns the list parameter `Tags`: tag values by tag key.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let pair = |tag: Form| {
            Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned()))
        };
        self.structures("Tags").into_iter().filter_map(pair).collect()
    }
}

/// Returns a name with a lower-case first letter.
fn lower_first_letter(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
