//! Form parameters of the AWS query protocol.
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::error::AwsError;

/// Parameters by name.
#[derive(Debug, Default)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    pub(crate) fn parse(body: &[u8]) -> Form {
        let decode = |text: &str| {
            percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        let pairs = String::from_utf8_lossy(body);
        let pairs = pairs.split('&').filter_map(|pair| pair.split_once('='));
        Form(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a parameter that must be present and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, AwsError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let member = lower_first(name);
            AwsError::validation(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// Returns an integer parameter within limits.
    pub(crate) fn integer(
        &self,
        name: &str,
        limits: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, AwsError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| limits.contains(number));
        let fault = || {
            let (member, low, high) = (lower_first(name), limits.start(), limits.end());
            AwsError::validation(format!(
                "1 validation error detected: Value '{text}' at '{member}' failed to satisfy constraint: Member must \
                 have value between {low} and {high}"
            ))
        };
        number.map(Some).ok_or_else(fault)
    }

    /// Returns `name.member.1`, `name.member.2` and so on.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let at = |n: usize| self.0.get(&format!("{name}.member.{n}")).cloned();
        (1..).map_while(at).collect()
    }

    /// Returns a list of structures, each as a form.
    pub(crate) fn structures(&self, name: &str) -> Vec<Form> {
        let part = |n: usize| {
            let prefix = format!("{name}.member.{n}.");
            let inside = |(key, value): (&String, &String)| {
                Some((key.strip_prefix(&prefix)?.to_owned(), value.clone()))
            };
            let members: BTreeMap<_, _> = self.0.iter().filter_map(inside).collect();
            (!members.is_empty()).then_some(Form(members))
        };
        (1..).map_while(part).collect()
    }

    /// Returns the tags in `Tags.member.N.{Key,Value}`.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let pair = |form: Form| {
            Some((form.get("Key")?.to_owned(), form.get("Value").unwrap_or_default().to_owned()))
        };
        self.structures("Tags").into_iter().filter_map(pair).collect()
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}
