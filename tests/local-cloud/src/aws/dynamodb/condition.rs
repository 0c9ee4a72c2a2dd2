//! Evaluates a condition on an item.
use std::cmp::Ordering;

use serde_json::Value;

use super::expression::{Comparator, Condition, Operand};
use super::value::{Item, compare, is_equal};

impl Condition {
    /// Returns `true` if the item satisfies the condition. `None` is an item that does not exist.
    pub(super) fn is_met(&self, item: Option<&Item>) -> bool {
        match self {
            Condition::Or(left, right) => left.is_met(item) || right.is_met(item),
            Condition::And(left, right) => left.is_met(item) && right.is_met(item),
            Condition::Not(inner) => !inner.is_met(item),
            Condition::Exists(name) => item.is_some_and(|item| item.contains_key(name)),
            Condition::NotExists(name) => item.is_none_or(|item| !item.contains_key(name)),
            Condition::Compare(comparator, left, right) => {
                let operand = |operand| value(operand, item);
                match (operand(left), operand(right)) {
                    (Some(left), Some(right)) => comparator.is_met(left, right),
                    // A missing attribute differs from each value.
                    _ => *comparator == Comparator::NotEqual,
                }
            }
        }
    }
}

fn value<'a>(operand: &'a Operand, item: Option<&'a Item>) -> Option<&'a Value> {
    match operand {
        Operand::Value(value) => Some(value),
        Operand::Attribute(name) => item?.get(name),
    }
}

impl Comparator {
    /// Returns `true` if the comparison holds. Values of two types differ, and have no order.
    pub(super) fn is_met(self, left: &Value, right: &Value) -> bool {
        let is_ordered =
            |orders: &[Ordering]| compare(left, right).is_some_and(|order| orders.contains(&order));
        match self {
            Comparator::Equal => is_equal(left, right),
            Comparator::NotEqual => !is_equal(left, right),
            Comparator::Less => is_ordered(&[Ordering::Less]),
            Comparator::LessOrEqual => is_ordered(&[Ordering::Less, Ordering::Equal]),
            Comparator::Greater => is_ordered(&[Ordering::Greater]),
            Comparator::GreaterOrEqual => is_ordered(&[Ordering::Greater, Ordering::Equal]),
        }
    }
}
