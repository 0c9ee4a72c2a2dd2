use std::{collections::BTreeSet, time::Duration};

use super::*;

fn day(number: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_hours(24 * (20_000 + number))
}

fn account(name: &str, ready: Option<bool>) -> ReportedAccount {
    let state = AccountState { name: name.to_owned(), ready, ..AccountState::default() };
    let (scope, scope_name) = ("tenant".to_owned(), "Tenant".to_owned());
    ReportedAccount { scope, scope_name, uid: "uid".to_owned(), checked: day(0), state }
}

fn change(day_number: u64, id: &str) -> Change {
    let (at, change) = (Timestamp(day(day_number)), id.to_owned());
    Change { at, change, checks: vec!["iam.trust".to_owned()], parts: BTreeSet::new() }
}

fn report(accounts: Vec<ReportedAccount>) -> AccountsReport {
    AccountsReport::new("aws", day(10), Some(Timestamp(day(9))), accounts)
}

#[test]
fn accounts_that_are_not_ready_come_first() {
    let accounts = [("a", Some(true)), ("c", None), ("d", Some(false)), ("b", Some(false))];
    let report = report(accounts.map(|(name, ready)| account(name, ready)).into());
    let names: Vec<_> = report.accounts.iter().map(|account| &*account.state.name).collect();
    assert_eq!(names, ["b", "d", "c", "a"]);
}

#[test]
fn account_names_are_escaped_in_the_page_and_the_csv_file() {
    let name = "=HYPERLINK(\"https://example.com\")<script>alert(1)</script>";
    let report = report(vec![account(name, None)]);
    let page = report.render().unwrap();
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&#60;script&#62;"), "{page}");
    for (cell, written) in [("=1+1", "'=1+1"), ("-1", "'-1"), ("@a", "'@a"), ("a=1", "a=1")] {
        assert_eq!(escape_formula(cell.to_owned()), written);
    }
    let csv = String::from_utf8(report.to_csv().unwrap()).unwrap();
    assert!(csv.contains(",\"'=HYPERLINK(\"\"https://example.com\"\")"), "{csv}");
}

#[test]
fn page_shows_changes_since_the_last_report_only() {
    let mut prod = account("prod", Some(false));
    prod.state.changes = vec![change(10, "not-ready"), change(9, "ready"), change(8, "not-ready")];
    let report = report(vec![prod]);
    let shown: Vec<_> = report.changes().iter().map(|(_, change)| change_label(change)).collect();
    assert_eq!(shown, ["is not ready"]);
    let first = AccountsReport { previous: None, ..report };
    assert!(!first.render().unwrap().contains("Changed since"));
}

#[test]
fn page_shows_expirations_within_thirty_days() {
    let mut prod = account("prod", Some(true));
    let expiration = |number| Expiration {
        check: format!("expires-on-{number}"),
        expires: Timestamp(day(number)),
        notice: None,
    };
    prod.state.expirations = [41, 40, 10].map(expiration).into();
    let report = report(vec![prod]);
    let soon: Vec<_> = report
        .soon_expiring()
        .into_iter()
        .map(|(_, expiration, days)| (expiration.check.clone(), days))
        .collect();
    assert_eq!(soon, [("expires-on-10".to_owned(), 0), ("expires-on-40".to_owned(), 30)]);
}
