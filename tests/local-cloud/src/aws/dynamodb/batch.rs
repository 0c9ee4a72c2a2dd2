//! `BatchGetItem`: up to 100 items by their keys.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Failure;
use super::call::{DynamoDbCall, invalid_member, text};
use super::expression::{Parser, Placeholders};
use super::items::{is_consistent, project};
use super::validation;
use super::value::{item_size, parse_item};
use crate::aws::body::Body;

/// Most keys of one call.
const MAX_KEYS: usize = 100;

/// Maximum size of the items of one response. Keys of further items are returned as unprocessed.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;

const PROJECTION: &str = "ProjectionExpression";

pub(super) fn batch_get(call: &DynamoDbCall<'_>) -> Result<Value, Failure> {
    let Some(Value::Object(tables)) = call.body.member("RequestItems") else {
        return Err(invalid_member("null", "requestItems", "Member must not be null").into());
    };
    let (mut responses, mut unprocessed) = (Map::new(), Map::new());
    let mut bytes = 0;
    for (name, wanted) in tables {
        let mut request = wanted.clone();
        request["TableName"] = name.as_str().into();
        let body = Body::from_value(&request)?;
        let keys = request["Keys"].as_array().cloned().unwrap_or_default();
        if keys.is_empty() || keys.len() > MAX_KEYS {
            let constraint = "Member must have length less than or equal to 100, Member must have length greater than or equal to 1";
            let path = format!("requestItems.{name}.member.keys");
            return Err(invalid_member(&format!("'{} keys'", keys.len()), &path, constraint).into());
        }
        let table_key = call.table_key_in(body)?;
        let parsed: Result<Vec<_>, _> = keys.iter().map(|key| parse_item(Some(key))).collect();
        let parsed: Vec<_> = parsed?.into_iter().flatten().collect();
        let table = call.store.table(&table_key);
        let partition_key = table.map_or("", |table| &table.settings.partition_key);
        for key in &parsed {
            call.authorize(&table_key, text(key.get(partition_key)))?;
        }
        is_consistent(body)?;
        let placeholders = Placeholders::parse(body, (&[PROJECTION], &[]))?;
        let projection = Parser::projection(body, PROJECTION, &placeholders)?;
        placeholders.check_unused()?;
        let table = call.table(&table_key)?;
        let (mut found, mut left, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (key, as_sent) in parsed.iter().zip(&keys) {
            let key = table.key(key)?;
            if !seen.insert(key.clone()) {
                return Err(validation("Provided list of item keys contains duplicates").into());
            }
            let Some(item) = table.items.get(&key) else { continue };
            if bytes + item_size(item) > MAX_RESPONSE_BYTES {
                left.push(as_sent.clone());
                continue;
            }
            bytes += item_size(item);
            found.push(project(item, projection.as_deref()));
        }
        responses.insert(name.clone(), json!(found));
        if !left.is_empty() {
            let mut rest = wanted.clone();
            rest["Keys"] = left.into();
            unprocessed.insert(name.clone(), rest);
        }
    }
    Ok(json!({ "Responses": responses, "UnprocessedKeys": unprocessed }))
}
