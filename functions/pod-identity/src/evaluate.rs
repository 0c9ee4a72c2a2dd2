//! The answers to the checklist, from what was seen. No I/O.

mod agent;
mod associations;
mod cluster;
pub(crate) mod config;
pub(crate) mod pods;
mod roles;
mod rules;

use gangway_model::{Check, Finding};

use crate::{observations::Observations, observed::Observed, request::PodIdentityRequest};

/// Every check of the method, answered, in the order of the checklist.
pub(crate) fn evaluate_all(facts: &Observations, wish: &PodIdentityRequest) -> Vec<Finding> {
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
fn without_cluster(facts: &Observations, checks: &[&'static Check]) -> Option<Vec<Finding>> {
    matches!(facts.cluster, Observed::Absent).then(|| {
        let none = "there is no such cluster in the account of the roles";
        checks.iter().map(|check| check.not_applicable(none)).collect()
    })
}
