//! A trust policy as Palette meets it: the statements that let it in, and those that bar it.

use std::fmt;

use serde_json::Value;

use super::{
    condition::{self, Truth, is_external_id},
    principal::{PaletteIdentity, Reach, everyone_named},
};
use crate::statement::{Condition, Statement, statements};

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// A statement about Palette and `sts:AssumeRole`.
pub(super) struct StatementMatch<'a> {
    /// How to find it in the document.
    pub(super) label: String,
    pub(super) reach: Reach,
    /// The principals that stand for Palette.
    pub(super) named: Vec<String>,
    pub(super) lines: Vec<Condition<'a>>,
}

/// The document, sorted.
pub(super) struct TrustPolicyAnalysis<'a> {
    pub(super) palette: &'a PaletteIdentity,
    pub(super) external_id: &'a str,
    /// Statements that allow.
    pub(super) allow_statements: Vec<StatementMatch<'a>>,
    /// Statements that deny.
    pub(super) deny_statements: Vec<StatementMatch<'a>>,
    all: Vec<Statement<'a>>,
}

/// A line that is, or may be, in Palette's way.
pub(super) struct ConditionIssue {
    label: String,
    /// The key, or whatever else is in the way.
    pub(super) what: String,
    how: String,
    certain: bool,
}

/// Keys that speak of the caller's network or organization, neither of which is the customer's.
const CUSTOMER_CHOSEN_KEYS: &[&str] = &[
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpcsourceip",
];

impl ConditionIssue {
    fn of(label: &str, condition: &Condition<'_>, truth: Truth, excluding: Truth) -> Self {
        let key = condition.key.to_ascii_lowercase();
        let certain = truth == excluding || CUSTOMER_CHOSEN_KEYS.contains(&key.as_str());
        let how = format!("{} {}", condition.operator, condition.values.join(", "));
        Self { label: label.to_owned(), what: condition.key.to_owned(), how, certain }
    }

    /// Whether it keeps Palette out for certain.
    pub(super) fn excludes(&self) -> bool {
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
        let (mut doors, mut bars) = (Vec::new(), Vec::new());
        for (at, statement) in (1..).zip(all.iter().copied()) {
            let (reach, named) = palette.reach(statement);
            if reach == Reach::Nobody || !statement.covers_action(ASSUME_ROLE) {
                continue;
            }
            let label = match statement.member("Sid").and_then(Value::as_str) {
                Some(sid) if !sid.is_empty() => format!("Statement {at} ({sid})"),
                Some(_) | None => format!("Statement {at}"),
            };
            let gate = StatementMatch { label, reach, named, lines: statement.conditions() };
            if statement.allows() {
                doors.push(gate);
            } else if statement.denies() {
                bars.push(gate);
            }
        }
        Self { palette, external_id, allow_statements: doors, deny_statements: bars, all }
    }

    fn holds(&self, line: &Condition<'_>, external_id: Option<&str>) -> Truth {
        condition::holds(line, self.palette, external_id)
    }

    /// Whether what a gate says about the external id holds; what else it says is left aside.
    fn takes(&self, gate: &StatementMatch<'_>, external_id: Option<&str>) -> Truth {
        let lines = gate.lines.iter().filter(|line| is_external_id(line));
        Truth::all(lines.map(|line| self.holds(line, external_id)))
    }

    /// Whether a statement denies Palette's call.
    fn deny_statements(&self, bar: &StatementMatch<'_>, external_id: Option<&str>) -> Truth {
        let lines = Truth::all(bar.lines.iter().map(|line| self.holds(line, external_id)));
        match (bar.reach, lines) {
            (Reach::Identity, Truth::True) => Truth::Unknown,
            (Reach::Nobody, _) => Truth::False,
            (Reach::Identity | Reach::Account | Reach::Everyone, lines) => lines,
        }
    }

    /// A statement that lets Palette's account in with this external id, unless it is certainly denied elsewhere.
    pub(super) fn allows_with(&self, external_id: Option<&str>) -> Option<&StatementMatch<'a>> {
        // A denial for another reason is no proof that the external id is asked for.
        let denied = self.deny_statements.iter().any(|bar| {
            bar.lines.iter().any(is_external_id)
                && self.deny_statements(bar, external_id) == Truth::True
        });
        let open = |door: &&StatementMatch<'_>| self.takes(door, external_id) == Truth::True;
        if denied { None } else { self.allow_statements.iter().find(open) }
    }

    /// The same for any external id that is not Palette's.
    pub(super) fn allows_other_external_id(&self) -> Option<(&StatementMatch<'a>, String)> {
        let mut others = self.others();
        others.find_map(|other| self.allows_with(Some(&other)).map(|door| (door, other)))
    }

    /// Whether the document leaves open if it asks for the external id, or if it takes another.
    pub(super) fn may_allow_other_external_id(&self) -> bool {
        let unsure = |id: Option<&str>| {
            self.allow_statements.iter().any(|door| self.takes(door, id) == Truth::Unknown)
        };
        unsure(None) || self.others().any(|other| unsure(Some(&other)))
    }

    /// External ids that are not Palette's: those that the document itself suggests, and any.
    fn others(&self) -> impl Iterator<Item = String> {
        let suggested = self.external_ids().into_iter().flat_map(|pattern| {
            let any = pattern.replace('?', "x");
            [any.replace('*', "other"), any.replace('*', "")]
        });
        suggested
            .chain(["some-other-external-id".to_owned()])
            .filter(|other| !other.eq_ignore_ascii_case(self.external_id))
    }

    /// Whether Palette's own external id is taken by one of the doors and refused by no bar that asks for nothing else.
    pub(super) fn allows_palette(&self) -> Truth {
        let own = Some(self.external_id);
        let refused = self.deny_statements.iter().any(|bar| {
            !bar.lines.is_empty()
                && bar.lines.iter().all(is_external_id)
                && self.deny_statements(bar, own) == Truth::True
        });
        if refused {
            return Truth::False;
        }
        let taken: Vec<_> =
            self.allow_statements.iter().map(|door| self.takes(door, own)).collect();
        [Truth::True, Truth::Unknown]
            .into_iter()
            .find(|truth| taken.contains(truth))
            .unwrap_or(Truth::False)
    }

    /// The external ids that the document speaks of.
    pub(super) fn external_ids(&self) -> Vec<String> {
        let gates = self.allow_statements.iter().chain(&self.deny_statements);
        let lines = gates.flat_map(|gate| &gate.lines).filter(|line| is_external_id(line));
        lines.flat_map(|line| line.values.iter().cloned()).collect()
    }

    /// What is asked of Palette besides the external id and does not hold for certain. Nothing, where one door is free of it.
    pub(super) fn blocking_conditions(&self) -> Vec<ConditionIssue> {
        let own = Some(self.external_id);
        // The doors that take the external id; where none does for certain, those that may.
        let taking = |wanted: Truth| {
            let taken =
                self.allow_statements.iter().filter(move |door| self.takes(door, own) == wanted);
            Some(taken.collect::<Vec<_>>()).filter(|doors| !doors.is_empty())
        };
        let doors = taking(Truth::True).or_else(|| taking(Truth::Unknown));
        let doors = doors.unwrap_or_else(|| self.allow_statements.iter().collect());
        let at_doors: Vec<Vec<ConditionIssue>> =
            doors.into_iter().map(|door| self.lines(door, Truth::True, Truth::False)).collect();
        let free = at_doors.iter().any(Vec::is_empty);
        let mut lines: Vec<_> =
            if free { Vec::new() } else { at_doors.into_iter().flatten().collect() };
        for bar in &self.deny_statements {
            let only_external_id = bar.lines.iter().all(is_external_id);
            match self.deny_statements(bar, own) {
                Truth::False => continue,
                // Told by the checks of principal and external id.
                Truth::True if only_external_id => continue,
                Truth::True | Truth::Unknown => {}
            }
            if only_external_id {
                lines.push(ConditionIssue {
                    label: bar.label.clone(),
                    what: "a Deny".to_owned(),
                    how: format!("for {}", bar.named.join(", ")),
                    certain: false,
                });
            }
            let told = self.lines(bar, Truth::False, Truth::True);
            // Of one identity nobody knows whether it is the one that Palette uses.
            let certain = |line: &ConditionIssue| line.certain && bar.reach != Reach::Identity;
            lines.extend(
                told.into_iter().map(|line| ConditionIssue { certain: certain(&line), ..line }),
            );
        }
        lines
    }

    /// The lines of a gate, but for the external id, that do not come out as harmless.
    fn lines(
        &self,
        gate: &StatementMatch<'_>,
        harmless: Truth,
        excluding: Truth,
    ) -> Vec<ConditionIssue> {
        gate.lines
            .iter()
            .filter(|line| !is_external_id(line))
            .map(|line| (line, self.holds(line, Some(self.external_id))))
            .filter(|(_, truth)| *truth != harmless)
            .map(|(line, truth)| ConditionIssue::of(&gate.label, line, truth, excluding))
            .collect()
    }

    /// What the document says in place of trusting Palette.
    pub(super) fn instead(&self) -> String {
        let reaches = |statement: &&Statement<'_>| {
            statement.allows() && self.palette.reach(**statement).0 != Reach::Nobody
        };
        if let Some(statement) = self.all.iter().find(reaches) {
            let actions: Vec<_> = statement.action_names().collect();
            return format!("It is trusted with {} only", actions.join(", "));
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
