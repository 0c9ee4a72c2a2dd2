//! Evaluates the observations: pure functions, one module for each group of checks.

mod agent;
mod associations;
mod cluster;
pub(super) mod config;
pub(super) mod pods;
mod roles;
mod rules;

use gangway_aws::Observed;
use gangway_model::{Check, Finding};

use super::{Observations, PodIdentitySetup};

/// Evaluates every check of the method. The findings are in the order of the setup steps.
pub fn evaluate_all(observations: &Observations, setup: &PodIdentitySetup<'_>) -> Vec<Finding> {
    let mut findings = cluster::findings(observations, setup);
    findings.extend(agent::findings(observations, setup));
    findings.extend(config::findings(observations, setup));
    findings.extend(pods::findings(observations, setup));
    findings.extend(roles::findings(observations, setup));
    findings.extend(associations::findings(observations, setup));
    findings.extend(rules::findings(observations, setup));
    sort_by_setup_step(&mut findings);
    findings
}

/// Sorts findings by the first prerequisite that each covers: prerequisites are numbered by step.
pub(super) fn sort_by_setup_step(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| finding.check.covers.first().copied());
}

/// Returns *not applicable* for each of `checks` if there is no cluster.
fn without_cluster(observations: &Observations, checks: &[&'static Check]) -> Option<Vec<Finding>> {
    matches!(observations.cluster.description, Observed::Absent).then(|| {
        let reason = "there is no such cluster in the account of the roles";
        checks.iter().map(|check| check.not_applicable(reason)).collect()
    })
}
