use std::time::{Duration, SystemTime};

use gangway_model::{
    AuthMethod, Check, CheckSubject, CloudAccount, Finding, Partition, Report, Scope, Severity,
    StoredCredential,
};

use super::*;
use crate::drift::{DriftComparison, DriftedPart};

static TRUST: Check = check("iam.trust", Severity::Blocker);
static VALIDATION: Check = check("palette.validation", Severity::Blocker);
static EXPIRY: Check = check("certificates.client-lasts", Severity::Warning);

const fn check(id: &'static str, severity: Severity) -> Check {
    Check { id, title: "", severity, subject: CheckSubject::Account, covers: &[], remedy: "" }
}

const DAY: Duration = Duration::from_hours(24);

fn day(number: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + DAY * (20_000 + number)
}

fn account() -> CloudAccount {
    CloudAccount {
        uid: "5f0c1a2b3c4d5e6f70818293".parse().unwrap(),
        name: "prod".to_owned(),
        partition: "aws".to_owned(),
        access: StoredCredential::StsRole {
            role_arn: "arn:aws:iam::123456789012:role/SpectroCloudRole".to_owned(),
        },
        account: None,
        profile: None,
        region: None,
        waived_checks: Vec::new(),
        palette_cluster: None,
        policies: Vec::new(),
        portal_policy: None,
        annotations: std::collections::BTreeMap::new(),
        labels: std::collections::BTreeMap::new(),
        description: None,
        gateway: None,
        scope: Scope::Tenant,
        state: None,
        token_expiry: None,
    }
}

fn report(findings: Vec<Finding>) -> Report {
    let (partition, method) = (Partition::Aws, AuthMethod::Sts);
    Report { partition, method, account: None, findings, notices: Vec::new(), is_proven: true }
}

/// What one look finds.
#[derive(Clone, Copy, Debug)]
enum Seen {
    Ready,
    NotReady,
    /// The check that failed before cannot be carried out now, and Palette accepts the credential.
    Unverified,
    /// No check shows whether the credential works.
    Unproven,
    NotCheckable,
}

impl Seen {
    fn report(self) -> Option<Report> {
        let valid = VALIDATION.passed("accepted");
        Some(match self {
            Self::Ready => report(vec![TRUST.passed("seen"), valid]),
            Self::NotReady => report(vec![TRUST.failed("seen", "fix it"), valid]),
            Self::Unverified => report(vec![TRUST.unverified("not seen", "allow it"), valid]),
            Self::Unproven => {
                Report { is_proven: false, ..report(vec![TRUST.unverified("not seen", "allow")]) }
            }
            Self::NotCheckable => return None,
        })
    }
}

/// Applies looks, each with the number of its run. Returns the last value of `ready`, and the
/// returned changes of readiness with the number of their run.
fn after_looks(looks: &[(u32, Seen)]) -> (Option<bool>, Vec<(u32, bool)>) {
    let mut state: Option<AccountState> = None;
    let mut all = Vec::new();
    for (run, seen) in looks {
        let report = seen.report();
        let look = report.as_ref().map_or(Look::NotCheckable("unknown method"), Look::Checked);
        let (next, changes_returned) =
            AccountState::after(state.as_ref(), &account(), look, &run.to_string(), day(*run));
        for change in changes_returned {
            match change {
                StateChange::Readiness { ready, .. } => all.push((*run, ready)),
                StateChange::Expiring { .. } => panic!("nothing expires"),
            }
        }
        state = Some(next);
    }
    (state.unwrap().ready, all)
}

#[test]
fn a_change_of_readiness_is_returned_once_when_a_second_run_confirms_it() {
    use Seen::{NotCheckable, NotReady, Ready, Unproven, Unverified};
    for (looks, ready, changes_returned) in [
        (vec![(1, Ready)], Some(true), vec![]),
        (vec![(1, NotReady)], None, vec![]),
        (vec![(1, NotReady), (2, NotReady), (3, NotReady)], Some(false), vec![(2, false)]),
        (vec![(1, Ready), (2, NotReady)], Some(true), vec![]),
        (vec![(1, Ready), (2, NotReady), (2, NotReady)], Some(true), vec![]),
        (vec![(1, Ready), (2, NotReady), (3, Ready), (4, NotReady)], Some(true), vec![]),
        (
            vec![(1, Ready), (2, NotReady), (3, NotReady), (4, Ready), (5, Ready)],
            Some(true),
            vec![(3, false), (5, true)],
        ),
        // An unverified check changes nothing, and does not confirm a change.
        (
            (1..=9).map(|run| (run, if run > 3 { Unverified } else { NotReady })).collect(),
            Some(false),
            vec![(2, false)],
        ),
        (
            vec![
                (1, NotReady),
                (2, NotReady),
                (3, Unverified),
                (4, Unverified),
                (5, Ready),
                (6, Ready),
            ],
            Some(true),
            vec![(2, false), (6, true)],
        ),
        (vec![(1, Ready), (2, Unproven), (3, NotCheckable)], Some(true), vec![]),
        (
            vec![(1, Ready), (2, NotReady), (3, Unproven), (4, NotReady)],
            Some(false),
            vec![(4, false)],
        ),
        (vec![(1, Unproven), (2, NotCheckable)], None, vec![]),
        (vec![(1, NotCheckable), (2, Ready)], Some(true), vec![]),
    ] {
        assert_eq!(after_looks(&looks), (ready, changes_returned), "{looks:?}");
    }
}

#[test]
fn a_change_of_readiness_has_the_time_of_the_look_that_found_it() {
    let look = |state: Option<&AccountState>, seen: Seen, run: u32| {
        let report = seen.report().unwrap();
        let look = Look::Checked(&report);
        AccountState::after(state, &account(), look, &run.to_string(), day(run))
    };
    let (ready, _) = look(None, Seen::Ready, 1);
    assert_eq!(ready.since, Some(Timestamp(day(1))));
    let (doubtful, _) = look(Some(&ready), Seen::NotReady, 2);
    assert_eq!((doubtful.ready, doubtful.since), (Some(true), Some(Timestamp(day(1)))));
    let (broken, changes_returned) = look(Some(&doubtful), Seen::NotReady, 3);
    let change = StateChange::Readiness { ready: false, previous: Some(true), since: day(2) };
    assert_eq!(changes_returned, [change]);
    assert_eq!((broken.ready, broken.since), (Some(false), Some(Timestamp(day(2)))));
    let [Change { at, change, checks, .. }] = broken.changes.as_slice() else {
        panic!("{broken:?}")
    };
    assert_eq!(
        (*at, change.as_str(), checks.as_slice()),
        (Timestamp(day(3)), "not-ready", &["iam.trust".to_owned()][..])
    );
    let (again, changes_returned) = look(Some(&broken), Seen::NotReady, 4);
    assert!(changes_returned.is_empty());
    assert_eq!(
        AccountState { run: String::new(), ..again },
        AccountState { run: String::new(), ..broken }
    );
}

#[test]
fn an_expiration_is_announced_at_30_14_7_and_1_days() {
    let expires = day(100);
    let mut state = None;
    let mut changes_returned = Vec::new();
    // With two looks a day, each number of days is announced once.
    for now in (0..=204).map(|half| day(0) + DAY / 2 * half) {
        let report = report(vec![EXPIRY.passed("seen").expiring(expires)]);
        let look = Look::Checked(&report);
        let (next, changes) = AccountState::after(state.as_ref(), &account(), look, "run", now);
        changes_returned.extend(changes.into_iter().map(|change| match change {
            StateChange::Expiring { days_left, .. } => days_left,
            StateChange::Readiness { .. } => panic!("the readiness is the same"),
        }));
        state = Some(next);
    }
    assert_eq!(changes_returned, [30, 14, 7, 1]);
    // Another certificate is announced, too.
    let report = report(vec![EXPIRY.passed("seen").expiring(day(110))]);
    let (_, changes) =
        AccountState::after(state.as_ref(), &account(), Look::Checked(&report), "run", day(102));
    assert!(matches!(changes.as_slice(), [StateChange::Expiring { days_left: 8, .. }]));
}

#[test]
fn an_expiration_is_kept_while_its_check_is_unverified() {
    let seen = report(vec![EXPIRY.passed("seen").expiring(day(20))]);
    let unseen = report(vec![EXPIRY.unverified("not seen", "allow it")]);
    let (first, changes_returned) =
        AccountState::after(None, &account(), Look::Checked(&seen), "1", day(0));
    assert_eq!(changes_returned.len(), 1);
    let (second, changes_returned) =
        AccountState::after(Some(&first), &account(), Look::Checked(&unseen), "2", day(1));
    assert_eq!((second.expirations, changes_returned.len()), (first.expirations.clone(), 0));
    let gone = report(vec![TRUST.passed("seen")]);
    let (third, _) =
        AccountState::after(Some(&first), &account(), Look::Checked(&gone), "3", day(1));
    assert_eq!(third.expirations, []);
}

#[test]
fn at_most_twenty_changes_are_kept() {
    let mut state = None;
    for run in 0..100 {
        let seen = if run % 4 < 2 { Seen::Ready } else { Seen::NotReady };
        let report = seen.report().unwrap();
        let look = Look::Checked(&report);
        let (next, _) =
            AccountState::after(state.as_ref(), &account(), look, &run.to_string(), day(run));
        state = Some(next);
    }
    let changes = state.unwrap().changes;
    assert_eq!(changes.len(), MAX_CHANGES);
    assert!(changes.is_sorted_by_key(|change| std::cmp::Reverse(change.at)));
}

#[test]
fn days_left_are_negative_after_the_time() {
    let at = Timestamp(day(10));
    for (now, days) in [
        (day(0), 10),
        (day(9), 1),
        (day(9) + Duration::from_secs(1), 0),
        (day(10), 0),
        (day(10) + Duration::from_secs(1), -1),
        (day(12), -3),
    ] {
        assert_eq!(at.days_left(now), days);
    }
}

#[test]
fn drift_is_announced_once_and_older_comparisons_change_nothing() {
    use DriftedPart::{OwnershipTags, Policies, TrustPolicy};
    let compare = |state: &mut AccountState, number: u32, parts: &[DriftedPart]| {
        let comparison = DriftComparison {
            scope: "tenant".to_owned(),
            uid: "5f0c1a2b3c4d5e6f70818293".to_owned(),
            parts: parts.iter().copied().collect(),
            compared: Timestamp(day(number)),
        };
        let (next, is_change) = state.after_comparison(&comparison)?;
        *state = next;
        Some(is_change)
    };
    let mut state = AccountState::default();
    // A role that Gangway has never compared was created by other people.
    assert_eq!(compare(&mut state, 1, &[OwnershipTags]), None);
    assert_eq!(compare(&mut state, 2, &[]), Some(false));
    assert_eq!(compare(&mut state, 3, &[TrustPolicy]), Some(true));
    assert_eq!(compare(&mut state, 4, &[TrustPolicy]), None);
    assert_eq!(compare(&mut state, 5, &[TrustPolicy, Policies]), Some(true));
    let drift = state.known_drift().unwrap();
    assert_eq!((drift.since, drift.compared), (Timestamp(day(3)), Timestamp(day(5))));
    // A late message cannot replace a newer result.
    assert_eq!(compare(&mut state, 4, &[]), None);
    assert_eq!(compare(&mut state, 5, &[]), None);
    assert_eq!(compare(&mut state, 6, &[]), Some(true));
    assert_eq!(state.known_drift(), None);
    assert_eq!(state.drift.as_ref().unwrap().since, Timestamp(day(6)));
    assert_eq!(compare(&mut state, 7, &[OwnershipTags]), Some(true));
    let changes: Vec<_> = state.changes.iter().map(|change| change.change.as_str()).collect();
    assert_eq!(changes, ["drifted", "restored", "drifted", "drifted"]);
}

#[test]
fn drift_that_is_known_at_first_is_announced_and_kept_by_looks() {
    let comparison = DriftComparison {
        scope: "tenant".to_owned(),
        uid: "5f0c1a2b3c4d5e6f70818293".to_owned(),
        parts: [DriftedPart::Role].into(),
        compared: Timestamp(day(1)),
    };
    let (state, is_change) = AccountState::default().after_comparison(&comparison).unwrap();
    assert!(is_change);
    let report = Seen::Ready.report().unwrap();
    let (after, _) =
        AccountState::after(Some(&state), &account(), Look::Checked(&report), "2", day(2));
    assert_eq!(after.drift, state.drift);
}
