//! `SimulatePrincipalPolicy`, with the evaluator that also authorizes real calls.
use std::collections::BTreeSet;

use super::{IamCall, write_paging};
use crate::aws::authorize::{Decision, Subject};
use crate::aws::error::AwsError;
use crate::aws::policy::{Context, DocumentKind, NamedDocument, Outcome, PolicyQuery};
use crate::aws::store::ParsedPolicy;
use crate::aws::xml::Xml;

/// Maximum number of actions of one call.
const MAX_ACTIONS: usize = 100;

/// A simulator that is wrong about actions which are allowed, as IAM's is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimulatorDoubt {
    /// Policies of the organization do not allow any action, and no statement is shown: what IAM
    /// answers where SCPs have conditions.
    Organization,
    /// Every action is denied, and the value of this condition key is missing.
    MissingContextValue(&'static str),
}

/// The result for one action.
struct Evaluation {
    action: String,
    overall: Decision,
    /// The resources of the action, each with its result.
    resources: Vec<(String, Decision)>,
}

pub(super) fn simulate_principal_policy(call: &IamCall<'_>) -> Result<Xml, AwsError> {
    let source = call.form.required("PolicySourceArn")?;
    let (subject, resource) = find_subject(call, source)?;
    call.authorize(source, &resource)?;
    let (context, actions, resources) = parse_request(call)?;
    if !subject_exists(call, &subject) {
        return Err(AwsError::no_such_entity(format!("The source ARN {source} cannot be found.")));
    }
    let context = default_context(call, &subject, source, context);
    let boundary_texts = call.form.list("PermissionsBoundaryPolicyInputList");
    let boundary_texts: Vec<ParsedPolicy> = boundary_texts
        .iter()
        .map(|raw| {
            ParsedPolicy::parse(raw, DocumentKind::Identity)
                .map_err(|fault| AwsError::new(400, "InvalidInput", fault))
        })
        .collect::<Result<_, _>>()?;
    let boundary_texts: Vec<NamedDocument<'_>> = boundary_texts
        .iter()
        .map(|text| NamedDocument {
            id: "PermissionsBoundaryPolicyInputList.1".into(),
            kind: "none",
            document: &text.document,
        })
        .collect();
    let boundary = (!boundary_texts.is_empty()).then_some(boundary_texts.as_slice());

    let decide = |action: &str, resource: &str| {
        let query = PolicyQuery { action, resource, context: &context };
        call.store.decide_for_subject(&call.caller.account_key, &subject, query, boundary)
    };
    let evaluate = |action: String| {
        let decided =
            resources.iter().map(|resource| (resource.clone(), decide(&action, resource)));
        let decided: Vec<_> = decided.collect();
        // The top-level result is the strictest of the resource results.
        let worst =
            decided.iter().map(|(_, decision)| decision).max_by_key(|decision| decision.outcome());
        let overall = worst.cloned().unwrap_or_else(|| decide(&action, "*"));
        Evaluation { action, overall, resources: decided }
    };
    let (page, marker) = call.page(actions)?;
    let mut xml = Xml::default();
    let doubt = call.store.simulator_doubt;
    xml.list("EvaluationResults", page.into_iter().map(evaluate), |xml, one| match doubt {
        None => write_result(xml, &one),
        Some(doubt) => write_doubt(xml, &one, doubt),
    });
    write_paging(&mut xml, marker);
    Ok(xml)
}

/// Finds the entity of an ARN, and its name in messages. ARNs of sessions and of the root user are
/// rejected.
fn find_subject(call: &IamCall<'_>, source: &str) -> Result<(Subject, String), AwsError> {
    let vague = || {
        let message =
            format!("Invalid Entity Arn: {source} does not clearly define entity type and name.");
        AwsError::new(400, "InvalidInput", message)
    };
    let prefix = call.arn("");
    let Some(rest) = source.strip_prefix(&prefix) else {
        let other = source.split(':').nth(2) == Some("iam")
            && source.split(':').nth(1) == Some(call.caller.partition());
        return if other {
            Err(AwsError::no_such_entity(format!("The source ARN {source} cannot be found.")))
        } else {
            Err(vague())
        };
    };
    let (kind, path) = rest.split_once('/').ok_or_else(vague)?;
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    let label = format!("{kind} {name}");
    match kind {
        "user" => Ok((Subject::User(name), label)),
        "role" => Ok((Subject::Role(name), label)),
        "group" => Ok((Subject::Group(name), label)),
        _ => Err(vague()),
    }
}

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

/// Parses context, actions and resources, each within its limits.
fn parse_request(call: &IamCall<'_>) -> Result<(Context, Vec<String>, Vec<String>), AwsError> {
    let input = |message: String| AwsError::new(400, "InvalidInput", message);
    let actions = call.form.list("ActionNames");
    if actions.is_empty() {
        call.form.required("ActionNames")?;
    }
    if actions.len() > MAX_ACTIONS {
        return Err(input(format!("The number of actions exceeds the limit of {MAX_ACTIONS}.")));
    }
    let is_valid = |action: &&String| {
        let (service, name) = action.split_once(':').unwrap_or_default();
        (3..=128).contains(&action.len())
            && !service.is_empty()
            && !name.is_empty()
            && !action.contains(['*', '?', ' '])
    };
    if let Some(invalid) = actions.iter().find(|action| !is_valid(action)) {
        return Err(input(format!("Invalid Action Name: {invalid}")));
    }
    let resources = call.form.list("ResourceArns");
    let partition = call.caller.partition();
    let is_valid = |arn: &&String| {
        *arn == "*" || (arn.split(':').count() >= 6 && arn.split(':').nth(1) == Some(partition))
    };
    if let Some(invalid) = resources.iter().find(|arn| !is_valid(arn)) {
        return Err(input(format!("Invalid ARN: {invalid}")));
    }
    let mut context = Context::default();
    for entry in call.form.structures("ContextEntries") {
        let key = entry.required("ContextKeyName")?;
        let kind = entry.required("ContextKeyType")?;
        let values = entry.list("ContextKeyValues");
        let single = [
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
        if !single.contains(&kind) {
            return Err(AwsError::validation(format!(
                "Value '{kind}' at 'contextKeyType' failed to satisfy constraint."
            )));
        }
        if values.is_empty() || (!kind.ends_with("List") && values.len() > 1) {
            return Err(input(format!(
                "Context key {key} of type {kind} has {} values.",
                values.len()
            )));
        }
        context = context.with_list(key, values);
    }
    Ok((context, actions, resources))
}

/// The context keys that the simulator sets itself: those of the principal, none of the request.
fn default_context(
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

fn decision_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allowed => "allowed",
        Outcome::ImplicitDeny => "implicitDeny",
        Outcome::ExplicitDeny => "explicitDeny",
    }
}

/// The ARN format of a resource, as the top-level result names it.
fn resource_template(resource: &str) -> String {
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let ["arn", _, service, region, account, name] = parts.as_slice() else {
        return resource.to_owned();
    };
    let open = |part: &str, variable: &str| {
        if part.is_empty() { String::new() } else { format!("${{{variable}}}") }
    };
    let name = match name.split_once(['/', ':']) {
        Some((kind, _)) => format!("{kind}/${{{kind}Name}}"),
        None => "${ResourceName}".to_owned(),
    };
    format!(
        "arn:${{Partition}}:{service}:{}:{}:{name}",
        open(region, "Region"),
        open(account, "Account")
    )
}

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

fn write_boundary_detail(xml: &mut Xml, decision: &Decision) {
    if let Some(boundary) = &decision.boundary {
        xml.nested_element("PermissionsBoundaryDecisionDetail", |xml| {
            xml.element("AllowedByPermissionsBoundary", boundary.outcome == Outcome::Allowed);
        });
    }
}

/// Writes the result for one action of a simulator that is in doubt.
fn write_doubt(xml: &mut Xml, one: &Evaluation, doubt: SimulatorDoubt) {
    let missing: &[&str] = match &doubt {
        SimulatorDoubt::Organization => &[],
        SimulatorDoubt::MissingContextValue(key) => &[key],
    };
    xml.element("EvalActionName", &one.action).element("EvalResourceName", "*");
    xml.element("EvalDecision", decision_name(Outcome::ImplicitDeny));
    xml.texts("MissingContextValues", missing);
    if doubt == SimulatorDoubt::Organization {
        xml.nested_element("OrganizationsDecisionDetail", |xml| {
            xml.element("AllowedByOrganizations", false);
        });
    }
    xml.list("ResourceSpecificResults", &one.resources, |xml, (resource, _)| {
        xml.element("EvalResourceName", resource)
            .element("EvalResourceDecision", decision_name(Outcome::ImplicitDeny));
        xml.texts("MissingContextValues", missing);
    });
}

fn write_result(xml: &mut Xml, one: &Evaluation) {
    let overall = &one.overall;
    xml.element("EvalActionName", &one.action);
    xml.element(
        "EvalResourceName",
        one.resources
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
    if !one.resources.is_empty() {
        xml.list("ResourceSpecificResults", &one.resources, |xml, (resource, decision)| {
            xml.element("EvalResourceName", resource)
                .element("EvalResourceDecision", decision_name(decision.outcome()));
            write_details(xml, decision);
            write_boundary_detail(xml, decision);
        });
    }
}
