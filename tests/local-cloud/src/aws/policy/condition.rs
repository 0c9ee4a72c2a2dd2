//! Condition elements of policies.
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value};

use super::Context;
use super::document::parse_strings;
use super::pattern::Pattern;

/// Set operator of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    Single,
    AnyValue,
    AllValues,
}

/// The condition operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    String { like: bool, ignore_case: bool },
    Arn,
    Bool,
    Number(Comparison),
    Date(Comparison),
    Ip,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
}

impl Comparison {
    fn matches(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equals => ordering.is_eq(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEquals => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEquals => ordering.is_ge(),
        }
    }
}

/// One condition: operator, key and values.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    test: Operator,
    negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

impl Condition {
    /// Parses a `Condition` element.
    pub(super) fn parse_all(object: &Map<String, Value>) -> Result<Vec<Condition>, String> {
        let mut all = Vec::new();
        for (operator, keys) in object {
            for (key, values) in keys.as_object().ok_or("Syntax errors in policy.")? {
                if !key.contains(':') {
                    return Err("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into());
                }
                all.push(Condition::parse(operator, key, parse_strings(values)?)?);
            }
        }
        Ok(all)
    }

    fn parse(operator: &str, key: &str, values: Vec<String>) -> Result<Condition, String> {
        let (quantifier, name) = match operator.split_once(':') {
            Some(("ForAnyValue", name)) => (Quantifier::AnyValue, name),
            Some(("ForAllValues", name)) => (Quantifier::AllValues, name),
            Some(_) => return Err(format!("Invalid Condition type : {operator}.")),
            None => (Quantifier::Single, operator),
        };
        let (name, if_exists) =
            name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let string = |like, ignore_case| Operator::String { like, ignore_case };
        let (test, negated) = match name {
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
                parse_ordered_operator(name)
                    .ok_or_else(|| format!("Invalid Condition type : {operator}."))?,
                false,
            ),
        };
        Ok(Condition { quantifier, test, negated, if_exists, key: key.to_owned(), values })
    }

    /// Returns `true` if the condition is met. A missing key is added to `missing`.
    pub(super) fn is_met(&self, context: &Context, missing: &mut BTreeSet<String>) -> bool {
        let found = context.get(&self.key);
        if self.test == Operator::Null {
            let wants_missing = self.values.iter().any(|value| value.eq_ignore_ascii_case("true"));
            return found.is_none_or(<[String]>::is_empty) == wants_missing;
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
        // A negated operator is met if none of the values matches.
        let fits = |one: &String| {
            self.values.iter().any(|value| self.value_matches(value, one, context)) != self.negated
        };
        match (self.quantifier, self.negated) {
            (Quantifier::AllValues, _) | (Quantifier::Single, true) => found.iter().all(fits),
            (Quantifier::AnyValue, _) | (Quantifier::Single, false) => found.iter().any(fits),
        }
    }

    fn value_matches(&self, value: &str, found: &str, context: &Context) -> bool {
        match self.test {
            Operator::String { like: true, .. } => {
                Pattern::parse(value, context).is_some_and(|pattern| pattern.matches(found))
            }
            Operator::Bool | Operator::String { ignore_case: true, .. } => {
                value.eq_ignore_ascii_case(found)
            }
            Operator::String { .. } if value.contains("${") => {
                // Policy variables work in every string operator, wildcards only in `…Like`.
                let literal = value.replace('*', "${*}").replace('?', "${?}");
                Pattern::parse(&literal, context).is_some_and(|pattern| pattern.matches(found))
            }
            Operator::String { .. } => value == found,
            Operator::Arn => {
                Pattern::parse(value, context).is_some_and(|pattern| pattern.matches_arn(found))
            }
            Operator::Number(comparison) => match (found.parse::<f64>(), value.parse::<f64>()) {
                (Ok(found), Ok(value)) => comparison.matches(found.total_cmp(&value)),
                _ => false,
            },
            Operator::Date(comparison) => match (parse_date(found), parse_date(value)) {
                (Some(found), Some(value)) => comparison.matches(found.cmp(&value)),
                _ => false,
            },
            Operator::Ip => is_in_network(found, value),
            Operator::Null => false,
        }
    }
}

fn parse_ordered_operator(name: &str) -> Option<Operator> {
    let (number, comparison) = match (name.strip_prefix("Numeric"), name.strip_prefix("Date")) {
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
    Some(if number { Operator::Number(comparison) } else { Operator::Date(comparison) })
}

fn parse_date(text: &str) -> Option<i64> {
    let parsed = DateTime::from_str(text, Format::DateTimeWithOffset).ok().map(|date| date.secs());
    parsed.or_else(|| text.parse().ok())
}

fn is_in_network(address: &str, network: &str) -> bool {
    let (base, bits) = network
        .split_once('/')
        .map_or((network, None), |(base, bits)| (base, bits.parse::<u32>().ok()));
    let top = |value: u128, width: u32, bits: u32| {
        value.checked_shr(width.saturating_sub(bits)).unwrap_or(0)
    };
    match (address.parse(), base.parse()) {
        (Ok(IpAddr::V4(address)), Ok(IpAddr::V4(base))) => {
            let bits = bits.unwrap_or(32);
            top(u128::from(address.to_bits()), 32, bits)
                == top(u128::from(base.to_bits()), 32, bits)
        }
        (Ok(IpAddr::V6(address)), Ok(IpAddr::V6(base))) => {
            let bits = bits.unwrap_or(128);
            top(address.to_bits(), 128, bits) == top(base.to_bits(), 128, bits)
        }
        _ => false,
    }
}
