//! Puts right what does no harm, where the caller asked for it and nothing else is in the way: two associations and a
//! ConfigMap. Nothing else of the customer's is ever changed.

mod associations;
mod config_map;

use gangway_checks::catalogue::kubernetes::CONFIG_MAP;
use gangway_checks::catalogue::palette::VALIDATION;
use gangway_checks::catalogue::pod_identity::ASSOCIATIONS;
use gangway_http::deadline;
use gangway_model::{Check, Finding, Operation, UpstreamError};

use crate::{
    checks::{FALLBACK, HUBBLE_ASSOCIATION, IDENTITY_ASSOCIATION, PODS_RESTARTED, TARGET_ROLES},
    observations::{AccountAccess, Observations},
    request::{EnsureOptions, PodIdentityRequest},
};

/// What was done about one of them.
pub(crate) struct Applied {
    pub(crate) finding: Finding,
    /// Something is not as it was when Palette was asked.
    pub(crate) changed: bool,
}

/// Does what was asked for, unless something blocks that this would not mend.
pub(crate) async fn apply(
    views: &AccountAccess,
    wish: &PodIdentityRequest,
    intent: &Operation,
    facts: &mut Observations,
    seen: &[Finding],
) -> Result<Vec<Applied>, UpstreamError> {
    let EnsureOptions { associations, config_map } = wish.ensure;
    let reason = if *intent == Operation::Validate {
        Some("nothing is changed by validate".to_owned())
    } else {
        blocking_checks(wish.ensure, seen)
    };
    if let Some(reason) = reason {
        let none = |check: &'static Check| Applied {
            finding: check.not_applicable(reason.clone()),
            changed: false,
        };
        let asked = [(associations, &ASSOCIATIONS), (config_map, &CONFIG_MAP)];
        return Ok(asked
            .into_iter()
            .filter(|(asked, _)| *asked)
            .map(|(_, check)| none(check))
            .collect());
    }
    let mut done = Vec::new();
    if associations {
        done.push(associations::ensure(views, wish, facts).await?);
    }
    if config_map {
        done.push(deadline::with_half_remaining(config_map::ensure(wish, facts)).await);
    }
    Ok(done)
}

/// What blocks and would still block afterwards.
fn blocking_checks(ensure: EnsureOptions, seen: &[Finding]) -> Option<String> {
    // Pods carry credentials, and Palette gets in, only once the associations are there.
    let with_associations: [&Check; 5] =
        [&HUBBLE_ASSOCIATION, &IDENTITY_ASSOCIATION, &TARGET_ROLES, &PODS_RESTARTED, &VALIDATION];
    let mended = |check: &'static Check| {
        ensure.associations && with_associations.iter().any(|mended| mended.id == check.id)
            || ensure.config_map && check.id == FALLBACK.id
    };
    let blocking = seen.iter().filter(|finding| finding.is_blocking() && !mended(finding.check));
    let ids: Vec<_> = blocking.map(|finding| finding.check.id).collect();
    (!ids.is_empty()).then(|| format!("nothing was changed, since this blocks: {}", ids.join(", ")))
}
