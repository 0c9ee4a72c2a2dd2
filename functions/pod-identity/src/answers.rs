//! The answers to the checklist, from what was seen. No I/O.

mod agent;
mod associations;
mod cluster;
pub(crate) mod config;
pub(crate) mod pods;
mod roles;
mod rules;

use gangway_model::{Check, Finding};

use crate::{facts::Facts, request::Wish, seen::Seen};

/// Every check of the method, answered, in the order of the checklist.
pub(crate) fn all(facts: &Facts, wish: &Wish) -> Vec<Finding> {
    let mut findings = cluster::findings(facts, wish);
    findings.extend(agent::findings(facts, wish));
    findings.extend(config::findings(facts, wish));
    findings.extend(pods::findings(facts, wish));
    findings.extend(roles::findings(facts, wish));
    findings.extend(associations::findings(facts, wish));
    findings.extend(rules::findings(facts, wish));
    findings.sort_by_key(|finding| finding.check.covers.first().copied());
    findings
}

/// The answers to questions that do not arise without a cluster.
fn without_cluster(facts: &Facts, checks: &[&'static Check]) -> Option<Vec<Finding>> {
    matches!(facts.cluster, Seen::Missing).then(|| {
        let none = "there is no such cluster in the account of the roles";
        checks.iter().map(|check| check.not_applicable(none)).collect()
    })
}
