//! `AssumeRole`: the role must trust the caller, and the caller must be allowed to ask.
use serde_json::Value;

use super::caller::{Caller, Who};
use super::form::Form;
use super::policy::{Context, Document, Kind, Outcome, Principals, Query, evaluate_statements};
use super::refusal::Refusal;
use super::store::{Role, Session, Store, Text};
use super::xml::Xml;
use crate::clock::iso8601;

/// How long a chained session may last, in seconds.
const CHAINED: i64 = 3600;
/// Characters of the longest session policy.
const LONGEST_POLICY: usize = 2048;
/// How long a session lasts if nobody says, in seconds.
const DEFAULT: i64 = 3600;

/// How a trust policy names the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    /// Not at all.
    No,
    /// By its account: the account's own policies decide.
    Account,
    /// By its own ARN, or as anyone.
    Itself,
}

/// The characters that STS takes in the name of a session and in an external id.
fn check_words(name: &str, external: Option<&str>) -> Result<(), Refusal> {
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

pub(super) fn role(store: &mut Store, caller: &Caller, form: &Form) -> Result<Xml, Refusal> {
    let arn = form.need("RoleArn")?;
    let name = form.need("RoleSessionName")?;
    let external = form.get("ExternalId");
    check_words(name, external)?;
    if !(20..=2048).contains(&arn.len()) {
        return Err(invalid(arn, "roleArn", "Member must have length greater than or equal to 20"));
    }
    let seconds = form.number("DurationSeconds", 900..=43_200)?.unwrap_or(DEFAULT);
    let mut tags = form.tags();
    // What EKS tagged a session with goes on to the next role, and cannot be changed on the way.
    let inherited = match &caller.who {
        Who::Session { key, .. } => store.sessions.get(key).map(|one| one.transitive.clone()),
        Who::Root | Who::User(_) => None,
    };
    let transitive = inherited.unwrap_or_default();
    tags.extend(transitive.clone());
    if form.get("Policy").is_some_and(|text| text.chars().count() > LONGEST_POLICY) {
        let rule = "Member must have length less than or equal to 2048";
        return Err(invalid("the policy", "policy", rule));
    }
    let policy = form.get("Policy").map(|raw| Text::read(raw, Kind::Identity)).transpose();
    let policy = policy.map_err(|fault| Refusal::new(400, "MalformedPolicyDocument", fault))?;
    if caller.who == Who::Root {
        return Err(Refusal::new(
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
    for (tag, value) in &tags {
        context = context.with(&format!("aws:RequestTag/{tag}"), value);
    }
    context = context.with_list("aws:TagKeys", tags.keys().cloned().collect());

    // Whatever the reason, the answer is the same: nobody learns whether the role exists.
    let refused = |action: &str| {
        let message = format!(
            "User: {} is not authorized to perform: {action} on resource: {arn}",
            caller.arn
        );
        Refusal::new(403, "AccessDenied", message)
    };
    let found =
        store.find_role(caller.partition(), arn).ok_or_else(|| refused("sts:AssumeRole"))?;
    let needed: &[&str] =
        if tags.is_empty() { &["sts:AssumeRole"] } else { &["sts:AssumeRole", "sts:TagSession"] };
    for action in needed {
        if !may(store, caller, &found, arn, action, &context) {
            return Err(refused(action));
        }
    }
    if matches!(caller.who, Who::Session { .. }) && seconds > CHAINED {
        let message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Refusal::validation(message));
    }
    if seconds > found.max_session {
        let message =
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Refusal::validation(message));
    }

    let home = (caller.partition().to_owned(), account_of(arn).unwrap_or_default().to_owned());
    let session = Session {
        secret: store.secret_key(),
        token: format!("IQoJb3JpZ2luX2Vj{}", store.letters(256)),
        expires: store.now() + seconds,
        home: home.clone(),
        role: found.name.clone(),
        name: name.to_owned(),
        tags,
        transitive,
        policies: policy.into_iter().collect(),
    };
    let key = store.unique_id("ASIA", &home.1);
    let mut xml = Xml::default();
    xml.node("Credentials", |xml| {
        xml.leaf("AccessKeyId", &key).leaf("SecretAccessKey", &session.secret);
        xml.leaf("SessionToken", &session.token).leaf("Expiration", iso8601(session.expires));
    });
    xml.node("AssumedRoleUser", |xml| {
        xml.leaf("AssumedRoleId", format!("{}:{name}", found.id));
        xml.leaf(
            "Arn",
            format!("arn:{}:sts::{}:assumed-role/{}/{name}", home.0, home.1, found.name),
        );
    });
    store.sessions.insert(key, session);
    Ok(xml)
}

fn invalid(value: &str, member: &str, constraint: &str) -> Refusal {
    Refusal::validation(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    ))
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

impl Store {
    /// A role by its whole ARN, in the caller's partition only, once it has settled.
    fn find_role(&mut self, partition: &str, arn: &str) -> Option<Role> {
        let home = (partition.to_owned(), account_of(arn)?.to_owned());
        let name = arn.rsplit('/').next()?.to_ascii_lowercase();
        let account = self.accounts.get_mut(&home).filter(|account| !account.closed)?;
        let role = account.roles.get_mut(&name)?;
        if role.unseen > 0 {
            role.unseen -= 1;
            return None;
        }
        let full = format!("arn:{}:iam::{}:role{}{}", home.0, home.1, role.path, role.name);
        (full == arn).then(|| role.clone())
    }
}

/// Trust and identity together.
fn may(
    store: &Store,
    caller: &Caller,
    role: &Role,
    arn: &str,
    action: &str,
    context: &Context,
) -> bool {
    let query = Query { action, resource: arn, context };
    let principal = store.principal_arn(caller);
    let trusted = |at_least: Named| {
        let statements = role.trust.document.statements.iter().filter(|statement| {
            let named = statement
                .principals
                .as_ref()
                .map_or(Named::No, |all| names(all, caller, &principal));
            // A deny that names the account denies everybody in it.
            if statement.allows { named >= at_least } else { named > Named::No }
        });
        evaluate_statements(statements.map(|statement| ("trust", "role", statement)), query).outcome
    };
    let decision = store.judge(caller, action, arn, context);
    let same_account = account_of(arn) == Some(caller.account());
    match (trusted(Named::Account), decision.outcome()) {
        (Outcome::ExplicitDeny | Outcome::ImplicitDeny, _) | (_, Outcome::ExplicitDeny) => false,
        (Outcome::Allowed, Outcome::Allowed) => true,
        // In its own account, a role that trusts the caller by name needs no other word; organizations still count.
        (Outcome::Allowed, Outcome::ImplicitDeny) => {
            same_account
                && trusted(Named::Itself) == Outcome::Allowed
                && decision.organization.is_none_or(|verdict| verdict.outcome == Outcome::Allowed)
        }
    }
}

/// What a trust policy alone decides about a user of another account who may ask for every role: whether it lets the user in,
/// with these condition keys in its call. `None` where IAM takes no such document.
pub fn lets_in(trust: &Value, user: &str, keys: &[(&str, &str)]) -> Option<bool> {
    let document = Document::read(trust, Kind::Trust).ok()?;
    let context = keys.iter().fold(Context::default(), |all, (key, value)| all.with(key, *value));
    let resource = "arn:aws:iam::123456789012:role/Asked";
    let query = Query { action: "sts:AssumeRole", resource, context: &context };
    let named = |principals: &Principals| {
        let partition = user.split(':').nth(1).unwrap_or_default();
        named(principals, &[user], (partition, account_of(user).unwrap_or_default()))
    };
    let about = document
        .statements
        .iter()
        .filter(|statement| statement.principals.as_ref().map_or(Named::No, named) > Named::No);
    let all = about.map(|statement| ("trust", "role", statement));
    Some(evaluate_statements(all, query).outcome == Outcome::Allowed)
}

fn names(principals: &Principals, caller: &Caller, principal: &str) -> Named {
    let own = [caller.arn.as_str(), principal, caller.id.as_str()];
    named(principals, &own, (caller.partition(), caller.account()))
}

/// How principals name somebody with these names, of this partition and account.
fn named(principals: &Principals, own: &[&str], (partition, account): (&str, &str)) -> Named {
    let root = format!("arn:{partition}:iam::{account}:root");
    let one = |name: &String| match name.as_str() {
        "*" => Named::Itself,
        name if own.contains(&name) => Named::Itself,
        name if name == root || name == account => Named::Account,
        _ => Named::No,
    };
    let best = principals.aws.iter().map(one).max().unwrap_or(Named::No);
    match (principals.negated, principals.anyone, best) {
        (false, true, _) | (true, false, Named::No) => Named::Itself,
        (false, false, best) => best,
        (true, ..) => Named::No,
    }
}
