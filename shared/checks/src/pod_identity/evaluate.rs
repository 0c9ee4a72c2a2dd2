//! Converts the observations into findings. There is one module for each group of checks.

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

/// Evaluates every check of the Pod Identity setup. The findings are in the order of the setup
/// steps.
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

/// Sorts findings by the first prerequisite of each check. The ids of prerequisites are numbered in
/// the order of the setup steps.
pub(super) fn sort_by_setup_step(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| finding.check.covers.first().copied());
}

/// Returns a *not applicable* finding for each of `checks` if the cluster does not exist. Returns
/// `None` if the cluster exists or cannot be read.
fn findings_without_cluster(
    observations: &Observations,
    checks: &[&'static Check],
) -> Option<Vec<Finding>> {
    matches!(observations.cluster.description, Observed::Absent).then(|| {
        let reason = "there is no such cluster in the account of the roles";
        checks.iter().map(|check| check.not_applicable(reason)).collect()
    })
}
