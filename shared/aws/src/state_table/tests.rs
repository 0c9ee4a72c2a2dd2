//! Items and their attributes.

use std::time::{Duration, UNIX_EPOCH};

use super::*;

fn item(report: Option<&str>) -> StateItem {
    StateItem {
        scope: "project/6543210fedcba9876543210f".to_owned(),
        uid: "0123456789abcdef01234567".parse().unwrap(),
        revision: 7,
        checked: UNIX_EPOCH + Duration::from_secs(1_795_486_506),
        expires: UNIX_EPOCH + Duration::from_secs(4_000_000_000),
        document: r#"{"ready":true}"#.to_owned(),
        report: report.map(str::to_owned),
    }
}

#[test]
fn attributes_are_read_as_they_are_written() {
    for item in [item(None), item(Some("{}"))] {
        assert_eq!(StateItem::parse(item.to_attributes()).unwrap(), item);
    }
}

#[test]
fn an_item_that_is_not_gangways_is_refused_with_the_attribute() {
    let text = |value: &str| Some(AttributeValue::S(value.to_owned()));
    let digits = |value: &str| Some(AttributeValue::N(value.to_owned()));
    for (attribute, value, fault) in [
        (SCOPE, None, "is missing"),
        (UID, text("a b"), "is not a uid"),
        (REVISION, None, "is missing"),
        (REVISION, text("7"), "is not a whole number"),
        (REVISION, digits("-1"), "is not a whole number"),
        (EXPIRES, digits("1.5"), "is not a whole number"),
        (EXPIRES, digits("18446744073709551615"), "is too large"),
        (CHECKED, text("yesterday"), "is not a time of RFC 3339"),
        (CHECKED, digits("1"), "is not a string"),
        (DOCUMENT, None, "is missing"),
        (item::REPORT, Some(AttributeValue::Bool(true)), "is not a string"),
    ] {
        let mut attributes = item(None).to_attributes();
        attributes.remove(attribute);
        attributes.extend(value.map(|value| (attribute.to_owned(), value)));
        let error = StateItem::parse(attributes).unwrap_err().to_string();
        assert!(error.contains(&format!("attribute {attribute} {fault}")), "{error}");
        assert!(!error.contains("yesterday") && !error.contains("a b"), "{error}");
    }
}
