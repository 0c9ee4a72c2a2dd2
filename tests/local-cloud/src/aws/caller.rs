//! Who calls: a key that is known, a signature that fits, a token that is still good.
use super::partition;
use super::policy::Context;
use super::refusal::Refusal;
use super::signature::Claim;
use super::store::{Home, Owner, Store};
use crate::server::Request;

/// What kind of principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// The account's root user.
    Root,
    /// An IAM user, by name.
    User(String),
    /// A session of a role, by the role's name and its access key id.
    Session { role: String, key: String },
}

/// A proven caller.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) home: Home,
    pub(crate) who: Who,
    pub(crate) arn: String,
    /// `UserId` of `GetCallerIdentity`.
    pub(crate) id: String,
    /// Of the call.
    pub(crate) region: String,
}

impl Caller {
    pub(crate) fn partition(&self) -> &str {
        &self.home.0
    }

    pub(crate) fn account(&self) -> &str {
        &self.home.1
    }
}

impl Store {
    /// Proves who made a call.
    pub(crate) fn authenticate(
        &mut self,
        request: &Request,
        claim: &Claim,
    ) -> Result<Caller, Refusal> {
        self.authenticate_at(request, claim, &super::addressed(request))
    }

    /// The same for a call to this service.
    pub(super) fn authenticate_at(
        &mut self,
        request: &Request,
        claim: &Claim,
        service: &str,
    ) -> Result<Caller, Refusal> {
        let partition = partition::of_region(&claim.region)
            .ok_or_else(|| Refusal::signature("Credential should be scoped to a valid region."))?;
        if service != claim.service {
            return Err(Refusal::signature(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if matches!(service, "iam" | "organizations")
            && claim.region != partition::iam_region(partition)
        {
            let region = partition::iam_region(partition);
            return Err(Refusal::signature(format!(
                "Credential should be scoped to a valid region, not '{}'. Use '{region}'.",
                claim.region
            )));
        }
        let token =
            request.headers().get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let (now, wall) = (self.now(), self.wall());
        if let Some(session) = self.sessions.get(&claim.key) {
            if session.home.0 != partition || token != Some(session.token.as_str()) {
                return Err(Refusal::unknown_key());
            }
            claim.verify(request, &session.secret, token, wall)?;
            if session.expires <= now {
                let message = "The security token included in the request is expired";
                return Err(Refusal::new(403, "ExpiredToken", message));
            }
            return self.session_caller(&claim.key, &claim.region).ok_or_else(Refusal::unknown_key);
        }
        let key = self.keys.get_mut(&claim.key).ok_or_else(Refusal::unknown_key)?;
        // A long-lived key that comes with a token is a temporary one of somebody else's making.
        if key.home.0 != partition || !key.active || token.is_some() {
            return Err(Refusal::unknown_key());
        }
        claim.verify(request, &key.secret, None, wall)?;
        key.used = Some((now, claim.service.clone(), claim.region.clone()));
        let (home, owner) = (key.home.clone(), key.owner.clone());
        self.key_caller(home, owner, &claim.region).ok_or_else(Refusal::unknown_key)
    }

    fn key_caller(&self, home: Home, owner: Owner, region: &str) -> Option<Caller> {
        let (who, arn, id) = match owner {
            Owner::Root => {
                (Who::Root, format!("arn:{}:iam::{}:root", home.0, home.1), home.1.clone())
            }
            Owner::User(name) => {
                let user = self.account(&home)?.users.get(&name)?;
                let arn = format!("arn:{}:iam::{}:user{}{}", home.0, home.1, user.path, user.name);
                (Who::User(name), arn, user.id.clone())
            }
        };
        Some(Caller { home, who, arn, id, region: region.to_owned() })
    }

    /// Secret and token of a key that is good now.
    pub(super) fn secret_of(&self, key: &str) -> Option<(&str, Option<&str>)> {
        if let Some(session) = self.sessions.get(key) {
            let good = session.expires > self.now();
            return good.then_some((session.secret.as_str(), Some(session.token.as_str())));
        }
        self.keys.get(key).filter(|key| key.active).map(|key| (key.secret.as_str(), None))
    }

    /// Whose a key is, in a region of its partition.
    pub(super) fn known_caller(&self, key: &str, region: &str) -> Option<Caller> {
        let caller = match self.keys.get(key) {
            Some(known) => self.key_caller(known.home.clone(), known.owner.clone(), region),
            None => self.session_caller(key, region),
        };
        caller.filter(|caller| partition::of_region(region) == Some(caller.partition()))
    }

    fn session_caller(&self, key: &str, region: &str) -> Option<Caller> {
        let session = self.sessions.get(key)?;
        let account = self.account(&session.home).filter(|account| !account.closed)?;
        let role = account.roles.get(&session.role.to_ascii_lowercase())?;
        let home = session.home.clone();
        let arn =
            format!("arn:{}:sts::{}:assumed-role/{}/{}", home.0, home.1, role.name, session.name);
        let id = format!("{}:{}", role.id, session.name);
        let who = Who::Session { role: role.name.clone(), key: key.to_owned() };
        Some(Caller { home, who, arn, id, region: region.to_owned() })
    }

    /// The ARN by which policies know a caller: of a session, its role's.
    pub(crate) fn principal_arn(&self, caller: &Caller) -> String {
        let role = match &caller.who {
            Who::Session { role, .. } => self
                .account(&caller.home)
                .and_then(|account| account.roles.get(&role.to_ascii_lowercase())),
            Who::Root | Who::User(_) => None,
        };
        role.map_or_else(
            || caller.arn.clone(),
            |role| {
                format!(
                    "arn:{}:iam::{}:role{}{}",
                    caller.home.0, caller.home.1, role.path, role.name
                )
            },
        )
    }

    /// The condition keys that every call has.
    pub(crate) fn context(&self, caller: &Caller) -> Context {
        let mut context = Context::default()
            .with("aws:PrincipalArn", self.principal_arn(caller))
            .with("aws:PrincipalAccount", caller.account())
            .with("aws:userid", &caller.id)
            .with("aws:RequestedRegion", &caller.region)
            .with("aws:SourceIp", &self.source_ip)
            .with("aws:SecureTransport", "true")
            .with("aws:CurrentTime", crate::clock::iso8601(self.now()))
            .with("aws:EpochTime", self.now().to_string())
            .with("aws:PrincipalIsAWSService", "false");
        let kind = match &caller.who {
            Who::Root => "Account",
            Who::User(_) => "User",
            Who::Session { .. } => "AssumedRole",
        };
        context = context.with("aws:PrincipalType", kind);
        let account = self.account(&caller.home);
        match &caller.who {
            Who::Root => {}
            // A long-lived key: whether MFA is present cannot be said, the key is missing.
            Who::User(name) => {
                context = context.with("aws:username", name);
                let tags =
                    account.and_then(|account| account.users.get(name)).map(|user| &user.tags);
                for (tag, value) in tags.into_iter().flatten() {
                    context = context.with(&format!("aws:PrincipalTag/{tag}"), value);
                }
            }
            Who::Session { role, key } => {
                context = context.with("aws:MultiFactorAuthPresent", "false");
                let role =
                    account.and_then(|account| account.roles.get(&role.to_ascii_lowercase()));
                let session = self.sessions.get(key).map(|session| &session.tags);
                for (tag, value) in role.map(|role| &role.tags).into_iter().chain(session).flatten()
                {
                    context = context.with(&format!("aws:PrincipalTag/{tag}"), value);
                }
            }
        }
        context
    }
}
