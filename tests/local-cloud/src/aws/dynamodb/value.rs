//! Attribute values and items.
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::number::Decimal;
use super::{serialization, validation};
use crate::aws::error::AwsError;

/// An item: attribute values by name, in DynamoDB's JSON.
pub(super) type Item = BTreeMap<String, Value>;

/// Maximum nesting of lists and maps.
const MAX_DEPTH: usize = 32;

/// Returns the type and the content of an attribute value.
pub(super) fn parts(value: &Value) -> (&str, &Value) {
    value
        .as_object()
        .and_then(|map| map.iter().next())
        .map_or(("", &Value::Null), |(kind, content)| (kind.as_str(), content))
}

/// Reads a map of attribute values. `None` is a member that the request does not have.
pub(super) fn parse_item(value: Option<&Value>) -> Result<Option<Item>, AwsError> {
    let Some(value) = value else { return Ok(None) };
    let map = as_map(value)?;
    map.iter()
        .map(|(name, value)| Ok((name.clone(), parse(value, 0)?)))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Reads an attribute value: validates it and writes its numbers as DynamoDB does.
pub(super) fn parse_value(value: &Value) -> Result<Value, AwsError> {
    parse(value, 0)
}

fn parse(value: &Value, depth: usize) -> Result<Value, AwsError> {
    if depth > MAX_DEPTH {
        return Err(validation(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit",
        ));
    }
    let map = as_map(value)?;
    let mut present = map.iter().filter(|(_, content)| !content.is_null());
    let Some((kind, content)) = present.next() else {
        return Err(validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ));
    };
    let parsed = parse_content(kind, content, depth)?;
    if present.next().is_some() {
        return Err(validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ));
    }
    Ok(json!({ kind: parsed }))
}

fn parse_content(kind: &str, content: &Value, depth: usize) -> Result<Value, AwsError> {
    match kind {
        "S" => as_text(content).map(Value::from),
        "N" => Ok(Decimal::parse(as_text(content)?)?.to_text().into()),
        "B" => parse_binary(content).map(Value::from),
        "BOOL" => as_bool(content).map(Value::from),
        "NULL" if as_bool(content)? => Ok(true.into()),
        "NULL" => Err(validation(
            "One or more parameter values were invalid: Null attribute value types must have the value of true",
        )),
        "L" => {
            let list = as_list(content)?.iter().map(|one| parse(one, depth + 1));
            list.collect::<Result<Vec<_>, _>>().map(Value::from)
        }
        "M" => {
            let map = as_map(content)?.iter();
            map.map(|(name, one)| Ok((name.clone(), parse(one, depth + 1)?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::from)
        }
        "SS" => parse_set(content, "An string set  may not be empty", |one| {
            as_text(one).map(str::to_owned)
        }),
        "NS" => parse_set(content, "An number set  may not be empty", |one| {
            Ok(Decimal::parse(as_text(one)?)?.to_text())
        }),
        "BS" => parse_set(content, "Binary sets should not be empty", parse_binary),
        _ => Err(validation(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        )),
    }
}

fn parse_binary(content: &Value) -> Result<String, AwsError> {
    let text = as_text(content)?;
    let bytes = BASE64_STANDARD.decode(text);
    bytes.map(|_| text.to_owned()).map_err(|_not_base64| serialization("Invalid binary value"))
}

fn parse_set(
    content: &Value,
    empty: &str,
    parse: impl Fn(&Value) -> Result<String, AwsError>,
) -> Result<Value, AwsError> {
    let members = as_list(content)?.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let invalid =
        |fault: &str| validation(format!("One or more parameter values were invalid: {fault}"));
    if members.is_empty() {
        return Err(invalid(empty));
    }
    if members.iter().collect::<BTreeSet<_>>().len() < members.len() {
        let fault = format!("Input collection [{}] contains duplicates.", members.join(", "));
        return Err(invalid(&fault));
    }
    Ok(members.into())
}

fn as_bool(value: &Value) -> Result<bool, AwsError> {
    value.as_bool().ok_or_else(|| serialization("Unexpected token received from parser"))
}

fn as_map(value: &Value) -> Result<&Map<String, Value>, AwsError> {
    match value {
        Value::Object(map) => Ok(map),
        Value::Array(_) => {
            Err(serialization("Unrecognized collection type class java.util.HashMap"))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(serialization("Unexpected value type in payload"))
        }
    }
}

fn as_list(value: &Value) -> Result<&[Value], AwsError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| serialization("Unexpected field type"))
}

fn as_text(value: &Value) -> Result<&str, AwsError> {
    let wrong = |kind: &str| serialization(format!("{kind} cannot be converted to String"));
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) if number.is_f64() => Err(wrong("DECIMAL_VALUE")),
        Value::Number(_) => Err(wrong("NUMBER_VALUE")),
        Value::Bool(true) => Err(wrong("TRUE_VALUE")),
        Value::Bool(false) => Err(wrong("FALSE_VALUE")),
        Value::Null | Value::Array(_) => {
            Err(serialization("Unrecognized collection type class java.lang.String"))
        }
        Value::Object(_) => {
            Err(serialization("Start of structure or map found where not expected"))
        }
    }
}

/// Returns the size of an item: names and values, as DynamoDB documents it.
pub(super) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + size(value)).sum()
}

fn size(value: &Value) -> usize {
    const OVERHEAD: usize = 3;
    let (kind, content) = parts(value);
    let number = |text: &str| Decimal::parse(text).map_or(0, |number| number.size());
    let binary = |text: &str| BASE64_STANDARD.decode(text).map_or(0, |bytes| bytes.len());
    let text = content.as_str().unwrap_or_default();
    let members = content.as_array().into_iter().flatten();
    let texts = content.as_array().into_iter().flatten().filter_map(Value::as_str);
    match kind {
        "S" => text.len(),
        "N" => number(text),
        "B" => binary(text),
        "SS" => texts.map(str::len).sum(),
        "NS" => texts.map(number).sum(),
        "BS" => texts.map(binary).sum(),
        "L" => OVERHEAD + members.map(|one| size(one) + 1).sum::<usize>(),
        "M" => {
            let map = content.as_object().into_iter().flatten();
            OVERHEAD + map.map(|(name, one)| name.len() + size(one) + 1).sum::<usize>()
        }
        _ => 1,
    }
}

/// Returns `true` if both values are equal. Sets have no order.
pub(super) fn is_equal(left: &Value, right: &Value) -> bool {
    let ((left_kind, left_content), (right_kind, right_content)) = (parts(left), parts(right));
    let set = |content: &Value| {
        let members = content.as_array().into_iter().flatten().filter_map(Value::as_str);
        members.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    left_kind == right_kind
        && match left_kind {
            "SS" | "NS" | "BS" => set(left_content) == set(right_content),
            _ => left_content == right_content,
        }
}

/// Returns the order of two strings, numbers or binary values. Values of two types have no order.
pub(super) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    let ((kind, left), (right_kind, right)) = (parts(left), parts(right));
    let (left, right) = (left.as_str()?, right.as_str()?);
    if kind != right_kind {
        return None;
    }
    match kind {
        "S" => Some(left.cmp(right)),
        "N" => Some(Decimal::parse(left).ok()?.cmp(&Decimal::parse(right).ok()?)),
        "B" => {
            let bytes = |text: &str| BASE64_STANDARD.decode(text).ok();
            Some(bytes(left)?.cmp(&bytes(right)?))
        }
        _ => None,
    }
}
