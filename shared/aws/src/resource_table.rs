//! Amazon DynamoDB: the table with one item for each resource of a CloudFormation stack.

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
    conditional_write::{self, WriteOutcome, number},
    error::{ApiCall, AwsErrorKind, DYNAMODB},
};

/// Environment variable with the name or ARN of the table.
pub const TABLE_VARIABLE: &str = "GANGWAY_RESOURCE_TABLE";

/// Partition key.
const RESOURCE: &str = "resource";
const REVISION: &str = "revision";
const DOCUMENT: &str = "document";
/// Seconds since the epoch: the table's TTL attribute.
const EXPIRES: &str = "expires";

const NO_TABLE: &str = "such table";
const GET: ApiCall = ApiCall { service: DYNAMODB, action: "dynamodb:GetItem", resource: NO_TABLE };
const PUT: ApiCall = ApiCall { service: DYNAMODB, action: "dynamodb:PutItem", resource: NO_TABLE };

/// An item of the table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResourceItem {
    /// Changes with each write.
    pub revision: u64,
    /// JSON.
    pub document: String,
    /// When DynamoDB may delete the item; `None` for never.
    pub expires: Option<SystemTime>,
}

/// The table with the resources of stacks. Cheap to clone: clones share the client.
#[derive(Clone, Debug)]
pub struct ResourceTable {
    client: Client,
    /// Name or ARN.
    table: String,
}

impl ResourceTable {
    /// Creates a client of the table. `table` is its name or ARN. Sends nothing.
    pub fn new(aws: &AwsSession, table: String) -> Self {
        Self { client: Client::new(aws.config()), table }
    }

    /// Reads the item of a resource. A read sees all writes that came before it.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Rejected`] for an item that Gangway does not write.
    pub async fn get(&self, resource: &str) -> Result<Option<ResourceItem>, UpstreamError> {
        let request = self.client.get_item().table_name(&self.table).consistent_read(true);
        let request = request.key(RESOURCE, AttributeValue::S(resource.to_owned()));
        let response = request.send().await.map_err(|error| self.upstream_error(GET, &error))?;
        response.item.map(|item| parse(&item)).transpose()
    }

    /// Writes an item if no other writer was first: if the table has none for this resource (`replaces` is
    /// `None`), or if it has the one with the revision `replaces`.
    ///
    /// The SDK repeats a request without response. If the first one was executed, the second finds the
    /// item that it was to write, which is [`WriteOutcome::Written`].
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
                .expression_attribute_values(":replaced", number(revision)),
            None => request
                .condition_expression("attribute_not_exists(#resource)")
                .expression_attribute_names("#resource", RESOURCE),
        };
        let written = conditional_write::put(request, attributes).await;
        written.map_err(|error| self.upstream_error(PUT, &error))
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
        (REVISION, Some(number(item.revision))),
        (DOCUMENT, Some(AttributeValue::S(item.document.clone()))),
        (EXPIRES, item.expires.map(|time| number(seconds(time)))),
    ];
    let present = attributes.into_iter().filter_map(|(name, value)| Some((name, value?)));
    present.map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Reads the attributes of an item. The time at which it expires is not read: it is written again each time.
fn parse(attributes: &HashMap<String, AttributeValue>) -> Result<ResourceItem, UpstreamError> {
    let revision = attributes.get(REVISION).and_then(|value| value.as_n().ok()?.parse().ok());
    let document = attributes.get(DOCUMENT).and_then(|value| value.as_s().ok());
    match (revision, document) {
        (Some(revision), Some(document)) => {
            Ok(ResourceItem { revision, document: document.clone(), expires: None })
        }
        _ => Err(unreadable()),
    }
}

/// Returns the error of an item that Gangway does not write.
pub fn unreadable() -> UpstreamError {
    let reason = "an item of the table StackResources cannot be read: somebody has changed it; restore the table from a time before that (point-in-time recovery)";
    UpstreamError::Rejected { service: DYNAMODB, reason: reason.to_owned() }
}
