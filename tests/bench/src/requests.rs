//! The measured requests, as API Gateway, SQS and EventBridge send them.

use gangway_model::Partition;
use local_cloud::{
    CloudFixture,
    fixtures::{PartitionDeployment, PodIdentityCase, VendingSource},
};
use serde_json::{Value, json};

use crate::BoxError;

/// An authentication method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    StaticCredentials,
    Sts,
    PodIdentity,
    Scap,
}

impl Method {
    pub(crate) const ALL: [Self; 4] =
        [Self::StaticCredentials, Self::Sts, Self::PodIdentity, Self::Scap];

    /// The function that serves the method.
    pub(crate) const fn package(self) -> &'static str {
        match self {
            Self::StaticCredentials => "static-credentials",
            Self::Sts => "sts",
            Self::PodIdentity => "pod-identity",
            Self::Scap => "scap",
        }
    }

    /// The partition in which the method is measured.
    pub(crate) const fn partition(self) -> Partition {
        match self {
            Self::StaticCredentials | Self::Sts | Self::PodIdentity => Partition::Aws,
            Self::Scap => Partition::AwsIsoB,
        }
    }

    fn request_members(self, deployment: &PartitionDeployment) -> Result<Value, BoxError> {
        let [first, second] = &deployment.customers;
        Ok(match self {
            Self::StaticCredentials => {
                json!({ "accessKeyId": first.keys.id, "secretAccessKey": first.keys.secret })
            }
            Self::Sts => json!({ "roleArn": second.role.arn() }),
            Self::PodIdentity => deployment
                .palette_cluster()
                .restore_for(PodIdentityCase::SameAccount)
                .request(PodIdentityCase::SameAccount),
            Self::Scap => {
                let (portal, access) = (deployment.portal.as_ref(), first.portal_access.as_ref());
                let (portal, access) = portal.zip(access).ok_or("an access portal")?;
                json!({
                    "agency": access.agency, "accountName": access.account_name, "role": access.role_name,
                    "certificateAuthority": portal.ca_pem(), "userCertificate": access.certificate.certificate,
                    "userKey": access.certificate.key,
                })
            }
        })
    }
}

/// An event, and the response that is expected.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) event: Value,
    /// JSON pointer into the response, and the expected value.
    response: (&'static str, Value),
}

impl Request {
    /// Returns the request of a full validation, which stores nothing.
    pub(crate) fn validate(cloud_fixture: &CloudFixture, method: Method) -> Result<Self, BoxError> {
        Self::for_method(cloud_fixture, method, "/validate", "bench", 200)
    }

    /// Returns the request of a registration under an unused name.
    pub(crate) fn register(
        cloud_fixture: &CloudFixture,
        method: Method,
        name: &str,
    ) -> Result<Self, BoxError> {
        Self::for_method(cloud_fixture, method, "", name, 201)
    }

    fn for_method(
        cloud_fixture: &CloudFixture,
        method: Method,
        rest: &str,
        name: &str,
        status: u16,
    ) -> Result<Self, BoxError> {
        let mut body = method.request_members(cloud_fixture.deployment(method.partition()))?;
        if let Some(members) = body.as_object_mut() {
            members.insert("name".to_owned(), json!(name));
        }
        let path = format!("/v1/tenant/accounts/{}{rest}", method.package());
        Ok(Self {
            event: to_proxy_event("POST", &path, Some(&body)),
            response: ("/statusCode", json!(status)),
        })
    }

    /// Returns a request for the list of accounts.
    pub(crate) fn list() -> Self {
        let event = to_proxy_event("GET", "/v1/tenant/accounts", None);
        Self { event, response: ("/statusCode", json!(200)) }
    }

    /// Returns a message about a new vended account. The first invocation registers the account,
    /// later invocations find the account registered.
    pub(crate) fn vended(deployment: &PartitionDeployment) -> Self {
        let organization = deployment.organization();
        let vended =
            organization.vend(VendingSource::Organizations, "bench", &organization.sandbox);
        Self::from_queue_message(&organization.custom_event("onboard", vended.account.id()))
    }

    /// Returns a message that is moved to the dead-letter queue.
    pub(crate) fn foreign_message() -> Self {
        Self::from_queue_message(&json!({ "Type": "Notification", "Message": "{}" }))
    }

    fn from_queue_message(body: &Value) -> Self {
        let record = json!({
            "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
            "receiptHandle": "AQEB",
            "body": body.to_string(),
            "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        });
        Self { event: json!({ "Records": [record] }), response: ("/batchItemFailures", json!([])) }
    }

    /// Returns the event of a run of the watch with `dryRun`, which counts the accounts.
    pub(crate) fn watch() -> Self {
        Self { event: json!({ "dryRun": true }), response: ("/outcome", json!("counted")) }
    }

    /// Returns the event by which Secrets Manager tests the schedule of a secret.
    pub(crate) fn rotation_test(secret: &str) -> Self {
        let token = "19dd0b57-b21e-4ac1-bd88-01bbb068cb78";
        let event =
            json!({ "Step": "testSecret", "SecretId": secret, "ClientRequestToken": token });
        Self { event, response: ("", json!("done")) }
    }

    /// Returns the event of a sweep with `dryRun`, which queues nothing.
    pub(crate) fn sweep() -> Self {
        Self { event: json!({ "dryRun": true }), response: ("/outcome", json!("dry-run")) }
    }

    /// Returns this request for the no-op function, which responds with 200 to every event.
    pub(crate) fn to_no_op_request(&self) -> Self {
        Self { event: self.event.clone(), response: ("/statusCode", json!(200)) }
    }

    /// Returns an error if the response is not the expected one.
    pub(crate) fn check_response(&self, response: &Value) -> Result<(), BoxError> {
        let (place, expected) = &self.response;
        if response.pointer(place) == Some(expected) {
            return Ok(());
        }
        Err(format!("answered with {response}").into())
    }
}

fn to_proxy_event(verb: &str, path: &str, body: Option<&Value>) -> Value {
    json!({
        "resource": path,
        "path": path,
        "httpMethod": verb,
        "headers": { "Content-Type": "application/json" },
        "queryStringParameters": null,
        "pathParameters": null,
        "requestContext": { "requestId": "bench", "accountId": "100000000001", "stage": "live", "httpMethod": verb },
        "body": body.map(ToString::to_string),
        "isBase64Encoded": false,
    })
}
