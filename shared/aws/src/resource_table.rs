//! Reads and writes the DynamoDB table that has one item for each custom resource of a
//! CloudFormation stack.

use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_sdk_dynamodb::{Client, types::AttributeValue};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use gangway_model::UpstreamError;

use crate::{
    AwsSession,
    conditional_write::{self, WriteOutcome, to_number_attribute},
    error::{ApiCall, AwsErrorKind, DYNAMODB},
};

/// Environment variable that holds the name or ARN of the table.
pub const TABLE_VARIABLE: &str = "GANGWAY_RESOURCE_TABLE";

/// Attribute that is the partition key: the id of the resource.
const RESOURCE: &str = "resource";
const REVISION: &str = "revision";
const DOCUMENT: &str = "document";
/// TTL attribute of the table: when DynamoDB may delete the item, in seconds since 1970.
const EXPIRES: &str = "expires";

/// Completes the error message "Amazon DynamoDB has no {…}".
const TABLE_RESOURCE: &str = "such table";
const GET_ITEM: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:GetItem", resource: TABLE_RESOURCE };
const PUT_ITEM: ApiCall =
    ApiCall { service: DYNAMODB, action: "dynamodb:PutItem", resource: TABLE_RESOURCE };

/// Item of the table: the stored state of one custom resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourceItem {
    /// Number that changes with each write of the item.
    pub revision: u64,
    /// State of the resource, in JSON.
    pub document: String,
    /// When DynamoDB may delete the item; `None` if DynamoDB must not delete it.
    pub expires: Option<SystemTime>,
}

/// Client of the table with the custom resources of stacks. Clones share the SDK client.
#[derive(Clone, Debug)]
pub struct ResourceTable {
    client: Client,
    /// Name or ARN of the table.
    table: String,
}

impl ResourceTable {
    /// Creates a client of the table with the name or ARN `table`. Sends no request.
    pub fn new(aws: &AwsSession, table: String) -> Self {
        Self { client: Client::new(aws.config()), table }
    }

    /// Reads the item of a resource. The read is strongly consistent: it returns the result of the
    /// last write.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] if the item has an attribute that Gangway would not write.
    pub async fn get(&self, resource: &str) -> Result<Option<ResourceItem>, UpstreamError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key(RESOURCE, AttributeValue::S(resource.to_owned()));
        let response =
            request.send().await.map_err(|error| self.upstream_error(GET_ITEM, &error))?;
        response.item.map(|item| parse_item(&item)).transpose()
    }

    /// Writes an item if no other writer has changed the item of this resource. With `replaces`,
    /// the stored item must have this revision. Without `replaces`, the table must have no item of
    /// this resource.
    ///
    /// The SDK repeats a request that got no response. If DynamoDB has executed the first request,
    /// the stored item equals `item`, and the result is [`WriteOutcome::Written`].
    pub async fn put(
        &self,
        resource: &str,
        item: &ResourceItem,
        replaces: Option<u64>,
    ) -> Result<WriteOutcome, UpstreamError> {
        let attributes = to_attributes(resource, item);
        let request = self.client.put_item().table_name(&self.table);
        let request = match replaces {
            Some(revision) => request
                .condition_expression("#revision = :replaced")
                .expression_attribute_names("#revision", REVISION)
                .expression_attribute_values(":replaced", to_number_attribute(revision)),
            None => request
                .condition_expression("attribute_not_exists(#resource)")
                .expression_attribute_names("#resource", RESOURCE),
        };
        let written = conditional_write::put_item(request, attributes).await;
        written.map_err(|error| self.upstream_error(PUT_ITEM, &error))
    }

    fn upstream_error<E>(&self, call: ApiCall, error: &SdkError<E, HttpResponse>) -> UpstreamError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        if AwsErrorKind::from_sdk(error) != Some(AwsErrorKind::NotFound) {
            return call.to_upstream_error(error);
        }
        let reason = format!(
            "there is no table {}, or it is still being created: set {TABLE_VARIABLE} to the name or ARN of the table StackResources",
            self.table
        );
        UpstreamError::Rejected { service: DYNAMODB, reason }
    }
}

fn to_attributes(resource: &str, item: &ResourceItem) -> HashMap<String, AttributeValue> {
    let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let attributes = [
        (RESOURCE, Some(AttributeValue::S(resource.to_owned()))),
        (REVISION, Some(to_number_attribute(item.revision))),
        (DOCUMENT, Some(AttributeValue::S(item.document.clone()))),
        (EXPIRES, item.expires.map(|time| to_number_attribute(seconds(time)))),
    ];
    let present = attributes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Parses the attributes of an item. Ignores the attribute `expires`, because each write sets it to
/// a new value.
fn parse_item(attributes: &HashMap<String, AttributeValue>) -> Result<ResourceItem, UpstreamError> {
    let revision = attributes.get(REVISION).and_then(|value| value.as_n().ok()?.parse().ok());
    let document = attributes.get(DOCUMENT).and_then(|value| value.as_s().ok());
    match (revision, document) {
        (Some(revision), Some(document)) => {
            Ok(ResourceItem { revision, document: document.clone(), expires: None })
        }
        _ => Err(unreadable()),
    }
}

/// Returns the error for an item with an attribute that Gangway would not write.
pub fn unreadable() -> UpstreamError {
    let reason = "an item of the table StackResources cannot be read: somebody has changed it; restore the table from a time before that (point-in-time recovery)";
    UpstreamError::Rejected { service: DYNAMODB, reason: reason.to_owned() }
}
