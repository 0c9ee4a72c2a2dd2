//! The assessment of a role's trust policy: it must allow Palette to assume the role, and must not
//! allow anybody else.

mod analysis;
pub(crate) mod condition;
mod principal;

use gangway_model::{AccountId, Partition};
use serde_json::{Value, json};

pub use analysis::ConditionIssue;
use analysis::{StatementMatch, TrustPolicyAnalysis};
use condition::Truth;
use principal::Reach;

/// The result of the assessment of a trust policy: whom it trusts, and under which conditions.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustAssessment {
    pub principals: PrincipalTrust,
    /// The conditions of the statements that allow Palette's account. `None` if there is no such
    /// statement.
    pub conditions: Option<TrustConditions>,
}

/// Whether a trust policy trusts Palette's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PrincipalTrust {
    /// The trust policy trusts Palette's account. These principals of its statements match the
    /// account.
    Palette(Vec<String>),
    /// The trust policy trusts every AWS account, in this statement.
    Everyone { statement: String },
    /// The trust policy trusts Palette's account or a part of it. Gangway cannot determine whether
    /// it also trusts other accounts, or whether it trusts the identity that Palette uses. The text
    /// is the reason.
    Undetermined(String),
    /// No statement allows Palette's account to assume the role. `instead` is a text about the
    /// principals or actions that are allowed.
    NotPalette { instead: String },
    /// A statement allows Palette's account, and this other statement denies the same call.
    Denied { statement: String },
}

/// The conditions under which a trust policy trusts Palette.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustConditions {
    pub external_id: ExternalIdTrust,
    /// The conditions that exclude Palette or may exclude it. Conditions on the external id are not
    /// among them.
    pub issues: Vec<ConditionIssue>,
}

/// Which external ids a trust policy accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ExternalIdTrust {
    /// The trust policy accepts only Palette's external id.
    OnlyPalettes,
    /// The trust policy allows Palette's account without an external id, in this statement.
    NotRequired { statement: String },
    /// The trust policy does not accept Palette's external id. `accepted` are the external ids in
    /// its conditions.
    NotPalettes { accepted: Vec<String> },
    /// The trust policy accepts Palette's external id, and this statement accepts other external
    /// ids too, such as `example`.
    OthersToo { statement: String, example: String },
    /// Gangway cannot evaluate the conditions on the external id.
    Undetermined,
}

/// Returns the trust policy that a role for Palette needs: it allows Palette's account to assume
/// the role, with this external id only.
pub fn trust_policy(partition: Partition, palette_account: AccountId, external_id: &str) -> Value {
    let principal = format!("arn:{partition}:iam::{palette_account}:root");
    trust_policy_for(&principal.into(), &external_id.into())
}

/// Returns a trust policy that allows a principal to assume the role with this external id only. An
/// argument is a string, or a function of CloudFormation such as `Ref`.
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

/// Assesses a trust policy (decoded JSON): determines what IAM would decide for calls of Palette's
/// account, with Palette's external id, with other external ids and without an external id.
pub fn assess(
    document: &Value,
    palette_account: AccountId,
    external_id: &str,
    partition: Partition,
) -> TrustAssessment {
    let palette = principal::PaletteIdentity { partition, account: palette_account };
    let analysis = TrustPolicyAnalysis::new(document, &palette, external_id);
    let conditions = (!analysis.allow_statements.is_empty()).then(|| TrustConditions {
        external_id: assess_external_ids(&analysis),
        issues: analysis.condition_issues_for_palette(),
    });
    TrustAssessment { principals: assess_principals(&analysis), conditions }
}

/// Assesses which principals a trust policy allows.
fn assess_principals(analysis: &TrustPolicyAnalysis<'_>) -> PrincipalTrust {
    let allows = &analysis.allow_statements;
    let find_allow_for_everyone = |truth: Truth| {
        let mut for_everyone = allows.iter().filter(|allow| allow.reach == Reach::Everyone);
        for_everyone.find(|allow| analysis.allows_other_accounts(allow) == truth)
    };
    if let Some(allow) = find_allow_for_everyone(Truth::True) {
        return PrincipalTrust::Everyone { statement: allow.label.clone() };
    }
    if allows.is_empty() {
        return PrincipalTrust::NotPalette { instead: analysis.describe_trusted_principals() };
    }
    let denies_whole_account =
        |deny: &&StatementMatch<'_>| deny.reach != Reach::Identity && deny.conditions.is_empty();
    if let Some(deny) = analysis.deny_statements.iter().find(denies_whole_account) {
        return PrincipalTrust::Denied { statement: deny.label.clone() };
    }
    if let Some(allow) = find_allow_for_everyone(Truth::Unknown) {
        return PrincipalTrust::Undetermined(format!(
            "{} trusts every AWS account that its conditions let in",
            allow.label
        ));
    }
    if allows.iter().all(|allow| allow.reach == Reach::Identity && allow.names_only_sessions()) {
        let sessions: Vec<_> =
            allows.iter().flat_map(|allow| &allow.palette_principals).cloned().collect();
        return PrincipalTrust::Undetermined(format!(
            "Trusts only the session {} of Palette's account",
            sessions.join(", ")
        ));
    }
    let describe = |name: &String| match name.as_str() {
        "*" => "* (only the accounts that its conditions name)".to_owned(),
        name => name.to_owned(),
    };
    PrincipalTrust::Palette(
        allows.iter().flat_map(|allow| &allow.palette_principals).map(describe).collect(),
    )
}

/// Assesses which external ids a trust policy accepts.
fn assess_external_ids(analysis: &TrustPolicyAnalysis<'_>) -> ExternalIdTrust {
    if let Some(allow) = analysis.find_allow_statement(None) {
        return ExternalIdTrust::NotRequired { statement: allow.label.clone() };
    }
    let accepts_palettes = analysis.allows_palette();
    if accepts_palettes == Truth::False {
        return ExternalIdTrust::NotPalettes { accepted: analysis.external_ids() };
    }
    if let Some((allow, example)) = analysis.find_other_external_id() {
        return ExternalIdTrust::OthersToo { statement: allow.label.clone(), example };
    }
    if accepts_palettes == Truth::Unknown || analysis.may_allow_other_external_id() {
        return ExternalIdTrust::Undetermined;
    }
    ExternalIdTrust::OnlyPalettes
}
