//! Messages and their validation.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::digest::md5;
use crate::aws::error::AwsError;

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// Account id or session id of the sender.
    pub(crate) sender: String,
    /// Seconds since the Unix epoch.
    pub(crate) sent: i64,
    pub(crate) first_received: Option<i64>,
    pub(crate) receive_count: u32,
    /// Time from which it can be received.
    pub(crate) visible: i64,
    /// Receipt handle of the last receive.
    pub(crate) receipt_handle: Option<String>,
    /// ARN of the queue that it was moved from.
    pub(crate) dead_letter_source: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) kind: String,
    /// Text, or base64 of binary data.
    pub(crate) value: String,
}

impl Attribute {
    fn is_binary(&self) -> bool {
        self.kind.starts_with("Binary")
    }
}

pub(super) fn invalid_parameter_value(reason: &str) -> AwsError {
    let message = format!("One or more parameters are invalid. Reason: {reason}");
    AwsError::new(400, "InvalidParameterValue", message)
}

/// Returns `true` if SQS accepts the character: only those of XML 1.0.
fn is_allowed_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Validates a message body.
pub(super) fn check_body(text: Option<&str>) -> Result<String, AwsError> {
    let text = text.filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| {
        AwsError::new(
            400,
            "MissingParameter",
            "The request must contain the parameter MessageBody.",
        )
    })?;
    if !text.chars().all(is_allowed_character) {
        return Err(AwsError::new(
            400,
            "InvalidMessageContents",
            "The message contains characters outside the allowed set.",
        ));
    }
    Ok(text.to_owned())
}

/// Parses `MessageAttributes`.
pub(super) fn parse_attributes(
    value: Option<&Value>,
) -> Result<BTreeMap<String, Attribute>, AwsError> {
    let mut attributes = BTreeMap::new();
    for (name, value) in value.and_then(Value::as_object).into_iter().flatten() {
        let text = |member: &str| value.get(member).and_then(Value::as_str).unwrap_or_default();
        let named = (1..=256).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if !named || name.to_ascii_lowercase().starts_with("aws.") {
            return Err(invalid_parameter_value(&format!(
                "The message attribute name '{name}' is not valid."
            )));
        }
        let kind = text("DataType");
        let base = kind.split('.').next().unwrap_or_default();
        let member = match base {
            "String" | "Number" => "StringValue",
            "Binary" => "BinaryValue",
            _ => {
                return Err(invalid_parameter_value(&format!(
                    "The type of message (user) attribute '{name}' is invalid. You must use only the following supported \
                     type prefixes: Binary, Number, String."
                )));
            }
        };
        let value = text(member);
        if value.is_empty() || base == "Number" && value.parse::<f64>().is_err() {
            return Err(invalid_parameter_value(&format!(
                "The message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
            )));
        }
        attributes
            .insert(name.clone(), Attribute { kind: kind.to_owned(), value: value.to_owned() });
    }
    if attributes.len() > 10 {
        return Err(invalid_parameter_value(&format!(
            "Number of message attributes [{}] exceeds the allowed maximum [10].",
            attributes.len()
        )));
    }
    Ok(attributes)
}

/// Returns the size in bytes that counts against the limits.
pub(super) fn message_size(body: &str, attributes: &BTreeMap<String, Attribute>) -> usize {
    let each = |(name, attribute): (&String, &Attribute)| {
        name.len() + attribute.kind.len() + attribute.value.len()
    };
    body.len() + attributes.iter().map(each).sum::<usize>()
}

impl Message {
    pub(super) fn md5_of_body(&self) -> String {
        md5(self.body.as_bytes())
    }

    /// Returns the MD5 of the attributes, sorted by name. Of binary values the base64 text is
    /// hashed.
    pub(super) fn md5_of_attributes(&self) -> Option<String> {
        let mut bytes = Vec::new();
        for (name, attribute) in &self.attributes {
            for text in [name, &attribute.kind] {
                bytes.extend(u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
                bytes.extend(text.as_bytes());
            }
            bytes.push(if attribute.is_binary() { 2 } else { 1 });
            bytes.extend(u32::try_from(attribute.value.len()).unwrap_or(0).to_be_bytes());
            bytes.extend(attribute.value.as_bytes());
        }
        (!bytes.is_empty()).then(|| md5(&bytes))
    }

    /// Returns the system attributes. All values are strings; times are in milliseconds.
    pub(crate) fn system_attributes(&self) -> BTreeMap<&'static str, String> {
        let millis = |seconds: i64| (seconds * 1000).to_string();
        let mut all = BTreeMap::from([
            ("SenderId", self.sender.clone()),
            ("SentTimestamp", millis(self.sent)),
            ("ApproximateReceiveCount", self.receive_count.to_string()),
            ("ApproximateFirstReceiveTimestamp", millis(self.first_received.unwrap_or(self.sent))),
        ]);
        all.extend(self.dead_letter_source.clone().map(|arn| ("DeadLetterQueueSourceArn", arn)));
        all
    }

    /// Builds the record of a Lambda event.
    pub(crate) fn lambda_record(&self, arn: &str, region: &str) -> Value {
        let attribute_json = |attribute: &Attribute| {
            let mut value = json!({
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": attribute.kind,
            });
            let member = if attribute.is_binary() { "binaryValue" } else { "stringValue" };
            value[member] = attribute.value.as_str().into();
            value
        };
        let attributes: serde_json::Map<_, _> = self
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute_json(attribute)))
            .collect();
        let mut record = json!({
            "messageId": self.id,
            "receiptHandle": self.receipt_handle,
            "body": self.body,
            "attributes": self.system_attributes(),
            "messageAttributes": attributes,
            "md5OfBody": self.md5_of_body(),
            "eventSource": "aws:sqs",
            "eventSourceARN": arn,
            "awsRegion": region,
        });
        if let Some(digest) = self.md5_of_attributes() {
            record["md5OfMessageAttributes"] = digest.into();
        }
        record
    }
}
