//! `AssumeRole` of STS: the role must trust the caller, and the caller's policies must allow the
//! call.
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

/// Maximum duration of a session that another role session starts (role chaining), in seconds.
const MAX_CHAINED_SECONDS: i64 = 3600;
/// Maximum length of a session policy, in characters.
const MAX_SESSION_POLICY_LEN: usize = 2048;
/// Duration of a session if the call does not give one, in seconds.
const DEFAULT_SESSION_SECONDS: i64 = 3600;

/// How the `Principal` element of a trust policy matches a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PrincipalMatch {
    /// The element does not match the caller.
    NoMatch,
    /// The element has the caller's account: the caller's own policies must allow the call, too.
    Account,
    /// The element has the caller's ARN, or `*`.
    Principal,
}

/// Checks length and characters of a session name and of an external id.
///
/// # Errors
/// AWS's validation error.
fn check_name_and_external_id(
    session_name: &str,
    external_id: Option<&str>,
) -> Result<(), AwsError> {
    let is_name_character = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&session_name.len()) || !session_name.chars().all(is_name_character) {
        return Err(invalid_value(
            session_name,
            "roleSessionName",
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ));
    }
    let is_id_character = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/\\-".contains(c);
    if external_id
        .is_some_and(|id| !(2..=1224).contains(&id.len()) || !id.chars().all(is_id_character))
    {
        return Err(invalid_value(
            external_id.unwrap_or_default(),
            "externalId",
            "Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
        ));
    }
    Ok(())
}

/// Serves `AssumeRole`.
pub(super) fn assume_role(
    store: &mut Store,
    caller: &Caller,
    form: &Form,
) -> Result<Xml, AwsError> {
    let arn = form.required("RoleArn")?;
    let name = form.required("RoleSessionName")?;
    let external_id = form.get("ExternalId");
    check_name_and_external_id(name, external_id)?;
    if !(20..=2048).contains(&arn.len()) {
        return Err(invalid_value(
            arn,
            "roleArn",
            "Member must have length greater than or equal to 20",
        ));
    }
    let seconds = form.integer("DurationSeconds", 900..=43_200)?.unwrap_or(DEFAULT_SESSION_SECONDS);
    let mut tags = form.tags();
    // Transitive tags that EKS set on the caller's session are passed on and cannot be changed.
    let inherited = match &caller.kind {
        PrincipalKind::Session { key, .. } => {
            store.sessions.get(key).map(|session| session.transitive.clone())
        }
        PrincipalKind::Root | PrincipalKind::User(_) => None,
    };
    let transitive = inherited.unwrap_or_default();
    tags.extend(transitive.clone());
    if form.get("Policy").is_some_and(|text| text.chars().count() > MAX_SESSION_POLICY_LEN) {
        let rule = "Member must have length less than or equal to 2048";
        return Err(invalid_value("the policy", "policy", rule));
    }
    let policy =
        form.get("Policy").map(|raw| ParsedPolicy::parse(raw, DocumentKind::Identity)).transpose();
    let policy = policy.map_err(|error| AwsError::new(400, "MalformedPolicyDocument", error))?;
    if caller.kind == PrincipalKind::Root {
        return Err(AwsError::new(
            403,
            "AccessDenied",
            "Roles may not be assumed by root accounts.",
        ));
    }

    let mut context = store.context(caller).with("sts:RoleSessionName", name);
    context = context.with("sts:DurationSeconds", seconds.to_string());
    if let Some(id) = external_id {
        context = context.with("sts:ExternalId", id);
    }
    let account_key =
        (caller.partition().to_owned(), parse_account_id(arn).unwrap_or_default().to_owned());
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
    let actions: &[&str] =
        if tags.is_empty() { &["sts:AssumeRole"] } else { &["sts:AssumeRole", "sts:TagSession"] };
    for action in actions {
        if !is_allowed_to_assume(store, caller, &role, arn, action, &context) {
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
    let xml = write_session(&key, &session, &role.id);
    store.sessions.insert(key, session);
    Ok(xml)
}

/// Writes the response of `AssumeRole` with the session's credentials.
fn write_session(key: &str, session: &Session, role_id: &str) -> Xml {
    let Session { account_key: (partition, account), role, name, .. } = session;
    let mut xml = Xml::default();
    xml.nested_element("Credentials", |xml| {
        xml.element("AccessKeyId", key).element("SecretAccessKey", &session.secret);
        xml.element("SessionToken", &session.token).element("Expiration", iso8601(session.expires));
    });
    xml.nested_element("AssumedRoleUser", |xml| {
        xml.element("AssumedRoleId", format!("{role_id}:{name}"));
        xml.element("Arn", format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}"));
    });
    xml
}

/// Returns the error of STS for a parameter that does not meet a constraint.
fn invalid_value(value: &str, member: &str, constraint: &str) -> AwsError {
    AwsError::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    ))
}

/// Returns the account id in an ARN.
fn parse_account_id(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

impl Store {
    /// Finds a role by ARN in the given partition. A role that is still hidden is not found.
    fn find_visible_role(&mut self, partition: &str, arn: &str) -> Option<StoredRole> {
        let account_key = (partition.to_owned(), parse_account_id(arn)?.to_owned());
        let name = arn.rsplit('/').next()?.to_ascii_lowercase();
        let account = self.accounts.get_mut(&account_key).filter(|account| !account.closed)?;
        let role = account.roles.get_mut(&name)?;
        if role.hidden_reads > 0 {
            role.hidden_reads -= 1;
            return None;
        }
        let role_arn =
            format!("arn:{}:iam::{}:role{}{}", account_key.0, account_key.1, role.path, role.name);
        (role_arn == arn).then(|| role.clone())
    }
}

/// Returns `true` if the trust policy of the role and the caller's policies together allow the
/// action, which is `sts:AssumeRole` or `sts:TagSession`.
fn is_allowed_to_assume(
    store: &Store,
    caller: &Caller,
    role: &StoredRole,
    arn: &str,
    action: &str,
    context: &Context,
) -> bool {
    let query = PolicyQuery { action, resource: arn, context };
    let principal = store.principal_arn(caller);
    let evaluate_trust = |required: PrincipalMatch| {
        let statements = role.trust.document.statements.iter().filter(|statement| {
            let principal_match =
                statement.principals.as_ref().map_or(PrincipalMatch::NoMatch, |principals| {
                    match_caller(principals, caller, &principal)
                });
            // A statement that denies an account denies all callers in it.
            if statement.allows {
                principal_match >= required
            } else {
                principal_match > PrincipalMatch::NoMatch
            }
        });
        evaluate_statements(statements.map(|statement| ("trust", "role", statement)), query).outcome
    };
    let decision = store.decide_for_caller(caller, action, arn, context);
    let is_same_account = parse_account_id(arn) == Some(caller.account());
    match (evaluate_trust(PrincipalMatch::Account), decision.outcome()) {
        (Outcome::ExplicitDeny | Outcome::ImplicitDeny, _) | (_, Outcome::ExplicitDeny) => false,
        (Outcome::Allowed, Outcome::Allowed) => true,
        // In the same account, no identity policy is needed if the role trusts the caller itself.
        // SCPs still apply.
        (Outcome::Allowed, Outcome::ImplicitDeny) => {
            is_same_account
                && evaluate_trust(PrincipalMatch::Principal) == Outcome::Allowed
                && decision
                    .organization
                    .is_none_or(|evaluation| evaluation.outcome == Outcome::Allowed)
        }
    }
}

/// Returns `true` if a trust policy allows a user of another account to assume the role. `user` is
/// the ARN of the user, whose own policies allow it to assume every role. `keys` are the condition
/// keys of the call with their values. Returns `None` if IAM rejects the trust policy.
pub fn is_allowed_by_trust_policy(
    trust_policy: &Value,
    user: &str,
    keys: &[(&str, &str)],
) -> Option<bool> {
    let document = Document::parse(trust_policy, DocumentKind::Trust).ok()?;
    let context =
        keys.iter().fold(Context::default(), |context, (key, value)| context.with(key, *value));
    let resource = "arn:aws:iam::123456789012:role/Asked";
    let query = PolicyQuery { action: "sts:AssumeRole", resource, context: &context };
    let principal_match = |principals: &Principals| {
        let partition = user.split(':').nth(1).unwrap_or_default();
        match_principals(
            principals,
            &[user],
            (partition, parse_account_id(user).unwrap_or_default()),
        )
    };
    let matching = document.statements.iter().filter(|statement| {
        statement.principals.as_ref().map_or(PrincipalMatch::NoMatch, principal_match)
            > PrincipalMatch::NoMatch
    });
    let statements = matching.map(|statement| ("trust", "role", statement));
    Some(evaluate_statements(statements, query).outcome == Outcome::Allowed)
}

/// Returns how a `Principal` element matches a caller. `principal` is the ARN with which policies
/// name the caller.
fn match_caller(principals: &Principals, caller: &Caller, principal: &str) -> PrincipalMatch {
    let identities = [caller.arn.as_str(), principal, caller.id.as_str()];
    match_principals(principals, &identities, (caller.partition(), caller.account()))
}

/// Returns how a `Principal` element matches a caller with these ARNs and ids, in this partition
/// and account.
fn match_principals(
    principals: &Principals,
    identities: &[&str],
    (partition, account): (&str, &str),
) -> PrincipalMatch {
    let root = format!("arn:{partition}:iam::{account}:root");
    let match_name = |name: &String| match name.as_str() {
        "*" => PrincipalMatch::Principal,
        name if identities.contains(&name) => PrincipalMatch::Principal,
        name if name == root || name == account => PrincipalMatch::Account,
        _ => PrincipalMatch::NoMatch,
    };
    let best = principals.aws.iter().map(match_name).max().unwrap_or(PrincipalMatch::NoMatch);
    match (principals.negated, principals.anyone, best) {
        (false, true, _) | (true, false, PrincipalMatch::NoMatch) => PrincipalMatch::Principal,
        (false, false, best) => best,
        (true, ..) => PrincipalMatch::NoMatch,
    }
}
