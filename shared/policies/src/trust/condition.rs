//! Evaluates conditions for a call of Palette, as far as the context of the call is known in
//! advance.

use gangway_model::AccountId;

use super::principal::PaletteIdentity;
use crate::{
    statement::Condition,
    wildcard::{matches_every_suffix, matches_some_suffix, wildcard_match},
};

/// The result of evaluating a condition.
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
    /// Combines conditions with a logical AND.
    pub(crate) fn all(truths: impl Iterator<Item = Self>) -> Self {
        truths.fold(Self::True, |all, one| match (all, one) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        })
    }

    fn unknown_if(doubtful: bool) -> Self {
        if doubtful { Self::Unknown } else { Self::False }
    }

    /// Combines two conditions with a logical OR.
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

/// Condition key of the external id.
pub(super) const EXTERNAL_ID: &str = "sts:ExternalId";

/// Returns `true` if a condition is about the external id. Keys are not case-sensitive.
pub(crate) fn is_external_id(condition: &Condition<'_>) -> bool {
    condition.key.eq_ignore_ascii_case(EXTERNAL_ID)
}

/// Returns whether a condition holds for a call of Palette with this external id, or without one.
///
/// A condition may name one of the users and roles of Palette's account. If it gives the result
/// `favorable` for that one, it is taken to be the one that Palette uses, like a principal that a
/// statement names. Otherwise the result is unknown.
pub(super) fn holds(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    external_id: Option<&str>,
    favorable: Truth,
) -> Truth {
    if let Some(truth) = identity_condition(condition, palette) {
        let named = Truth::from(!negated(&operator(condition.operator).base));
        return if truth == Truth::Unknown && named == favorable { favorable } else { truth };
    }
    let values = possible_values(condition, palette, external_id);
    let mut truths = values.iter().map(|value| compare(condition, value.as_deref()));
    match truths.next() {
        Some(first) if truths.all(|other| other == first) => first,
        None if open_to_all(condition) => Truth::from(!negated(&operator(condition.operator).base)),
        Some(_) | None => Truth::Unknown,
    }
}

/// Returns the possible values of the key. `None` means that the key is absent; an empty list, that
/// nothing is known.
fn possible_values(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    external_id: Option<&str>,
) -> Vec<Option<String>> {
    let one = |value: &str| vec![Some(value.to_owned())];
    match condition.key.to_ascii_lowercase().as_str() {
        "sts:externalid" => vec![external_id.map(str::to_owned)],
        // Absent for a user's access key, "false" for a role session.
        "aws:multifactorauthpresent" => vec![None, Some("false".to_owned())],
        "aws:multifactorauthage" | "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" => {
            vec![None]
        }
        "aws:principalaccount" => one(palette.account.as_str()),
        // For `Null`; other operators are for [`identity_condition`].
        "aws:principalarn" => {
            one(&format!("arn:{}:iam::{}:user/palette", palette.partition, palette.account))
        }
        "aws:principalisawsservice" | "aws:viaawsservice" => one("false"),
        "aws:securetransport" => one("true"),
        "aws:principaltype" => vec![Some("User".to_owned()), Some("AssumedRole".to_owned())],
        _ => Vec::new(),
    }
}

/// Returns whether a condition on `aws:PrincipalArn` holds for every user and role of Palette's
/// account, for none, or only for some (unknown). `None` if the condition does not compare ARNs.
fn identity_condition(condition: &Condition<'_>, palette: &PaletteIdentity) -> Option<Truth> {
    if !condition.key.eq_ignore_ascii_case("aws:PrincipalArn") {
        return None;
    }
    let base = operator(condition.operator).base;
    let style = match base.as_str() {
        "stringequals" | "stringnotequals" => Style::Literal,
        "stringequalsignorecase" | "stringnotequalsignorecase" => Style::IgnoreCase,
        "stringlike" | "stringnotlike" => Style::Whole,
        "arnlike" | "arnnotlike" | "arnequals" | "arnnotequals" => Style::Fields,
        _ => return None,
    };
    if has_variable(condition) {
        return None;
    }
    let matched = ["user/", "role/"].map(|kind| {
        let own = format!("arn:{}:iam::{}:{kind}", palette.partition, palette.account);
        let values = condition.values.iter().map(|value| match_identities(style, value, &own));
        values.fold(Truth::False, Truth::or)
    });
    let found = if matched[0] == matched[1] { matched[0] } else { Truth::Unknown };
    Some(if negated(&base) { found.not() } else { found })
}

/// Keys that limit who may call, or from where, and whose values for other accounts are unknown.
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

/// Returns whether a condition holds for some caller of an account that the policy does not name.
/// Such a caller can choose everything that its own account decides, and knows the external id.
/// `favorable` is the result that lets it in.
pub(super) fn holds_for_other_account(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    favorable: Truth,
) -> Truth {
    let key = condition.key.to_ascii_lowercase();
    let other = PaletteIdentity { partition: palette.partition, account: AccountId::UNUSED };
    if key == "aws:principalaccount" || key == "aws:principalarn" {
        let truth = holds(condition, &other, None, favorable);
        // A pattern may name accounts other than Palette's and this one.
        let is_pattern = condition.values.iter().any(|value| names_accounts(value));
        return if truth != favorable && is_pattern { Truth::Unknown } else { truth };
    }
    if LIMITING_KEYS.contains(&key.as_str()) && !open_to_all(condition) {
        // A caller outside of every organization and VPC.
        let absent = compare(condition, None);
        return if absent == favorable && favorable == Truth::True {
            absent
        } else {
            Truth::Unknown
        };
    }
    favorable
}

/// Returns `true` if the account in a value may be one of several.
fn names_accounts(value: &str) -> bool {
    let account = fields(value).map_or(value, |(head, _)| head[4]);
    account.contains(['*', '?', '$'])
}

/// How an operator compares ARNs.
#[derive(Clone, Copy)]
enum Style {
    Literal,
    IgnoreCase,
    /// With wildcards, over the whole text.
    Whole,
    /// With wildcards, each of the six fields by itself.
    Fields,
}

/// Returns whether a value matches every ARN that begins with `own`, none, or some of them.
fn match_identities(style: Style, value: &str, own: &str) -> Truth {
    let begins = |value: &str, own: &str| value.len() > own.len() && value.starts_with(own);
    let whole = |pattern: &str, own: &str| {
        if matches_every_suffix(pattern, own) {
            Truth::True
        } else if matches_some_suffix(pattern, own) {
            Truth::Unknown
        } else {
            Truth::False
        }
    };
    match style {
        Style::Literal if begins(value, own) => Truth::Unknown,
        Style::IgnoreCase if begins(&value.to_lowercase(), own) => Truth::Unknown,
        Style::Literal | Style::IgnoreCase => Truth::False,
        Style::Whole => whole(value, own),
        Style::Fields => {
            if let (Some((head, rest)), Some((own_head, own_rest))) = (fields(value), fields(own)) {
                let same = |(field, own): (&&str, &str)| wildcard_match(field, own);
                if head.iter().zip(own_head).all(same) {
                    whole(rest, own_rest)
                } else {
                    Truth::False
                }
            } else if value == "*" {
                Truth::True
            } else {
                Truth::unknown_if(matches_some_suffix(value, own))
            }
        }
    }
}

/// Splits an ARN, or a pattern of one, into its first five fields and the last one.
fn fields(arn: &str) -> Option<([&str; 5], &str)> {
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    Some((head, parts.next()?))
}

/// Compares an ARN with a pattern as `ArnLike` does: a wildcard does not match beyond its field.
fn arn_match(pattern: &str, arn: &str) -> Truth {
    match (fields(pattern), fields(arn)) {
        (Some((head, rest)), Some((arn_head, arn_rest))) => {
            let mut pairs = head.iter().zip(arn_head).chain([(&rest, arn_rest)]);
            pairs.all(|(pattern, field)| wildcard_match(pattern, field)).into()
        }
        // A value that is not an ARN matches no pattern. AWS does not document whether a bare
        // wildcard is an exception, nor what a pattern with fewer fields matches.
        _ if !wildcard_match(pattern, arn) => Truth::False,
        (None, Some(_)) if pattern == "*" => Truth::True,
        (None | Some(_), None | Some(_)) => Truth::Unknown,
    }
}

/// Returns `true` if IAM replaces a policy variable in a value at the time of the call.
fn has_variable(condition: &Condition<'_>) -> bool {
    condition.values.iter().any(|value| value.contains("${"))
}

fn open_to_all(condition: &Condition<'_>) -> bool {
    condition.key.eq_ignore_ascii_case("aws:SourceIp")
        && condition.values.iter().any(|range| range == "0.0.0.0/0")
}

struct Operator {
    base: String,
    /// The result for an absent key, if the operator defines it.
    absent: Option<bool>,
}

fn operator(name: &str) -> Operator {
    let name = name.to_ascii_lowercase();
    let (quantified, rest) = match name.split_once(':') {
        Some(("forallvalues", rest)) => (Some(true), rest),
        Some(("foranyvalue", rest)) => (Some(false), rest),
        Some(_) | None => (None, name.as_str()),
    };
    match rest.strip_suffix("ifexists") {
        Some(base) => Operator { base: base.to_owned(), absent: Some(true) },
        None => Operator { base: rest.to_owned(), absent: quantified },
    }
}

fn negated(base: &str) -> bool {
    base.contains("not")
}

pub(crate) fn compare(condition: &Condition<'_>, seen: Option<&str>) -> Truth {
    let Operator { base, absent } = operator(condition.operator);
    let any = |same: &dyn Fn(&str) -> bool| condition.values.iter().any(|value| same(value));
    if base == "null" {
        let all =
            |word: &str| condition.values.iter().all(|value| value.eq_ignore_ascii_case(word));
        // AWS does not document the result for other values or for both.
        return match (all("true"), all("false")) {
            (true, false) => seen.is_none().into(),
            (false, true) => seen.is_some().into(),
            (true, true) | (false, false) => Truth::Unknown,
        };
    }
    let Some(seen) = seen else {
        return absent.unwrap_or_else(|| negated(&base)).into();
    };
    if has_variable(condition) {
        return Truth::Unknown;
    }
    let found = match base.as_str() {
        "stringequals" | "stringnotequals" => any(&|value| value == seen),
        "stringequalsignorecase" | "stringnotequalsignorecase" | "bool" => {
            any(&|value| value.eq_ignore_ascii_case(seen))
        }
        "stringlike" | "stringnotlike" => any(&|value| wildcard_match(value, seen)),
        "arnlike" | "arnnotlike" | "arnequals" | "arnnotequals" => {
            let matches = condition.values.iter().map(|value| arn_match(value, seen));
            let found = matches.fold(Truth::False, Truth::or);
            if found == Truth::Unknown {
                return found;
            }
            found == Truth::True
        }
        _ => return Truth::Unknown,
    };
    (found != negated(&base)).into()
}
