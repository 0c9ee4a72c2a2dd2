//! `SimulatePrincipalPolicy` of IAM. It evaluates policies with the code that also authorizes the
//! calls of clients.
use std::collections::BTreeSet;

use super::{IamCall, write_paging};
use crate::aws::authorize::{Decision, Subject};
use crate::aws::error::AwsError;
use crate::aws::policy::{Context, DocumentKind, NamedDocument, Outcome, PolicyQuery};
use crate::aws::store::ParsedPolicy;
use crate::aws::xml::Xml;

/// Maximum number of actions in one call.
const MAX_ACTIONS: usize = 100;

/// How `SimulatePrincipalPolicy` wrongly denies actions that are allowed. IAM is known to do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FalseDenial {
    /// The result says that SCPs do not allow the action, without a matched statement. IAM returns
    /// such a result if SCPs have conditions.
    Organization,
    /// The result says that the action is denied, and that the value of this condition key is
    /// missing.
    MissingContextValue(&'static str),
}

/// The result of the simulation for one action.
struct ActionResult {
    action: String,
    /// The strictest of the decisions for the resources.
    overall: Decision,
    /// Each resource with the decision about it.
    resources: Vec<(String, Decision)>,
}

/// Serves `SimulatePrincipalPolicy`.
pub(super) fn simulate_principal_policy(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let source = call.form.required("PolicySourceArn")?;
    let (subject, label) = find_subject(call, source)?;
    call.authorize(source, &label)?;
    let (context, actions, resources) = parse_request(call)?;
    if !subject_exists(call, &subject) {
        return Err(AwsError::no_such_entity(format!("The source ARN {source} cannot be found.")));
    }
    let context = add_principal_keys(call, &subject, source, context);
    let boundary_inputs = call.form.list("PermissionsBoundaryPolicyInputList");
    let boundary_policies: Vec<ParsedPolicy> = boundary_inputs
        .iter()
        .map(|raw| {
            ParsedPolicy::parse(raw, DocumentKind::Identity)
                .map_err(|error| AwsError::new(400, "InvalidInput", error))
        })
        .collect::<Result<_, _>>()?;
    let boundary_documents: Vec<NamedDocument<'_>> = boundary_policies
        .iter()
        .map(|policy| NamedDocument {
            id: "PermissionsBoundaryPolicyInputList.1".into(),
            kind: "none",
            document: &policy.document,
        })
        .collect();
    let boundary = (!boundary_documents.is_empty()).then_some(boundary_documents.as_slice());

    let decide = |action: &str, resource: &str| {
        let query = PolicyQuery { action, resource, context: &context };
        call.store.decide_for_subject(&call.caller.account_key, &subject, query, boundary)
    };
    let evaluate = |action: String| {
        let decisions: Vec<_> = resources
            .iter()
            .map(|resource| (resource.clone(), decide(&action, resource)))
            .collect();
        // The overall decision is the strictest of the decisions for the resources.
        let strictest = decisions
            .iter()
            .map(|(_, decision)| decision)
            .max_by_key(|decision| decision.outcome());
        let overall = strictest.cloned().unwrap_or_else(|| decide(&action, "*"));
        ActionResult { action, overall, resources: decisions }
    };
    let (page, marker) = call.page(actions)?;
    let mut xml = Xml::default();
    let false_denial = call.store.false_denial;
    xml.list(
        "EvaluationResults",
        page.into_iter().map(evaluate),
        |xml, result| match false_denial {
            None => write_result(xml, &result),
            Some(false_denial) => write_false_denial(xml, &result, false_denial),
        },
    );
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Finds the user, role or group in an ARN, and its name in messages. ARNs of sessions and of the
/// root user are rejected.
fn find_subject(call: &IamCall<'_>, source: &str) -> Result<(Subject, String), AwsError> {
    let unclear_arn = || {
        let message =
            format!("Invalid Entity Arn: {source} does not clearly define entity type and name.");
        AwsError::new(400, "InvalidInput", message)
    };
    let prefix = call.arn("");
    let Some(rest) = source.strip_prefix(&prefix) else {
        let is_iam_arn = source.split(':').nth(2) == Some("iam")
            && source.split(':').nth(1) == Some(call.caller.partition());
        return if is_iam_arn {
            Err(AwsError::no_such_entity(format!("The source ARN {source} cannot be found.")))
        } else {
            Err(unclear_arn())
        };
    };
    let (kind, path) = rest.split_once('/').ok_or_else(unclear_arn)?;
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let label = format!("{kind} {name}");
    match kind {
        "user" => Ok((Subject::User(name), label)),
        "role" => Ok((Subject::Role(name), label)),
        "group" => Ok((Subject::Group(name), label)),
        _ => Err(unclear_arn()),
    }
}

/// Returns `true` if the subject exists, with the path that the parameter `PolicySourceArn`
/// contains.
fn subject_exists(call: &IamCall<'_>, subject: &Subject) -> bool {
    let Some(account) = call.store.account(&call.caller.account_key) else { return false };
    let source = call.form.get("PolicySourceArn").unwrap_or_default();
    match subject {
        Subject::Root => false,
        Subject::User(name) => account
            .users
            .get(name)
            .is_some_and(|user| call.arn(&super::user_resource(user)) == source),
        Subject::Group(name) => account.groups.contains_key(name),
        Subject::Role(name) => account
            .roles
            .get(&name.to_ascii_lowercase())
            .is_some_and(|role| call.arn(&super::role_resource(role)) == source),
    }
}

/// Parses the parameters of a call: condition keys, actions and resources.
fn parse_request(call: &IamCall<'_>) -> Result<(Context, Vec<String>, Vec<String>), AwsError> {
    let invalid_input = |message: String| AwsError::new(400, "InvalidInput", message);
    let actions = call.form.list("ActionNames");
    if actions.is_empty() {
        call.form.required("ActionNames")?;
    }
    if actions.len() > MAX_ACTIONS {
        return Err(invalid_input(format!(
            "The number of actions exceeds the limit of {MAX_ACTIONS}."
        )));
    }
    let is_valid = |action: &&String| {
        let (service, name) = action.split_once(':').unwrap_or_default();
        (3..=128).contains(&action.len())
            && !service.is_empty()
            && !name.is_empty()
            && !action.contains(['*', '?', ' '])
    };
    if let Some(invalid) = actions.iter().find(|action| !is_valid(action)) {
        return Err(invalid_input(format!("Invalid Action Name: {invalid}")));
    }
    let resources = call.form.list("ResourceArns");
    let partition = call.caller.partition();
    let is_valid = |arn: &&String| {
        *arn == "*" || (arn.split(':').count() >= 6 && arn.split(':').nth(1) == Some(partition))
    };
    if let Some(invalid) = resources.iter().find(|arn| !is_valid(arn)) {
        return Err(invalid_input(format!("Invalid ARN: {invalid}")));
    }
    let mut context = Context::default();
    for entry in call.form.structures("ContextEntries") {
        let key = entry.required("ContextKeyName")?;
        let kind = entry.required("ContextKeyType")?;
        let values = entry.list("ContextKeyValues");
        let known_types = [
            "string",
            "stringList",
            "numeric",
            "numericList",
            "boolean",
            "booleanList",
            "ip",
            "ipList",
            "binary",
            "binaryList",
            "date",
            "dateList",
        ];
        if !known_types.contains(&kind) {
            return Err(AwsError::validation(format!(
                "Value '{kind}' at 'contextKeyType' failed to satisfy constraint."
            )));
        }
        if values.is_empty() || (!kind.ends_with("List") && values.len() > 1) {
            return Err(invalid_input(format!(
                "Context key {key} of type {kind} has {} values.",
                values.len()
            )));
        }
        context = context.with_list(key, values);
    }
    Ok((context, actions, resources))
}

/// Adds the condition keys that IAM sets itself in a simulation: keys of the principal, but not of
/// a request.
fn add_principal_keys(
    call: &IamCall<'_>,
    subject: &Subject,
    source: &str,
    context: Context,
) -> Context {
    let context = context
        .with("aws:PrincipalArn", source)
        .with("aws:PrincipalAccount", call.caller.account());
    match subject {
        Subject::User(name) => context.with("aws:username", name).with("aws:PrincipalType", "User"),
        Subject::Role(_) => context.with("aws:PrincipalType", "AssumedRole"),
        Subject::Group(_) | Subject::Root => context,
    }
}

/// Returns the value of `EvalDecision` for an outcome.
fn decision_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::ImplicitDeny => "implicitDeny",
        Outcome::ExplicitDeny => "explicitDeny",
    }
}

/// Returns the ARN format of a resource, with variables such as `${Account}`. The overall result
/// names the resource so.
fn resource_template(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", _, service, region, account, name] = parts.as_slice() else {
        return resource.to_owned();
    };
    let variable_or_empty = |part: &str, variable: &str| {
        if part.is_empty() { String::new() } else { format!("${{{variable}}}") }
    };
    let name = match name.split_once(['/', ':']) {
        Some((kind, _)) => format!("{kind}/${{{kind}Name}}"),
        None => "${ResourceName}".to_owned(),
    };
    format!(
        "arn:${{Partition}}:{service}:{}:{}:{name}",
        variable_or_empty(region, "Region"),
        variable_or_empty(account, "Account")
    )
}

/// Adds the matched statements and the missing condition keys of a decision to a response.
fn write_details(xml: &mut Xml, decision: &Decision) {
    let matched: BTreeSet<_> = if decision.outcome() == Outcome::ImplicitDeny {
        BTreeSet::new()
    } else {
        let layers =
            [Some(&decision.identity), decision.boundary.as_ref(), decision.organization.as_ref()];
        let deciding = layers
            .into_iter()
            .flatten()
            .filter(|evaluation| evaluation.outcome == decision.outcome());
        deciding.flat_map(|evaluation| evaluation.matched.clone()).collect()
    };
    xml.list("MatchedStatements", matched, |xml, (id, kind)| {
        xml.element("SourcePolicyId", id)
            .element("SourcePolicyType", if kind == "scp" { "none" } else { kind });
    });
    let layers =
        [Some(&decision.identity), decision.boundary.as_ref(), decision.organization.as_ref()];
    let missing: BTreeSet<_> =
        layers.into_iter().flatten().flat_map(|evaluation| evaluation.missing.iter()).collect();
    xml.texts("MissingContextValues", missing);
}

/// Adds the result of the permissions boundary to a response, if there is one.
fn write_boundary_detail(xml: &mut Xml, decision: &Decision) {
    if let Some(boundary) = &decision.boundary {
        xml.nested_element("PermissionsBoundaryDecisionDetail", |xml| {
            xml.element("AllowedByPermissionsBoundary", boundary.outcome == Outcome::Allowed);
        });
    }
}

/// Adds the result for an action that is wrongly denied to a response.
fn write_false_denial(xml: &mut Xml, result: &ActionResult, false_denial: FalseDenial) {
    let missing: &[&str] = match &false_denial {
        FalseDenial::Organization => &[],
        FalseDenial::MissingContextValue(key) => &[key],
    };
    xml.element("EvalActionName", &result.action).element("EvalResourceName", "*");
    xml.element("EvalDecision", decision_name(Outcome::ImplicitDeny));
    xml.texts("MissingContextValues", missing);
    if false_denial == FalseDenial::Organization {
        xml.nested_element("OrganizationsDecisionDetail", |xml| {
            xml.element("AllowedByOrganizations", false);
        });
    }
    xml.list("ResourceSpecificResults", &result.resources, |xml, (resource, _)| {
        xml.element("EvalResourceName", resource)
            .element("EvalResourceDecision", decision_name(Outcome::ImplicitDeny));
        xml.texts("MissingContextValues", missing);
    });
}

/// Adds the result for an action to a response.
fn write_result(xml: &mut Xml, result: &ActionResult) {
    let overall = &result.overall;
    xml.element("EvalActionName", &result.action);
    xml.element(
        "EvalResourceName",
        result
            .resources
            .first()
            .map_or_else(|| "*".to_owned(), |(resource, _)| resource_template(resource)),
    );
    xml.element("EvalDecision", decision_name(overall.outcome()));
    write_details(xml, overall);
    if let Some(organization) = &overall.organization {
        xml.nested_element("OrganizationsDecisionDetail", |xml| {
            xml.element("AllowedByOrganizations", organization.outcome == Outcome::Allowed);
        });
    }
    write_boundary_detail(xml, overall);
    if !result.resources.is_empty() {
        xml.list("ResourceSpecificResults", &result.resources, |xml, (resource, decision)| {
            xml.element("EvalResourceName", resource)
                .element("EvalResourceDecision", decision_name(decision.outcome()));
            write_details(xml, decision);
            write_boundary_detail(xml, decision);
        });
    }
}
