//! Amazon DynamoDB: the table with the state of record of each account in Palette.

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
    CHECKED, DOCUMENT, EXPIRES, MAX_ITEM_BYTES, REVISION, SCOPE, UID, epoch_seconds, is_expired,
    item_bytes,
};
use crate::{
    AwsSession,
    conditional_write::{self, to_number_attribute},
    error::{ApiCall, AwsErrorKind, DYNAMODB},
};

pub use self::item::StateItem;
pub use crate::conditional_write::WriteOutcome;

/// Environment variable with the name or ARN of the table.
pub const TABLE_VARIABLE: &str = "GANGWAY_STATE_TABLE";

const RESOURCE: &str = "such table";
const GET: ApiCall = ApiCall { service: DYNAMODB, action: "dynamodb:GetItem", resource: RESOURCE };
const PUT: ApiCall = ApiCall { service: DYNAMODB, action: "dynamodb:PutItem", resource: RESOURCE };
const BATCH_GET: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:BatchGetItem", resource: RESOURCE };
const QUERY: ApiCall = ApiCall { service: DYNAMODB, action: "dynamodb:Query", resource: RESOURCE };

/// Most keys of one `BatchGetItem`.
const MAX_BATCH: usize = 100;

/// The table with the state of record. Cheap to clone: clones share the client.
///
/// An item whose `expires` has passed is absent, even before DynamoDB deletes it, which takes it up
/// to a few days.
#[derive(Clone, Debug)]
pub struct StateTable {
    client: Client,
    /// Name or ARN.
    table: String,
}

impl StateTable {
    /// Creates a client of the table. `table` is its name or ARN. Sends nothing.
    pub fn new(aws: &AwsSession, table: String) -> Self {
        Self { client: Client::new(aws.config()), table }
    }

    /// Reads the item of one account with its report. A read sees all writes that came before it.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] for an item that Gangway does not write.
    pub async fn get(&self, scope: &str, uid: &Uid) -> Result<Option<StateItem>, UpstreamError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let response = request.set_key(Some(key(scope, uid))).send().await;
        let item = response.map_err(|error| self.upstream_error(GET, &error))?.item;
        item.filter(|item| !is_expired(item, clock::now())).map(StateItem::parse).transpose()
    }

    /// Writes an item if no other writer was first: if the table has none for this account
    /// (`replaces` is `None`), or if it has the one with the revision `replaces`.
    ///
    /// The SDK repeats a request without response. If the first one was executed, the second finds
    /// the item that it was to write, which is [`WriteOutcome::Written`].
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] for an item that is larger than DynamoDB accepts.
    pub async fn put(
        &self,
        item: &StateItem,
        replaces: Option<u64>,
    ) -> Result<WriteOutcome, UpstreamError> {
        let attributes = item.to_attributes();
        let bytes = item_bytes(&attributes);
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
                .expression_attribute_values(":now", to_number_attribute(epoch_seconds(clock::now()))),
        };
        let written = conditional_write::put_item(request, attributes).await;
        written.map_err(|error| self.upstream_error(PUT, &error))
    }

    /// Reads the items of some accounts of a scope, without their reports. Accounts without an item
    /// are left out.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get), and if DynamoDB leaves items out again and again.
    pub async fn get_many(
        &self,
        scope: &str,
        uids: &[Uid],
    ) -> Result<Vec<StateItem>, UpstreamError> {
        let mut read = Vec::new();
        for uids in uids.chunks(MAX_BATCH) {
            let mut left: Vec<_> = uids.iter().map(|uid| key(scope, uid)).collect();
            let mut delays = RetryPolicy::THROTTLED.delays();
            while !left.is_empty() {
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .projection_expression(projection())
                    .set_expression_attribute_names(Some(projected_names()))
                    .build()
                    .map_err(|error| BATCH_GET.invalid_response(error.to_string()))?;
                let request = self.client.batch_get_item().request_items(&self.table, wanted);
                let response = request.send().await;
                let response = response.map_err(|error| self.upstream_error(BATCH_GET, &error))?;
                for item in response.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                    if !is_expired(&item, clock::now()) {
                        read.push(StateItem::parse(item)?);
                    }
                }
                let unprocessed = response.unprocessed_keys.into_iter().flatten();
                left = unprocessed.flat_map(|(_, unprocessed)| unprocessed.keys).collect();
                if left.is_empty() {
                    break;
                }
                // DynamoDB returns fewer items than asked for when it is busy, or after 16 MB.
                let Some(delay) = delays.next() else {
                    return Err(BATCH_GET.invalid_response("items were left out".to_owned()));
                };
                sleep(delay).await;
            }
        }
        Ok(read)
    }

    /// Returns the items of a scope in the order of their uids, without their reports. It may miss
    /// the writes of the last seconds.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get): one item that cannot be read is an error of the whole list.
    pub async fn list(&self, scope: &str) -> Result<Vec<StateItem>, UpstreamError> {
        let request = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#scope = :scope")
            .expression_attribute_values(":scope", AttributeValue::S(scope.to_owned()))
            .projection_expression(projection())
            .set_expression_attribute_names(Some(projected_names()));
        let mut items = request.into_paginator().items().send();
        let mut listed = Vec::new();
        while let Some(attributes) = items.next().await {
            let attributes = attributes.map_err(|error| self.upstream_error(QUERY, &error))?;
            if !is_expired(&attributes, clock::now()) {
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

/// The attributes without the report. Some of their names are reserved words of DynamoDB.
const LISTED: [&str; 6] = [SCOPE, UID, REVISION, CHECKED, EXPIRES, DOCUMENT];

fn projection() -> String {
    LISTED.map(|name| format!("#{name}")).join(", ")
}

fn projected_names() -> HashMap<String, String> {
    LISTED.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect()
}

fn key(scope: &str, uid: &Uid) -> HashMap<String, AttributeValue> {
    HashMap::from([
        (SCOPE.to_owned(), AttributeValue::S(scope.to_owned())),
        (UID.to_owned(), AttributeValue::S(uid.to_string())),
    ])
}
