//! Makes the changes that a caller asks for: creates or changes two Pod Identity associations,
//! creates a `ConfigMap`, installs the Pod Identity Agent. Makes no change if a check fails that
//! the changes would not fix. This function changes nothing else in the customer's AWS accounts.

mod agent;
mod associations;
mod config_map;
mod dependents;

use gangway_checks::pod_identity::{
    AccountAccess, Observations,
    catalogue::{
        AGENT_ENSURED, AGENT_HEALTHY, AGENT_ON_EVERY_NODE, ASSOCIATIONS_ENSURED,
        CONFIG_MAP_ENSURED, HUBBLE_ASSOCIATION, IDENTITY_ASSOCIATION, INSTANCE_METADATA_FALLBACK,
        PODS_RESTARTED, TARGET_ROLES, VALIDATION,
    },
};
use gangway_http::deadline;
use gangway_model::{Check, Finding, Operation, Scope, UpstreamError};
use gangway_palette::PaletteClient;

use crate::request::{EnsureOptions, PodIdentityRequest};

/// The result of one requested change.
pub(crate) struct ChangeResult {
    pub(crate) finding: Finding,
    /// `true` if an association or the agent was changed after Palette's validation of the
    /// credential.
    pub(crate) has_changed: bool,
}

/// The account to register: the parsed request, the operation and the scope.
#[derive(Clone, Copy)]
pub(crate) struct RequestedAccount<'a> {
    pub(crate) request: &'a PodIdentityRequest,
    pub(crate) operation: &'a Operation,
    pub(crate) scope: &'a Scope,
}

/// Makes the changes that the request asks for. Makes no change if the operation is *validate*, or
/// if a check fails that the changes would not fix. Updates `observations` after a change.
pub(crate) async fn apply_changes(
    access: &AccountAccess,
    requested_account: RequestedAccount<'_>,
    palette: &PaletteClient,
    observations: &mut Observations,
    findings: &[Finding],
) -> Result<Vec<ChangeResult>, UpstreamError> {
    let request = requested_account.request;
    let EnsureOptions { install_agent, change_associations, create_config_map } =
        request.ensure_options;
    let reason = if *requested_account.operation == Operation::Validate {
        Some("nothing is changed by validate".to_owned())
    } else {
        reason_for_no_change(request.ensure_options, findings)
    };
    let mut results = Vec::new();
    if let Some(reason) = reason {
        let options = [
            (install_agent, &AGENT_ENSURED),
            (change_associations, &ASSOCIATIONS_ENSURED),
            (create_config_map, &CONFIG_MAP_ENSURED),
        ];
        for (_, check) in options.into_iter().filter(|(is_requested, _)| *is_requested) {
            let finding = check.not_applicable(reason.clone());
            results.push(ChangeResult { finding, has_changed: false });
        }
        return Ok(results);
    }
    if install_agent {
        results.push(agent::install_if_missing(access, &request.cluster, observations).await?);
    }
    if change_associations {
        results.push(
            associations::create_or_update(access, requested_account, palette, observations)
                .await?,
        );
    }
    if create_config_map {
        let pending = config_map::create_if_missing(&request.cluster, observations);
        results.push(deadline::with_half_remaining(pending).await);
    }
    Ok(results)
}

/// Returns the reason why nothing is changed: a text with the failed blockers that the changes
/// would not fix. Returns `None` if there is no such blocker.
fn reason_for_no_change(options: EnsureOptions, findings: &[Finding]) -> Option<String> {
    // A pod gets no credentials without an association. Then Palette cannot use its role.
    let fixed_by_associations: [&Check; 5] =
        [&HUBBLE_ASSOCIATION, &IDENTITY_ASSOCIATION, &TARGET_ROLES, &PODS_RESTARTED, &VALIDATION];
    // Pods get no credentials without the agent.
    let fixed_by_agent: [&Check; 3] = [&AGENT_HEALTHY, &AGENT_ON_EVERY_NODE, &VALIDATION];
    let is_fixed = |check: &'static Check| {
        options.install_agent && fixed_by_agent.iter().any(|fixed| fixed.id == check.id)
            || options.change_associations
                && fixed_by_associations.iter().any(|fixed| fixed.id == check.id)
            || options.create_config_map && check.id == INSTANCE_METADATA_FALLBACK.id
    };
    let blocking =
        findings.iter().filter(|finding| finding.is_blocking() && !is_fixed(finding.check));
    let ids: Vec<_> = blocking.map(|finding| finding.check.id).collect();
    (!ids.is_empty()).then(|| format!("nothing was changed, since this blocks: {}", ids.join(", ")))
}
