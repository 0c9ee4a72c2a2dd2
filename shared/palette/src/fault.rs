//! Why a call failed, while it is still known whether to repeat it.

use std::{error::Error, time::Duration};

use gangway_model::PortError;

use crate::{
    SERVICE,
    projects::NO_PROJECT,
    refusal::{Kind, Refusal},
};

/// How long to keep away when Palette is asked too often and does not say.
const MOMENT: Duration = Duration::from_secs(1);

/// What to make of a status that means both.
const EITHER: &str = "Palette answers so when it refuses and when it fails by itself, so try again once before changing anything";

/// A call that did not do.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Palette answered, and said no.
    Refusal(Refusal),
    /// Palette did nothing, since it was asked too often. With its own idea of when to try again.
    Throttled(Option<Duration>),
    /// The connection or a proxy broke. Another try may do.
    Broken(Box<dyn Error + Send + Sync>),
    /// Settled.
    Port(PortError),
}

/// Palette, or something before it, answered with a status that has no reason in it.
#[derive(Debug, thiserror::Error)]
#[error("HTTP status {0}")]
pub(crate) struct BadStatus(pub(crate) u16);

/// Not the JSON that was expected. The parser's own error would quote the value.
#[derive(Debug, thiserror::Error)]
#[error("not the JSON expected ({category:?} at line {line}, column {column})")]
struct Unreadable {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

/// An answer that cannot be used.
pub(crate) fn unreadable(error: &serde_json::Error) -> PortError {
    unavailable(Unreadable {
        category: error.classify(),
        line: error.line(),
        column: error.column(),
    })
}

/// Palette could not be asked, or what came is no answer.
pub(crate) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> PortError {
    PortError::Unavailable { service: SERVICE, source: source.into() }
}

impl From<PortError> for Fault {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl Fault {
    /// Whether to send the call again.
    pub(crate) const fn worth_repeating(&self, repeatable: bool) -> bool {
        match self {
            Self::Throttled(_) => true,
            Self::Broken(_) => repeatable,
            Self::Refusal(_) | Self::Port(_) => false,
        }
    }

    /// How long to wait before that, on top of one's own pause.
    pub(crate) fn pause(&self) -> Duration {
        match self {
            Self::Throttled(Some(pause)) => *pause,
            Self::Throttled(None) | Self::Refusal(_) | Self::Broken(_) | Self::Port(_) => {
                Duration::ZERO
            }
        }
    }

    /// Palette's words, if it does not let Gangway in.
    pub(crate) fn denial(&self) -> Option<&str> {
        match self {
            Self::Refusal(Refusal { kind: Kind::KeyRefused | Kind::Denied, reason, .. }) => {
                Some(reason)
            }
            Self::Refusal(_) | Self::Throttled(_) | Self::Broken(_) | Self::Port(_) => None,
        }
    }

    /// Whether Palette says that it has no such thing.
    pub(crate) const fn missing(&self) -> bool {
        matches!(self, Self::Refusal(Refusal { kind: Kind::Missing, .. }))
    }

    /// For callers. `what` names what was asked for.
    pub(crate) fn port(self, what: &'static str) -> PortError {
        match self {
            Self::Refusal(Refusal { kind, status, reason, .. }) => match kind {
                Kind::KeyRefused | Kind::Denied => PortError::Denied { service: SERVICE, reason },
                Kind::Missing => PortError::Missing { service: SERVICE, what },
                Kind::NoProject => NO_PROJECT,
                Kind::Other if status == 500 => {
                    let reason = format!("{reason}; {EITHER}");
                    PortError::Refused { service: SERVICE, reason }
                }
                Kind::Taken | Kind::Other => PortError::Refused { service: SERVICE, reason },
            },
            Self::Throttled(pause) => {
                PortError::Busy { service: SERVICE, retry_after: pause.unwrap_or(MOMENT) }
            }
            Self::Broken(source) => unavailable(source),
            Self::Port(error) => error,
        }
    }

    /// The same for calls that give an account its name.
    pub(crate) fn naming(self, what: &'static str) -> PortError {
        match self {
            Self::Refusal(Refusal { kind: Kind::Taken, .. }) => {
                PortError::Duplicate { service: SERVICE }
            }
            Self::Refusal(_) | Self::Throttled(_) | Self::Broken(_) | Self::Port(_) => {
                self.port(what)
            }
        }
    }
}
