//! Parses policy documents as strictly as IAM.
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::condition::Condition;

/// Type of a policy document, which decides about required and forbidden elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// Identity policy, SCP or permissions boundary.
    Identity,
    /// Trust policy of a role.
    Trust,
    /// Resource policy.
    Resource,
}

/// The content of `Action` or `NotAction`, in lower case. Most actions contain no wildcard.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    pub(crate) negated: bool,
    pub(crate) exact: HashSet<String>,
    pub(crate) patterns: Vec<String>,
}

impl Actions {
    fn new(actions: &Patterns) -> Self {
        let lower = actions.patterns.iter().map(|action| action.to_ascii_lowercase());
        let (patterns, exact): (Vec<_>, Vec<_>) =
            lower.partition(|action| action.contains(['*', '?', '$']));
        Self { negated: actions.negated, exact: exact.into_iter().collect(), patterns }
    }
}

/// The patterns of `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(crate) struct Patterns {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Principals {
    pub(crate) negated: bool,
    /// `true` if the element names everyone: `"*"` or `{"AWS": "*"}`.
    pub(crate) anyone: bool,
    /// Accounts, users, roles and sessions, as written in the document.
    pub(crate) aws: Vec<String>,
    /// Service principals, such as `pods.eks.amazonaws.com`.
    pub(crate) services: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// The id of the statement. Empty if it has none.
    pub(crate) sid: String,
    pub(crate) allows: bool,
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    pub(crate) resources: Option<Patterns>,
    pub(crate) conditions: Vec<Condition>,
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

impl Document {
    /// Parses a document. The error is AWS's message.
    pub(crate) fn parse(document: &Value, kind: DocumentKind) -> Result<Document, String> {
        let object = document.as_object().ok_or_else(syntax_error)?;
        check_elements(object, &["Version", "Id", "Statement"])?;
        match object.get("Version").map(Value::as_str) {
            None | Some(Some("2012-10-17" | "2008-10-17")) => {}
            Some(_) => return Err("The policy must contain a valid version string".into()),
        }
        let statements = match object.get("Statement") {
            Some(Value::Array(list)) => {
                list.iter().map(|one| parse_statement(one, kind)).collect::<Result<Vec<_>, _>>()?
            }
            Some(one @ Value::Object(_)) => vec![parse_statement(one, kind)?],
            _ => return Err(syntax_error()),
        };
        if statements.is_empty() { Err(syntax_error()) } else { Ok(Document { statements }) }
    }

    /// Returns all resource patterns.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .filter_map(|one| one.resources.as_ref())
            .flat_map(|all| &all.patterns)
            .map(String::as_str)
    }
}

fn syntax_error() -> String {
    "Syntax errors in policy.".into()
}

fn check_elements(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    if object.keys().all(|key| known.contains(&key.as_str())) {
        Ok(())
    } else {
        Err(syntax_error())
    }
}

/// Parses a string or a list of strings.
pub(super) fn parse_strings(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::String(one) => Ok(vec![one.clone()]),
        Value::Bool(one) => Ok(vec![one.to_string()]),
        Value::Number(one) => Ok(vec![one.to_string()]),
        Value::Array(list) => {
            Ok(list.iter().map(parse_strings).collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Null | Value::Object(_) => Err(syntax_error()),
    }
}

fn parse_patterns(object: &Map<String, Value>, name: &str) -> Result<Option<Patterns>, String> {
    match (object.get(name), object.get(&format!("Not{name}"))) {
        (None, None) => Ok(None),
        (Some(list), None) => Ok(Some(Patterns { negated: false, patterns: parse_strings(list)? })),
        (None, Some(list)) => Ok(Some(Patterns { negated: true, patterns: parse_strings(list)? })),
        (Some(_), Some(_)) => Err(syntax_error()),
    }
}

fn parse_statement(value: &Value, kind: DocumentKind) -> Result<Statement, String> {
    let object = value.as_object().ok_or_else(syntax_error)?;
    let known = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    check_elements(object, &known)?;
    let allows = match object.get("Effect").and_then(Value::as_str) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err(syntax_error()),
    };
    let sid = object.get("Sid").map(|sid| sid.as_str().unwrap_or("-")).unwrap_or_default();
    if !sid.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err("Statement IDs (SID) in a single policy must be alpha numeric.".into());
    }
    let actions =
        parse_patterns(object, "Action")?.ok_or("Policy statement must contain actions.")?;
    if actions.patterns.iter().any(|action| action != "*" && !action.contains(':')) {
        return Err(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".into()
        );
    }
    let resources = parse_patterns(object, "Resource")?;
    let principals = parse_principals(object)?;
    match kind {
        DocumentKind::Identity if principals.is_some() => {
            return Err("Policy document should not specify a principal.".into());
        }
        DocumentKind::Identity if resources.is_none() => {
            return Err("Policy statement must contain resources.".into());
        }
        DocumentKind::Trust if resources.is_some() => {
            return Err("Has prohibited field Resource".into());
        }
        DocumentKind::Trust if principals.is_none() => {
            return Err("Missing required field Principal".into());
        }
        DocumentKind::Resource if principals.is_none() || resources.is_none() => {
            return Err(syntax_error());
        }
        DocumentKind::Identity | DocumentKind::Trust | DocumentKind::Resource => {}
    }
    let is_invalid = |resource: &&String| *resource != "*" && resource.split(':').count() < 6;
    if let Some(is_invalid) =
        resources.as_ref().and_then(|all| all.patterns.iter().find(is_invalid))
    {
        return Err(format!("Resource {is_invalid} must be in ARN format or \"*\"."));
    }
    let conditions = match object.get("Condition") {
        None => Vec::new(),
        Some(value) => Condition::parse_all(value.as_object().ok_or_else(syntax_error)?)?,
    };
    let actions = Actions::new(&actions);
    Ok(Statement { sid: sid.to_owned(), allows, principals, actions, resources, conditions })
}

fn parse_principals(object: &Map<String, Value>) -> Result<Option<Principals>, String> {
    let (negated, value) = match (object.get("Principal"), object.get("NotPrincipal")) {
        (None, None) => return Ok(None),
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (Some(_), Some(_)) => return Err(syntax_error()),
    };
    let mut found = Principals { negated, ..Principals::default() };
    match value {
        Value::String(all) if all == "*" => found.anyone = true,
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds {
                match kind.as_str() {
                    "AWS" => found.aws = parse_strings(names)?,
                    "Service" => found.services = parse_strings(names)?,
                    "Federated" | "CanonicalUser" => drop(parse_strings(names)?),
                    _ => return Err(syntax_error()),
                }
            }
            found.anyone = found.aws.iter().any(|name| name == "*");
        }
        Value::String(_)
        | Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_) => return Err(syntax_error()),
    }
    Ok(Some(found))
}
