//! The analysis of a trust policy: its statements that allow Palette to assume the role, and its
//! statements that deny this.

use std::fmt;

use serde_json::Value;

use super::{
    condition::{self, Truth, is_external_id},
    principal::{PaletteIdentity, Reach, principals_of_every_type},
};
use crate::statement::{Condition, Statement, statements};

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// A statement that applies to `sts:AssumeRole` and to at least one identity of Palette's account.
pub(super) struct StatementMatch<'a> {
    /// The position and the `Sid` of the statement, for messages.
    pub(super) label: String,
    pub(super) reach: Reach,
    /// The principals of the statement that match identities of Palette's account.
    pub(super) palette_principals: Vec<String>,
    pub(super) conditions: Vec<Condition<'a>>,
}

impl StatementMatch<'_> {
    /// Returns `true` if every principal in `palette_principals` is a role session.
    pub(super) fn names_only_sessions(&self) -> bool {
        self.palette_principals.iter().all(|name| name.contains(":assumed-role/"))
    }
}

/// The statements of a trust policy that apply to Palette, for the evaluation of calls by Palette.
pub(super) struct TrustPolicyAnalysis<'a> {
    pub(super) palette: &'a PaletteIdentity,
    pub(super) external_id: &'a str,
    pub(super) allow_statements: Vec<StatementMatch<'a>>,
    pub(super) deny_statements: Vec<StatementMatch<'a>>,
    /// All statements, including those that do not apply to Palette.
    all: Vec<Statement<'a>>,
}

/// A condition that excludes Palette, or may exclude it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConditionIssue {
    /// The position and the `Sid` of the statement that has the condition.
    label: String,
    /// The condition key, or `a Deny` for a Deny statement that may apply to Palette.
    pub what: String,
    /// The operator and the values of the condition.
    how: String,
    /// `true` if the condition excludes Palette, `false` if it may exclude Palette.
    is_certain: bool,
}

impl ConditionIssue {
    /// Returns the issue of a condition that has the result `truth`. The condition certainly
    /// excludes Palette if `truth` is `excluding`.
    fn from_condition(
        label: &str,
        condition: &Condition<'_>,
        truth: Truth,
        excluding: Truth,
    ) -> Self {
        let is_certain = truth == excluding;
        let how = format!("{} {}", condition.operator, condition.values.join(", "));
        Self { label: label.to_owned(), what: condition.key.to_owned(), how, is_certain }
    }

    /// Returns `true` if the condition certainly excludes Palette.
    pub fn excludes(&self) -> bool {
        self.is_certain
    }
}

impl fmt::Display for ConditionIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} {}", self.label, self.what, self.how)
    }
}

impl<'a> TrustPolicyAnalysis<'a> {
    pub(super) fn new(
        document: &'a Value,
        palette: &'a PaletteIdentity,
        external_id: &'a str,
    ) -> Self {
        let all = statements(document);
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for (position, statement) in (1..).zip(all.iter().copied()) {
            let (reach, palette_principals) = palette.reach(statement);
            if reach == Reach::Nobody || !statement.covers_action(ASSUME_ROLE) {
                continue;
            }
            let label = match statement.member("Sid").and_then(Value::as_str) {
                Some(sid) if !sid.is_empty() => format!("Statement {position} ({sid})"),
                Some(_) | None => format!("Statement {position}"),
            };
            let matched = StatementMatch {
                label,
                reach,
                palette_principals,
                conditions: statement.conditions(),
            };
            if statement.allows() {
                allows.push(matched);
            } else if statement.denies() {
                denies.push(matched);
            }
        }
        Self { palette, external_id, allow_statements: allows, deny_statements: denies, all }
    }

    /// Returns whether a condition holds for a call of Palette. For `favorable`, see
    /// [`condition::condition_holds`].
    fn condition_holds(
        &self,
        condition: &Condition<'_>,
        external_id: Option<&str>,
        favorable: Truth,
    ) -> Truth {
        condition::condition_holds(condition, self.palette, external_id, favorable)
    }

    /// Returns whether a statement with the principal `*` allows AWS accounts that the trust policy
    /// does not name, and no Deny statement denies these accounts.
    pub(super) fn allows_other_accounts(&self, allow: &StatementMatch<'_>) -> Truth {
        let applies = |matched: &StatementMatch<'_>, favorable| {
            Truth::all(matched.conditions.iter().map(|condition| {
                condition::condition_holds_for_other_account(condition, self.palette, favorable)
            }))
        };
        let denies = self.deny_statements.iter().filter(|deny| deny.reach == Reach::Everyone);
        let not_denied = denies.map(|deny| applies(deny, Truth::False).not());
        Truth::all([applies(allow, Truth::True)].into_iter().chain(not_denied))
    }

    /// Returns whether the conditions of a statement on the external id hold for this external id,
    /// or for a call without one. Ignores all other conditions.
    fn accepts_external_id(
        &self,
        matched: &StatementMatch<'_>,
        external_id: Option<&str>,
    ) -> Truth {
        let conditions = matched.conditions.iter().filter(|condition| is_external_id(condition));
        Truth::all(
            conditions.map(|condition| self.condition_holds(condition, external_id, Truth::True)),
        )
    }

    /// Returns whether a Deny statement applies to a call of Palette with this external id, or to a
    /// call without one.
    fn deny_applies(&self, deny: &StatementMatch<'_>, external_id: Option<&str>) -> Truth {
        let conditions = deny.conditions.iter();
        let truth = Truth::all(
            conditions.map(|condition| self.condition_holds(condition, external_id, Truth::False)),
        );
        match (deny.reach, truth) {
            (Reach::Identity, Truth::True) => Truth::Unknown,
            (Reach::Nobody, _) => Truth::False,
            (Reach::Identity | Reach::Account | Reach::Everyone, truth) => truth,
        }
    }

    /// Returns the first Allow statement whose conditions on the external id hold for this external
    /// id, or for a call without one. Returns `None` if a Deny statement with a condition on the
    /// external id certainly denies the call.
    pub(super) fn find_allow_statement(
        &self,
        external_id: Option<&str>,
    ) -> Option<&StatementMatch<'a>> {
        // A Deny statement without such a condition does not show which external ids are accepted.
        let is_denied = self.deny_statements.iter().any(|deny| {
            deny.conditions.iter().any(is_external_id)
                && self.deny_applies(deny, external_id) == Truth::True
        });
        let accepts = |allow: &&StatementMatch<'_>| {
            self.accepts_external_id(allow, external_id) == Truth::True
        };
        if is_denied { None } else { self.allow_statements.iter().find(accepts) }
    }

    /// Returns an Allow statement that accepts another external id than Palette's, and this other
    /// external id.
    pub(super) fn find_other_external_id(&self) -> Option<(&StatementMatch<'a>, String)> {
        let mut others = self.other_external_ids();
        others.find_map(|other| self.find_allow_statement(Some(&other)).map(|allow| (allow, other)))
    }

    /// Returns `true` if Gangway cannot evaluate whether the trust policy allows calls without an
    /// external id, or with another external id than Palette's.
    pub(super) fn may_allow_other_external_id(&self) -> bool {
        let is_undetermined = |id: Option<&str>| {
            self.allow_statements
                .iter()
                .any(|allow| self.accepts_external_id(allow, id) == Truth::Unknown)
        };
        is_undetermined(None)
            || self.other_external_ids().any(|other| is_undetermined(Some(&other)))
    }

    /// Returns external ids, other than Palette's, with which to evaluate the trust policy: texts
    /// that match the values of its conditions, and one arbitrary text.
    fn other_external_ids(&self) -> impl Iterator<Item = String> {
        let matching = self.external_ids().into_iter().flat_map(|pattern| {
            let pattern = pattern.replace('?', "x");
            [pattern.replace('*', "other"), pattern.replace('*', "")]
        });
        matching
            .chain(["some-other-external-id".to_owned()])
            .filter(|other| !other.eq_ignore_ascii_case(self.external_id))
    }

    /// Returns whether an Allow statement accepts Palette's external id. Returns `False` if a Deny
    /// statement that has only conditions on the external id denies calls with it. Ignores all
    /// other conditions.
    pub(super) fn allows_palette(&self) -> Truth {
        let palettes_id = Some(self.external_id);
        let is_denied = self.deny_statements.iter().any(|deny| {
            !deny.conditions.is_empty()
                && deny.conditions.iter().all(is_external_id)
                && self.deny_applies(deny, palettes_id) == Truth::True
        });
        if is_denied {
            return Truth::False;
        }
        let accepted: Vec<_> = self
            .allow_statements
            .iter()
            .map(|allow| self.accepts_external_id(allow, palettes_id))
            .collect();
        [Truth::True, Truth::Unknown]
            .into_iter()
            .find(|truth| accepted.contains(truth))
            .unwrap_or(Truth::False)
    }

    /// Returns the values of all conditions on the external id. A value may be a pattern.
    pub(super) fn external_ids(&self) -> Vec<String> {
        let matches = self.allow_statements.iter().chain(&self.deny_statements);
        let conditions = matches
            .flat_map(|matched| &matched.conditions)
            .filter(|condition| is_external_id(condition));
        conditions.flat_map(|condition| condition.values.iter().cloned()).collect()
    }

    /// Returns the conditions that exclude Palette or may exclude it, other than conditions on the
    /// external id. If one Allow statement certainly allows Palette, returns only conditions of
    /// Deny statements.
    pub(super) fn condition_issues_for_palette(&self) -> Vec<ConditionIssue> {
        let palettes_id = Some(self.external_id);
        // Use the Allow statements that certainly accept Palette's external id. If there are none,
        // use those that may accept it. If there are none either, use all Allow statements.
        let find_accepting = |wanted: Truth| {
            let accepting = self
                .allow_statements
                .iter()
                .filter(move |allow| self.accepts_external_id(allow, palettes_id) == wanted);
            Some(accepting.collect::<Vec<_>>()).filter(|allows| !allows.is_empty())
        };
        let allows = find_accepting(Truth::True).or_else(|| find_accepting(Truth::Unknown));
        let allows = allows.unwrap_or_else(|| self.allow_statements.iter().collect());
        let issues_by_statement: Vec<Vec<ConditionIssue>> = allows
            .into_iter()
            .map(|allow| self.condition_issues(allow, Truth::True, Truth::False))
            .collect();
        let has_statement_without_issue = issues_by_statement.iter().any(Vec::is_empty);
        let mut all_issues: Vec<_> = if has_statement_without_issue {
            Vec::new()
        } else {
            issues_by_statement.into_iter().flatten().collect()
        };
        for deny in &self.deny_statements {
            let has_only_external_id = deny.conditions.iter().all(is_external_id);
            match self.deny_applies(deny, palettes_id) {
                Truth::False => continue,
                // The checks of the principal and of the external id report such a statement.
                Truth::True if has_only_external_id => continue,
                Truth::True | Truth::Unknown => {}
            }
            if has_only_external_id {
                all_issues.push(ConditionIssue {
                    label: deny.label.clone(),
                    what: "a Deny".to_owned(),
                    how: format!("for {}", deny.palette_principals.join(", ")),
                    is_certain: false,
                });
            }
            let issues = self.condition_issues(deny, Truth::False, Truth::True);
            // If the statement denies single identities, Gangway does not know whether Palette uses
            // one of them.
            let is_certain =
                |issue: &ConditionIssue| issue.is_certain && deny.reach != Reach::Identity;
            all_issues.extend(
                issues
                    .into_iter()
                    .map(|issue| ConditionIssue { is_certain: is_certain(&issue), ..issue }),
            );
        }
        all_issues
    }

    /// Returns the conditions of a statement whose result is not `harmless`, other than conditions
    /// on the external id. A condition with the result `excluding` certainly excludes Palette.
    fn condition_issues(
        &self,
        matched: &StatementMatch<'_>,
        harmless: Truth,
        excluding: Truth,
    ) -> Vec<ConditionIssue> {
        matched
            .conditions
            .iter()
            .filter(|condition| !is_external_id(condition))
            .map(|condition| {
                (condition, self.condition_holds(condition, Some(self.external_id), harmless))
            })
            .filter(|(_, truth)| *truth != harmless)
            .map(|(condition, truth)| {
                ConditionIssue::from_condition(&matched.label, condition, truth, excluding)
            })
            .collect()
    }

    /// Returns a text about the principals that the trust policy trusts, or about the actions that
    /// it allows Palette, for a trust policy that does not allow Palette to assume the role.
    pub(super) fn describe_trusted_principals(&self) -> String {
        let allows_palette = |statement: &&Statement<'_>| {
            statement.allows() && self.palette.reach(**statement).0 != Reach::Nobody
        };
        if let Some(statement) = self.all.iter().find(allows_palette) {
            let actions: Vec<_> = statement.action_names().collect();
            return format!("It is allowed only {}", actions.join(", "));
        }
        let trusted: Vec<_> = self
            .all
            .iter()
            .filter(|statement| statement.allows())
            .flat_map(|statement| principals_of_every_type(*statement))
            .map(|name| self.palette.describe(&name))
            .collect();
        if trusted.is_empty() {
            "Nobody is trusted".to_owned()
        } else {
            format!("Trusted are {}", trusted.join(", "))
        }
    }
}
