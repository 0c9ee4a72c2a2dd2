//! Types that are parsed from one text: a value that is accepted prints as the same text.

use std::{fmt::Display, str::FromStr};

use gangway_aws::organizations::OuId;
use gangway_model::{
    AccessKeyId, AccountId, AccountName, AuthMethod, Description, Partition, PermissionProfile,
    PolicyArn, RoleArn, SecretArn, Uid, UidOrName, time,
};
use gangway_registration::vending::{Glob, NameTemplate};

use crate::assert_no_leak;

/// Checks that an accepted text is printed and parsed again as the same value.
fn assert_round_trip<T>(text: &str, print: impl Fn(&T) -> &str)
where
    T: FromStr<Err: Display>,
{
    match text.parse::<T>() {
        Ok(read) => {
            let printed = print(&read);
            let again =
                printed.parse::<T>().map_err(|fault| fault.to_string()).expect("what it prints");
            assert_eq!(print(&again), printed);
        }
        Err(rule) => assert_no_leak(&rule.to_string()),
    }
}

/// Parses names, ids and ARNs, line by line.
pub(crate) fn parse_texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for text in text.lines().take(200).chain([text.as_ref()]) {
        assert_round_trip::<RoleArn>(text, RoleArn::as_str);
        assert_round_trip::<PolicyArn>(text, PolicyArn::as_str);
        assert_round_trip::<SecretArn>(text, SecretArn::as_str);
        assert_round_trip::<AccountId>(text, AccountId::as_str);
        assert_round_trip::<AccessKeyId>(text, AccessKeyId::as_str);
        assert_round_trip::<AccountName>(text, AccountName::as_str);
        assert_round_trip::<Description>(text, Description::as_str);
        assert_round_trip::<Uid>(text, Uid::as_str);
        assert_round_trip::<Partition>(text, |partition| partition.id());
        assert_round_trip::<AuthMethod>(text, |method| method.id());
        assert_round_trip::<PermissionProfile>(text, |profile| profile.id());
        if let Err(rule) = text.parse::<UidOrName>() {
            assert_no_leak(&rule.to_string());
        }
        if let Ok(arn) = text.parse::<RoleArn>() {
            assert!(text.ends_with(arn.name()), "{text}");
        }
        let _instant = time::parse_rfc3339(text);
        let _partition = Partition::from_region(text);
    }
}

/// Parses the first line as a pattern of account names, and matches the other lines with it.
pub(crate) fn match_patterns(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.lines();
    let pattern = lines.next().unwrap_or_default();
    match pattern.parse::<Glob>() {
        Ok(glob) => {
            for line in lines.take(50) {
                let line: String = line.chars().take(300).collect();
                assert_eq!(
                    glob.matches(&line),
                    matches_slowly(pattern, &line),
                    "{pattern:?} {line:?}"
                );
            }
        }
        Err(rule) => assert_no_leak(&rule.to_string()),
    }
    if let Err(rule) = pattern.parse::<NameTemplate>() {
        assert_no_leak(&rule.to_string());
    }
    if let Err(rule) = pattern.parse::<OuId>() {
        assert_no_leak(&rule.to_string());
    }
}

/// Matches a pattern with a simple algorithm, for comparison.
fn matches_slowly(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut ends = vec![0];
    for part in pattern.chars() {
        ends = match part {
            '*' => (ends.first().copied().unwrap_or(text.len() + 1)..=text.len()).collect(),
            '?' => ends.into_iter().filter(|end| *end < text.len()).map(|end| end + 1).collect(),
            letter => ends
                .into_iter()
                .filter(|end| text.get(*end) == Some(&letter))
                .map(|end| end + 1)
                .collect(),
        };
    }
    ends.contains(&text.len())
}
