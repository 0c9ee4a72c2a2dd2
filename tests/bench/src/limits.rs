//! Figures and what they may be. A figure is held against a peer that was measured in the same run, or against what cannot be
//! avoided, so that a slow machine breaks no limit.

use serde_json::{Value, json};

use crate::samples::rounded;

/// What a figure may be at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    /// The most.
    pub(crate) most: f64,
    /// Of what: the unit, or what the figure is a multiple of.
    pub(crate) of: &'static str,
    /// Why so much and no more.
    pub(crate) why: &'static str,
}

/// From the process's start to its first poll for work.
pub(crate) const FIRST_POLL: Limit = Limit {
    most: 4.0,
    of: "× bare",
    why: "a start reads settings and compiled-in authorities, and makes no client, connection or call",
};
/// The same where AWS's endpoints stand behind private authorities.
pub(crate) const FIRST_POLL_PRIVATE: Limit = Limit {
    most: 100.0,
    of: "× bare",
    why: "a start fetches the authorities from Secrets Manager: one call, over TLS, before anything else can be trusted",
};
/// Resident before the first request.
pub(crate) const IDLE_MEMORY: Limit =
    Limit { most: 6.0, of: "× bare", why: "the binary itself and the parsed authorities" };
/// Resident after warm requests.
pub(crate) const USED_MEMORY: Limit = Limit {
    most: 10.0,
    of: "× bare",
    why: "Lambda bills 128 MB at least: a quarter of that is far from any trouble",
};
/// The zip that is deployed.
pub(crate) const ZIP: Limit = Limit {
    most: 14.0,
    of: "× bare",
    why: "a cold start fetches and reads all of it: two SDK clients and TLS, no third",
};
/// A registration's wall time.
pub(crate) const HOP_SUM: Limit = Limit {
    most: 2.0,
    of: "× hops",
    why: "what is not waiting for the network is work of our own: never more than the waiting",
};
/// What each of a sweep's accounts costs in calls.
pub(crate) const SWEEP_CALLS: Limit = Limit {
    most: 0.5,
    of: "calls",
    why: "lists come by pages and messages leave in tens: a call for each account would take an hour for 10,000",
};
/// A sweep's memory.
pub(crate) const SWEEP_MEMORY: Limit = Limit {
    most: 1.5,
    of: "× that of 100",
    why: "ten thousand accounts are read page by page and none is kept",
};
/// What an account costs that comes aboard for the first time.
pub(crate) const VENDED_CALLS: Limit = Limit {
    most: 31.0,
    of: "calls",
    why: "role, five policies made and attached, eleven questions to IAM's simulator, Palette's word: each once",
};
/// Memory while many come aboard.
pub(crate) const VENDED_MEMORY: Limit =
    Limit { most: 1.5, of: "× that of 100", why: "nothing is kept of an account that is aboard" };
/// Time on the processor of an account that comes aboard.
pub(crate) const VENDED_TIME: Limit = Limit {
    most: 2.5,
    of: "× a validation",
    why: "it is a validation, and a role with its policies made: 30 calls where `sts` makes 22",
};
/// Against the Python handler.
pub(crate) const PEER: Limit = Limit {
    most: 1.0,
    of: "× the peer",
    why: "more checks than a handler written by hand, for less",
};

/// Everything that was held against a limit.
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
        // Of what could not be measured nothing holds.
        self.figure <= self.limit.most
    }
}

impl Limits {
    /// Holds a figure against a limit.
    pub(crate) fn hold(&mut self, what: impl Into<String>, figure: f64, limit: Limit) {
        self.0.push(Held { what: what.into(), figure, limit });
    }

    /// Those that are broken, in words.
    pub(crate) fn broken(&self) -> Vec<String> {
        let word = |held: &Held| {
            let Held { what, figure, limit: Limit { most, of, why } } = held;
            format!("{what}: {figure:.2} {of}, at most {most} ({why})")
        };
        self.0.iter().filter(|held| !held.holds()).map(word).collect()
    }

    /// What is written down of them.
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
