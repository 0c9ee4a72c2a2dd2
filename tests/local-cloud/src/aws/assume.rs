//! `AssumeRole`: the role must trust the caller, and the caller's policies must allow the call.
use serde_json::Value;

use super::caller::{Caller, PrincipalKind};
use super::error::AwsError;
use super::form::Form;
use super::policy::{
    Context, Document, DocumentKind, Outcome, PolicyQuery, Principals, evaluate_statements,
};
use super::store::{ParsedPolicy, Session, Store, StoredRole};
use super::xml::Xml;
use crate::clock::iso8601;

/// Longest session of a caller that is itself a role session, in seconds.
const MAX_CHAINED_SECONDS: i64 = 3600;
const MAX_SESSION_POLICY_LEN: usize = 2048;
/// Session duration if the call names none, in seconds.
const DEFAULT_SECONDS: i64 = 3600;

/// How a trust policy matches the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PrincipalMatch {
    NoMatch,
    /// Through the caller's account: the caller's own policies decide.
    Account,
    /// By the caller's ARN, or by `*`.
    Principal,
}

/// Checks the characters of a session name and an external id.
fn check_characters(name: &str, external: Option<&str>) -> Result<(), AwsError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&name.len()) || !name.chars().all(allowed) {
        return Err(invalid(
            name,
            "roleSessionName",
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ));
    }
    let external_allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/\\-".contains(c);
    if external
        .is_some_and(|id| !(2..=1224).contains(&id.len()) || !id.chars().all(external_allowed))
    {
        return Err(invalid(
            external.unwrap_or_default(),
            "externalId",
            "Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
        ));
    }
    Ok(())
}

pub(super) fn assume_role(
    store: &mut Store,
    caller: &Caller,
    form: &Form,
) -> Result<Xml, AwsError> {
    let arn = form.required("RoleArn")?;
    let name = form.required("RoleSessionName")?;
    let external = form.get("ExternalId");
    check_characters(name, external)?;
    if !(20..=2048).contains(&arn.len()) {
        return Err(invalid(arn, "roleArn", "Member must have length greater than or equal to 20"));
    }
    let seconds = form.integer("DurationSeconds", 900..=43_200)?.unwrap_or(DEFAULT_SECONDS);
    let mut tags = form.tags();
    // Transitive tags that EKS set on the caller's session are passed on and cannot be changed.
    let inherited = match &caller.kind {
        PrincipalKind::Session { key, .. } => {
            store.sessions.get(key).map(|one| one.transitive.clone())
        }
        PrincipalKind::Root | PrincipalKind::User(_) => None,
    };
    let transitive = inherited.unwrap_or_default();
    tags.extend(transitive.clone());
    if form.get("Policy").is_some_and(|text| text.chars().count() > MAX_SESSION_POLICY_LEN) {
        let rule = "Member must have length less than or equal to 2048";
        return Err(invalid("the policy", "policy", rule));
    }
    let policy =
        form.get("Policy").map(|raw| ParsedPolicy::parse(raw, DocumentKind::Identity)).transpose();
    let policy = policy.map_err(|fault| AwsError::new(400, "MalformedPolicyDocument", fault))?;
    if caller.kind == PrincipalKind::Root {
        return Err(AwsError::new(
            403,
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
        ));
    }

    let mut context = store.context(caller).with("sts:RoleSessionName", name);
    context = context.with("sts:DurationSeconds", seconds.to_string());
    if let Some(id) = external {
        context = context.with("sts:ExternalId", id);
    }
    let account_key =
        (caller.partition().to_owned(), account_of(arn).unwrap_or_default().to_owned());
    if let Some(id) = store.organization_id(&account_key) {
        context = context.with("aws:ResourceOrgID", id);
    }
    for (tag, value) in &tags {
        context = context.with(&format!("aws:RequestTag/{tag}"), value);
    }
    context = context.with_list("aws:TagKeys", tags.keys().cloned().collect());

    // The message is the same for every reason, so that it does not show whether the role exists.
    let access_denied = |action: &str| {
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {arn}",
            caller.arn
        );
        AwsError::new(403, "AccessDenied", message)
    };
    let role = store
        .find_visible_role(caller.partition(), arn)
        .ok_or_else(|| access_denied("sts:AssumeRole"))?;
    let needed: &[&str] =
        if tags.is_empty() { &["sts:AssumeRole"] } else { &["sts:AssumeRole", "sts:TagSession"] };
    for action in needed {
        if !may_assume(store, caller, &role, arn, action, &context) {
            return Err(access_denied(action));
        }
    }
    if matches!(caller.kind, PrincipalKind::Session { .. }) && seconds > MAX_CHAINED_SECONDS {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(AwsError::validation(message));
    }
    if seconds > role.max_session {
        let message =
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(AwsError::validation(message));
    }

    let session = Session {
        secret: store.generate_secret_key(),
        token: format!("IQoJb3JpZ2luX2Vj{}", store.generate_alphanumeric(256)),
        expires: store.now() + seconds,
        account_key: account_key.clone(),
        role: role.name.clone(),
        name: name.to_owned(),
        tags,
        transitive,
        policies: policy.into_iter().collect(),
    };
    let key = store.generate_id("ASIA", &account_key.1);
    let mut xml = Xml::default();
    xml.nested_element("Credentials", |xml| {
        xml.element("AccessKeyId", &key).element("SecretAccessKey", &session.secret);
        xml.element("SessionToken", &session.token).element("Expiration", iso8601(session.expires));
    });
    xml.nested_element("AssumedRoleUser", |xml| {
        xml.element("AssumedRoleId", format!("{}:{name}", role.id));
        xml.element(
            "Arn",
            format!(
                "arn:{}:sts::{}:assumed-role/{}/{name}",
                account_key.0, account_key.1, role.name
            ),
        );
    });
    store.sessions.insert(key, session);
    Ok(xml)
}

fn invalid(value: &str, member: &str, constraint: &str) -> AwsError {
    AwsError::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    ))
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

impl Store {
    /// Finds a role of the caller's partition by ARN. A role that is still hidden is not found.
    fn find_visible_role(&mut self, partition: &str, arn: &str) -> Option<StoredRole> {
        let account_key = (partition.to_owned(), account_of(arn)?.to_owned());
        let name = arn.rsplit('/').next()?.to_ascii_lowercase();
        let account = self.accounts.get_mut(&account_key).filter(|account| !account.closed)?;
        let role = account.roles.get_mut(&name)?;
        if role.hidden_reads > 0 {
            role.hidden_reads -= 1;
            return None;
        }
        let full =
            format!("arn:{}:iam::{}:role{}{}", account_key.0, account_key.1, role.path, role.name);
        (full == arn).then(|| role.clone())
    }
}

/// Evaluates the trust policy together with the caller's policies.
fn may_assume(
    store: &Store,
    caller: &Caller,
    role: &StoredRole,
    arn: &str,
    action: &str,
    context: &Context,
) -> bool {
    let query = PolicyQuery { action, resource: arn, context };
    let principal = store.principal_arn(caller);
    let trusted = |at_least: PrincipalMatch| {
        let statements = role.trust.document.statements.iter().filter(|statement| {
            let principal_match = statement
                .principals
                .as_ref()
                .map_or(PrincipalMatch::NoMatch, |all| match_caller(all, caller, &principal));
            // A deny of the account denies everybody in it.
            if statement.allows {
                principal_match >= at_least
            } else {
                principal_match > PrincipalMatch::NoMatch
            }
        });
        evaluate_statements(statements.map(|statement| ("trust", "role", statement)), query).outcome
    };
    let decision = store.decide_for_caller(caller, action, arn, context);
    let same_account = account_of(arn) == Some(caller.account());
    match (trusted(PrincipalMatch::Account), decision.outcome()) {
        (Outcome::ExplicitDeny | Outcome::ImplicitDeny, _) | (_, Outcome::ExplicitDeny) => false,
        (Outcome::Allowed, Outcome::Allowed) => true,
        // Inside one account, a role that names the caller needs no identity policy. SCPs still
        // apply.
        (Outcome::Allowed, Outcome::ImplicitDeny) => {
            same_account
                && trusted(PrincipalMatch::Principal) == Outcome::Allowed
                && decision
                    .organization
                    .is_none_or(|evaluation| evaluation.outcome == Outcome::Allowed)
        }
    }
}

/// Returns whether a trust policy allows a user of another account that may assume every role, with
/// these condition
/// keys in the call. `None` if IAM rejects the document.
pub fn trust_allows(trust: &Value, user: &str, keys: &[(&str, &str)]) -> Option<bool> {
    let document = Document::parse(trust, DocumentKind::Trust).ok()?;
    let context = keys.iter().fold(Context::default(), |all, (key, value)| all.with(key, *value));
    let resource = "arn:aws:iam::123456789012:role/Asked";
    let query = PolicyQuery { action: "sts:AssumeRole", resource, context: &context };
    let principal_match = |principals: &Principals| {
        let partition = user.split(':').nth(1).unwrap_or_default();
        match_principals(principals, &[user], (partition, account_of(user).unwrap_or_default()))
    };
    let matching = document.statements.iter().filter(|statement| {
        statement.principals.as_ref().map_or(PrincipalMatch::NoMatch, principal_match)
            > PrincipalMatch::NoMatch
    });
    let all = matching.map(|statement| ("trust", "role", statement));
    Some(evaluate_statements(all, query).outcome == Outcome::Allowed)
}

fn match_caller(principals: &Principals, caller: &Caller, principal: &str) -> PrincipalMatch {
    let identities = [caller.arn.as_str(), principal, caller.id.as_str()];
    match_principals(principals, &identities, (caller.partition(), caller.account()))
}

/// Returns how a principal element matches a caller with these ARNs.
fn match_principals(
    principals: &Principals,
    identities: &[&str],
    (partition, account): (&str, &str),
) -> PrincipalMatch {
    let root = format!("arn:{partition}:iam::{account}:root");
    let one = |name: &String| match name.as_str() {
        "*" => PrincipalMatch::Principal,
        name if identities.contains(&name) => PrincipalMatch::Principal,
        name if name == root || name == account => PrincipalMatch::Account,
        _ => PrincipalMatch::NoMatch,
    };
    let best = principals.aws.iter().map(one).max().unwrap_or(PrincipalMatch::NoMatch);
    match (principals.negated, principals.anyone, best) {
        (false, true, _) | (true, false, PrincipalMatch::NoMatch) => PrincipalMatch::Principal,
        (false, false, best) => best,
        (true, ..) => PrincipalMatch::NoMatch,
    }
}
