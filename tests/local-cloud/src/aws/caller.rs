//! Authentication: a known access key, a correct signature, a session token that is still valid.
use super::error::AwsError;
use super::partition;
use super::policy::Context;
use super::signature::SignatureHeader;
use super::store::{AccountKey, Owner, Store};
use crate::server::Request;

/// The type of the principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrincipalKind {
    Root,
    /// An IAM user, by name.
    User(String),
    /// A session of a role, by the role's name and its access key id.
    Session {
        role: String,
        key: String,
    },
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account_key: AccountKey,
    pub(crate) kind: PrincipalKind,
    pub(crate) arn: String,
    /// The `UserId` that `GetCallerIdentity` returns.
    pub(crate) id: String,
    /// The region that the call was signed for.
    pub(crate) region: String,
}

impl Caller {
    pub(crate) fn partition(&self) -> &str {
        &self.account_key.0
    }

    pub(crate) fn account(&self) -> &str {
        &self.account_key.1
    }
}

impl Store {
    /// Authenticates a call.
    pub(crate) fn authenticate(
        &mut self,
        request: &Request,
        claim: &SignatureHeader,
    ) -> Result<Caller, AwsError> {
        self.authenticate_for(request, claim, &super::target_service(request))
    }

    /// Authenticates a call that must be signed for this service.
    pub(super) fn authenticate_for(
        &mut self,
        request: &Request,
        claim: &SignatureHeader,
        service: &str,
    ) -> Result<Caller, AwsError> {
        let partition = partition::for_region(&claim.region).ok_or_else(|| {
            AwsError::invalid_signature("Credential should be scoped to a valid region.")
        })?;
        if service != claim.service {
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if matches!(service, "iam" | "organizations")
            && claim.region != partition::iam_region(partition)
        {
            let region = partition::iam_region(partition);
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to a valid region, not '{}'. Use '{region}'.",
                claim.region
            )));
        }
        let token =
            request.headers().get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let (now, wall) = (self.now(), self.wall_clock());
        if let Some(session) = self.sessions.get(&claim.key) {
            if session.account_key.0 != partition || token != Some(session.token.as_str()) {
                return Err(AwsError::invalid_client_token());
            }
            claim.verify(request, &session.secret, token, wall)?;
            if session.expires <= now {
                let message = "The security token included in the request is expired";
                return Err(AwsError::new(403, "ExpiredToken", message));
            }
            return self
                .caller_for_session(&claim.key, &claim.region)
                .ok_or_else(AwsError::invalid_client_token);
        }
        let key = self.keys.get_mut(&claim.key).ok_or_else(AwsError::invalid_client_token)?;
        // A long-lived access key does not come with a session token.
        if key.account_key.0 != partition || !key.active || token.is_some() {
            return Err(AwsError::invalid_client_token());
        }
        claim.verify(request, &key.secret, None, wall)?;
        if let Some(left) = key.unknown_for.checked_sub(1) {
            key.unknown_for = left;
            return Err(AwsError::invalid_client_token());
        }
        key.used = Some((now, claim.service.clone(), claim.region.clone()));
        let (account_key, owner) = (key.account_key.clone(), key.owner.clone());
        self.caller_for_owner(account_key, owner, &claim.region)
            .ok_or_else(AwsError::invalid_client_token)
    }

    fn caller_for_owner(
        &self,
        account_key: AccountKey,
        owner: Owner,
        region: &str,
    ) -> Option<Caller> {
        let (who, arn, id) = match owner {
            Owner::Root => (
                PrincipalKind::Root,
                format!("arn:{}:iam::{}:root", account_key.0, account_key.1),
                account_key.1.clone(),
            ),
            Owner::User(name) => {
                let user = self.account(&account_key)?.users.get(&name)?;
                let arn = format!(
                    "arn:{}:iam::{}:user{}{}",
                    account_key.0, account_key.1, user.path, user.name
                );
                (PrincipalKind::User(name), arn, user.id.clone())
            }
        };
        Some(Caller { account_key, kind: who, arn, id, region: region.to_owned() })
    }

    /// Returns secret key and session token of an access key that is valid now.
    pub(super) fn secret_for_key(&self, key: &str) -> Option<(&str, Option<&str>)> {
        if let Some(session) = self.sessions.get(key) {
            let good = session.expires > self.now();
            return good.then_some((session.secret.as_str(), Some(session.token.as_str())));
        }
        self.keys.get(key).filter(|key| key.active).map(|key| (key.secret.as_str(), None))
    }

    /// Returns the owner of an access key, for a region of the key's partition.
    pub(super) fn caller_for_key(&self, key: &str, region: &str) -> Option<Caller> {
        let caller = match self.keys.get(key) {
            Some(known) => {
                self.caller_for_owner(known.account_key.clone(), known.owner.clone(), region)
            }
            None => self.caller_for_session(key, region),
        };
        caller.filter(|caller| partition::for_region(region) == Some(caller.partition()))
    }

    fn caller_for_session(&self, key: &str, region: &str) -> Option<Caller> {
        let session = self.sessions.get(key)?;
        let account = self.account(&session.account_key).filter(|account| !account.closed)?;
        let role = account.roles.get(&session.role.to_ascii_lowercase())?;
        let account_key = session.account_key.clone();
        let arn = format!(
            "arn:{}:sts::{}:assumed-role/{}/{}",
            account_key.0, account_key.1, role.name, session.name
        );
        let id = format!("{}:{}", role.id, session.name);
        let who = PrincipalKind::Session { role: role.name.clone(), key: key.to_owned() };
        Some(Caller { account_key, kind: who, arn, id, region: region.to_owned() })
    }

    /// The ARN that policies use for a caller; for a session, the role's ARN.
    pub(crate) fn principal_arn(&self, caller: &Caller) -> String {
        let role = match &caller.kind {
            PrincipalKind::Session { role, .. } => self
                .account(&caller.account_key)
                .and_then(|account| account.roles.get(&role.to_ascii_lowercase())),
            PrincipalKind::Root | PrincipalKind::User(_) => None,
        };
        role.map_or_else(
            || caller.arn.clone(),
            |role| {
                format!(
                    "arn:{}:iam::{}:role{}{}",
                    caller.account_key.0, caller.account_key.1, role.path, role.name
                )
            },
        )
    }

    /// Returns the condition keys that every call of this caller has.
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
        let kind = match &caller.kind {
            PrincipalKind::Root => "Account",
            PrincipalKind::User(_) => "User",
            PrincipalKind::Session { .. } => "AssumedRole",
        };
        context = context.with("aws:PrincipalType", kind);
        if let Some(id) = self.organization_id(&caller.account_key) {
            context = context.with("aws:PrincipalOrgID", id);
        }
        let account = self.account(&caller.account_key);
        match &caller.kind {
            PrincipalKind::Root => {}
            // Long-lived keys do not have `aws:MultiFactorAuthPresent`.
            PrincipalKind::User(name) => {
                context = context.with("aws:username", name);
                let tags =
                    account.and_then(|account| account.users.get(name)).map(|user| &user.tags);
                for (tag, value) in tags.into_iter().flatten() {
                    context = context.with(&format!("aws:PrincipalTag/{tag}"), value);
                }
            }
            PrincipalKind::Session { role, key } => {
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
