//! `GetItem`, `PutItem` and `DeleteItem`.
use serde_json::{Value, json};

use super::Failure;
use super::call::{DynamoDbCall, invalid_member, text};
use super::expression::{Parser, Placeholders};
use super::value::{Item, item_size};
use super::{unsupported, validation};
use crate::aws::body::Body;
use crate::aws::error::AwsError;

/// Maximum size of an item in bytes.
const MAX_ITEM_BYTES: usize = 400 * 1024;

const CONDITION: &str = "ConditionExpression";
const PROJECTION: &str = "ProjectionExpression";

pub(super) fn get(call: &DynamoDbCall<'_>) -> Result<Value, Failure> {
    let table_key = call.table_key()?;
    let key = call.item("Key")?;
    call.authorize(&table_key, leading_key(call, &key))?;
    call.check_members(&["Key", "ConsistentRead", PROJECTION, "ExpressionAttributeNames"])?;
    is_consistent(call.body)?;
    let placeholders = Placeholders::parse(call.body, (&[PROJECTION], &[]))?;
    let projection = Parser::projection(call.body, PROJECTION, &placeholders)?;
    placeholders.check_unused()?;
    let table = call.table(&table_key)?;
    let item = table.items.get(&table.key(&key)?);
    Ok(item.map_or_else(|| json!({}), |item| json!({"Item": project(item, projection.as_deref())})))
}

pub(super) fn put(call: &mut DynamoDbCall<'_>) -> Result<Value, Failure> {
    let table_key = call.table_key()?;
    let item = call.item("Item")?;
    call.authorize(&table_key, leading_key(call, &item))?;
    let write = Write::parse(call, "Item")?;
    if item_size(&item) > MAX_ITEM_BYTES {
        return Err(validation("Item size has exceeded the maximum allowed size").into());
    }
    let table = call.table(&table_key)?;
    let key = table.key_of_item(&item)?;
    let old = table.items.get(&key).cloned();
    write.check(old.as_ref())?;
    call.table_mut(&table_key)?.items.insert(key, item);
    Ok(write.response(old))
}

pub(super) fn delete(call: &mut DynamoDbCall<'_>) -> Result<Value, Failure> {
    let table_key = call.table_key()?;
    let key = call.item("Key")?;
    call.authorize(&table_key, leading_key(call, &key))?;
    let write = Write::parse(call, "Key")?;
    let table = call.table(&table_key)?;
    let key = table.key(&key)?;
    let old = table.items.get(&key).cloned();
    write.check(old.as_ref())?;
    call.table_mut(&table_key)?.items.remove(&key);
    Ok(write.response(old))
}

/// What a conditional write has besides the item or its key.
struct Write {
    condition: Option<super::expression::Condition>,
    returns_old: bool,
    returns_old_on_failure: bool,
}

impl Write {
    fn parse(call: &DynamoDbCall<'_>, own_member: &str) -> Result<Write, AwsError> {
        call.check_members(&[
            own_member,
            CONDITION,
            "ExpressionAttributeNames",
            "ExpressionAttributeValues",
            "ReturnValues",
            "ReturnValuesOnConditionCheckFailure",
        ])?;
        let returns_old_on_failure =
            match call.body.string("ReturnValuesOnConditionCheckFailure")? {
                None | Some("NONE") => false,
                Some("ALL_OLD") => true,
                Some(other) => {
                    let constraint = "Member must satisfy enum value set: [ALL_OLD, NONE]";
                    let path = "returnValuesOnConditionCheckFailure";
                    return Err(invalid_member(&format!("'{other}'"), path, constraint));
                }
            };
        let returns_old = match call.body.string("ReturnValues")? {
            None | Some("NONE") => false,
            Some("ALL_OLD") => true,
            Some("ALL_NEW" | "UPDATED_OLD" | "UPDATED_NEW") => {
                return Err(validation("ReturnValues can only be ALL_OLD or NONE"));
            }
            Some(other) => {
                let constraint = "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]";
                return Err(invalid_member(&format!("'{other}'"), "returnValues", constraint));
            }
        };
        let placeholders = Placeholders::parse(call.body, (&[CONDITION], &[CONDITION]))?;
        let condition = Parser::condition(call.body, CONDITION, &placeholders)?;
        placeholders.check_unused()?;
        Ok(Write { condition, returns_old, returns_old_on_failure })
    }

    fn check(&self, old: Option<&Item>) -> Result<(), Failure> {
        match &self.condition {
            Some(condition) if !condition.is_met(old) => {
                Err(Failure::Condition(old.filter(|_| self.returns_old_on_failure).cloned()))
            }
            _ => Ok(()),
        }
    }

    fn response(&self, old: Option<Item>) -> Value {
        match old.filter(|_| self.returns_old) {
            Some(old) => json!({"Attributes": old}),
            None => json!({}),
        }
    }
}

/// Returns the partition key in the request, also of a table that does not exist.
fn leading_key<'a>(call: &DynamoDbCall<'_>, item: &'a Item) -> &'a str {
    let table = call.table_key().ok().and_then(|key| call.store.table(&key));
    table.map_or("", |table| text(item.get(&table.settings.partition_key)))
}

/// Returns only the attributes of the projection.
pub(super) fn project(item: &Item, projection: Option<&[String]>) -> Item {
    let is_wanted =
        |name: &String| projection.is_none_or(|names| names.iter().any(|one| one == name));
    let wanted = item.iter().filter(|(name, _)| is_wanted(name));
    wanted.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Checks `ConsistentRead`. Who serves the read is decided before this: see `is_consistent_read`.
pub(super) fn is_consistent(body: Body<'_>) -> Result<(), AwsError> {
    match body.member("ConsistentRead") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(unsupported("a ConsistentRead that is no boolean")),
    }
}
