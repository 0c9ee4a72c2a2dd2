//! Converts an item of the state table to and from its attributes.

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

/// Attribute that is the partition key.
pub(super) const SCOPE: &str = "scope";
/// Attribute that is the sort key.
pub(super) const UID: &str = "uid";
pub(super) const REVISION: &str = "revision";
/// Attribute with the time of the last check, as text of RFC 3339 in whole seconds.
pub(super) const CHECKED: &str = "checked";
/// TTL attribute of the table: when DynamoDB may delete the item, in seconds since 1970.
pub(super) const EXPIRES: &str = "expires";
pub(super) const DOCUMENT: &str = "document";
pub(super) const REPORT: &str = "report";

/// Size in bytes of the largest item that DynamoDB accepts. The names and the values of the
/// attributes count, in UTF-8.
pub(super) const MAX_ITEM_BYTES: usize = 400 * 1024;

/// Size in bytes with which a number is counted. DynamoDB uses up to 21 bytes for a number of 38
/// digits; a `u64` has 20 at most.
const NUMBER_BYTES: usize = 21;

/// Item of the state table: the state of one account. Times are stored in whole seconds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StateItem {
    /// Scope of the account: `tenant` or `project/<uid>`. This is the partition key.
    pub scope: String,
    /// Uid of the account in Palette. This is the sort key.
    pub uid: Uid,
    /// Number that changes with each write of the item.
    pub revision: u64,
    /// When the watch last validated the account.
    pub checked: SystemTime,
    /// When the item counts as absent, and DynamoDB may delete it.
    pub expires: SystemTime,
    /// State of the account, in JSON.
    pub document: String,
    /// Last report about the account, in JSON. `None` if the item was read with a list.
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

    /// Parses the attributes of an item.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] if an attribute is missing or invalid. The reason names the item
    /// and the attribute, but never contains the value.
    pub(super) fn parse(
        attributes: HashMap<String, AttributeValue>,
    ) -> Result<Self, UpstreamError> {
        let mut attributes = Attributes(attributes);
        let revision = attributes.number(REVISION)?;
        let expires = UNIX_EPOCH.checked_add(Duration::from_secs(attributes.number(EXPIRES)?));
        let expires =
            expires.ok_or_else(|| attributes.invalid_attribute_error(EXPIRES, "is too large"))?;
        let checked = parse_rfc3339(&attributes.text(CHECKED)?);
        let checked = checked.ok_or_else(|| {
            attributes.invalid_attribute_error(CHECKED, "is not a time of RFC 3339")
        })?;
        let document = attributes.text(DOCUMENT)?;
        let report = attributes.optional_text(REPORT)?;
        // The keys are removed last, because the errors above name the item by its keys.
        let uid = attributes.0.get(UID).and_then(|uid| uid.as_s().ok()?.parse().ok());
        let uid = uid.ok_or_else(|| attributes.invalid_attribute_error(UID, "is not a uid"))?;
        let scope = attributes.text(SCOPE)?;
        Ok(Self { scope, uid, revision, checked, expires, document, report })
    }
}

/// Attributes of an item that are not parsed yet.
struct Attributes(HashMap<String, AttributeValue>);

impl Attributes {
    fn text(&mut self, name: &str) -> Result<String, UpstreamError> {
        self.optional_text(name)?.ok_or_else(|| self.invalid_attribute_error(name, "is missing"))
    }

    fn optional_text(&mut self, name: &str) -> Result<Option<String>, UpstreamError> {
        match self.0.remove(name) {
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid_attribute_error(name, "is not a string")),
            None => Ok(None),
        }
    }

    fn number(&self, name: &str) -> Result<u64, UpstreamError> {
        let value =
            self.0.get(name).ok_or_else(|| self.invalid_attribute_error(name, "is missing"))?;
        let number = value.as_n().ok().and_then(|digits| digits.parse().ok());
        number.ok_or_else(|| self.invalid_attribute_error(name, "is not a whole number"))
    }

    /// Returns the error for an attribute. `fault` completes the sentence "attribute {name}
    /// {fault}".
    fn invalid_attribute_error(&self, name: &str, fault: &str) -> UpstreamError {
        let (scope, uid) = (
            self.printable_key(SCOPE, "an unknown scope"),
            self.printable_key(UID, "an unknown uid"),
        );
        let reason = format!(
            "the state table's item of {scope} and {uid} cannot be read: attribute {name} {fault}; delete the item, and it is written again"
        );
        UpstreamError::Rejected { service: DYNAMODB, reason }
    }

    /// Returns the value of a key attribute for an error message. Returns `unknown` if the value is
    /// missing, is too long, or has unusual characters.
    fn printable_key(&self, name: &str, unknown: &'static str) -> &str {
        let is_printable = |text: &&str| {
            text.len() <= 64
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte))
        };
        let value = self.0.get(name).and_then(|value| value.as_s().ok());
        value.map(String::as_str).filter(is_printable).unwrap_or(unknown)
    }
}

/// Returns `true` if the time `expires` of an item has passed. Does not read the other attributes.
pub(super) fn is_item_expired(
    attributes: &HashMap<String, AttributeValue>,
    now: SystemTime,
) -> bool {
    let expires = attributes.get(EXPIRES).and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
    expires.is_some_and(|expires| expires <= epoch_seconds(now))
}

/// Returns the number of whole seconds since 1970. Returns 0 for an earlier time.
pub(super) fn epoch_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Returns the size of an item in bytes. The result is the size that DynamoDB counts, or a few
/// bytes more.
pub(super) fn item_size(attributes: &HashMap<String, AttributeValue>) -> usize {
    let size = |value: &AttributeValue| value.as_s().map_or(NUMBER_BYTES, String::len);
    attributes.iter().map(|(name, value)| name.len() + size(value)).sum()
}
