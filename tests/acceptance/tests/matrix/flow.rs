//! A flow: a request or event to a function, its preparation and its response.

use acceptance::{HttpResponse, text};
use gangway_model::Partition;
use local_cloud::world::Vended;
use serde_json::Value;

use crate::fixture::Fixture;

/// A flow: what has to be there, and the one request or event that is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    /// The function that serves it: package and binary have one name.
    pub(crate) function: &'static str,
    /// In a word or two.
    pub(crate) name: &'static str,
    /// Where.
    pub(crate) partition: Partition,
    /// The way in.
    pub(crate) trigger: Trigger,
    /// Asked before, undisturbed.
    pub(crate) before: fn(&Fixture, &mut Subject) -> Vec<Action>,
    /// What somebody else does to it then.
    pub(crate) disturb: fn(&Fixture, &Subject),
    /// What is asked.
    pub(crate) action: fn(&Fixture, &Subject) -> Action,
}

/// The ways into a function, as the template has them.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Trigger {
    /// Verb and path.
    Route(&'static str, &'static str),
    /// A rule of an event bus.
    Event,
    /// A queue.
    Queue,
    /// A schedule, or whoever invokes it directly.
    Schedule,
}

impl Trigger {
    /// Whether nothing is ever changed this way: a process that ends there has left nothing behind.
    pub(crate) fn reads(self) -> bool {
        match self {
            Self::Route(verb, path) => {
                verb == "GET" || path.ends_with("/validate") || path == "/v1/policies"
            }
            Self::Event | Self::Queue | Self::Schedule => false,
        }
    }
}

/// A function, by its name: the one that its flows have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function(pub(crate) &'static str);

impl Function {
    /// Nothing has to be there, and nobody does anything.
    pub(crate) const fn flow(
        self,
        name: &'static str,
        partition: Partition,
        trigger: Trigger,
        action: fn(&Fixture, &Subject) -> Action,
    ) -> Flow {
        let before = |_: &Fixture, _: &mut Subject| Vec::new();
        Flow { function: self.0, name, partition, trigger, before, disturb: |_, _| (), action }
    }
}

impl Flow {
    /// This was asked before.
    pub(crate) const fn after(self, before: fn(&Fixture, &mut Subject) -> Vec<Action>) -> Self {
        Self { before, ..self }
    }

    /// Then somebody else did this.
    pub(crate) const fn disturbed(self, disturb: fn(&Fixture, &Subject)) -> Self {
        Self { disturb, ..self }
    }
}

/// The account that a run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Subject {
    /// Its name, which is part of no other's.
    pub(crate) name: String,
    /// Palette's, where it was registered before.
    pub(crate) uid: String,
    /// Where keys were left for Gangway.
    pub(crate) secret: String,
    /// The AWS account that was vended.
    pub(crate) vended: Option<Vended>,
}

/// What is asked, and how.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Over HTTP.
    Http(&'static str, String, Option<Value>),
    /// By an event that asks for a registration: its detail.
    Event(Value),
    /// By events that a queue takes.
    Queue(Vec<Value>),
    /// The sweep, directly.
    Sweep,
    /// Not of Gangway: keys are left in Secrets Manager.
    Leave(String),
}

impl Action {
    /// `POST`
    pub(crate) fn post(path: &str, body: Value) -> Self {
        Self::Http("POST", path.to_owned(), Some(body))
    }

    /// `PUT`
    pub(crate) fn put(path: String, body: Value) -> Self {
        Self::Http("PUT", path, Some(body))
    }

    /// `GET`
    pub(crate) fn get(path: &str) -> Self {
        Self::Http("GET", path.to_owned(), None)
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) enum Response {
    /// An answer over HTTP.
    Http(Box<HttpResponse>),
    /// What a function answered to an event, or to a direct invocation.
    Done(Value),
    /// A function's error to an event or a direct invocation: it would come again.
    Failed(String),
    /// A message was worked, and is gone.
    Worked,
    /// A message stays in its queue.
    Left,
    /// Messages went to the dead letters, for these reasons.
    Dead(Vec<String>),
    /// Keys were left: the secret's ARN.
    Kept(String),
}

impl Response {
    /// What was asked for is done, or so it says.
    pub(crate) fn succeeded(&self) -> bool {
        match self {
            Self::Http(response) => (200..300).contains(&response.status),
            Self::Done(value) => {
                text(value, "outcome") != "rejected" && value["complete"] != Value::Bool(false)
            }
            Self::Worked | Self::Kept(_) => true,
            Self::Failed(_) | Self::Left | Self::Dead(_) => false,
        }
    }

    /// A function found that its time was over, or Lambda did.
    pub(crate) fn ran_out_of_time(&self) -> bool {
        match self {
            Self::Http(response) => response.status == 504,
            Self::Failed(counts) => counts.contains("timed out"),
            Self::Done(_) | Self::Worked | Self::Left | Self::Dead(_) | Self::Kept(_) => false,
        }
    }

    /// In a word, to be counted.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Http(response) => response.status.to_string(),
            Self::Done(value) if text(value, "outcome") == "rejected" => {
                value.pointer("/problem/status").map(ToString::to_string).unwrap_or_default()
            }
            Self::Done(_) | Self::Worked | Self::Kept(_) => "done".to_owned(),
            Self::Failed(_) | Self::Left => "again".to_owned(),
            Self::Dead(_) => "dead".to_owned(),
        }
    }

    /// All that was said.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Http(response) => format!("{}: {}", response.status, response.text),
            Self::Done(_)
            | Self::Failed(_)
            | Self::Worked
            | Self::Left
            | Self::Dead(_)
            | Self::Kept(_) => format!("{self:?}"),
        }
    }

    /// Palette's name for the account, where it was told.
    pub(crate) fn uid(&self) -> &str {
        match self {
            Self::Http(response) => response.uid(),
            Self::Done(value) => text(value, "uid"),
            Self::Failed(_) | Self::Worked | Self::Left | Self::Dead(_) | Self::Kept(_) => "",
        }
    }
}
