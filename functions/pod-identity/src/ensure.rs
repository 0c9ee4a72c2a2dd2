//! Creates or changes two associations, creates a `ConfigMap` and installs the Pod Identity Agent, if the
//! caller asks for it and no other check fails. Gangway changes nothing else in the customer's accounts.

mod agent;
mod associations;
mod config_map;
mod dependents;

use gangway_checks::pod_identity::{
    AccountAccess, Observations,
    catalogue::{
        AGENT, AGENT_ENSURED, AGENT_EVERYWHERE, ASSOCIATIONS_ENSURED, CONFIG_MAP_ENSURED, FALLBACK,
        HUBBLE_ASSOCIATION, IDENTITY_ASSOCIATION, PALETTE_VALIDATES, PODS_RESTARTED, TARGET_ROLES,
    },
};
use gangway_http::deadline;
use gangway_model::{Check, Finding, Operation, Scope, UpstreamError};
use gangway_palette::PaletteClient;

use crate::request::{EnsureOptions, PodIdentityRequest};

/// Outcome of one change.
pub(crate) struct Applied {
    pub(crate) finding: Finding,
    /// `true` if an association or the agent differs from what it was when Palette validated the credential.
    pub(crate) has_changed: bool,
}

/// The account that is to be registered.
#[derive(Clone, Copy)]
pub(crate) struct Registrant<'a> {
    pub(crate) request: &'a PodIdentityRequest,
    pub(crate) operation: &'a Operation,
    pub(crate) scope: &'a Scope,
}

/// Makes the changes that the request asks for, unless a check fails that they would not fix.
pub(crate) async fn apply(
    access: &AccountAccess,
    registrant: Registrant<'_>,
    palette: &PaletteClient,
    observations: &mut Observations,
    findings: &[Finding],
) -> Result<Vec<Applied>, UpstreamError> {
    let request = registrant.request;
    let EnsureOptions { agent, associations, config_map } = request.ensure;
    let reason = if *registrant.operation == Operation::Validate {
        Some("nothing is changed by validate".to_owned())
    } else {
        blocking_checks(request.ensure, findings)
    };
    let mut applied = Vec::new();
    if let Some(reason) = reason {
        let options = [
            (agent, &AGENT_ENSURED),
            (associations, &ASSOCIATIONS_ENSURED),
            (config_map, &CONFIG_MAP_ENSURED),
        ];
        for (_, check) in options.into_iter().filter(|(is_asked_for, _)| *is_asked_for) {
            let finding = check.not_applicable(reason.clone());
            applied.push(Applied { finding, has_changed: false });
        }
        return Ok(applied);
    }
    if agent {
        applied.push(agent::ensure(access, &request.cluster, observations).await?);
    }
    if associations {
        applied.push(associations::ensure(access, registrant, palette, observations).await?);
    }
    if config_map {
        let ensure = config_map::ensure(&request.cluster, observations);
        applied.push(deadline::with_half_remaining(ensure).await);
    }
    Ok(applied)
}

/// Returns the failed blockers that would still fail after the changes, as a reason to change
/// nothing.
fn blocking_checks(ensure: EnsureOptions, findings: &[Finding]) -> Option<String> {
    // Without its association a pod has no credentials, and Palette cannot use its role.
    let fixed_by_associations: [&Check; 5] = [
        &HUBBLE_ASSOCIATION,
        &IDENTITY_ASSOCIATION,
        &TARGET_ROLES,
        &PODS_RESTARTED,
        &PALETTE_VALIDATES,
    ];
    // Without the agent no pod has credentials.
    let fixed_by_agent: [&Check; 3] = [&AGENT, &AGENT_EVERYWHERE, &PALETTE_VALIDATES];
    let is_fixed = |check: &'static Check| {
        ensure.agent && fixed_by_agent.iter().any(|fixed| fixed.id == check.id)
            || ensure.associations && fixed_by_associations.iter().any(|fixed| fixed.id == check.id)
            || ensure.config_map && check.id == FALLBACK.id
    };
    let blocking =
        findings.iter().filter(|finding| finding.is_blocking() && !is_fixed(finding.check));
    let ids: Vec<_> = blocking.map(|finding| finding.check.id).collect();
    (!ids.is_empty()).then(|| format!("nothing was changed, since this blocks: {}", ids.join(", ")))
}
