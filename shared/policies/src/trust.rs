//! Assesses whether a role's trust policy allows Palette, and nobody else, to assume the role.

mod analysis;
pub(crate) mod condition;
mod principal;

use gangway_model::{AccountId, Partition};
use serde_json::{Value, json};

pub use analysis::ConditionIssue;
use analysis::{StatementMatch, TrustPolicyAnalysis};
use condition::Truth;
use principal::Reach;

/// What a trust policy means for Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustAssessment {
    pub principals: PrincipalTrust,
    /// `None` if no statement lets Palette's account assume the role.
    pub conditions: Option<TrustConditions>,
}

/// Whether a trust policy trusts Palette's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PrincipalTrust {
    /// It trusts Palette by these principals.
    Palette(Vec<String>),
    /// This statement trusts every account.
    Everyone { statement: String },
    /// It trusts Palette, and the document alone does not show whom else, or which of Palette's
    /// sessions. The reason.
    Undetermined(String),
    /// No statement lets Palette's account assume the role. `instead` describes what is trusted.
    NotPalette { instead: String },
    /// This statement denies what another one allows.
    Denied { statement: String },
}

/// The conditions under which a trust policy trusts Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustConditions {
    pub external_id: ExternalIdTrust,
    /// Conditions, other than on the external id, that exclude Palette or may exclude it.
    pub issues: Vec<ConditionIssue>,
}

/// Which external ids a trust policy accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExternalIdTrust {
    /// Only Palette's.
    OnlyPalettes,
    /// This statement requires no external id.
    NotRequired { statement: String },
    /// Not Palette's, but these.
    NotPalettes { accepted: Vec<String> },
    /// This statement accepts others too, such as `example`.
    OthersToo { statement: String, example: String },
    /// The document alone does not decide it.
    Undetermined,
}

/// Returns the trust policy that the role needs: it allows Palette's account, only with the
/// external id.
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

/// Assesses a trust policy (decoded JSON): what IAM would decide for Palette, with and without its
/// external id.
pub fn assess(
    document: &Value,
    palette_account: AccountId,
    external_id: &str,
    partition: Partition,
) -> TrustAssessment {
    let palette = principal::PaletteIdentity { partition, account: palette_account };
    let analysis = TrustPolicyAnalysis::of(document, &palette, external_id);
    let conditions = (!analysis.allow_statements.is_empty()).then(|| TrustConditions {
        external_id: external_id_trust(&analysis),
        issues: analysis.blocking_conditions(),
    });
    TrustAssessment { principals: principal_trust(&analysis), conditions }
}

fn principal_trust(analysis: &TrustPolicyAnalysis<'_>) -> PrincipalTrust {
    let allows = &analysis.allow_statements;
    let wide = |truth: Truth| {
        let mut wide = allows.iter().filter(|allow| allow.reach == Reach::Everyone);
        wide.find(|allow| analysis.allows_other_accounts(allow) == truth)
    };
    if let Some(wide) = wide(Truth::True) {
        return PrincipalTrust::Everyone { statement: wide.label.clone() };
    }
    if allows.is_empty() {
        return PrincipalTrust::NotPalette { instead: analysis.instead() };
    }
    let whole =
        |deny: &&StatementMatch<'_>| deny.reach != Reach::Identity && deny.conditions.is_empty();
    if let Some(deny) = analysis.deny_statements.iter().find(whole) {
        return PrincipalTrust::Denied { statement: deny.label.clone() };
    }
    if let Some(wide) = wide(Truth::Unknown) {
        return PrincipalTrust::Undetermined(format!(
            "{} trusts every AWS account that its conditions let in",
            wide.label
        ));
    }
    if allows.iter().all(|allow| allow.reach == Reach::Identity && allow.names_only_sessions()) {
        let named: Vec<_> = allows.iter().flat_map(|allow| &allow.named).cloned().collect();
        return PrincipalTrust::Undetermined(format!(
            "Trusts only the session {} of Palette's account",
            named.join(", ")
        ));
    }
    let name = |name: &String| match name.as_str() {
        "*" => "* (only the accounts that its conditions name)".to_owned(),
        name => name.to_owned(),
    };
    PrincipalTrust::Palette(allows.iter().flat_map(|allow| &allow.named).map(name).collect())
}

fn external_id_trust(analysis: &TrustPolicyAnalysis<'_>) -> ExternalIdTrust {
    if let Some(allow) = analysis.allows_with(None) {
        return ExternalIdTrust::NotRequired { statement: allow.label.clone() };
    }
    let accepts_palettes = analysis.allows_palette();
    if accepts_palettes == Truth::False {
        return ExternalIdTrust::NotPalettes { accepted: analysis.external_ids() };
    }
    if let Some((allow, example)) = analysis.allows_other_external_id() {
        return ExternalIdTrust::OthersToo { statement: allow.label.clone(), example };
    }
    if accepts_palettes == Truth::Unknown || analysis.may_allow_other_external_id() {
        return ExternalIdTrust::Undetermined;
    }
    ExternalIdTrust::OnlyPalettes
}
