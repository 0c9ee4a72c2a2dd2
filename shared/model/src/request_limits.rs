//! The limits of requests: the maximum age of events, the projects that events may name, and the
//! checks that requests may waive.

use std::time::{Duration, SystemTime};

use crate::{Check, FieldError, UidOrName};

/// The time at which an event was sent, and whether EventBridge replayed the event from an archive.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct EventOrigin {
    /// The member `time` of the event.
    pub time: Option<SystemTime>,
    /// `true` if the event has the member `replay-name`, which EventBridge adds to an event that it
    /// replays from an archive.
    pub is_replayed: bool,
}

/// The limits of requests, from the settings of this deployment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestLimits {
    /// The maximum age of an event. An older event is rejected.
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

/// The maximum difference by which the time of an event may be later than the clock of this
/// machine.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_mins(15);

impl RequestLimits {
    /// Rejects an event that was replayed, that is too old, or that has no time or a time in the
    /// future. Since an old event was sent, settings and accounts may have changed.
    ///
    /// # Errors
    ///
    /// Returns an error with the member of the event that is the reason, and what the sender can
    /// do.
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
        // Without this check, an event with a time in the far future would never be too old.
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

    /// Returns `true` if an event may name this project. If the setting contains the uid of a
    /// project, an event must contain its uid; if the setting contains its name, an event must
    /// contain its name.
    pub fn allows_project(&self, project: &UidOrName) -> bool {
        self.projects.contains(project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replayed_events_old_events_and_events_without_time_are_rejected() {
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
            let error_pointer = limits.check_origin(origin, now).err().map(|error| error.pointer);
            assert_eq!(error_pointer.as_deref(), pointer, "{origin:?}");
        }
    }

    #[test]
    fn an_event_may_name_only_a_project_of_the_setting() {
        let limits = RequestLimits {
            projects: vec!["Payments".parse().unwrap()],
            ..RequestLimits::default()
        };
        assert!(limits.allows_project(&"Payments".parse().unwrap()));
        assert!(!limits.allows_project(&"payments".parse().unwrap()));
        assert!(!RequestLimits::default().allows_project(&"Payments".parse().unwrap()));
    }
}
