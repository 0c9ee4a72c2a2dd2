//! Authorization of calls by identity policies, permissions boundaries, service control policies
//! (SCPs) and session policies.
use super::caller::{Caller, PrincipalKind};
use super::error::AwsError;
use super::policy::{Context, NamedDocument, Outcome, PolicyEvaluation, PolicyQuery, evaluate};
use super::store::{AccountKey, PrincipalPolicies, Store};
use super::used_permissions;

/// The principal whose policies are evaluated: the root user, or a user, group or role by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Root,
    User(String),
    Group(String),
    Role(String),
}

/// The result of evaluating all policies that apply to a call, by type of policy.
#[derive(Debug, Clone)]
pub(crate) struct Decision {
    /// The result of the identity policies.
    pub(crate) identity: PolicyEvaluation,
    /// The result of the permissions boundary; `None` if the principal has none.
    pub(crate) boundary: Option<PolicyEvaluation>,
    /// The result of the SCPs; `None` if no SCP applies to the account.
    pub(crate) organization: Option<PolicyEvaluation>,
    /// The result of the session policies; `None` if the session has none.
    pub(crate) session: Option<PolicyEvaluation>,
}

impl Decision {
    /// Returns the result of each type of policy that exists, with its name in AWS's messages.
    fn named_evaluations(&self) -> impl Iterator<Item = (&PolicyEvaluation, &'static str)> {
        let optional = [
            (self.organization.as_ref(), "service control policy"),
            (self.boundary.as_ref(), "permissions boundary"),
            (self.session.as_ref(), "session policy"),
        ];
        let present =
            optional.into_iter().filter_map(|(evaluation, name)| Some((evaluation?, name)));
        present.chain([(&self.identity, "identity-based policy")])
    }

    /// Returns the result of all policies together: each type of policy must allow the call.
    pub(crate) fn outcome(&self) -> Outcome {
        let has_outcome =
            |outcome| self.named_evaluations().any(|(evaluation, _)| evaluation.outcome == outcome);
        if has_outcome(Outcome::ExplicitDeny) {
            Outcome::ExplicitDeny
        } else if has_outcome(Outcome::ImplicitDeny) {
            Outcome::ImplicitDeny
        } else {
            Outcome::Allowed
        }
    }

    /// Returns the last part of AWS's access-denied message: which type of policy denies the
    /// action.
    pub(crate) fn reason(&self, action: &str) -> String {
        let first_name = |outcome| {
            self.named_evaluations()
                .find(|(evaluation, _)| evaluation.outcome == outcome)
                .map(|(_, name)| name)
        };
        let article = |name: &str| if name.starts_with('i') { "an" } else { "a" };
        match (first_name(Outcome::ExplicitDeny), first_name(Outcome::ImplicitDeny)) {
            (Some(name), _) => format!("with an explicit deny in {} {name}", article(name)),
            (None, Some(name)) => format!("because no {name} allows the {action} action"),
            (None, None) => String::new(),
        }
    }
}

impl Store {
    /// Evaluates the policies of a principal for an action on a resource, without session policies.
    /// A given `boundary` is used instead of the principal's permissions boundary.
    pub(crate) fn decide_for_subject(
        &self,
        account_key: &AccountKey,
        subject: &Subject,
        query: PolicyQuery<'_>,
        boundary: Option<&[NamedDocument<'_>]>,
    ) -> Decision {
        let account = self.account(account_key);
        let policies_and_documents = match subject {
            Subject::Root => None,
            Subject::User(name) => account
                .and_then(|account| account.users.get(name))
                .map(|user| (&user.policies, self.user_documents(account_key, user))),
            Subject::Group(name) => {
                account.and_then(|account| account.groups.get(name)).map(|group| {
                    (&group.policies, self.documents(account_key, ("group", name), &group.policies))
                })
            }
            Subject::Role(name) => account
                .and_then(|account| account.roles.get(&name.to_ascii_lowercase()))
                .map(|role| {
                    (
                        &role.policies,
                        self.documents(account_key, ("role", &role.name), &role.policies),
                    )
                }),
        };
        let (policies, documents) = policies_and_documents
            .map_or((None, Vec::new()), |(policies, documents)| (Some(policies), documents));
        let mut identity = evaluate(&documents, query);
        if *subject == Subject::Root {
            identity.outcome = Outcome::Allowed;
        }
        let boundary = match boundary {
            Some(boundary_documents) => Some(evaluate(boundary_documents, query)),
            None => self.evaluate_boundary(account_key, policies, query),
        };
        Decision {
            identity,
            boundary,
            organization: self.evaluate_scps(account_key, query),
            session: None,
        }
    }

    /// Evaluates the permissions boundary that a principal's policies name.
    fn evaluate_boundary(
        &self,
        account_key: &AccountKey,
        policies: Option<&PrincipalPolicies>,
        query: PolicyQuery<'_>,
    ) -> Option<PolicyEvaluation> {
        let arn = policies?.boundary.as_ref()?;
        // A permissions boundary that was deleted allows nothing.
        let documents: Vec<_> = self.managed_document(account_key, arn).into_iter().collect();
        Some(evaluate(&documents, query))
    }

    /// Evaluates the SCPs that apply to an account.
    fn evaluate_scps(
        &self,
        account_key: &AccountKey,
        query: PolicyQuery<'_>,
    ) -> Option<PolicyEvaluation> {
        let scps = &self.account(account_key)?.scps;
        let documents: Vec<_> = scps
            .iter()
            .map(|(name, policy)| NamedDocument {
                id: name.clone(),
                kind: "scp",
                document: &policy.document,
            })
            .collect();
        (!documents.is_empty()).then(|| evaluate(&documents, query))
    }

    /// Evaluates all policies for a call of an authenticated caller. If the call of a role session
    /// is allowed, its use of permissions is recorded.
    pub(crate) fn decide_for_caller(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Decision {
        let query = PolicyQuery { action, resource, context };
        let subject = match &caller.kind {
            PrincipalKind::Root => Subject::Root,
            PrincipalKind::User(name) => Subject::User(name.clone()),
            PrincipalKind::Session { role, .. } => Subject::Role(role.clone()),
        };
        let mut decision = self.decide_for_subject(&caller.account_key, &subject, query, None);
        if let PrincipalKind::Session { key, .. } = &caller.kind
            && let Some(session) = self.sessions.get(key)
            && !session.policies.is_empty()
        {
            let documents: Vec<_> = session
                .policies
                .iter()
                .map(|policy| NamedDocument {
                    id: "session".into(),
                    kind: "session",
                    document: &policy.document,
                })
                .collect();
            decision.session = Some(evaluate(&documents, query));
        }
        if let PrincipalKind::Session { role, .. } = &caller.kind
            && decision.outcome() == Outcome::Allowed
        {
            used_permissions::record_use(role, action, &decision.identity);
        }
        decision
    }

    /// Checks that the policies of a caller allow an action on a resource. The error message names
    /// the resource by `label`.
    ///
    /// # Errors
    /// AWS's access-denied error.
    pub(crate) fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        label: &str,
        context: &Context,
    ) -> Result<(), AwsError> {
        let decision = self.decide_for_caller(caller, action, resource, context);
        if decision.outcome() == Outcome::Allowed {
            return Ok(());
        }
        Err(AwsError::new(
            403,
            "AccessDenied",
            format!(
                "User: {} is not authorized to perform: {action} on resource: {label} {}",
                caller.arn,
                decision.reason(action)
            ),
        ))
    }
}
