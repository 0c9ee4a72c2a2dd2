//! Authentication: the access key must exist, the signature must be correct, and a session must not
//! have expired.
use super::error::AwsError;
use super::partition;
use super::policy::Context;
use super::signature::SignatureHeader;
use super::store::{AccountKey, Owner, Store};
use crate::server::Request;

/// Which principal a caller is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrincipalKind {
    /// The root user of the account.
    Root,
    /// The IAM user with this name.
    User(String),
    /// A role session.
    Session {
        /// The name of the role.
        role: String,
        /// The access key id of the session.
        key: String,
    },
}

/// The authenticated sender of a call to the fake AWS.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The account of the caller.
    pub(crate) account_key: AccountKey,
    pub(crate) kind: PrincipalKind,
    /// `Arn` in the response of `GetCallerIdentity`.
    pub(crate) arn: String,
    /// `UserId` in the response of `GetCallerIdentity`.
    pub(crate) id: String,
    /// The region that the call was signed for.
    pub(crate) region: String,
}

impl Caller {
    /// Returns the partition id of the caller's account.
    pub(crate) fn partition(&self) -> &str {
        &self.account_key.0
    }

    /// Returns the account id of the caller.
    pub(crate) fn account(&self) -> &str {
        &self.account_key.1
    }
}

impl Store {
    /// Authenticates a call to the service that the request is for.
    ///
    /// # Errors
    /// AWS's error if key, token or signature is not valid.
    pub(crate) fn authenticate(
        &mut self,
        request: &Request,
        header: &SignatureHeader,
    ) -> Result<Caller, AwsError> {
        self.authenticate_for(request, header, &super::find_target_service(request))
    }

    /// Authenticates a call, which must be signed for this service.
    ///
    /// # Errors
    /// AWS's error if key, token or signature is not valid.
    pub(super) fn authenticate_for(
        &mut self,
        request: &Request,
        header: &SignatureHeader,
        service: &str,
    ) -> Result<Caller, AwsError> {
        let partition = partition::find_by_region(&header.region).ok_or_else(|| {
            AwsError::invalid_signature("Credential should be scoped to a valid region.")
        })?;
        if service != header.service {
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to correct service: '{service}'."
            )));
        }
        if matches!(service, "iam" | "organizations")
            && header.region != partition::iam_region(partition)
        {
            let region = partition::iam_region(partition);
            return Err(AwsError::invalid_signature(format!(
                "Credential should be scoped to a valid region, not '{}'. Use '{region}'.",
                header.region
            )));
        }
        let token =
            request.headers().get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let (now, wall_clock) = (self.now(), self.wall_clock());
        if let Some(session) = self.sessions.get(&header.key) {
            if session.account_key.0 != partition || token != Some(session.token.as_str()) {
                return Err(AwsError::invalid_client_token());
            }
            header.verify(request, &session.secret, token, wall_clock)?;
            if session.expires <= now {
                let message = "The security token included in the request is expired";
                return Err(AwsError::new(403, "ExpiredToken", message));
            }
            return self
                .caller_for_session(&header.key, &header.region)
                .ok_or_else(AwsError::invalid_client_token);
        }
        let key = self.keys.get_mut(&header.key).ok_or_else(AwsError::invalid_client_token)?;
        // A long-lived access key does not come with a session token.
        if key.account_key.0 != partition || !key.active || token.is_some() {
            return Err(AwsError::invalid_client_token());
        }
        header.verify(request, &key.secret, None, wall_clock)?;
        if let Some(remaining) = key.rejected_calls.checked_sub(1) {
            key.rejected_calls = remaining;
            return Err(AwsError::invalid_client_token());
        }
        key.last_use = Some((now, header.service.clone(), header.region.clone()));
        let (account_key, owner) = (key.account_key.clone(), key.owner.clone());
        self.caller_for_owner(account_key, owner, &header.region)
            .ok_or_else(AwsError::invalid_client_token)
    }

    /// Returns the caller that signs with an access key of this owner, if the owner still exists.
    fn caller_for_owner(
        &self,
        account_key: AccountKey,
        owner: Owner,
        region: &str,
    ) -> Option<Caller> {
        let (kind, arn, id) = match owner {
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
        Some(Caller { account_key, kind, arn, id, region: region.to_owned() })
    }

    /// Returns the secret access key and the session token that belong to an access key id. Returns
    /// `None` if the key is unknown, inactive or expired.
    pub(super) fn secret_for_key(&self, key: &str) -> Option<(&str, Option<&str>)> {
        if let Some(session) = self.sessions.get(key) {
            let is_valid = session.expires > self.now();
            return is_valid.then_some((session.secret.as_str(), Some(session.token.as_str())));
        }
        self.keys.get(key).filter(|key| key.active).map(|key| (key.secret.as_str(), None))
    }

    /// Returns the caller whose access key this is. Returns `None` if the key is unknown, or if the
    /// region is not in the key's partition.
    pub(super) fn caller_for_key(&self, key: &str, region: &str) -> Option<Caller> {
        let caller = match self.keys.get(key) {
            Some(key) => self.caller_for_owner(key.account_key.clone(), key.owner.clone(), region),
            None => self.caller_for_session(key, region),
        };
        caller.filter(|caller| partition::find_by_region(region) == Some(caller.partition()))
    }

    /// Returns the caller with the session of this access key id, if its account is not closed and
    /// its role still exists.
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
        let kind = PrincipalKind::Session { role: role.name.clone(), key: key.to_owned() };
        Some(Caller { account_key, kind, arn, id, region: region.to_owned() })
    }

    /// Returns the ARN with which policies name a caller: of the user, or of the role of a session.
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

    /// Returns the condition keys that every call of this caller has, with their values.
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
            // Calls with long-lived keys do not have the condition key
            // `aws:MultiFactorAuthPresent`.
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
