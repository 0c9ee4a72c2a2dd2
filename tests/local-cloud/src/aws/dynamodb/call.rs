//! Context of one call: table and permissions.
use serde_json::Value;

use super::setup::{StoredTable, TableKey};
use super::value::{Item, parse_item, parts};
use super::{unsupported, validation};
use crate::aws::body::Body;
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::store::Store;

/// Maximum size of a partition key and of a sort key, in bytes.
const MAX_KEY_BYTES: [usize; 2] = [2048, 1024];

/// One authenticated call.
pub(super) struct DynamoDbCall<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    pub(super) operation: &'a str,
    pub(super) body: Body<'a>,
}

/// Partition key and sort key of an item. The sort key is empty if the table has none.
pub(super) type ItemKey = (String, String);

impl DynamoDbCall<'_> {
    /// Returns an error for a member that this fake does not serve.
    pub(super) fn check_members(&self, served: &[&str]) -> Result<(), AwsError> {
        match self.body.names().find(|name| !served.contains(name) && *name != "TableName") {
            None => Ok(()),
            Some(name) => Err(unsupported(&format!("{name} in {}", self.operation))),
        }
    }

    /// Returns the key of the table that the call names, whether or not it exists.
    pub(super) fn table_key(&self) -> Result<TableKey, AwsError> {
        self.table_key_in(self.body)
    }

    /// As [`table_key`](Self::table_key), of a part of a batch.
    pub(super) fn table_key_in(&self, body: Body<'_>) -> Result<TableKey, AwsError> {
        let name = body.string("TableName")?;
        let name =
            name.ok_or_else(|| invalid_member("null", "tableName", "Member must not be null"))?;
        let region = &self.caller.region;
        let key = match name.strip_prefix("arn:") {
            Some(_) => TableKey::from_arn(name),
            None => Some(TableKey::new(&self.caller.account_key, region, name)),
        };
        let is_valid = |name: &str| {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
            (3..=255).contains(&name.len()) && name.chars().all(is_letter)
        };
        key.filter(|key| is_valid(&key.name)).ok_or_else(|| {
            let pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
            invalid_member(&format!("'{name}'"), "tableName", pattern)
        })
    }

    /// Returns an error unless the caller may do this with the items of this partition.
    pub(super) fn authorize(&self, table: &TableKey, partition: &str) -> Result<(), AwsError> {
        let (arn, action) = (table.arn(), format!("dynamodb:{}", self.operation));
        let context = self.store.context(self.caller);
        let context = context.with_list("dynamodb:LeadingKeys", vec![partition.to_owned()]);
        // Another account needs a resource-based policy, which this fake does not have.
        if table.account_key != self.caller.account_key {
            let message = format!(
                "User: {} is not authorized to perform: {action} on resource: {arn} because no resource-based policy allows the {action} action",
                self.caller.arn
            );
            return Err(AwsError::new(403, "AccessDenied", message));
        }
        self.store.authorize(self.caller, &action, &arn, &arn, &context)
    }

    pub(super) fn table(&self, key: &TableKey) -> Result<&StoredTable, AwsError> {
        let table = self.store.table(key).filter(|_| key.region == self.caller.region);
        table.ok_or_else(not_found)
    }

    pub(super) fn table_mut(&mut self, key: &TableKey) -> Result<&mut StoredTable, AwsError> {
        self.store.table_mut(key).ok_or_else(not_found)
    }

    /// Returns a required map of attribute values.
    pub(super) fn item(&self, member: &str) -> Result<Item, AwsError> {
        let path = member.to_ascii_lowercase();
        parse_item(self.body.member(member))?
            .ok_or_else(|| invalid_member("null", &path, "Member must not be null"))
    }
}

fn not_found() -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", "Requested resource not found")
}

/// Returns the error for a member whose value does not satisfy the service's model.
pub(super) fn invalid_member(value: &str, path: &str, constraint: &str) -> AwsError {
    validation(format!(
        "1 validation error detected: Value {value} at '{path}' failed to satisfy constraint: {constraint}"
    ))
}

/// Returns the text of an attribute if it is a string, for `dynamodb:LeadingKeys`.
pub(super) fn text(value: Option<&Value>) -> &str {
    value
        .map(parts)
        .filter(|(kind, _)| *kind == "S")
        .and_then(|(_, text)| text.as_str())
        .unwrap_or_default()
}

impl StoredTable {
    /// Names of the key attributes, partition key first.
    pub(super) fn key_names(&self) -> impl Iterator<Item = &String> {
        [&self.settings.partition_key].into_iter().chain(&self.settings.sort_key)
    }

    /// Returns the key of an item to write.
    pub(super) fn key_of_item(&self, item: &Item) -> Result<ItemKey, AwsError> {
        let invalid = |fault: String| {
            validation(format!("One or more parameter values were invalid: {fault}"))
        };
        let mut keys = Vec::new();
        for name in self.key_names() {
            let value = item
                .get(name)
                .ok_or_else(|| invalid(format!("Missing the key {name} in the item")))?;
            let (kind, _) = parts(value);
            if kind != "S" {
                return Err(invalid(format!(
                    "Type mismatch for key {name} expected: S actual: {kind}"
                )));
            }
            keys.push((name.as_str(), text(Some(value))));
        }
        checked_key(&keys)
    }

    /// Returns a key of a request, which has the key attributes and no other.
    pub(super) fn key(&self, key: &Item) -> Result<ItemKey, AwsError> {
        let mismatch = || validation("The provided key element does not match the schema");
        let names: Vec<_> = self.key_names().collect();
        if key.len() != names.len() {
            return Err(mismatch());
        }
        let mut keys = Vec::new();
        for name in names {
            let value = key.get(name).filter(|value| parts(value).0 == "S");
            keys.push((name.as_str(), text(Some(value.ok_or_else(mismatch)?))));
        }
        checked_key(&keys)
    }
}

fn checked_key(keys: &[(&str, &str)]) -> Result<ItemKey, AwsError> {
    if let Some((name, _)) = keys.iter().find(|(_, value)| value.is_empty()) {
        return Err(empty_key(name));
    }
    let invalid =
        |fault: &str| validation(format!("One or more parameter values were invalid: {fault}"));
    let value = |index: usize| keys.get(index).map_or("", |(_, value)| *value);
    let [partition, sort] = MAX_KEY_BYTES;
    if value(0).len() > partition {
        // DynamoDB's own text, without a space.
        return Err(invalid("Size of hashkey has exceeded the maximum size limit of2048 bytes"));
    }
    if value(1).len() > sort {
        return Err(invalid(
            "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ));
    }
    Ok((value(0).to_owned(), value(1).to_owned()))
}

pub(super) fn empty_key(name: &str) -> AwsError {
    validation(format!(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
    ))
}
