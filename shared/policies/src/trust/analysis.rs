//! Statements of a trust policy that allow Palette to assume the role, and those that deny it.

use std::fmt;

use serde_json::Value;

use super::{
    condition::{self, Truth, is_external_id},
    principal::{PaletteIdentity, Reach, everyone_named},
};
use crate::statement::{Condition, Statement, statements};

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// A statement that applies to Palette and to `sts:AssumeRole`.
pub(super) struct StatementMatch<'a> {
    /// Position and `Sid` of the statement, for messages.
    pub(super) label: String,
    pub(super) reach: Reach,
    /// The principals that match Palette.
    pub(super) named: Vec<String>,
    pub(super) conditions: Vec<Condition<'a>>,
}

impl StatementMatch<'_> {
    /// Returns `true` if every principal is one session of a role.
    pub(super) fn names_only_sessions(&self) -> bool {
        self.named.iter().all(|name| name.contains(":assumed-role/"))
    }
}

/// The statements that are relevant to Palette, split by effect.
pub(super) struct TrustPolicyAnalysis<'a> {
    pub(super) palette: &'a PaletteIdentity,
    pub(super) external_id: &'a str,
    pub(super) allow_statements: Vec<StatementMatch<'a>>,
    pub(super) deny_statements: Vec<StatementMatch<'a>>,
    all: Vec<Statement<'a>>,
}

/// A condition that excludes Palette, or may exclude it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConditionIssue {
    label: String,
    /// The condition key, or another description of the cause.
    pub what: String,
    how: String,
    certain: bool,
}

impl ConditionIssue {
    fn of(label: &str, condition: &Condition<'_>, truth: Truth, excluding: Truth) -> Self {
        let certain = truth == excluding;
        let how = format!("{} {}", condition.operator, condition.values.join(", "));
        Self { label: label.to_owned(), what: condition.key.to_owned(), how, certain }
    }

    /// Returns `true` if the condition certainly excludes Palette.
    pub fn excludes(&self) -> bool {
        self.certain
    }
}

impl fmt::Display for ConditionIssue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {} {}", self.label, self.what, self.how)
    }
}

impl<'a> TrustPolicyAnalysis<'a> {
    pub(super) fn of(
        document: &'a Value,
        palette: &'a PaletteIdentity,
        external_id: &'a str,
    ) -> Self {
        let all = statements(document);
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for (at, statement) in (1..).zip(all.iter().copied()) {
            let (reach, named) = palette.reach(statement);
            if reach == Reach::Nobody || !statement.covers_action(ASSUME_ROLE) {
                continue;
            }
            let label = match statement.member("Sid").and_then(Value::as_str) {
                Some(sid) if !sid.is_empty() => format!("Statement {at} ({sid})"),
                Some(_) | None => format!("Statement {at}"),
            };
            let matched =
                StatementMatch { label, reach, named, conditions: statement.conditions() };
            if statement.allows() {
                allows.push(matched);
            } else if statement.denies() {
                denies.push(matched);
            }
        }
        Self { palette, external_id, allow_statements: allows, deny_statements: denies, all }
    }

    fn holds(&self, line: &Condition<'_>, external_id: Option<&str>, favorable: Truth) -> Truth {
        condition::holds(line, self.palette, external_id, favorable)
    }

    /// Returns whether a statement that names everyone allows accounts that the policy does not
    /// name.
    pub(super) fn allows_other_accounts(&self, allow: &StatementMatch<'_>) -> Truth {
        let holds = |matched: &StatementMatch<'_>, favorable| {
            let lines = matched.conditions.iter();
            Truth::all(
                lines.map(|line| condition::holds_for_other_account(line, self.palette, favorable)),
            )
        };
        let denied = self.deny_statements.iter().filter(|deny| deny.reach == Reach::Everyone);
        let denied = denied.map(|deny| holds(deny, Truth::False).not());
        Truth::all([holds(allow, Truth::True)].into_iter().chain(denied))
    }

    /// Returns whether the conditions on the external id hold. Ignores other conditions.
    fn accepts_external_id(
        &self,
        matched: &StatementMatch<'_>,
        external_id: Option<&str>,
    ) -> Truth {
        let lines = matched.conditions.iter().filter(|line| is_external_id(line));
        Truth::all(lines.map(|line| self.holds(line, external_id, Truth::True)))
    }

    /// Returns whether a deny statement applies to Palette's call.
    fn deny_applies(&self, deny: &StatementMatch<'_>, external_id: Option<&str>) -> Truth {
        let lines = deny.conditions.iter();
        let lines = Truth::all(lines.map(|line| self.holds(line, external_id, Truth::False)));
        match (deny.reach, lines) {
            (Reach::Identity, Truth::True) => Truth::Unknown,
            (Reach::Nobody, _) => Truth::False,
            (Reach::Identity | Reach::Account | Reach::Everyone, lines) => lines,
        }
    }

    /// Returns a statement that allows Palette's account with this external id, unless another
    /// statement certainly denies it.
    pub(super) fn allows_with(&self, external_id: Option<&str>) -> Option<&StatementMatch<'a>> {
        // Only a deny statement with a condition on the external id proves that it is required.
        let denied = self.deny_statements.iter().any(|deny| {
            deny.conditions.iter().any(is_external_id)
                && self.deny_applies(deny, external_id) == Truth::True
        });
        let open = |allow: &&StatementMatch<'_>| {
            self.accepts_external_id(allow, external_id) == Truth::True
        };
        if denied { None } else { self.allow_statements.iter().find(open) }
    }

    /// Returns a statement that allows another external id, and that id.
    pub(super) fn allows_other_external_id(&self) -> Option<(&StatementMatch<'a>, String)> {
        let mut others = self.others();
        others.find_map(|other| self.allows_with(Some(&other)).map(|allow| (allow, other)))
    }

    /// Returns `true` if it is unknown whether the external id is required, or whether another one
    /// is accepted.
    pub(super) fn may_allow_other_external_id(&self) -> bool {
        let is_undetermined = |id: Option<&str>| {
            self.allow_statements
                .iter()
                .any(|allow| self.accepts_external_id(allow, id) == Truth::Unknown)
        };
        is_undetermined(None) || self.others().any(|other| is_undetermined(Some(&other)))
    }

    /// Returns external ids to test other than Palette's: variants of those in the document, and an
    /// arbitrary one.
    fn others(&self) -> impl Iterator<Item = String> {
        let suggested = self.external_ids().into_iter().flat_map(|pattern| {
            let any = pattern.replace('?', "x");
            [any.replace('*', "other"), any.replace('*', "")]
        });
        suggested
            .chain(["some-other-external-id".to_owned()])
            .filter(|other| !other.eq_ignore_ascii_case(self.external_id))
    }

    /// Returns `True` if some allow statement accepts Palette's external id, and no deny statement
    /// with conditions on the external id alone denies it.
    pub(super) fn allows_palette(&self) -> Truth {
        let own = Some(self.external_id);
        let refused = self.deny_statements.iter().any(|deny| {
            !deny.conditions.is_empty()
                && deny.conditions.iter().all(is_external_id)
                && self.deny_applies(deny, own) == Truth::True
        });
        if refused {
            return Truth::False;
        }
        let accepted: Vec<_> = self
            .allow_statements
            .iter()
            .map(|allow| self.accepts_external_id(allow, own))
            .collect();
        [Truth::True, Truth::Unknown]
            .into_iter()
            .find(|truth| accepted.contains(truth))
            .unwrap_or(Truth::False)
    }

    /// Returns the external ids in the document.
    pub(super) fn external_ids(&self) -> Vec<String> {
        let matches = self.allow_statements.iter().chain(&self.deny_statements);
        let lines =
            matches.flat_map(|matched| &matched.conditions).filter(|line| is_external_id(line));
        lines.flat_map(|line| line.values.iter().cloned()).collect()
    }

    /// Returns the conditions, other than on the external id, that do not certainly hold for
    /// Palette. Empty if one allow statement has no such condition.
    pub(super) fn blocking_conditions(&self) -> Vec<ConditionIssue> {
        let own = Some(self.external_id);
        // Allow statements that accept the external id; if none certainly does, those that may.
        let accepting = |wanted: Truth| {
            let accepted = self
                .allow_statements
                .iter()
                .filter(move |allow| self.accepts_external_id(allow, own) == wanted);
            Some(accepted.collect::<Vec<_>>()).filter(|allows| !allows.is_empty())
        };
        let allows = accepting(Truth::True).or_else(|| accepting(Truth::Unknown));
        let allows = allows.unwrap_or_else(|| self.allow_statements.iter().collect());
        let issues_by_statement: Vec<Vec<ConditionIssue>> = allows
            .into_iter()
            .map(|allow| self.condition_issues(allow, Truth::True, Truth::False))
            .collect();
        let is_unconditional = issues_by_statement.iter().any(Vec::is_empty);
        let mut lines: Vec<_> = if is_unconditional {
            Vec::new()
        } else {
            issues_by_statement.into_iter().flatten().collect()
        };
        for deny in &self.deny_statements {
            let only_external_id = deny.conditions.iter().all(is_external_id);
            match self.deny_applies(deny, own) {
                Truth::False => continue,
                // Reported by the checks of principal and external id.
                Truth::True if only_external_id => continue,
                Truth::True | Truth::Unknown => {}
            }
            if only_external_id {
                lines.push(ConditionIssue {
                    label: deny.label.clone(),
                    what: "a Deny".to_owned(),
                    how: format!("for {}", deny.named.join(", ")),
                    certain: false,
                });
            }
            let issues = self.condition_issues(deny, Truth::False, Truth::True);
            // It is unknown whether a single identity is the one that Palette uses.
            let certain = |line: &ConditionIssue| line.certain && deny.reach != Reach::Identity;
            lines.extend(
                issues.into_iter().map(|line| ConditionIssue { certain: certain(&line), ..line }),
            );
        }
        lines
    }

    /// Returns the conditions of a statement, other than on the external id, whose result is not
    /// `harmless`.
    fn condition_issues(
        &self,
        matched: &StatementMatch<'_>,
        harmless: Truth,
        excluding: Truth,
    ) -> Vec<ConditionIssue> {
        matched
            .conditions
            .iter()
            .filter(|line| !is_external_id(line))
            .map(|line| (line, self.holds(line, Some(self.external_id), harmless)))
            .filter(|(_, truth)| *truth != harmless)
            .map(|(line, truth)| ConditionIssue::of(&matched.label, line, truth, excluding))
            .collect()
    }

    /// Describes what the document allows instead of Palette.
    pub(super) fn instead(&self) -> String {
        let reaches = |statement: &&Statement<'_>| {
            statement.allows() && self.palette.reach(**statement).0 != Reach::Nobody
        };
        if let Some(statement) = self.all.iter().find(reaches) {
            let actions: Vec<_> = statement.action_names().collect();
            return format!("It is allowed only {}", actions.join(", "));
        }
        let trusted: Vec<_> = self
            .all
            .iter()
            .filter(|statement| statement.allows())
            .flat_map(|statement| everyone_named(*statement))
            .map(|name| self.palette.describe(&name))
            .collect();
        if trusted.is_empty() {
            "Nobody is trusted".to_owned()
        } else {
            format!("Trusted are {}", trusted.join(", "))
        }
    }
}
