#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Finding, Partition};
use gangway_policies::trust::{
    ConditionIssue, ExternalIdTrust, PrincipalTrust, TrustAssessment, TrustConditions, assess,
    trust_policy,
};
use serde_json::{Value, json};

use crate::catalogue::sts::{EXTERNAL_ID_REQUIRED, NO_EXCLUDING_CONDITIONS, TRUSTS_PALETTE};

/// Checks a trust policy (decoded JSON). Palette must be able to assume the role with the tenant's
/// external id, and nobody with another external id or without one. No other condition may prevent
/// that Palette assumes the role.
pub fn check(
    document: &Value,
    palette_account: AccountId,
    external_id: &str,
    partition: Partition,
) -> Vec<Finding> {
    let TrustAssessment { principals, conditions } =
        assess(document, palette_account, external_id, partition);
    let wanted = trust_policy(partition, palette_account, external_id);
    let mut findings = vec![principal_finding(&principals, palette_account, &wanted)];
    if let Some(TrustConditions { external_id: accepted, issues }) = conditions {
        findings.push(external_id_finding(&accepted, external_id));
        findings.push(condition_finding(&issues));
    } else {
        let reason = "No statement lets Palette assume the role, so its conditions do not matter";
        let checks = [&EXTERNAL_ID_REQUIRED, &NO_EXCLUDING_CONDITIONS];
        findings.extend(checks.map(|check| check.not_applicable(reason)));
    }
    findings
}

/// Returns the *unverified* findings of a trust policy that cannot be read.
pub fn unverified_findings(observed: &str, remedy: &str) -> Vec<Finding> {
    [&TRUSTS_PALETTE, &EXTERNAL_ID_REQUIRED, &NO_EXCLUDING_CONDITIONS]
        .map(|check| check.unverified(observed, remedy))
        .to_vec()
}

fn principal_finding(
    principals: &PrincipalTrust,
    palette_account: AccountId,
    wanted: &Value,
) -> Finding {
    let observed = match principals {
        PrincipalTrust::Palette(named) => {
            return TRUSTS_PALETTE.passed(format!("Trusts {}", named.join(", ")));
        }
        PrincipalTrust::Undetermined(reason) => {
            return TRUSTS_PALETTE.unverified(
                reason.clone(),
                format!(
                    "make sure that this is what you want, or set the role's trust policy to {wanted}"
                ),
            );
        }
        PrincipalTrust::Everyone { statement } => {
            format!("{statement} trusts every AWS account")
        }
        PrincipalTrust::NotPalette { instead } => {
            format!("No statement lets account {palette_account} assume the role. {instead}")
        }
        PrincipalTrust::Denied { statement } => format!("{statement} denies Palette access again"),
    };
    TRUSTS_PALETTE.failed(observed, format!("Set the role's trust policy to {wanted}"))
}

fn external_id_finding(accepted: &ExternalIdTrust, external_id: &str) -> Finding {
    let condition = json!({"StringEquals": {"sts:ExternalId": external_id}});
    let remedy = format!(
        "In every statement that trusts Palette, set exactly this condition on the external id: \"Condition\": {condition}"
    );
    let observed = match accepted {
        ExternalIdTrust::OnlyPalettes => {
            return EXTERNAL_ID_REQUIRED
                .passed("Requires Palette's external id, and accepts no other");
        }
        ExternalIdTrust::Undetermined => {
            return EXTERNAL_ID_REQUIRED.unverified(
                "The document alone does not show whether only Palette's external id is accepted",
                remedy,
            );
        }
        ExternalIdTrust::NotRequired { statement } => {
            format!("{statement} allows Palette without an external id")
        }
        ExternalIdTrust::NotPalettes { accepted } => {
            format!("Requires another external id: {}", accepted.join(", "))
        }
        ExternalIdTrust::OthersToo { statement, example } => {
            format!("{statement} accepts other external ids too, such as {example:?}")
        }
    };
    EXTERNAL_ID_REQUIRED.failed(observed, remedy)
}

fn condition_finding(issues: &[ConditionIssue]) -> Finding {
    if issues.is_empty() {
        return NO_EXCLUDING_CONDITIONS
            .passed("There is no condition other than on the external id");
    }
    let observed = issues.iter().map(ConditionIssue::to_string).collect::<Vec<_>>().join("; ");
    if !issues.iter().any(ConditionIssue::excludes) {
        let remedy = "Remove these conditions, or make sure that Palette's calls satisfy them";
        return NO_EXCLUDING_CONDITIONS.unverified(observed, remedy);
    }
    let mut keys: Vec<_> = issues.iter().map(|issue| issue.what.as_str()).collect();
    keys.dedup();
    let remedy = format!(
        "Remove the conditions other than on the external id ({}): Palette's calls do not satisfy them",
        keys.join(", "),
    );
    NO_EXCLUDING_CONDITIONS.failed(observed, remedy)
}
