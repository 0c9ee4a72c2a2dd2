//! What requests may ask of this deployment: how old events may be and which projects they may name,
//! and which checks a request may waive.

use std::time::{Duration, SystemTime};

use crate::{Check, FieldError, UidOrName};

/// When an event was sent, and whether an archive sent it again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EventOrigin {
    /// The member `time`.
    pub time: Option<SystemTime>,
    /// Whether the event has the member `replay-name`, which EventBridge adds to a replayed event.
    pub is_replayed: bool,
}

/// Limits of requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestLimits {
    /// Age at which an event is refused.
    pub max_age: Duration,
    /// The projects that an event may name.
    pub projects: Vec<UidOrName>,
    /// The checks that a request may waive.
    pub waivable_checks: Vec<&'static Check>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            max_age: Duration::from_hours(24),
            projects: Vec::new(),
            waivable_checks: Vec::new(),
        }
    }
}

/// The time of an event may be later than that of this machine by so much.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_mins(15);

impl RequestLimits {
    /// Rejects an event that was replayed, that is too old, or whose age is unknown. Settings and
    /// accounts may have changed since it was sent.
    ///
    /// # Errors
    ///
    /// The member that is the reason, and what to do.
    pub fn check_origin(&self, origin: EventOrigin, now: SystemTime) -> Result<(), FieldError> {
        if origin.is_replayed {
            let detail =
                "the event was replayed from an archive: send a new one if the request still holds";
            return Err(FieldError::unprocessable("/replay-name", detail));
        }
        let Some(time) = origin.time else {
            let detail = "the event must have the member time, which EventBridge adds: send it over the event bus";
            return Err(FieldError::unprocessable("/time", detail));
        };
        // Otherwise the event would never be too old.
        if time.duration_since(now).unwrap_or_default() > MAX_CLOCK_DIFFERENCE {
            let detail = "the time of the event is in the future: send it over the event bus, which sets the time";
            return Err(FieldError::unprocessable("/time", detail));
        }
        if now.duration_since(time).unwrap_or_default() > self.max_age {
            let hours = self.max_age.as_secs() / 3600;
            let detail = format!(
                "the event is older than {hours} hours (EventMaxAgeHours): send a new one if the request still holds"
            );
            return Err(FieldError::unprocessable("/time", detail));
        }
        Ok(())
    }

    /// Returns `true` if an event may name this project. It must name it as the setting does: by uid
    /// or by name.
    pub fn allows_project(&self, project: &UidOrName) -> bool {
        self.projects.contains(project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replayed_old_and_undated_events_are_rejected() {
        let limits = RequestLimits::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(1_000);
        let origin = |time, is_replayed| EventOrigin { time, is_replayed };
        let ago = |hours| Some(now - Duration::from_hours(hours));
        for (origin, pointer) in [
            (origin(ago(0), false), None),
            (origin(ago(24), false), None),
            (origin(Some(now + Duration::from_mins(14)), false), None),
            (origin(Some(now + Duration::from_hours(1)), false), Some("/time")),
            (origin(ago(25), false), Some("/time")),
            (origin(None, false), Some("/time")),
            (origin(ago(0), true), Some("/replay-name")),
        ] {
            let rejected = limits.check_origin(origin, now).err().map(|error| error.pointer);
            assert_eq!(rejected.as_deref(), pointer, "{origin:?}");
        }
    }

    #[test]
    fn only_projects_of_the_setting_may_be_named() {
        let limits = RequestLimits {
            projects: vec!["Payments".parse().unwrap()],
            ..RequestLimits::default()
        };
        assert!(limits.allows_project(&"Payments".parse().unwrap()));
        assert!(!limits.allows_project(&"payments".parse().unwrap()));
        assert!(!RequestLimits::default().allows_project(&"Payments".parse().unwrap()));
    }
}
