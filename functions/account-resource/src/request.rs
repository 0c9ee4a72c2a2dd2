//! The requests of CloudFormation, in notifications of SNS.

use std::{fmt, time::SystemTime};

use aws_lambda_events::{
    cloudformation::CloudFormationCustomResourceRequest as CustomResourceRequest, sns::SnsMessage,
};
use gangway_aws::stack_response::{InvalidResponseUrl, ResponseUrl, StackResponder};
use gangway_model::{AccountId, Arn, Partition};
use serde_json::Value;

/// The type that a template gives the resource.
pub(crate) const RESOURCE_TYPE: &str = "Custom::GangwayAccount";

/// Maximum length of the key of an S3 object. The ids of a request form the key for its response.
const MAX_KEY_BYTES: usize = 1024;

/// A request about one resource of a stack.
#[derive(Clone, Debug)]
pub(crate) struct StackRequest {
    pub(crate) change: Change,
    /// CloudFormation's id of the request.
    pub(crate) id: String,
    pub(crate) stack: StackId,
    /// The name of the resource in the template.
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    /// What `Ref` returned for the resource. `None` for a create.
    pub(crate) physical_id: Option<String>,
    pub(crate) properties: Value,
    /// When CloudFormation published the request.
    pub(crate) sent: SystemTime,
}

/// The type of a request of CloudFormation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Change {
    Create,
    Update,
    Delete,
}

impl Change {
    /// Returns the identifier, for logs.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Create => "create-resource",
            Self::Update => "update-resource",
            Self::Delete => "delete-resource",
        }
    }
}

/// The ARN of a stack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct StackId {
    text: String,
    account: AccountId,
}

impl StackId {
    /// Parses the ARN of a stack of this partition and region.
    pub(crate) fn parse(text: &str, partition: Partition, region: &str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        let mut parts = arn.resource().strip_prefix("stack/")?.split('/');
        let is_part = |part: Option<&str>| {
            part.is_some_and(|part| {
                !part.is_empty()
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
        };
        let is_stack = is_part(parts.next()) && is_part(parts.next()) && parts.next().is_none();
        let is_here = arn.service() == "cloudformation"
            && arn.partition() == partition.id()
            && arn.region() == region;
        let account = arn.account().parse().ok()?;
        (is_stack && is_here).then(|| Self { text: text.to_owned(), account })
    }

    /// Returns the AWS account of the stack.
    pub(crate) const fn account(&self) -> AccountId {
        self.account
    }
}

impl fmt::Display for StackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why Gangway cannot answer the request in a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum InvalidRequest {
    #[error(
        "the message is not a notification of SNS with a request of CloudFormation for a custom resource: only CloudFormation should publish to the topic"
    )]
    Shape,
    #[error(
        "StackId must be the ARN of a stack in the partition and region of this deployment: use the topic of the deployment there as ServiceToken"
    )]
    StackId,
    #[error("{0}: nothing was done and nothing was sent to it; find out who published the message")]
    ResponseUrl(#[from] InvalidResponseUrl),
}

impl StackRequest {
    /// Parses the body of a message. Returns the request, and the URL for its response.
    pub(crate) fn parse(
        body: &str,
        responder: &StackResponder,
        (partition, region): (Partition, &str),
    ) -> Result<(Self, ResponseUrl), InvalidRequest> {
        let notification: SnsMessage =
            serde_json::from_str(body).map_err(|_invalid| InvalidRequest::Shape)?;
        let request: CustomResourceRequest = serde_json::from_str(&notification.message)
            .map_err(|_invalid| InvalidRequest::Shape)?;
        let parts = match request {
            CustomResourceRequest::Create(it) => RequestParts {
                change: Change::Create,
                id: it.request_id,
                stack: it.stack_id,
                logical_id: it.logical_resource_id,
                resource_type: it.resource_type,
                physical_id: None,
                properties: it.resource_properties,
                response_url: it.response_url,
            },
            CustomResourceRequest::Update(it) => RequestParts {
                change: Change::Update,
                id: it.request_id,
                stack: it.stack_id,
                logical_id: it.logical_resource_id,
                resource_type: it.resource_type,
                physical_id: Some(it.physical_resource_id),
                properties: it.resource_properties,
                response_url: it.response_url,
            },
            CustomResourceRequest::Delete(it) => RequestParts {
                change: Change::Delete,
                id: it.request_id,
                stack: it.stack_id,
                logical_id: it.logical_resource_id,
                resource_type: it.resource_type,
                physical_id: Some(it.physical_resource_id),
                properties: it.resource_properties,
                response_url: it.response_url,
            },
            _ => return Err(InvalidRequest::Shape),
        };
        let is_id = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        if !is_id(&parts.id) || !is_id(&parts.logical_id) {
            return Err(InvalidRequest::Shape);
        }
        let stack =
            StackId::parse(&parts.stack, partition, region).ok_or(InvalidRequest::StackId)?;
        let object = format!("{stack}|{}|{}", parts.logical_id, parts.id);
        if object.len() > MAX_KEY_BYTES {
            return Err(InvalidRequest::Shape);
        }
        let response_url = responder.parse(&parts.response_url, &object)?;
        let RequestParts { change, id, logical_id, resource_type, physical_id, properties, .. } =
            parts;
        let sent = notification.timestamp.into();
        let request =
            Self { change, id, stack, logical_id, resource_type, physical_id, properties, sent };
        Ok((request, response_url))
    }

    /// Returns the key of the resource in the table.
    pub(crate) fn resource_key(&self) -> String {
        format!("{}|{}", self.stack, self.logical_id)
    }
}

/// The members that the three types of requests share.
struct RequestParts {
    change: Change,
    id: String,
    stack: String,
    logical_id: String,
    resource_type: String,
    physical_id: Option<String>,
    properties: Value,
    response_url: String,
}
