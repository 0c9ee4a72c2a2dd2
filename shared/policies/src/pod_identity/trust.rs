//! The assessment of the trust policies of Pod Identity roles: a trust policy must allow the
//! required principals to assume the role, and must not allow another cluster to assume the role.

mod call;
#[cfg(test)]
mod tests;

use gangway_model::RoleArn;
use serde_json::Value;

use self::call::{AssumeRoleCall, CallingIdentity, TrustPolicy};
use super::{
    Cluster, EksSessions, HUBBLE_SERVICE_ACCOUNT, IDENTITY_SERVICE_ACCOUNT, PodIdentityRoles,
    RolePurpose,
};
use crate::trust::condition::Truth;

/// The result of the assessment of a trust policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TrustAssessment {
    /// The trust policy allows all required principals and no other cluster.
    Valid,
    /// The trust policy may be wrong, for these reasons. It has conditions that Gangway cannot
    /// evaluate, because their result depends on the real call.
    Undetermined(Vec<String>),
    /// The trust policy is wrong, for these reasons.
    Invalid(Vec<String>),
}

impl TrustAssessment {
    /// Returns the assessment of a trust policy with these faults. The truth value of a fault is
    /// `False` for a certain fault, and `Unknown` for a possible fault.
    fn from_faults(faults: &[(Truth, String)]) -> Self {
        let messages_with = |wanted: Truth| -> Vec<String> {
            let faults = faults.iter().filter(|(truth, _)| *truth == wanted);
            faults.map(|(_, message)| message.clone()).collect()
        };
        let (certain, possible) = (messages_with(Truth::False), messages_with(Truth::Unknown));
        if !certain.is_empty() {
            Self::Invalid(certain)
        } else if !possible.is_empty() {
            Self::Undetermined(possible)
        } else {
            Self::Valid
        }
    }
}

const ASSUME_ROLE: &str = "sts:AssumeRole";
const TAG_SESSION: &str = "sts:TagSession";

/// Sample namespaces of workload clusters. Gangway does not know the namespaces that Palette will
/// create, so the trust policy must accept every namespace.
const SAMPLE_NAMESPACES: [&str; 2] = ["cluster-66f0c1d2e3a4b5c6d7e8f901", "gangway-probe"];

/// Assesses the trust policy (decoded JSON) of the Pod Identity role with this purpose.
pub fn assess_trust(
    document: &Value,
    purpose: RolePurpose,
    roles: &PodIdentityRoles,
    cluster: Cluster<'_>,
    ids: &EksSessions,
) -> TrustAssessment {
    let trust = TrustPolicy::new(document, cluster);
    let mut faults = Vec::new();
    if let Some(label) = trust.find_statement_for_everyone(ASSUME_ROLE) {
        faults.push((Truth::False, format!("{label} trusts every AWS account")));
    }
    match purpose {
        RolePurpose::Palette
        | RolePurpose::IdentityLocal
        | RolePurpose::HubbleLocal
        | RolePurpose::Hubble
        | RolePurpose::Identity => {
            check_eks_pods(&trust, purpose, ids, &mut faults);
        }
        RolePurpose::PaletteTarget => {
            check_palette_target(&trust, roles.identity(), ids, &mut faults);
            check_eks_pods(&trust, purpose, ids, &mut faults);
        }
        RolePurpose::HubbleTarget => check_hubble_target(&trust, roles.hubble(), ids, &mut faults),
    }
    TrustAssessment::from_faults(&faults)
}

/// Assesses whether the trust policy of Hubble's target role accepts the external id that EKS
/// issued. Returns `None` if the trust policy does not trust Hubble's local role at all.
pub fn accepts_external_id(
    document: &Value,
    roles: &PodIdentityRoles,
    cluster: Cluster<'_>,
    ids: &EksSessions,
) -> Option<TrustAssessment> {
    let trust = TrustPolicy::new(document, cluster);
    if !trust.trusts_role(roles.hubble()) {
        return None;
    }
    let call =
        AssumeRoleCall::from_role(roles.hubble(), ASSUME_ROLE, Some(ids.hubble_external_id()));
    let named = trust.external_ids();
    let required = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
    let fault = format!("it requires {required}, and EKS presents {}", ids.hubble_external_id());
    Some(TrustAssessment::from_faults(&faults_unless_allowed(&trust, &call, fault)))
}

/// Returns an empty list if the trust policy certainly allows the call. Otherwise returns `fault`,
/// with the result of the evaluation.
fn faults_unless_allowed(
    trust: &TrustPolicy<'_>,
    call: &AssumeRoleCall<'_>,
    fault: String,
) -> Vec<(Truth, String)> {
    match trust.allows(call) {
        Truth::True => Vec::new(),
        other @ (Truth::False | Truth::Unknown) => vec![(other, fault)],
    }
}

/// Checks that EKS Pod Identity may call `sts:AssumeRole` and `sts:TagSession` for the role, and
/// adds a fault for each action that is not allowed. Customers often forget `sts:TagSession`.
fn check_eks_pods(
    trust: &TrustPolicy<'_>,
    purpose: RolePurpose,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    let account = match purpose {
        RolePurpose::Hubble | RolePurpose::HubbleLocal => Some(HUBBLE_SERVICE_ACCOUNT),
        RolePurpose::Identity | RolePurpose::IdentityLocal => Some(IDENTITY_SERVICE_ACCOUNT),
        RolePurpose::Palette | RolePurpose::PaletteTarget | RolePurpose::HubbleTarget => None,
    };
    let has_tags = account.is_none_or(|account| ids.has_tags(account));
    for action in [ASSUME_ROLE, TAG_SESSION] {
        let identity = CallingIdentity::Eks(account);
        let call = AssumeRoleCall { identity, action, external_id: None, has_tags };
        let tag_note = if has_tags { "" } else { " without session tags (disableSessionTags)" };
        let fault =
            format!("it does not allow {} to call {action}{tag_note}", call::EKS_PODS_PRINCIPAL);
        faults.extend(faults_unless_allowed(trust, &call, fault));
    }
}

/// Checks the trust policy of Palette's target role, and adds a fault for each error. The identity
/// service's local role must be allowed to assume the role with its own external id and with those
/// of workload clusters, and to tag the session. Other clusters must not be allowed.
fn check_palette_target(
    trust: &TrustPolicy<'_>,
    identity: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if !trust.trusts_role(identity) {
        faults.push((
            Truth::False,
            format!("it does not trust {identity}; {}", trust.describe_trusted_principals()),
        ));
        return;
    }
    let own = ids.identity_external_id();
    let call = AssumeRoleCall::from_role(identity, ASSUME_ROLE, Some(&own));
    faults.extend(faults_unless_allowed(
        trust,
        &call,
        format!("it does not accept the external id {own}"),
    ));
    let any = ids.manager_external_id("*");
    let calls = SAMPLE_NAMESPACES.map(|namespace| ids.manager_external_id(namespace));
    let accepted = Truth::all(
        calls
            .iter()
            .map(|id| trust.allows(&AssumeRoleCall::from_role(identity, ASSUME_ROLE, Some(id)))),
    );
    if accepted != Truth::True {
        let hint = if trust.external_ids().iter().any(|id| id.contains('*')) {
            ": a pattern needs StringLike, since StringEquals compares * literally"
        } else {
            ""
        };
        faults.push((accepted, format!("it does not accept the external ids {any}{hint}")));
    }
    let call = AssumeRoleCall::from_role(identity, TAG_SESSION, Some(&own));
    faults.extend(faults_unless_allowed(
        trust,
        &call,
        format!("it does not allow {identity} to call {TAG_SESSION}"),
    ));
    check_denies_other_clusters(trust, identity, ids, faults);
}

/// Checks the trust policy of Hubble's target role, and adds a fault for each error. Hubble's local
/// role must be allowed to assume the role and to tag the session, with at least one external id.
/// [`accepts_external_id`] checks whether that is the external id that EKS issued.
fn check_hubble_target(
    trust: &TrustPolicy<'_>,
    hubble: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if !trust.trusts_role(hubble) {
        faults.push((
            Truth::False,
            format!("it does not trust {hubble}; {}", trust.describe_trusted_principals()),
        ));
        return;
    }
    let mut candidates = trust.external_ids();
    candidates.push(ids.hubble_external_id().to_owned());
    let best = |action: &str| {
        let truths: Vec<_> = candidates
            .iter()
            .map(|id| trust.allows(&AssumeRoleCall::from_role(hubble, action, Some(id))))
            .collect();
        [Truth::True, Truth::Unknown].into_iter().find(|truth| truths.contains(truth))
    };
    for action in [ASSUME_ROLE, TAG_SESSION] {
        match best(action).unwrap_or(Truth::False) {
            Truth::True => {}
            other @ (Truth::False | Truth::Unknown) => {
                faults.push((other, format!("it does not allow {hubble} to call {action}")));
            }
        }
    }
    check_denies_other_clusters(trust, hubble, ids, faults);
}

/// Checks that the trust policy does not allow the local role to assume the role without an
/// external id, or with an external id of another cluster. Adds a fault if it does.
fn check_denies_other_clusters(
    trust: &TrustPolicy<'_>,
    local: &RoleArn,
    ids: &EksSessions,
    faults: &mut Vec<(Truth, String)>,
) {
    if trust.allows(&AssumeRoleCall::from_role(local, ASSUME_ROLE, None)) == Truth::True {
        faults.push((Truth::False, format!("it allows {local} without an external id")));
        return;
    }
    let other = format!("{}-other/{IDENTITY_SERVICE_ACCOUNT}", ids.external_id_prefix());
    if trust.allows(&AssumeRoleCall::from_role(local, ASSUME_ROLE, Some(&other))) == Truth::True {
        faults.push((Truth::False, "it accepts the external ids of other clusters".to_owned()));
    }
}
