//! Evaluates conditions for a call of Palette, as far as the context of the call is known in
//! advance.

use super::principal::PaletteIdentity;
use crate::{statement::Condition, wildcard::wildcard_match};

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
}

/// Condition key of the external id.
pub(super) const EXTERNAL_ID: &str = "sts:ExternalId";

/// Returns `true` if a condition is about the external id. Keys are not case-sensitive.
pub(crate) fn is_external_id(condition: &Condition<'_>) -> bool {
    condition.key.eq_ignore_ascii_case(EXTERNAL_ID)
}

/// Returns whether a condition holds for a call of Palette with this external id, or without one.
pub(super) fn holds(
    condition: &Condition<'_>,
    palette: &PaletteIdentity,
    external_id: Option<&str>,
) -> Truth {
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
        "aws:principalarn" => one(&identity(condition, palette)),
        "aws:principalisawsservice" | "aws:viaawsservice" => one("false"),
        "aws:securetransport" => one("true"),
        "aws:principaltype" => vec![Some("User".to_owned()), Some("AssumedRole".to_owned())],
        _ => Vec::new(),
    }
}

/// Returns the identity in Palette's account that a condition names, assuming that Palette uses it;
/// otherwise an arbitrary one.
fn identity(condition: &Condition<'_>, palette: &PaletteIdentity) -> String {
    let own = format!("arn:{}:iam::{}:", palette.partition, palette.account);
    let any = format!("{own}user/palette");
    let names_one = |value: &String| {
        let named = value.strip_prefix(&own);
        named.is_some_and(|named| named.starts_with("user/") || named.starts_with("role/"))
    };
    condition.values.iter().find(|value| wildcard_match(value, &any) || names_one(value)).map_or(
        any.clone(),
        |value| {
            if wildcard_match(value, &any) { any } else { value.replace('*', "x") }
        },
    )
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
    // IAM replaces policy variables at the time of the call.
    if any(&|value| value.contains("${")) {
        return Truth::Unknown;
    }
    let found = match base.as_str() {
        "stringequals" | "stringnotequals" => any(&|value| value == seen),
        "stringequalsignorecase" | "stringnotequalsignorecase" | "bool" => {
            any(&|value| value.eq_ignore_ascii_case(seen))
        }
        "stringlike" | "stringnotlike" => any(&|value| wildcard_match(value, seen)),
        // A value that is not an ARN matches no pattern. AWS does not document whether a bare wildcard is
        // an exception.
        "arnlike" | "arnnotlike" | "arnequals" | "arnnotequals" => {
            let found = any(&|value| wildcard_match(value, seen));
            if found && !seen.starts_with("arn:") {
                return Truth::Unknown;
            }
            found
        }
        _ => return Truth::Unknown,
    };
    (found != negated(&base)).into()
}
