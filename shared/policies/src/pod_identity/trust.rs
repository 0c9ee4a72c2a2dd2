//! Assesses the trust policies of the Pod Identity roles: they must allow the required callers, and
//! no other cluster.

mod call;
#[cfg(test)]
mod tests;

use gangway_model::RoleArn;
use serde_json::Value;

use self::call::{AssumeRoleCall, CallerKind, Trust};
use super::{
    Cluster, EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, PodIdentityRoles,
    RolePurpose,
};
use crate::trust::condition::Truth;

/// The result of assessing a trust policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TrustAssessment {
    /// The trust policy is correct.
    Valid,
    /// The document alone does not decide whether its conditions hold.
    Undetermined(Vec<String>),
    /// The trust policy is wrong, for this reason.
    Invalid(Vec<String>),
}

impl TrustAssessment {
    fn of(faults: &[(Truth, String)]) -> Self {
        let names_with = |wanted: Truth| -> Vec<String> {
            let of_kind = faults.iter().filter(|(truth, _)| *truth == wanted);
            of_kind.map(|(_, fault)| fault.clone()).collect()
        };
        let (bad, unsure) = (names_with(Truth::False), names_with(Truth::Unknown));
        if !bad.is_empty() {
            Self::Invalid(bad)
        } else if !unsure.is_empty() {
            Self::Undetermined(unsure)
        } else {
            Self::Valid
        }
    }
}

const ASSUME: &str = "sts:AssumeRole";
const TAG: &str = "sts:TagSession";

/// Sample namespaces. Palette's names are not known in advance, so the trust policy must accept
/// any.
const NAMESPACES: [&str; 2] = ["cluster-66f0c1d2e3a4b5c6d7e8f901", "gangway-probe"];

/// Assesses a role's trust policy (decoded JSON).
pub fn assess_trust(
    document: &Value,
    part: RolePurpose,
    roles: &PodIdentityRoles,
    cluster: Cluster<'_>,
    ids: &EksSessions,
) -> TrustAssessment {
    let trust = Trust::of(document, cluster);
    let mut faults = Vec::new();
    if let Some(label) = trust.open_to_everyone(ASSUME) {
        faults.push((Truth::False, format!("{label} trusts every AWS account")));
    }
    match part {
        RolePurpose::Palette
        | RolePurpose::IdentityLocal
        | RolePurpose::HubbleLocal
        | RolePurpose::Hubble
        | RolePurpose::Identity => {
            pods(&trust, part, ids, &mut faults);
        }
        RolePurpose::PaletteTarget => {
            palette_target(&trust, roles.identity(), ids, &mut faults);
            pods(&trust, part, ids, &mut faults);
        }
        RolePurpose::HubbleTarget => hubble_target(&trust, roles.hubble(), ids, &mut faults),
    }
    TrustAssessment::of(&faults)
}

/// Returns whether Hubble's target role accepts the external id that EKS issued. `None` if it does
/// not trust Hubble's role with any external id.
pub fn accepts_external_id(
    document: &Value,
    roles: &PodIdentityRoles,
    cluster: Cluster<'_>,
    ids: &EksSessions,
) -> Option<TrustAssessment> {
    let trust = Trust::of(document, cluster);
    if !trust.names(roles.hubble()) {
        return None;
    }
    let call = AssumeRoleCall::of(roles.hubble(), ASSUME, Some(ids.hubble()));
    let named = trust.external_ids();
    let required = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
    let fault = format!("it requires {required}, and EKS presents {}", ids.hubble());
    Some(TrustAssessment::of(&fault_unless_allowed(&trust, &call, fault)))
}

/// Returns `fault` unless the call is allowed.
fn fault_unless_allowed(
    trust: &Trust<'_>,
    call: &AssumeRoleCall<'_>,
    fault: String,
) -> Vec<(Truth, String)> {
    match trust.allows(call) {
        Truth::True => Vec::new(),
        other @ (Truth::False | Truth::Unknown) => vec![(other, fault)],
    }
}

/// Checks that EKS may assume the role and tag the session. `sts:TagSession` is often missing.
fn pods(
    trust: &Trust<'_>,
    part: RolePurpose,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    let account = match part {
        RolePurpose::Hubble | RolePurpose::HubbleLocal => Some(HUBBLE_SERVICE_ACCOUNT),
        RolePurpose::Identity | RolePurpose::IdentityLocal => Some(IDENTITY_SERVICE_ACCOUNT),
        RolePurpose::Palette | RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => None,
    };
    let has_tags = account.is_none_or(|account| ids.has_tags(account));
    for action in [ASSUME, TAG] {
        let who = CallerKind::Eks(account);
        let call = AssumeRoleCall { who, action, external_id: None, has_tags };
        let without = if has_tags { "" } else { " without session tags (disableSessionTags)" };
        let fault = format!("it does not allow {} to call {action}{without}", call::PODS);
        faults.extend(fault_unless_allowed(trust, &call, fault));
    }
}

/// Checks both external ids of the identity service and its session tags, and that no other cluster
/// is allowed.
fn palette_target(
    trust: &Trust<'_>,
    identity: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if !trust.names(identity) {
        faults.push((Truth::False, format!("it does not trust {identity}; {}", trust.instead())));
        return;
    }
    let own = ids.identity();
    let call = AssumeRoleCall::of(identity, ASSUME, Some(&own));
    faults.extend(fault_unless_allowed(
        trust,
        &call,
        format!("it does not accept the external id {own}"),
    ));
    let any = ids.manager("*");
    let calls = NAMESPACES.map(|namespace| ids.manager(namespace));
    let accepted = Truth::all(
        calls.iter().map(|id| trust.allows(&AssumeRoleCall::of(identity, ASSUME, Some(id)))),
    );
    if accepted != Truth::True {
        let how = if trust.external_ids().iter().any(|id| id.contains('*')) {
            ": a pattern needs StringLike, since StringEquals compares * literally"
        } else {
            ""
        };
        faults.push((accepted, format!("it does not accept the external ids {any}{how}")));
    }
    let call = AssumeRoleCall::of(identity, TAG, Some(&own));
    faults.extend(fault_unless_allowed(
        trust,
        &call,
        format!("it does not allow {identity} to call {TAG}"),
    ));
    check_denies_others(trust, identity, ids, faults);
}

/// Checks that Hubble's role may assume the role with session tags and with any external id.
/// [`accepts_external_id`] checks that it is the right one.
fn hubble_target(
    trust: &Trust<'_>,
    hubble: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if !trust.names(hubble) {
        faults.push((Truth::False, format!("it does not trust {hubble}; {}", trust.instead())));
        return;
    }
    let mut candidates = trust.external_ids();
    candidates.push(ids.hubble().to_owned());
    let best = |action: &str| {
        let truths: Vec<_> = candidates
            .iter()
            .map(|id| trust.allows(&AssumeRoleCall::of(hubble, action, Some(id))))
            .collect();
        [Truth::True, Truth::Unknown].into_iter().find(|truth| truths.contains(truth))
    };
    for action in [ASSUME, TAG] {
        match best(action).unwrap_or(Truth::False) {
            Truth::True => {}
            other @ (Truth::False | Truth::Unknown) => {
                faults.push((other, format!("it does not allow {hubble} to call {action}")));
            }
        }
    }
    check_denies_others(trust, hubble, ids, faults);
}

/// Checks that calls without an external id, or with that of another cluster, are denied.
fn check_denies_others(
    trust: &Trust<'_>,
    local: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if trust.allows(&AssumeRoleCall::of(local, ASSUME, None)) == Truth::True {
        faults.push((Truth::False, format!("it allows {local} without an external id")));
        return;
    }
    let other = format!("{}-other/{IDENTITY_SERVICE_ACCOUNT}", ids.prefix());
    if trust.allows(&AssumeRoleCall::of(local, ASSUME, Some(&other))) == Truth::True {
        faults.push((Truth::False, "it accepts the external ids of other clusters".to_owned()));
    }
}
