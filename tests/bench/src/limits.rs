//! Thresholds for the measured values. Each value is compared with a baseline of the same run, or
//! with a count, so that a slow machine violates no threshold.
//!
//! To tighten a threshold: set `max` to at most 1.5 times the measured value, and write the value
//! and the date into its comment.

use serde_json::{Value, json};

use crate::samples::rounded;

/// The highest value that is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) most: f64,
    /// The unit, or what the value is a multiple of.
    pub(crate) of: &'static str,
    pub(crate) why: &'static str,
}

/// Time from the start of the process to its first poll for an event.
pub(crate) const FIRST_POLL: Limit = Limit {
    most: 4.0,
    of: "× bare",
    why: "a start reads settings and compiled-in authorities, and makes no client, connection or call",
};
/// The same, when AWS's endpoints use certificates of a private CA.
pub(crate) const FIRST_POLL_PRIVATE: Limit = Limit {
    most: 100.0,
    of: "× bare",
    why: "a start fetches the authorities from Secrets Manager: one call, over TLS, before anything else can be trusted",
};
/// Resident memory before the first request.
pub(crate) const IDLE_MEMORY: Limit =
    Limit { most: 6.0, of: "× bare", why: "the binary itself and the parsed authorities" };
/// Resident memory after warm requests.
pub(crate) const USED_MEMORY: Limit = Limit {
    most: 10.0,
    of: "× bare",
    why: "Lambda bills 128 MB at least: a quarter of that is far from any trouble",
};
/// Size of the zip archive that is deployed.
pub(crate) const ZIP: Limit = Limit {
    most: 14.0,
    of: "× bare",
    why: "a cold start fetches and reads all of it: two SDK clients and TLS, no third",
};
/// Wall time of a registration.
pub(crate) const HOP_SUM: Limit = Limit {
    most: 2.0,
    of: "× hops",
    why: "what is not waiting for the network is work of our own: never more than the waiting",
};
/// Calls per account of a sweep.
pub(crate) const SWEEP_CALLS: Limit = Limit {
    most: 0.5,
    of: "calls",
    why: "lists come by pages and messages leave in tens: a call for each account would take an hour for 10,000",
};
/// Peak memory of a sweep.
pub(crate) const SWEEP_MEMORY: Limit = Limit {
    most: 1.5,
    of: "× that of 100",
    why: "ten thousand accounts are read page by page and none is kept",
};
/// Calls per vended account that is registered for the first time.
pub(crate) const VENDED_CALLS: Limit = Limit {
    most: 31.0,
    of: "calls",
    why: "role, five policies made and attached, eleven questions to IAM's simulator, Palette's word: each once",
};
/// Peak memory while many vended accounts are registered.
pub(crate) const VENDED_MEMORY: Limit =
    Limit { most: 1.5, of: "× that of 100", why: "nothing is kept of an account that is aboard" };
/// CPU time per vended account.
pub(crate) const VENDED_TIME: Limit = Limit {
    most: 2.5,
    of: "× a validation",
    why: "it is a validation, and a role with its policies made: 30 calls where `sts` makes 22",
};
/// Comparison with the Python handler in `tests/bench/peer`.
pub(crate) const PEER: Limit = Limit {
    most: 1.0,
    of: "× the peer",
    why: "more checks than a handler written by hand, for less",
};

/// All values that were compared with a threshold.
#[derive(Debug, Default)]
pub(crate) struct Limits(Vec<Held>);

#[derive(Debug)]
struct Held {
    what: String,
    figure: f64,
    limit: Limit,
}

impl Held {
    fn holds(&self) -> bool {
        // A value that could not be measured (NaN) violates its threshold.
        self.figure <= self.limit.most
    }
}

impl Limits {
    /// Compares a value with a threshold and keeps the result.
    pub(crate) fn hold(&mut self, what: impl Into<String>, figure: f64, limit: Limit) {
        self.0.push(Held { what: what.into(), figure, limit });
    }

    /// Returns one line for each violated threshold.
    pub(crate) fn broken(&self) -> Vec<String> {
        let word = |held: &Held| {
            let Held { what, figure, limit: Limit { most, of, why } } = held;
            format!("{what}: {figure:.2} {of}, at most {most} ({why})")
        };
        self.0.iter().filter(|held| !held.holds()).map(word).collect()
    }

    /// Returns all results for the results file.
    pub(crate) fn json(&self) -> Value {
        let one = |held: &Held| {
            let Held { what, figure, limit: Limit { most, of, why } } = held;
            json!({ "what": what, "figure": rounded(*figure), "most": most, "of": of, "why": why, "holds": held.holds() })
        };
        self.0.iter().map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_passes_its_limit_or_is_none_is_broken() {
        let mut limits = Limits::default();
        for (what, figure) in [("good", 2.0), ("worse", 2.01), ("none", f64::NAN)] {
            limits.hold(what, figure, HOP_SUM);
        }
        let broken = limits.broken();
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken.iter().all(|line| !line.starts_with("good")), "{broken:?}");
    }
}
