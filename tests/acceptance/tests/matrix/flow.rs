//! A flow: a request or event to a function, its preparation and its response.

use acceptance::{HttpResponse, text};
use gangway_model::Partition;
use local_cloud::fixtures::VendedAccount;
use serde_json::Value;

use crate::fixture::Fixture;

/// A flow: its preparation, and the one request or event under test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    /// The function that serves it: package and binary have one name.
    pub(crate) function: &'static str,
    /// The name of the flow.
    pub(crate) name: &'static str,
    pub(crate) partition: Partition,
    /// The trigger.
    pub(crate) trigger: Trigger,
    /// Runs before the flow, without faults.
    pub(crate) preparation: fn(&Fixture, &mut Subject) -> Vec<Action>,
    /// A change by somebody else after the preparation.
    pub(crate) change: fn(&Fixture, &Subject),
    /// The action under test.
    pub(crate) action: fn(&Fixture, &Subject) -> Action,
}

/// The triggers of a function in the template.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trigger {
    /// Verb and path.
    Route(&'static str, &'static str),
    /// A rule of an event bus.
    Event,
    /// A queue.
    Queue,
    /// A schedule, or a direct invocation.
    Schedule,
}

impl Trigger {
    /// Whether the trigger changes nothing.
    pub(crate) fn is_read_only(self) -> bool {
        match self {
            Self::Route(verb, path) => {
                verb == "GET" || path.ends_with("/validate") || path == "/v1/policies"
            }
            Self::Event | Self::Queue | Self::Schedule => false,
        }
    }
}

/// A function by its name; builds its flows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function(pub(crate) &'static str);

impl Function {
    /// Creates a flow without preparation.
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
    /// Replaces the preparation.
    pub(crate) const fn with_preparation(
        self,
        preparation: fn(&Fixture, &mut Subject) -> Vec<Action>,
    ) -> Self {
        Self { preparation, ..self }
    }

    /// Adds a change by somebody else after the preparation.
    pub(crate) const fn with_change(self, change: fn(&Fixture, &Subject)) -> Self {
        Self { change, ..self }
    }
}

/// The account that a run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// The name, which is not part of another name.
    pub(crate) name: String,
    /// The uid in Palette, if it was registered before.
    pub(crate) uid: String,
    /// The ARN of the incoming secret.
    pub(crate) secret: String,
    /// The AWS account that was vended.
    pub(crate) vended: Option<VendedAccount>,
}

/// An action of a flow.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Over HTTP.
    Http(&'static str, String, Option<Value>),
    /// A registration event: its detail.
    Event(Value),
    /// Events that go to a queue.
    Queue(Vec<Value>),
    /// The sweep, directly.
    Sweep,
    /// Creates an incoming secret, not through Gangway.
    StoreSecret(String),
    /// `POST` of a body that names the incoming secret of the subject.
    PostWithSecret(&'static str, Value),
}

impl Action {
    /// Returns a `POST` request.
    pub(crate) fn post(path: &str, body: Value) -> Self {
        Self::Http("POST", path.to_owned(), Some(body))
    }

    /// Returns a `PUT` request.
    pub(crate) fn put(path: String, body: Value) -> Self {
        Self::Http("PUT", path, Some(body))
    }

    /// Returns a `GET` request.
    pub(crate) fn get(path: &str) -> Self {
        Self::Http("GET", path.to_owned(), None)
    }
}

/// The response to an action.
#[derive(Clone, Debug)]
pub(crate) enum Response {
    /// An answer over HTTP.
    Http(Box<HttpResponse>),
    /// The result of an event or a direct invocation.
    Returned(Value),
    /// An error of an event or a direct invocation, which is retried.
    Failed(String),
    /// The message was processed and deleted.
    Processed,
    /// The message stays in the queue.
    Queued,
    /// Messages went to the dead-letter queue, for these reasons.
    DeadLettered(Vec<String>),
    /// An incoming secret was created: its ARN.
    SecretStored(String),
}

impl Response {
    /// Whether the response reports success.
    pub(crate) fn succeeded(&self) -> bool {
        match self {
            Self::Http(response) => (200..300).contains(&response.status),
            Self::Returned(value) => {
                text(value, "outcome") != "rejected" && value["complete"] != Value::Bool(false)
            }
            Self::Processed | Self::SecretStored(_) => true,
            Self::Failed(_) | Self::Queued | Self::DeadLettered(_) => false,
        }
    }

    /// Whether the function or Lambda timed out.
    pub(crate) fn timed_out(&self) -> bool {
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

    /// Returns a short label for the table.
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

    /// The whole response as text.
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

    /// The uid of the account, or an empty text.
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
