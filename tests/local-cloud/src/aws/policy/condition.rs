//! The `Condition` elements of policies.
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

use super::Context;
use super::document::parse_strings;
use super::pattern::Pattern;

/// How many values of the condition key must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    /// The operator has no prefix: the key has one value.
    Single,
    /// Prefix `ForAnyValue`: at least one value must match.
    AnyValue,
    /// Prefix `ForAllValues`: all values must match.
    AllValues,
}

/// A condition operator, without prefix, suffix `IfExists` and negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// The `String…` operators. With `has_wildcards`, `*` and `?` are wildcards.
    String {
        has_wildcards: bool,
        ignores_case: bool,
    },
    Arn,
    Bool,
    Number(Comparison),
    Date(Comparison),
    Ip,
    Null,
}

/// How a `Numeric…` or `Date…` operator compares the value of the call with that of the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
}

impl Comparison {
    /// Returns `true` if the comparison holds for an ordering of the two values.
    fn holds_for(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equals => ordering.is_eq(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEquals => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEquals => ordering.is_ge(),
        }
    }
}

/// A condition of a policy statement: operator, condition key and values.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    operator: Operator,
    /// Whether the operator is negated, for example `StringNotEquals`.
    negated: bool,
    /// Whether the operator has the suffix `IfExists`: the condition is met if the call does not
    /// have the key.
    if_exists: bool,
    /// The condition key.
    key: String,
    /// The values in the policy.
    values: Vec<String>,
}

impl Condition {
    /// Parses a `Condition` element.
    ///
    /// # Errors
    /// AWS's message about the element.
    pub(super) fn parse_all(object: &Map<String, Value>) -> Result<Vec<Condition>, String> {
        let mut conditions = Vec::new();
        for (operator, keys) in object {
            for (key, values) in keys.as_object().ok_or("Syntax errors in policy.")? {
                if !key.contains(':') {
                    return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into());
                }
                conditions.push(Condition::parse(operator, key, parse_strings(values)?)?);
            }
        }
        Ok(conditions)
    }

    /// Parses a condition. `operator_name` is the operator as the policy has it.
    fn parse(operator_name: &str, key: &str, values: Vec<String>) -> Result<Condition, String> {
        let (quantifier, name) = match operator_name.split_once(':') {
            Some(("ForAnyValue", name)) => (Quantifier::AnyValue, name),
            Some(("ForAllValues", name)) => (Quantifier::AllValues, name),
            Some(_) => return Err(format!("Invalid Condition type : {operator_name}.")),
            None => (Quantifier::Single, operator_name),
        };
        let (name, if_exists) =
            name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let string = |has_wildcards, ignores_case| Operator::String { has_wildcards, ignores_case };
        let (operator, negated) = match name {
            "StringEquals" => (string(false, false), false),
            "StringNotEquals" => (string(false, false), true),
            "StringEqualsIgnoreCase" => (string(false, true), false),
            "StringNotEqualsIgnoreCase" => (string(false, true), true),
            "StringLike" => (string(true, false), false),
            "StringNotLike" => (string(true, false), true),
            "ArnEquals" | "ArnLike" => (Operator::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Operator::Arn, true),
            "Bool" => (Operator::Bool, false),
            "Null" => (Operator::Null, false),
            "IpAddress" => (Operator::Ip, false),
            "NotIpAddress" => (Operator::Ip, true),
            "NumericNotEquals" => (Operator::Number(Comparison::Equals), true),
            "DateNotEquals" => (Operator::Date(Comparison::Equals), true),
            _ => (
                parse_comparison_operator(name)
                    .ok_or_else(|| format!("Invalid Condition type : {operator_name}."))?,
                false,
            ),
        };
        Ok(Condition { quantifier, operator, negated, if_exists, key: key.to_owned(), values })
    }

    /// Returns `true` if a call with these condition keys meets the condition. If the call does not
    /// have the key of the condition, the key is added to `missing`.
    pub(super) fn is_met(&self, context: &Context, missing: &mut BTreeSet<String>) -> bool {
        let found = context.get(&self.key);
        if self.operator == Operator::Null {
            let must_be_missing =
                self.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            return found.is_none_or(<[String]>::is_empty) == must_be_missing;
        }
        let Some(found) = found.filter(|found| !found.is_empty()) else {
            missing.insert(self.key.clone());
            return self.if_exists
                || match self.quantifier {
                    Quantifier::Single => self.negated,
                    Quantifier::AnyValue => false,
                    Quantifier::AllValues => true,
                };
        };
        // A negated operator is met if none of the values in the policy matches.
        let is_match = |found: &String| {
            self.values.iter().any(|value| self.value_matches(value, found, context))
                != self.negated
        };
        match (self.quantifier, self.negated) {
            (Quantifier::AllValues, _) | (Quantifier::Single, true) => found.iter().all(is_match),
            (Quantifier::AnyValue, _) | (Quantifier::Single, false) => found.iter().any(is_match),
        }
    }

    /// Returns `true` if a value of the call, `found`, matches a value in the policy. A negation is
    /// not considered.
    fn value_matches(&self, value: &str, found: &str, context: &Context) -> bool {
        match self.operator {
            Operator::String { has_wildcards: true, .. } => {
                Pattern::parse(value, context).is_some_and(|pattern| pattern.matches(found))
            }
            Operator::Bool | Operator::String { ignores_case: true, .. } => {
                value.eq_ignore_ascii_case(found)
            }
            Operator::String { .. } if value.contains("${") => {
                // Every string operator replaces policy variables. Only `StringLike` and
                // `StringNotLike` have wildcards.
                let literal = value.replace('*', "${*}").replace('?', "${?}");
                Pattern::parse(&literal, context).is_some_and(|pattern| pattern.matches(found))
            }
            Operator::String { .. } => value == found,
            Operator::Arn => {
                Pattern::parse(value, context).is_some_and(|pattern| pattern.matches_arn(found))
            }
            Operator::Number(comparison) => match (found.parse::<f64>(), value.parse::<f64>()) {
                (Ok(found), Ok(value)) => comparison.holds_for(found.total_cmp(&value)),
                _ => false,
            },
            Operator::Date(comparison) => match (parse_date(found), parse_date(value)) {
                (Some(found), Some(value)) => comparison.holds_for(found.cmp(&value)),
                _ => false,
            },
            Operator::Ip => is_in_network(found, value),
            Operator::Null => false,
        }
    }
}

/// Parses the name of a `Numeric…` or `Date…` operator that is not negated.
fn parse_comparison_operator(name: &str) -> Option<Operator> {
    let (is_number, comparison) = match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
        (Some(comparison), _) => (true, comparison),
        (None, Some(comparison)) => (false, comparison),
        (None, None) => return None,
    };
    let comparison = match comparison {
        "Equals" => Comparison::Equals,
        "LessThan" => Comparison::Less,
        "LessThanEquals" => Comparison::LessOrEquals,
        "GreaterThan" => Comparison::Greater,
        "GreaterThanEquals" => Comparison::GreaterOrEquals,
        _ => return None,
    };
    Some(if is_number { Operator::Number(comparison) } else { Operator::Date(comparison) })
}

/// Parses a date in ISO 8601 or in seconds since the Unix epoch. Returns seconds since the Unix
/// epoch.
fn parse_date(text: &str) -> Option<i64> {
    let parsed = DateTime::from_str(text, Format::DateTimeWithOffset).ok().map(|date| date.secs());
    parsed.or_else(|| text.parse().ok())
}

/// Returns `true` if an IP address is in a network, such as `203.0.113.0/24`.
fn is_in_network(address: &str, network: &str) -> bool {
    let (base, bits) = network
        .split_once('/')
        .map_or((network, None), |(base, bits)| (base, bits.parse::<u32>().ok()));
    let network_bits = |value: u128, width: u32, bits: u32| {
        value.checked_shr(width.saturating_sub(bits)).unwrap_or(0)
    };
    match (address.parse(), base.parse()) {
        (Ok(IpAddr::V4(address)), Ok(IpAddr::V4(base))) => {
            let bits = bits.unwrap_or(32);
            network_bits(u128::from(address.to_bits()), 32, bits)
                == network_bits(u128::from(base.to_bits()), 32, bits)
        }
        (Ok(IpAddr::V6(address)), Ok(IpAddr::V6(base))) => {
            let bits = bits.unwrap_or(128);
            network_bits(address.to_bits(), 128, bits) == network_bits(base.to_bits(), 128, bits)
        }
        _ => false,
    }
}
