//! A time as the state table and the messages of the watch hold it.

use std::time::{Duration, SystemTime};

use gangway_model::time::{parse_rfc3339, to_rfc3339};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A time that is serialized as RFC 3339 in whole seconds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(pub SystemTime);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rfc3339(&text).map(Self).ok_or_else(|| D::Error::custom("not a time of RFC 3339"))
    }
}

impl Timestamp {
    /// Returns the whole days from `now` until this time. The number is negative if this time has
    /// passed.
    pub fn days_left(self, now: SystemTime) -> i64 {
        let days = |time: Duration| i64::try_from(time.as_secs() / 86_400).unwrap_or(i64::MAX);
        match self.0.duration_since(now) {
            Ok(left) => days(left),
            Err(passed) => -1 - days(passed.duration()),
        }
    }
}
