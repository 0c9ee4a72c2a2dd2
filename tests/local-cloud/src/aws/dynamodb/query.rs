//! `Query`: the items of one partition in the order of their sort keys, in pages.
use std::ops::Bound;

use serde_json::{Value, json};

use super::Failure;
use super::call::{DynamoDbCall, empty_key, invalid_member, text};
use super::expression::{Comparator, Condition, Operand, Parser, Placeholders};
use super::items::{is_consistent, project};
use super::setup::StoredTable;
use super::validation;
use super::value::{item_size, parse_item, parts};
use crate::aws::error::AwsError;

/// Maximum size of the items of a page, before the projection.
const MAX_PAGE_BYTES: usize = 1024 * 1024;

const KEY_CONDITION: &str = "KeyConditionExpression";
const PROJECTION: &str = "ProjectionExpression";

pub(super) fn query(call: &DynamoDbCall<'_>) -> Result<Value, Failure> {
    let table_key = call.table_key()?;
    // The members come first, as an item cannot be selected without them.
    let parsed = Selection::parse(call);
    let leading = parsed.as_ref().ok().and_then(|selection| {
        let table = call.store.table(&table_key)?;
        selection.value_of(&table.settings.partition_key)
    });
    call.authorize(&table_key, leading.map(|value| text(Some(value))).unwrap_or_default())?;
    let selection = parsed?;
    let table = call.table(&table_key)?;
    let (partition, conditions) = selection.keys(table)?;
    let start = match &selection.start {
        None => Bound::Included((partition.to_owned(), String::new())),
        Some(start) => {
            let key = table.key(start).map_err(|error| {
                validation(format!("The provided starting key is invalid: {}", error.message))
            })?;
            if key.0 != partition {
                return Err(validation(
                    "The provided starting key is outside query boundaries based on provided conditions",
                )
                .into());
            }
            Bound::Excluded(key)
        }
    };
    let (mut items, mut bytes, mut last) = (Vec::new(), 0, None);
    for (key, item) in table.items.range((start, Bound::Unbounded)) {
        if key.0 != partition {
            break;
        }
        let sort_key = json!({"S": key.1});
        if !conditions.iter().all(|(comparator, value)| comparator.is_met(&sort_key, value)) {
            continue;
        }
        bytes += item_size(item);
        if !items.is_empty() && bytes > MAX_PAGE_BYTES {
            last = items.last().copied();
            break;
        }
        items.push(item);
        // DynamoDB stops here, and does not look whether there are more.
        if Some(items.len()) == selection.limit {
            last = Some(item);
            break;
        }
    }
    let projection = selection.projection.as_deref();
    let projected: Vec<_> = items.iter().map(|item| project(item, projection)).collect();
    let mut response =
        json!({"Items": projected, "Count": items.len(), "ScannedCount": items.len()});
    if let Some(last) = last {
        let names: Vec<String> = table.key_names().cloned().collect();
        response["LastEvaluatedKey"] = json!(project(last, Some(&names)));
    }
    Ok(response)
}

/// A partition key, and the conditions on the sort key.
type Keys<'a> = (&'a str, Vec<(Comparator, &'a Value)>);

/// The parameters of a query.
struct Selection {
    condition: Condition,
    projection: Option<Vec<String>>,
    start: Option<super::value::Item>,
    limit: Option<usize>,
}

impl Selection {
    fn parse(call: &DynamoDbCall<'_>) -> Result<Selection, AwsError> {
        call.check_members(&[
            KEY_CONDITION,
            PROJECTION,
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ExclusiveStartKey",
            "Limit",
            "ConsistentRead",
        ])?;
        is_consistent(call.body)?;
        let limit = match call.body.number("Limit")? {
            None => None,
            Some(limit) => {
                Some(usize::try_from(limit).ok().filter(|limit| *limit > 0).ok_or_else(|| {
                    let constraint = "Member must have value greater than or equal to 1";
                    invalid_member(&format!("'{limit}'"), "limit", constraint)
                })?)
            }
        };
        let placeholders =
            Placeholders::parse(call.body, (&[KEY_CONDITION, PROJECTION], &[KEY_CONDITION]))?;
        let start = parse_item(call.body.member("ExclusiveStartKey"))?;
        let projection = Parser::projection(call.body, PROJECTION, &placeholders)?;
        let condition = Parser::condition(call.body, KEY_CONDITION, &placeholders)?;
        let condition = condition.ok_or_else(|| {
            validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
            )
        })?;
        placeholders.check_unused()?;
        Ok(Selection { condition, projection, start, limit })
    }

    /// Returns the value that an attribute must be equal to.
    fn value_of(&self, name: &str) -> Option<&Value> {
        let comparisons = comparisons(&self.condition).ok()?;
        let found = comparisons
            .into_iter()
            .find(|(one, comparator, _)| *one == name && *comparator == Comparator::Equal);
        found.map(|(_, _, value)| value)
    }

    fn keys(&self, table: &StoredTable) -> Result<Keys<'_>, AwsError> {
        let unsupported = || validation("Query key condition not supported");
        let (mut partition, mut sort) = (None, Vec::new());
        let (partition_name, sort_name) = (&table.settings.partition_key, &table.settings.sort_key);
        let comparisons = comparisons(&self.condition)?;
        if comparisons.len() > 2 {
            return Err(validation("Conditions can be of length 1 or 2 only"));
        }
        let known = |name: &str| name == partition_name || sort_name.as_deref() == Some(name);
        if let Some(missed) = [Some(partition_name), sort_name.as_ref()]
            .into_iter()
            .flatten()
            .take(comparisons.len())
            .find(|name| !comparisons.iter().any(|(one, ..)| one == name))
        {
            return Err(validation(format!("Query condition missed key schema element: {missed}")));
        }
        for (name, comparator, value) in comparisons {
            if !known(name) {
                return Err(unsupported());
            }
            if parts(value).0 != "S" {
                return Err(validation(
                    "One or more parameter values were invalid: Condition parameter type does not match schema type",
                ));
            }
            if text(Some(value)).is_empty() {
                return Err(empty_key(name));
            }
            if name != partition_name {
                sort.push((comparator, value));
            } else if comparator == Comparator::Equal && partition.is_none() {
                partition = Some(text(Some(value)));
            } else {
                return Err(unsupported());
            }
        }
        Ok((partition.ok_or_else(unsupported)?, sort))
    }
}

/// Splits a key condition: comparisons of attributes with values, all of which must hold.
fn comparisons(condition: &Condition) -> Result<Vec<(&str, Comparator, &Value)>, AwsError> {
    let invalid = |operator: &str| {
        let fault = "Invalid operator used in KeyConditionExpression";
        Err(validation(format!("Invalid KeyConditionExpression: {fault}: {operator}")))
    };
    match condition {
        Condition::And(left, right) => {
            let mut all = comparisons(left)?;
            all.extend(comparisons(right)?);
            Ok(all)
        }
        Condition::Or(..) => invalid("OR"),
        Condition::Not(_) => invalid("NOT"),
        Condition::Exists(_) => invalid("attribute_exists"),
        Condition::NotExists(_) => invalid("attribute_not_exists"),
        Condition::Compare(Comparator::NotEqual, ..) => invalid("<>"),
        Condition::Compare(comparator, Operand::Attribute(name), Operand::Value(value)) => {
            Ok(vec![(name, *comparator, value)])
        }
        Condition::Compare(..) => Err(validation(
            "Invalid KeyConditionExpression: Operands on each side of an operator must be an attribute and a value",
        )),
    }
}
