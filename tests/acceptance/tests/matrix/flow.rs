//! A flow: a preparation, and one request, event or invocation of a function that is tested with
//! faults.

use acceptance::{HttpResponse, text};
use gangway_model::Partition;
use local_cloud::fixtures::VendedAccount;
use serde_json::Value;

use crate::fixture::Fixture;

/// A preparation, and one action that is tested with faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    /// The function that serves the action: the name of its package and binary.
    pub(crate) function: &'static str,
    pub(crate) name: &'static str,
    pub(crate) partition: Partition,
    /// The trigger in the template that the action uses.
    pub(crate) trigger: Trigger,
    /// Returns actions that are carried out before the run, without faults.
    pub(crate) preparation: fn(&Fixture, &mut Subject) -> Vec<Action>,
    /// Makes a change that does not go through Gangway, after the preparation.
    pub(crate) change: fn(&Fixture, &Subject),
    /// Returns the action that is tested.
    pub(crate) action: fn(&Fixture, &Subject) -> Action,
}

/// A trigger of a function in the template.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trigger {
    /// A route: HTTP method and path.
    Route(&'static str, &'static str),
    /// A rule of an event bus that invokes the function.
    Event,
    /// A queue whose messages invoke the function.
    Queue,
    /// A schedule that invokes the function. Tests invoke the function directly instead.
    Schedule,
}

impl Trigger {
    /// Returns `true` if the trigger can change nothing.
    pub(crate) fn is_read_only(self) -> bool {
        match self {
            Self::Route(verb, path) => {
                verb == "GET" || path.ends_with("/validate") || path == "/v1/policies"
            }
            Self::Event | Self::Queue | Self::Schedule => false,
        }
    }
}

/// The name of a function. Creates flows of that function.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function(pub(crate) &'static str);

impl Function {
    /// Creates a flow without a preparation and without a change.
    pub(crate) const fn flow(
        self,
        name: &'static str,
        partition: Partition,
        trigger: Trigger,
        action: fn(&Fixture, &Subject) -> Action,
    ) -> Flow {
        let preparation = |_: &Fixture, _: &mut Subject| Vec::new();
        Flow { function: self.0, name, partition, trigger, preparation, change: |_, _| (), action }
    }
}

impl Flow {
    /// Sets the preparation.
    pub(crate) const fn with_preparation(
        self,
        preparation: fn(&Fixture, &mut Subject) -> Vec<Action>,
    ) -> Self {
        Self { preparation, ..self }
    }

    /// Sets the change that is made after the preparation, without Gangway.
    pub(crate) const fn with_change(self, change: fn(&Fixture, &Subject)) -> Self {
        Self { change, ..self }
    }
}

/// The account that a run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// The account name. It is not part of the name of another run.
    pub(crate) name: String,
    /// The uid in Palette, if the preparation registered the account.
    pub(crate) uid: String,
    /// The ARN of the incoming secret, or an empty text.
    pub(crate) secret_arn: String,
    /// The AWS account, if the preparation vended it.
    pub(crate) vended: Option<VendedAccount>,
}

/// An action of a flow.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Sends an HTTP request: HTTP method, path and body.
    Http(&'static str, String, Option<Value>),
    /// Puts a registration event with this detail.
    Event(Value),
    /// Puts these events, which rules send to a queue, and waits until the queue is processed once.
    Queue(Vec<Value>),
    /// Invokes the sweep.
    Sweep,
    /// Creates an incoming secret with this content, without Gangway.
    StoreSecret(String),
    /// Sends a `POST` request with this path, and this body plus the `secretArn` of the account's
    /// incoming secret.
    PostWithSecret(&'static str, Value),
}

impl Action {
    /// Creates a `POST` request.
    pub(crate) fn post(path: &str, body: Value) -> Self {
        Self::Http("POST", path.to_owned(), Some(body))
    }

    /// Creates a `PUT` request.
    pub(crate) fn put(path: String, body: Value) -> Self {
        Self::Http("PUT", path, Some(body))
    }

    /// Creates a `GET` request.
    pub(crate) fn get(path: &str) -> Self {
        Self::Http("GET", path.to_owned(), None)
    }
}

/// The response to an action.
#[derive(Clone, Debug)]
pub(crate) enum Response {
    /// An HTTP response.
    Http(Box<HttpResponse>),
    /// The value that an invocation by an event, or a direct invocation, returned.
    Returned(Value),
    /// The error of an invocation by an event, or of a direct invocation. Lambda retries such
    /// invocations.
    Failed(String),
    /// The message was processed and deleted.
    Processed,
    /// The message stays in the queue.
    Queued,
    /// Messages went to the dead-letter queue, for these reasons.
    DeadLettered(Vec<String>),
    /// An incoming secret with this ARN was created.
    SecretStored(String),
}

impl Response {
    /// Returns `true` if the response reports success.
    pub(crate) fn is_success(&self) -> bool {
        match self {
            Self::Http(response) => (200..300).contains(&response.status),
            Self::Returned(value) => {
                text(value, "outcome") != "rejected" && value["complete"] != Value::Bool(false)
            }
            Self::Processed | Self::SecretStored(_) => true,
            Self::Failed(_) | Self::Queued | Self::DeadLettered(_) => false,
        }
    }

    /// Returns `true` if the response says that the function reached its time limit.
    pub(crate) fn is_timeout(&self) -> bool {
        match self {
            Self::Http(response) => response.status == 504,
            Self::Failed(error) => error.contains("timed out"),
            Self::Returned(_)
            | Self::Processed
            | Self::Queued
            | Self::DeadLettered(_)
            | Self::SecretStored(_) => false,
        }
    }

    /// Returns a short label for the table of results, such as the HTTP status.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Http(response) => response.status.to_string(),
            Self::Returned(value) if text(value, "outcome") == "rejected" => {
                value.pointer("/problem/status").map(ToString::to_string).unwrap_or_default()
            }
            Self::Returned(_) | Self::Processed | Self::SecretStored(_) => "done".to_owned(),
            Self::Failed(_) | Self::Queued => "again".to_owned(),
            Self::DeadLettered(_) => "dead".to_owned(),
        }
    }

    /// Returns the whole response as text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Http(response) => format!("{}: {}", response.status, response.text),
            Self::Returned(_)
            | Self::Failed(_)
            | Self::Processed
            | Self::Queued
            | Self::DeadLettered(_)
            | Self::SecretStored(_) => format!("{self:?}"),
        }
    }

    /// Returns the uid of the account in the response, or an empty text.
    pub(crate) fn uid(&self) -> &str {
        match self {
            Self::Http(response) => response.uid(),
            Self::Returned(value) => text(value, "uid"),
            Self::Failed(_)
            | Self::Processed
            | Self::Queued
            | Self::DeadLettered(_)
            | Self::SecretStored(_) => "",
        }
    }
}
