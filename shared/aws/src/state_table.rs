//! Reads and writes the state table, a DynamoDB table with the state of each account in Palette.

mod item;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, KeysAndAttributes},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gangway_http::{RetryPolicy, clock};
use gangway_model::{Uid, UpstreamError};
use tokio::time::sleep;

use self::item::{
    CHECKED, DOCUMENT, EXPIRES, MAX_ITEM_BYTES, REVISION, SCOPE, UID, epoch_seconds,
    is_item_expired, item_size,
};
use crate::{
    AwsSession,
    conditional_write::{self, to_number_attribute},
    error::{ApiCall, AwsErrorKind, DYNAMODB},
};

pub use self::item::StateItem;
pub use crate::conditional_write::WriteOutcome;

/// Environment variable that holds the name or ARN of the state table.
pub const TABLE_VARIABLE: &str = "GANGWAY_STATE_TABLE";

/// Completes the error message "Amazon DynamoDB has no {…}".
const TABLE_RESOURCE: &str = "such table";
const GET_ITEM: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:GetItem", resource: TABLE_RESOURCE };
const PUT_ITEM: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:PutItem", resource: TABLE_RESOURCE };
const BATCH_GET_ITEM: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:BatchGetItem", resource: TABLE_RESOURCE };
const QUERY: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:Query", resource: TABLE_RESOURCE };

/// Maximum number of keys in one call of `BatchGetItem`.
const MAX_BATCH: usize = 100;

/// Client of the state table. Clones share the SDK client.
///
/// DynamoDB deletes an item up to a few days after its time `expires`. All functions treat an item
/// whose time `expires` has passed as absent.
#[derive(Clone, Debug)]
pub struct StateTable {
    client: Client,
    /// Name or ARN of the table.
    table: String,
}

impl StateTable {
    /// Creates a client of the table with the name or ARN `table`. Sends no request.
    pub fn new(aws: &AwsSession, table: String) -> Self {
        Self { client: Client::new(aws.config()), table }
    }

    /// Reads the item of one account with its report. The read is strongly consistent: it returns
    /// the result of the last write.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] if the item has an attribute that Gangway would not write.
    pub async fn get(&self, scope: &str, uid: &Uid) -> Result<Option<StateItem>, UpstreamError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let response = request.set_key(Some(primary_key(scope, uid))).send().await;
        let item = response.map_err(|error| self.upstream_error(GET_ITEM, &error))?.item;
        item.filter(|item| !is_item_expired(item, clock::now())).map(StateItem::parse).transpose()
    }

    /// Writes an item if no other writer has changed the item of this account. With `replaces`, the
    /// stored item must have this revision. Without `replaces`, the table must have no item of this
    /// account.
    ///
    /// The SDK repeats a request that got no response. If DynamoDB has executed the first request,
    /// the stored item equals `item`, and the result is [`WriteOutcome::Written`].
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] if the item is larger than DynamoDB accepts.
    pub async fn put(
        &self,
        item: &StateItem,
        replaces: Option<u64>,
    ) -> Result<WriteOutcome, UpstreamError> {
        let attributes = item.to_attributes();
        let bytes = item_size(&attributes);
        if bytes > MAX_ITEM_BYTES {
            let reason = format!(
                "the item of account {} has {bytes} bytes, and DynamoDB accepts {MAX_ITEM_BYTES}: shorten its report",
                item.uid
            );
            return Err(UpstreamError::Rejected { service: DYNAMODB, reason });
        }
        let request = self.client.put_item().table_name(&self.table);
        let request = match replaces {
            Some(revision) => request
                .condition_expression("#revision = :replaced")
                .expression_attribute_names("#revision", REVISION)
                .expression_attribute_values(":replaced", to_number_attribute(revision)),
            None => request
                .condition_expression("attribute_not_exists(#uid) OR #expires <= :now")
                .expression_attribute_names("#uid", UID)
                .expression_attribute_names("#expires", EXPIRES)
                .expression_attribute_values(
                    ":now",
                    to_number_attribute(epoch_seconds(clock::now())),
                ),
        };
        let written = conditional_write::put_item(request, attributes).await;
        written.map_err(|error| self.upstream_error(PUT_ITEM, &error))
    }

    /// Reads the items of the accounts `uids` of a scope, without their reports. The result has no
    /// element for an account without an item.
    ///
    /// # Errors
    ///
    /// The errors of [`get`](Self::get), and [`UpstreamError::Unavailable`] if DynamoDB repeatedly
    /// leaves items out.
    pub async fn get_many(
        &self,
        scope: &str,
        uids: &[Uid],
    ) -> Result<Vec<StateItem>, UpstreamError> {
        let mut read = Vec::new();
        for uids in uids.chunks(MAX_BATCH) {
            let mut remaining: Vec<_> = uids.iter().map(|uid| primary_key(scope, uid)).collect();
            let mut delays = RetryPolicy::THROTTLED.delays();
            while !remaining.is_empty() {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(remaining))
                    .consistent_read(true)
                    .projection_expression(projection_expression())
                    .set_expression_attribute_names(Some(projected_attribute_names()))
                    .build()
                    .map_err(|error| BATCH_GET_ITEM.invalid_response(error.to_string()))?;
                let request = self.client.batch_get_item().request_items(&self.table, wanted);
                let response = request.send().await;
                let response =
                    response.map_err(|error| self.upstream_error(BATCH_GET_ITEM, &error))?;
                for item in response.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                    if !is_item_expired(&item, clock::now()) {
                        read.push(StateItem::parse(item)?);
                    }
                }
                let unprocessed = response.unprocessed_keys.into_iter().flatten();
                remaining = unprocessed.flat_map(|(_, unprocessed)| unprocessed.keys).collect();
                if remaining.is_empty() {
                    break;
                }
                // DynamoDB returns fewer items than requested if it throttles the request, or if
                // the response would exceed 16 MB.
                let Some(delay) = delays.next() else {
                    return Err(BATCH_GET_ITEM.invalid_response("items were left out".to_owned()));
                };
                sleep(delay).await;
            }
        }
        Ok(read)
    }

    /// Lists the items of a scope in the order of their uids, without their reports. The read is
    /// eventually consistent: writes of the last seconds may be missing.
    ///
    /// # Errors
    ///
    /// The errors of [`get`](Self::get). If one item cannot be read, the whole list is an error.
    pub async fn list(&self, scope: &str) -> Result<Vec<StateItem>, UpstreamError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#scope = :scope")
            .expression_attribute_values(":scope", AttributeValue::S(scope.to_owned()))
            .projection_expression(projection_expression())
            .set_expression_attribute_names(Some(projected_attribute_names()));
        let mut items = request.into_paginator().items().send();
        let mut listed = Vec::new();
        while let Some(attributes) = items.next().await {
            let attributes = attributes.map_err(|error| self.upstream_error(QUERY, &error))?;
            if !is_item_expired(&attributes, clock::now()) {
                listed.push(StateItem::parse(attributes)?);
            }
        }
        Ok(listed)
    }

    fn upstream_error<E>(&self, call: ApiCall, error: &SdkError<E, HttpResponse>) -> UpstreamError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if AwsErrorKind::from_sdk(error) != Some(AwsErrorKind::NotFound) {
            return call.to_upstream_error(error);
        }
        let reason = format!(
            "there is no table {}, or it is still being created: set {TABLE_VARIABLE} to the name or ARN of the stack's state table",
            self.table
        );
        UpstreamError::Rejected { service: DYNAMODB, reason }
    }
}

/// Attributes that are read for a list: all except the report. Expressions use placeholders such as
/// `#uid` for them, because some names are reserved words of DynamoDB.
const LISTED_ATTRIBUTES: [&str; 6] = [SCOPE, UID, REVISION, CHECKED, EXPIRES, DOCUMENT];

/// Returns the projection expression for [`LISTED_ATTRIBUTES`].
fn projection_expression() -> String {
    LISTED_ATTRIBUTES.map(|name| format!("#{name}")).join(", ")
}

/// Returns the attribute name of each placeholder in the projection expression.
fn projected_attribute_names() -> HashMap<String, String> {
    LISTED_ATTRIBUTES.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect()
}

/// Returns the primary key of the item of an account.
fn primary_key(scope: &str, uid: &Uid) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (SCOPE.to_owned(), AttributeValue::S(scope.to_owned())),
        (UID.to_owned(), AttributeValue::S(uid.to_string())),
    ])
}
