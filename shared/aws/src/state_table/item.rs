//! One item of the table, and its attributes.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::types::AttributeValue;
use gangway_model::{
    Uid, UpstreamError,
    time::{parse_rfc3339, to_rfc3339},
};

use crate::error::DYNAMODB;

/// Partition key.
pub(super) const SCOPE: &str = "scope";
/// Sort key.
pub(super) const UID: &str = "uid";
pub(super) const REVISION: &str = "revision";
/// RFC 3339, in whole seconds.
pub(super) const CHECKED: &str = "checked";
/// Seconds since the epoch: the table's TTL attribute.
pub(super) const EXPIRES: &str = "expires";
pub(super) const DOCUMENT: &str = "document";
pub(super) const REPORT: &str = "report";

/// Largest item of DynamoDB: names and values of the attributes in UTF-8.
pub(super) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Bytes of a number that has the most digits that a `u64` has. DynamoDB uses up to 21 bytes for 38
/// digits.
const NUMBER_BYTES: usize = 21;

/// The state of one account. Times are kept in whole seconds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateItem {
    /// `tenant`, or `project/<uid>`. Partition key.
    pub scope: String,
    /// Uid of the account in Palette. Sort key.
    pub uid: Uid,
    /// Changes with each write.
    pub revision: u64,
    pub checked: SystemTime,
    /// When the item becomes absent.
    pub expires: SystemTime,
    /// JSON.
    pub document: String,
    /// JSON. `None` in a list.
    pub report: Option<String>,
}

impl StateItem {
    pub(super) fn to_attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |value: &str| AttributeValue::S(value.to_owned());
        let number = |value: u64| AttributeValue::N(value.to_string());
        let attributes = [
            (SCOPE, Some(text(&self.scope))),
            (UID, Some(text(self.uid.as_str()))),
            (REVISION, Some(number(self.revision))),
            (CHECKED, Some(text(&to_rfc3339(self.checked)))),
            (EXPIRES, Some(number(epoch_seconds(self.expires)))),
            (DOCUMENT, Some(text(&self.document))),
            (REPORT, self.report.as_deref().map(text)),
        ];
        let present = attributes.into_iter().filter_map(|(name, value)| Some((name, value?)));
        present.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Reads the attributes of an item.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] for an item that Gangway does not write. It names the attribute
    /// and the item, never the value.
    pub(super) fn parse(
        attributes: HashMap<String, AttributeValue>,
    ) -> Result<Self, UpstreamError> {
        let mut attributes = Attributes(attributes);
        let revision = attributes.number(REVISION)?;
        let expires = UNIX_EPOCH.checked_add(Duration::from_secs(attributes.number(EXPIRES)?));
        let expires = expires.ok_or_else(|| attributes.invalid(EXPIRES, "is too large"))?;
        let checked = parse_rfc3339(&attributes.text(CHECKED)?);
        let checked =
            checked.ok_or_else(|| attributes.invalid(CHECKED, "is not a time of RFC 3339"))?;
        let document = attributes.text(DOCUMENT)?;
        let report = attributes.optional_text(REPORT)?;
        // The keys last: errors name the item by them.
        let uid = attributes.0.get(UID).and_then(|uid| uid.as_s().ok()?.parse().ok());
        let uid = uid.ok_or_else(|| attributes.invalid(UID, "is not a uid"))?;
        let scope = attributes.text(SCOPE)?;
        Ok(Self { scope, uid, revision, checked, expires, document, report })
    }
}

/// Attributes of an item, as DynamoDB returned them.
struct Attributes(HashMap<String, AttributeValue>);

impl Attributes {
    fn text(&mut self, name: &str) -> Result<String, UpstreamError> {
        self.optional_text(name)?.ok_or_else(|| self.invalid(name, "is missing"))
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, UpstreamError> {
        match self.0.remove(name) {
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(name, "is not a string")),
            None => Ok(None),
        }
    }

    fn number(&self, name: &str) -> Result<u64, UpstreamError> {
        let value = self.0.get(name).ok_or_else(|| self.invalid(name, "is missing"))?;
        let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.invalid(name, "is not a whole number"))
    }

    fn invalid(&self, name: &str, fault: &str) -> UpstreamError {
        let (scope, uid) = (self.key(SCOPE, "an unknown scope"), self.key(UID, "an unknown uid"));
        let reason = format!(
            "the state table's item of {scope} and {uid} cannot be read: attribute {name} {fault}; delete the item, and it is written again"
        );
        UpstreamError::Rejected { service: DYNAMODB, reason }
    }

    /// Returns a key for an error message: short, and of printable ASCII only.
    fn key(&self, name: &str, unknown: &'static str) -> &str {
        let is_plain = |text: &&str| {
            text.len() <= 64
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte))
        };
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).filter(is_plain).unwrap_or(unknown)
    }
}

/// Returns `true` if the TTL of an item has passed, whether or not its other attributes can be
/// read.
pub(super) fn is_expired(attributes: &HashMap<String, AttributeValue>, now: SystemTime) -> bool {
    let expires = attributes.get(EXPIRES).and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
    expires.is_some_and(|expires| expires <= epoch_seconds(now))
}

/// Returns whole seconds since 1970; 0 for an earlier time.
pub(super) fn epoch_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Returns the size of an item as DynamoDB counts it, or a few bytes more.
pub(super) fn item_bytes(attributes: &HashMap<String, AttributeValue>) -> usize {
    let size = |value: &AttributeValue| value.as_s().map_or(NUMBER_BYTES, String::len);
    attributes.iter().map(|(name, value)| name.len() + size(value)).sum()
}
