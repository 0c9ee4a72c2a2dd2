//! Thresholds for the measured values. Each value is compared with a baseline of the same run, or
//! with a count, so that a slow machine violates no threshold.
//!
//! To tighten a threshold: set `max` to at most 1.5 times the measured value, and write the value
//! and the date into its comment.

use serde_json::{Value, json};

use crate::samples::round_to_thousandths;

/// The highest value that is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) max: f64,
    /// The unit of the value, or the baseline by which the value is divided.
    pub(crate) unit: &'static str,
    pub(crate) reason: &'static str,
}

/// Time from the start of the process to its first poll for an event.
pub(crate) const FIRST_POLL: Threshold = Threshold {
    max: 4.0,
    unit: "× bare",
    reason: "a start reads settings and compiled-in CA certificates, and makes no client, connection or call",
};
/// Time from the start of the process to its first poll, if AWS's endpoints use certificates of a
/// private CA.
pub(crate) const FIRST_POLL_PRIVATE: Threshold = Threshold {
    max: 100.0,
    unit: "× bare",
    reason: "a start fetches the CA certificates from Secrets Manager: one call, over TLS, before anything else can be trusted",
};
/// Resident memory before the first request.
pub(crate) const IDLE_MEMORY: Threshold = Threshold {
    max: 6.0,
    unit: "× bare",
    reason: "the binary itself and the parsed CA certificates",
};
/// Resident memory after warm requests.
pub(crate) const USED_MEMORY: Threshold = Threshold {
    max: 10.0,
    unit: "× bare",
    reason: "Lambda bills 128 MB at least: a quarter of that is far from any trouble",
};
/// Size of the zip archive that is deployed.
pub(crate) const ZIP: Threshold = Threshold {
    max: 14.0,
    unit: "× bare",
    reason: "a cold start fetches and reads all of it: two SDK clients and TLS, no third",
};
/// Size of the zip archive that is deployed, in MB.
pub(crate) const ZIP_SIZE: Threshold =
    Threshold { max: 4.2, unit: "MB", reason: "a cold start fetches and reads all of it" };
/// Wall time of a registration.
pub(crate) const HOP_SUM: Threshold = Threshold {
    max: 2.0,
    unit: "× hops",
    reason: "what is not waiting for the network is work of our own: never more than the waiting",
};
/// Calls per account of a sweep.
pub(crate) const SWEEP_CALLS: Threshold = Threshold {
    max: 0.5,
    unit: "calls",
    reason: "lists come by pages and messages leave in tens: a call for each account would take an hour for 10,000",
};
/// Peak memory of a sweep.
pub(crate) const SWEEP_MEMORY: Threshold = Threshold {
    max: 1.5,
    unit: "× that of 100",
    reason: "ten thousand accounts are read page by page and none is kept",
};
/// Calls per vended account that is registered for the first time.
pub(crate) const VENDED_CALLS: Threshold = Threshold {
    max: 31.0,
    unit: "calls",
    reason: "role, five policies made and attached, eleven questions to IAM's simulator, Palette's word: each once",
};
/// Peak memory while many vended accounts are registered.
pub(crate) const VENDED_MEMORY: Threshold = Threshold {
    max: 1.5,
    unit: "× that of 100",
    reason: "nothing is kept of a registered account",
};
/// CPU time per vended account.
pub(crate) const VENDED_TIME: Threshold = Threshold {
    max: 2.5,
    unit: "× a validation",
    reason: "it is a validation, and a role with its policies made: 30 calls where `sts` makes 22",
};
/// Requests to Palette per account in a run of the watch that finds no change.
pub(crate) const WATCH_PALETTE: Threshold = Threshold {
    max: 1.1,
    unit: "requests",
    reason: "Palette validates the credential once, and its list has 50 accounts a page",
};
/// Pages of Palette's list for each 50 accounts of a run of the watch.
pub(crate) const WATCH_PAGES: Threshold = Threshold {
    max: 1.1,
    unit: "pages",
    reason: "a message carries what the list says, so that nothing is read twice",
};
/// Calls to IAM's simulator per account in a run of the watch.
pub(crate) const WATCH_SIMULATIONS: Threshold = Threshold {
    max: 6.0,
    unit: "calls",
    reason: "actions with the same resource and conditions are asked about together",
};
/// Duration of a run of the watch over 10,000 accounts, at four requests to Palette a second.
pub(crate) const WATCH_HOURS: Threshold = Threshold {
    max: 1.0,
    unit: "hours",
    reason: "the default of two batches at two requests a second each, a share of Palette's ten",
};
/// Peak memory of the watch.
pub(crate) const WATCH_MEMORY: Threshold = Threshold {
    max: 1.5,
    unit: "× that of 100",
    reason: "accounts come by pages and messages, and none is kept",
};
/// Number of outcome events of the watch that are lost or published twice.
pub(crate) const WATCH_EVENTS: Threshold = Threshold {
    max: 0.0,
    unit: "events",
    reason: "a change is written with its event, and with the condition that nobody else has",
};
/// Writes to the state table per account that did not change.
pub(crate) const WATCH_WRITES: Threshold = Threshold {
    max: 0.0,
    unit: "writes",
    reason: "the table is written on a change, and once a day",
};
/// Writes to the state table per account that did not change, a day after the last write.
pub(crate) const WATCH_WRITES_DAILY: Threshold = Threshold {
    max: 1.0,
    unit: "writes",
    reason: "DynamoDB deletes a state that is never written",
};
/// Comparison with the Python handler in `tests/bench/peer`.
pub(crate) const PEER: Threshold = Threshold {
    max: 1.0,
    unit: "× the peer",
    reason: "more checks than a handler written by hand, for less",
};

/// All values that were compared with a threshold.
#[derive(Debug, Default)]
pub(crate) struct Thresholds(Vec<Measurement>);

#[derive(Debug)]
struct Measurement {
    what: String,
    figure: f64,
    limit: Threshold,
}

impl Measurement {
    fn is_met(&self) -> bool {
        // A value that could not be measured (NaN) violates its threshold.
        self.figure <= self.limit.max
    }
}

impl Thresholds {
    /// Compares a value with a threshold and keeps the result.
    pub(crate) fn check(&mut self, what: impl Into<String>, figure: f64, limit: Threshold) {
        self.0.push(Measurement { what: what.into(), figure, limit });
    }

    /// Returns one line for each violated threshold.
    pub(crate) fn violations(&self) -> Vec<String> {
        let word = |held: &Measurement| {
            let Measurement { what, figure, limit: Threshold { max, unit, reason } } = held;
            format!("{what}: {figure:.2} {unit}, at most {max} ({reason})")
        };
        self.0.iter().filter(|held| !held.is_met()).map(word).collect()
    }

    /// Returns all results for the results file.
    pub(crate) fn to_json(&self) -> Value {
        let one = |held: &Measurement| {
            let Measurement { what, figure, limit: Threshold { max, unit, reason } } = held;
            json!({ "what": what, "figure": round_to_thousandths(*figure), "most": max, "of": unit, "why": reason, "holds": held.is_met() })
        };
        self.0.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_above_its_threshold_or_nan_is_a_violation() {
        let mut thresholds = Thresholds::default();
        for (what, figure) in [("good", 2.0), ("worse", 2.01), ("none", f64::NAN)] {
            thresholds.check(what, figure, HOP_SUM);
        }
        let violations = thresholds.violations();
        assert_eq!(violations.len(), 2, "{violations:?}");
        assert!(violations.iter().all(|line| !line.starts_with("good")), "{violations:?}");
    }
}
