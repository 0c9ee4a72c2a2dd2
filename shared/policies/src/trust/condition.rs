//! The evaluation of conditions of a trust policy for a call of Palette. Gangway knows the values
//! of only some condition keys of such a call.

use gangway_model::AccountId;

use super::principal::PaletteIdentity;
use crate::{
    statement::Condition,
    wildcard::{matches_every_text_with_prefix, matches_pattern, matches_some_text_with_prefix},
};

/// The result of the evaluation of a condition. `Unknown` means that the result depends on values
/// that Gangway does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown,
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

impl Truth {
    /// Returns the logical AND of truth values: `True` if there are none.
    pub(crate) fn all(truths: impl Iterator<Item = Self>) -> Self {
        truths.fold(Self::True, |all, one| match (all, one) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        })
    }

    /// Returns `Unknown` if the argument is `true`, and otherwise `False`.
    fn unknown_or_false(is_unknown: bool) -> Self {
        if is_unknown { Self::Unknown } else { Self::False }
    }

    /// Returns the logical OR of two truth values.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::False, Self::False) => Self::False,
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// The condition key of the external id.
pub(super) const EXTERNAL_ID: &str = "sts:ExternalId";

/// Returns `true` if the key of a condition is that of the external id. Ignores case, as IAM does
/// for condition keys.
pub(crate) fn is_external_id(condition: &Condition<'_>) -> bool {
    condition.key.eq_ignore_ascii_case(EXTERNAL_ID)
}

/// Returns whether a condition holds for a call of Palette with this external id, or for a call
/// without an external id.
///
/// A condition may name single users or roles of Palette's account, and Gangway does not know which
/// user or role Palette uses. If the condition has the result `favorable` for a user or role that
/// it names, this function assumes that Palette uses this user or role, and returns `favorable`.
/// Otherwise it returns `Unknown`.
pub(super) fn condition_holds(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    external_id: Option<&str>,
    favorable: Truth,
) -> Truth {
    if let Some(truth) = evaluate_principal_arn(condition, palette) {
        let result_for_named = Truth::from(!is_negated(&parse_operator(condition.operator).base));
        return if truth == Truth::Unknown && result_for_named == favorable {
            favorable
        } else {
            truth
        };
    }
    let values = possible_values(condition, palette, external_id);
    let mut truths = values.iter().map(|value| evaluate_condition(condition, value.as_deref()));
    match truths.next() {
        Some(first) if truths.all(|other| other == first) => first,
        None if allows_every_ip_address(condition) => {
            Truth::from(!is_negated(&parse_operator(condition.operator).base))
        }
        Some(_) | None => Truth::Unknown,
    }
}

/// Returns all values that the condition key may have in a call of Palette. `None` means that the
/// key is absent. The list is empty if Gangway knows nothing about the values.
fn possible_values(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    external_id: Option<&str>,
) -> Vec<Option<String>> {
    let one = |value: &str| vec![Some(value.to_owned())];
    match condition.key.to_ascii_lowercase().as_str() {
        "sts:externalid" => vec![external_id.map(str::to_owned)],
        // The key is absent in a call with a user's access key, and "false" in a call of a role
        // session.
        "aws:multifactorauthpresent" => vec![None, Some("false".to_owned())],
        "aws:multifactorauthage" | "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" => {
            vec![None]
        }
        "aws:principalaccount" => one(palette.account.as_str()),
        // This value is used for the operator `Null` only. [`evaluate_principal_arn`] evaluates the
        // other operators.
        "aws:principalarn" => {
            one(&format!("arn:{}:iam::{}:user/palette", palette.partition, palette.account))
        }
        "aws:principalisawsservice" | "aws:viaawsservice" => one("false"),
        "aws:securetransport" => one("true"),
        "aws:principaltype" => vec![Some("User".to_owned()), Some("AssumedRole".to_owned())],
        _ => Vec::new(),
    }
}

/// Evaluates a condition on `aws:PrincipalArn`. Returns `True` if it holds for every user and role
/// of Palette's account, `False` if it holds for none of them, and `Unknown` if it holds for some.
/// Returns `None` if the condition has another key, does not compare ARNs, or has a policy
/// variable.
fn evaluate_principal_arn(condition: &Condition<'_>, palette: &PaletteIdentity) -> Option<Truth> {
    if !condition.key.eq_ignore_ascii_case("aws:PrincipalArn") {
        return None;
    }
    let base = parse_operator(condition.operator).base;
    let comparison = match base.as_str() {
        "stringequals" | "stringnotequals" => ArnComparison::Literal,
        "stringequalsignorecase" | "stringnotequalsignorecase" => ArnComparison::IgnoreCase,
        "stringlike" | "stringnotlike" => ArnComparison::WholePattern,
        "arnlike" | "arnnotlike" | "arnequals" | "arnnotequals" => ArnComparison::FieldPatterns,
        _ => return None,
    };
    if has_variable(condition) {
        return None;
    }
    let matched = ["user/", "role/"].map(|kind| {
        let own = format!("arn:{}:iam::{}:{kind}", palette.partition, palette.account);
        let values =
            condition.values.iter().map(|value| match_arns_with_prefix(comparison, value, &own));
        values.fold(Truth::False, Truth::or)
    });
    let found = if matched[0] == matched[1] { matched[0] } else { Truth::Unknown };
    Some(if is_negated(&base) { found.not() } else { found })
}

/// The condition keys, in lowercase, that limit which organization, user, network or VPC a call
/// comes from. Gangway does not know their values for calls of other accounts.
const LIMITING_KEYS: &[&str] = &[
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:username",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
];

/// Returns whether a condition can have the result `favorable` for an identity of an AWS account
/// that the trust policy does not name. `favorable` is the result with which the statement allows
/// the identity: `True` for a condition of an Allow statement, `False` for one of a Deny statement.
/// This function assumes that the identity can choose every value that its own account controls,
/// and that it knows the external id.
pub(super) fn condition_holds_for_other_account(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    favorable: Truth,
) -> Truth {
    let key = condition.key.to_ascii_lowercase();
    let other = PaletteIdentity { partition: palette.partition, account: AccountId::UNUSED };
    if key == "aws:principalaccount" || key == "aws:principalarn" {
        let truth = condition_holds(condition, &other, None, favorable);
        // A pattern may match other accounts than Palette's account and `AccountId::UNUSED`.
        let is_pattern = condition.values.iter().any(|value| may_name_several_accounts(value));
        return if truth != favorable && is_pattern { Truth::Unknown } else { truth };
    }
    if LIMITING_KEYS.contains(&key.as_str()) && !allows_every_ip_address(condition) {
        // These keys are absent in a call of an identity outside of every organization and VPC.
        let result_if_absent = evaluate_condition(condition, None);
        return if result_if_absent == favorable && favorable == Truth::True {
            result_if_absent
        } else {
            Truth::Unknown
        };
    }
    favorable
}

/// Returns `true` if the account in a value of a condition has a wildcard or a policy variable, so
/// that the value may match several accounts.
fn may_name_several_accounts(value: &str) -> bool {
    let account = split_arn(value).map_or(value, |(head, _)| head[4]);
    account.contains(['*', '?', '$'])
}

/// How a condition operator compares an ARN with a value.
#[derive(Clone, Copy)]
enum ArnComparison {
    /// The operator compares the texts.
    Literal,
    /// The operator compares the texts and ignores case.
    IgnoreCase,
    /// The operator compares the text with a pattern, as `StringLike` does.
    WholePattern,
    /// The operator compares each of the six fields of the ARN with a pattern, as `ArnLike` does.
    FieldPatterns,
}

/// Returns `True` if a value matches every ARN that begins with `own`, `False` if it matches none
/// of these ARNs, and `Unknown` if it matches some of them.
fn match_arns_with_prefix(comparison: ArnComparison, value: &str, own: &str) -> Truth {
    let is_longer_text_with_prefix =
        |value: &str, own: &str| value.len() > own.len() && value.starts_with(own);
    let match_whole = |pattern: &str, own: &str| {
        if matches_every_text_with_prefix(pattern, own) {
            Truth::True
        } else if matches_some_text_with_prefix(pattern, own) {
            Truth::Unknown
        } else {
            Truth::False
        }
    };
    match comparison {
        ArnComparison::Literal if is_longer_text_with_prefix(value, own) => Truth::Unknown,
        ArnComparison::IgnoreCase if is_longer_text_with_prefix(&value.to_lowercase(), own) => {
            Truth::Unknown
        }
        ArnComparison::Literal | ArnComparison::IgnoreCase => Truth::False,
        ArnComparison::WholePattern => match_whole(value, own),
        ArnComparison::FieldPatterns => {
            if let (Some((head, rest)), Some((own_head, own_rest))) =
                (split_arn(value), split_arn(own))
            {
                let matches = |(field, own): (&&str, &str)| matches_pattern(field, own);
                if head.iter().zip(own_head).all(matches) {
                    match_whole(rest, own_rest)
                } else {
                    Truth::False
                }
            } else if value == "*" {
                Truth::True
            } else {
                Truth::unknown_or_false(matches_some_text_with_prefix(value, own))
            }
        }
    }
}

/// Splits an ARN, or a pattern with six fields, into its first five fields and the last field.
/// Returns `None` if the text has fewer fields.
fn split_arn(arn: &str) -> Option<([&str; 5], &str)> {
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    Some((head, parts.next()?))
}

/// Returns whether an ARN matches a pattern of the operator `ArnLike`, in which a wildcard matches
/// only within its field.
fn match_arn(pattern: &str, arn: &str) -> Truth {
    match (split_arn(pattern), split_arn(arn)) {
        (Some((head, rest)), Some((arn_head, arn_rest))) => {
            let mut pairs = head.iter().zip(arn_head).chain([(&rest, arn_rest)]);
            pairs.all(|(pattern, field)| matches_pattern(pattern, field)).into()
        }
        // A text that is not an ARN matches no pattern. AWS does not document whether the pattern
        // `*` is an exception, and which ARNs a pattern with fewer than six fields matches.
        _ if !matches_pattern(pattern, arn) => Truth::False,
        (None, Some(_)) if pattern == "*" => Truth::True,
        (None | Some(_), None | Some(_)) => Truth::Unknown,
    }
}

/// Returns `true` if a value has a policy variable, such as `${aws:username}`, which IAM replaces
/// when it evaluates a call.
fn has_variable(condition: &Condition<'_>) -> bool {
    condition.values.iter().any(|value| value.contains("${"))
}

/// Returns `true` for a condition on `aws:SourceIp` whose values contain `0.0.0.0/0`.
fn allows_every_ip_address(condition: &Condition<'_>) -> bool {
    condition.key.eq_ignore_ascii_case("aws:SourceIp")
        && condition.values.iter().any(|range| range == "0.0.0.0/0")
}

/// A condition operator, such as `ForAnyValue:StringLikeIfExists`.
struct Operator {
    /// The operator in lowercase, without `ForAnyValue:`, `ForAllValues:` and `IfExists`.
    base: String,
    /// The result of the condition if the key is absent. `None` if it depends on `base` only.
    result_if_absent: Option<bool>,
}

fn parse_operator(name: &str) -> Operator {
    let name = name.to_ascii_lowercase();
    let (quantifier_result, rest) = match name.split_once(':') {
        Some(("forallvalues", rest)) => (Some(true), rest),
        Some(("foranyvalue", rest)) => (Some(false), rest),
        Some(_) | None => (None, name.as_str()),
    };
    match rest.strip_suffix("ifexists") {
        Some(base) => Operator { base: base.to_owned(), result_if_absent: Some(true) },
        None => Operator { base: rest.to_owned(), result_if_absent: quantifier_result },
    }
}

/// Returns `true` for an operator that holds if no value matches, such as `stringnotequals`.
fn is_negated(base: &str) -> bool {
    base.contains("not")
}

/// Returns whether a condition holds in a call in which its key has the value `key_value`, or is
/// absent.
pub(crate) fn evaluate_condition(condition: &Condition<'_>, key_value: Option<&str>) -> Truth {
    let Operator { base, result_if_absent } = parse_operator(condition.operator);
    let any = |matches: &dyn Fn(&str) -> bool| condition.values.iter().any(|value| matches(value));
    if base == "null" {
        let all =
            |word: &str| condition.values.iter().all(|value| value.eq_ignore_ascii_case(word));
        // AWS does not document the result if there are other values than `true` and `false`, or
        // both.
        return match (all("true"), all("false")) {
            (true, false) => key_value.is_none().into(),
            (false, true) => key_value.is_some().into(),
            (true, true) | (false, false) => Truth::Unknown,
        };
    }
    let Some(key_value) = key_value else {
        return result_if_absent.unwrap_or_else(|| is_negated(&base)).into();
    };
    if has_variable(condition) {
        return Truth::Unknown;
    }
    let found = match base.as_str() {
        "stringequals" | "stringnotequals" => any(&|value| value == key_value),
        "stringequalsignorecase" | "stringnotequalsignorecase" | "bool" => {
            any(&|value| value.eq_ignore_ascii_case(key_value))
        }
        "stringlike" | "stringnotlike" => any(&|value| matches_pattern(value, key_value)),
        "arnlike" | "arnnotlike" | "arnequals" | "arnnotequals" => {
            let matches = condition.values.iter().map(|value| match_arn(value, key_value));
            let found = matches.fold(Truth::False, Truth::or);
            if found == Truth::Unknown {
                return found;
            }
            found == Truth::True
        }
        _ => return Truth::Unknown,
    };
    (found != is_negated(&base)).into()
}
