//! Parses policy documents as strictly as IAM.
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::condition::Condition;

/// The type of a policy document. It determines which elements are required and which are not
/// allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    /// An identity policy, a service control policy (SCP), a session policy or a permissions
    /// boundary.
    Identity,
    /// The trust policy of a role.
    Trust,
    /// The policy of a resource, for example of a key or an event bus.
    Resource,
}

/// The actions of a statement, in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Actions {
    /// Whether the element is `NotAction`.
    pub(crate) negated: bool,
    /// The actions without wildcards and variables.
    pub(crate) exact: HashSet<String>,
    /// The actions with wildcards or variables.
    pub(crate) patterns: Vec<String>,
}

impl Actions {
    fn new(actions: &Patterns) -> Self {
        let lower_case = actions.patterns.iter().map(|action| action.to_ascii_lowercase());
        let (patterns, exact): (Vec<_>, Vec<_>) =
            lower_case.partition(|action| action.contains(['*', '?', '$']));
        Self { negated: actions.negated, exact: exact.into_iter().collect(), patterns }
    }
}

/// The patterns of `Resource`, `NotResource`, `Action` or `NotAction` in a statement.
#[derive(Debug, Clone)]
pub(crate) struct Patterns {
    /// Whether the name of the element begins with `Not`.
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<String>,
}

/// The principals of a statement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principals {
    /// Whether the element is `NotPrincipal`.
    pub(crate) negated: bool,
    /// Whether the element contains everyone: `"*"` or `{"AWS": "*"}`.
    pub(crate) anyone: bool,
    /// Accounts, users, roles and sessions, as the document names them.
    pub(crate) aws: Vec<String>,
    /// Service principals, such as `pods.eks.amazonaws.com`.
    pub(crate) services: Vec<String>,
}

/// A statement of a policy document.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// The id of the statement, `Sid`; empty if the statement has none.
    pub(crate) sid: String,
    /// Whether `Effect` is `Allow`, not `Deny`.
    pub(crate) allows: bool,
    /// `None` if the statement has neither `Principal` nor `NotPrincipal`.
    pub(crate) principals: Option<Principals>,
    pub(crate) actions: Actions,
    /// `None` if the statement has neither `Resource` nor `NotResource`.
    pub(crate) resources: Option<Patterns>,
    /// All of them must be met.
    pub(crate) conditions: Vec<Condition>,
}

/// A policy document, parsed.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) statements: Vec<Statement>,
}

impl Document {
    /// Parses a policy document.
    ///
    /// # Errors
    /// AWS's message about the document.
    pub(crate) fn parse(document: &Value, kind: DocumentKind) -> Result<Document, String> {
        let object = document.as_object().ok_or_else(syntax_error)?;
        check_elements(object, &["Version", "Id", "Statement"])?;
        match object.get("Version").map(Value::as_str) {
            None | Some(Some("2012-10-17" | "2008-10-17")) => {}
            Some(_) => return Err("The policy must contain a valid version string".into()),
        }
        let statements = match object.get("Statement") {
            Some(Value::Array(list)) => list
                .iter()
                .map(|value| parse_statement(value, kind))
                .collect::<Result<Vec<_>, _>>()?,
            Some(value @ Value::Object(_)) => vec![parse_statement(value, kind)?],
            _ => return Err(syntax_error()),
        };
        if statements.is_empty() { Err(syntax_error()) } else { Ok(Document { statements }) }
    }

    /// Returns the patterns of `Resource` and `NotResource` in all statements.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &str> {
        self.statements
            .iter()
            .filter_map(|statement| statement.resources.as_ref())
            .flat_map(|resources| &resources.patterns)
            .map(String::as_str)
    }
}

/// Returns AWS's message for a document that does not follow the syntax of policies.
fn syntax_error() -> String {
    "Syntax errors in policy.".into()
}

/// Checks that an object has only known elements.
fn check_elements(object: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    if object.keys().all(|key| known.contains(&key.as_str())) {
        Ok(())
    } else {
        Err(syntax_error())
    }
}

/// Parses a string, number or boolean, or a list of them, as strings.
pub(super) fn parse_strings(value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::String(text) => Ok(vec![text.clone()]),
        Value::Bool(value) => Ok(vec![value.to_string()]),
        Value::Number(number) => Ok(vec![number.to_string()]),
        Value::Array(list) => {
            Ok(list.iter().map(parse_strings).collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Null | Value::Object(_) => Err(syntax_error()),
    }
}

/// Parses the element with this name, or the same element with the prefix `Not`.
fn parse_patterns(object: &Map<String, Value>, name: &str) -> Result<Option<Patterns>, String> {
    match (object.get(name), object.get(&format!("Not{name}"))) {
        (None, None) => Ok(None),
        (Some(list), None) => Ok(Some(Patterns { negated: false, patterns: parse_strings(list)? })),
        (None, Some(list)) => Ok(Some(Patterns { negated: true, patterns: parse_strings(list)? })),
        (Some(_), Some(_)) => Err(syntax_error()),
    }
}

/// Parses a statement of a policy document of this type.
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
    if let Some(resource) =
        resources.as_ref().and_then(|resources| resources.patterns.iter().find(is_invalid))
    {
        return Err(format!("Resource {resource} must be in ARN format or \"*\"."));
    }
    let conditions = match object.get("Condition") {
        None => Vec::new(),
        Some(value) => Condition::parse_all(value.as_object().ok_or_else(syntax_error)?)?,
    };
    let actions = Actions::new(&actions);
    Ok(Statement { sid: sid.to_owned(), allows, principals, actions, resources, conditions })
}

/// Parses the element `Principal` or `NotPrincipal` of a statement.
fn parse_principals(object: &Map<String, Value>) -> Result<Option<Principals>, String> {
    let (negated, value) = match (object.get("Principal"), object.get("NotPrincipal")) {
        (None, None) => return Ok(None),
        (Some(value), None) => (false, value),
        (None, Some(value)) => (true, value),
        (Some(_), Some(_)) => return Err(syntax_error()),
    };
    let mut principals = Principals { negated, ..Principals::default() };
    match value {
        Value::String(name) if name == "*" => principals.anyone = true,
        Value::Object(kinds) if !kinds.is_empty() => {
            for (kind, names) in kinds {
                match kind.as_str() {
                    "AWS" => principals.aws = parse_strings(names)?,
                    "Service" => principals.services = parse_strings(names)?,
                    "Federated" | "CanonicalUser" => drop(parse_strings(names)?),
                    _ => return Err(syntax_error()),
                }
            }
            principals.anyone = principals.aws.iter().any(|name| name == "*");
        }
        Value::String(_)
        | Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_) => return Err(syntax_error()),
    }
    Ok(Some(principals))
}
