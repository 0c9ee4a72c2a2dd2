//! Checks that a role's trust policy allows Palette, and nobody else, to assume the role.

mod analysis;
pub(crate) mod condition;
mod principal;
#[cfg(test)]
mod tests;

use gangway_model::{AccountId, Check, Finding, Partition, Severity};
use serde_json::{Value, json};

use analysis::{ConditionIssue, StatementMatch, TrustPolicyAnalysis};
use condition::Truth;
use principal::Reach;

pub static TRUSTS_PALETTE: Check = Check {
    id: "sts.trusts-palette",
    title: "The role trusts Palette's AWS account, and not everyone",
    severity: Severity::Blocker,
    covers: &["D06"],
    remedy: "Set the trust policy to what the report shows.",
};

pub static EXTERNAL_ID_REQUIRED: Check = Check {
    id: "sts.external-id-required",
    title: "The role requires Palette's external id, and accepts no other",
    severity: Severity::Blocker,
    covers: &["D07"],
    remedy: "Add the condition `sts:ExternalId` with the value that `GET /v1/accounts/sts/trust` returns.",
};

pub static NO_EXCLUDING_CONDITIONS: Check = Check {
    id: "sts.no-excluding-conditions",
    title: "No condition of the trust policy excludes Palette",
    severity: Severity::Blocker,
    covers: &["D08"],
    remedy: "Remove the condition, or change it so that Palette satisfies it.",
};

/// Returns the trust policy that the role needs: it allows Palette's account, only with the external
/// id.
pub fn trust_policy(partition: Partition, palette_account: AccountId, external_id: &str) -> Value {
    let principal = format!("arn:{partition}:iam::{palette_account}:root");
    trust_policy_for(&principal.into(), &external_id.into())
}

pub(crate) fn trust_policy_for(principal: &Value, external_id: &Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": principal},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }],
    })
}

/// Checks a trust policy (decoded JSON): what IAM would decide for Palette, with and without its
/// external id.
pub fn check_trust_policy(
    document: &Value,
    palette_account: AccountId,
    external_id: &str,
    partition: Partition,
) -> Vec<Finding> {
    let palette = principal::PaletteIdentity { partition, account: palette_account };
    let analysis = TrustPolicyAnalysis::of(document, &palette, external_id);
    vec![
        trusts_palette(&analysis),
        external_id_required(&analysis),
        no_excluding_conditions(&analysis),
    ]
}

/// Returns the same checks as unverified, for a trust policy that cannot be read.
pub fn unverified(observed: &str, remedy: &str) -> Vec<Finding> {
    [&TRUSTS_PALETTE, &EXTERNAL_ID_REQUIRED, &NO_EXCLUDING_CONDITIONS]
        .map(|check| check.unverified(observed, remedy))
        .to_vec()
}

fn trusts_palette(analysis: &TrustPolicyAnalysis<'_>) -> Finding {
    let TrustPolicyAnalysis { palette, external_id, .. } = analysis;
    let wanted = trust_policy(palette.partition, palette.account, external_id);
    let failed = |observed: String| {
        TRUSTS_PALETTE.failed(observed, format!("Set the role's trust policy to {wanted}"))
    };
    if let Some(wide) =
        analysis.allow_statements.iter().find(|allow| allow.reach == Reach::Everyone)
    {
        return failed(format!("{} trusts everyone, whatever the account", wide.label));
    }
    if analysis.allow_statements.is_empty() {
        return failed(format!(
            "No statement lets account {} assume the role. {}",
            palette.account,
            analysis.instead(),
        ));
    }
    let whole = |deny: &&StatementMatch<'_>| deny.reach != Reach::Identity && deny.lines.is_empty();
    if let Some(deny) = analysis.deny_statements.iter().find(whole) {
        return failed(format!("{} denies it to Palette again", deny.label));
    }
    let named: Vec<_> = analysis
        .allow_statements
        .iter()
        .flat_map(|allow| &allow.named)
        .map(String::as_str)
        .collect();
    TRUSTS_PALETTE.passed(format!("Trusts {}", named.join(", ")))
}

const NO_ALLOW_STATEMENT: &str =
    "No statement lets Palette assume the role, so its conditions do not matter";

fn external_id_required(analysis: &TrustPolicyAnalysis<'_>) -> Finding {
    let check = &EXTERNAL_ID_REQUIRED;
    if analysis.allow_statements.is_empty() {
        return check.not_applicable(NO_ALLOW_STATEMENT);
    }
    let remedy = || {
        let condition = json!({"StringEquals": {"sts:ExternalId": analysis.external_id}});
        format!(
            "In every statement that trusts Palette have exactly this about the external id: \"Condition\": {condition}"
        )
    };
    if let Some(allow) = analysis.allows_with(None) {
        return check
            .failed(format!("{} lets Palette in without any external id", allow.label), remedy());
    }
    let taken = analysis.allows_palette();
    if taken == Truth::False {
        let asked = analysis.external_ids().join(", ");
        return check.failed(format!("Asks for another external id: {asked}"), remedy());
    }
    if let Some((allow, other)) = analysis.allows_other_external_id() {
        let observed = format!("{} takes other external ids too, such as {other:?}", allow.label);
        return check.failed(observed, remedy());
    }
    if taken == Truth::Unknown || analysis.may_allow_other_external_id() {
        let observed = "Asks for the external id in a way that the document alone does not settle";
        return check.unverified(observed, remedy());
    }
    check.passed("Asks for Palette's external id, and takes no other")
}

fn no_excluding_conditions(analysis: &TrustPolicyAnalysis<'_>) -> Finding {
    let check = &NO_EXCLUDING_CONDITIONS;
    if analysis.allow_statements.is_empty() {
        return check.not_applicable(NO_ALLOW_STATEMENT);
    }
    let lines = analysis.blocking_conditions();
    if lines.is_empty() {
        return check.passed("Nothing but the external id is asked of Palette");
    }
    let observed = lines.iter().map(ConditionIssue::to_string).collect::<Vec<_>>().join("; ");
    if lines.iter().any(ConditionIssue::excludes) {
        let mut keys: Vec<_> = lines.iter().map(|line| line.what.as_str()).collect();
        keys.dedup();
        let remedy = format!(
            "Remove what is asked besides the external id ({}): Palette calls from its own network and organization, as a user without MFA",
            keys.join(", "),
        );
        check.failed(observed, remedy)
    } else {
        let remedy = "Remove these lines, or make sure that Palette's calls satisfy them";
        check.unverified(observed, remedy)
    }
}
