//! Rotates the access key of an account: the four steps of Secrets Manager, and when they are to run.
//!
//! `docs/consistency.md` describes the protocol: what is noted before a key is created, and what an
//! interrupted step leaves. Each step can be repeated.

mod create;
mod finish;
mod request;
mod retire;
mod set;

use gangway_aws::{AwsSession, RotatingSecret, RotationVersion};
use gangway_checks::{ScopedClient, catalogue};
use gangway_model::{
    AccessKey, AccessKeyId, CloudAccount, Credential, Registration, StoredCredential,
    UpstreamError, stores::CloudAccountStore as _,
};

use crate::AppContext;

/// A step of a rotation, as Secrets Manager names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RotationStep {
    /// `createSecret`: makes a new access key and stores it as pending.
    Create,
    /// `setSecret`: proves the new key, and gives it to Palette.
    Set,
    /// `testSecret`: makes sure that Palette works with the new key.
    Test,
    /// `finishSecret`: puts the new key in use, and deactivates the old one.
    Finish,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// Somebody has to do something first. The reason says what.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Upstream(UpstreamError),
}

impl From<UpstreamError> for RotationError {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl RotationError {
    /// Returns the reason, if trying again does not help.
    pub fn final_reason(&self) -> Option<String> {
        match self {
            Self::Upstream(error) if error.is_retryable() => None,
            Self::Refused(_) | Self::Upstream(_) => Some(self.to_string()),
        }
    }
}

fn refused<T>(reason: impl Into<String>) -> Result<T, RotationError> {
    Err(RotationError::Refused(reason.into()))
}

/// Returns the error of something that another attempt finds as it should be.
fn not_yet<T>(reason: &'static str) -> Result<T, RotationError> {
    Err(UpstreamError::Unavailable { service: "Gangway", source: reason.into() }.into())
}

/// An IAM user, by one of its access keys.
struct KeyUser {
    aws: AwsSession,
    name: String,
    arn: String,
}

/// One rotation of the access key of an account.
pub struct Rotation<'a> {
    app: &'a AppContext,
    secret: &'a RotatingSecret,
    /// Id of the version that the rotation fills.
    token: &'a str,
    palette: ScopedClient<'a>,
}

impl<'a> Rotation<'a> {
    /// Begins or continues the rotation of a secret.
    pub fn new(app: &'a AppContext, secret: &'a RotatingSecret, token: &'a str) -> Self {
        let palette = app.clients.palette.in_scope(secret.scope.clone());
        Self { app, secret, token, palette }
    }

    /// Carries out one step. Returns `true` if the new key is in use, in Palette too, and the old one is
    /// deactivated.
    ///
    /// # Errors
    ///
    /// After an error the account works with the old key, or with the new one.
    pub async fn run(&self, step: RotationStep) -> Result<bool, RotationError> {
        if self.secret.is_retired {
            return self.retire().await.map(|()| false);
        }
        let is_current = self.secret.version == RotationVersion::Current;
        match step {
            // Secrets Manager tests a new schedule with a version without a value.
            RotationStep::Test if self.secret.version == RotationVersion::NotPending => {}
            _ if self.secret.version == RotationVersion::NotPending => {
                return self.give_up().await;
            }
            RotationStep::Finish => return self.finish().await.map(|()| true),
            RotationStep::Create | RotationStep::Set | RotationStep::Test if is_current => {}
            RotationStep::Create => self.create().await?,
            RotationStep::Set => self.set().await?,
            RotationStep::Test => self.test().await?,
        }
        Ok(false)
    }

    /// Returns the account as Palette has it.
    async fn account(&self) -> Result<CloudAccount, RotationError> {
        match self.palette.get(&self.secret.uid).await {
            Ok(account) => Ok(account),
            Err(UpstreamError::NotFound { .. }) => refused(
                "Palette does not have the account any more: delete it through Gangway, so that its secret is deleted too",
            ),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the access key that is in use, and its user.
    async fn user_of(&self, key: &AccessKey) -> Result<KeyUser, RotationError> {
        let aws = self.app.clients.aws.with_static_credentials(key);
        let caller = match aws.caller().await {
            Ok(caller) => caller,
            Err(UpstreamError::Rejected { reason, .. }) => {
                return refused(format!(
                    "AWS does not accept access key {}, {reason}: PUT the account with a key that works",
                    key.id
                ));
            }
            Err(error) => return Err(error.into()),
        };
        match caller.principal() {
            Some(gangway_aws::Principal::User { arn, name, .. }) => Ok(KeyUser { aws, name, arn }),
            Some(gangway_aws::Principal::Role(_)) | None => refused(
                "only the access keys of an IAM user can be rotated: use one for the account",
            ),
        }
    }

    /// Returns the pending key.
    async fn pending_key(&self) -> Result<AccessKey, RotationError> {
        let secrets = &self.app.clients.secrets;
        match secrets.pending_key(&self.secret.arn, self.token).await? {
            Some(key) => Ok(key),
            None => not_yet("the pending version has no value yet"),
        }
    }

    /// Returns the account as it is, with another access key.
    fn registration(
        &self,
        account: &CloudAccount,
        key: &AccessKey,
    ) -> Result<Registration, RotationError> {
        let invalid = |what: &str| {
            RotationError::Refused(format!(
                "Palette has {what} of this account that Gangway cannot write back: PUT the account with its settings"
            ))
        };
        let description = account.description.as_deref().filter(|text| !text.is_empty());
        let description = description.map(str::parse).transpose();
        let policies: Result<_, _> = account.policies.iter().map(|arn| arn.parse()).collect();
        let gateway = account.gateway.as_deref().filter(|uid| !uid.is_empty());
        let waived = account.waived_checks.iter().filter_map(|id| catalogue::find_waivable(id));
        Ok(Registration {
            name: account.name.parse().map_err(|_rule| invalid("a name"))?,
            description: description.map_err(|_rule| invalid("a description"))?,
            partition: self.app.clients.partition,
            account: self.secret.account,
            scope: self.secret.scope.clone(),
            policies: policies.map_err(|_rule| invalid("a policy"))?,
            gateway: gateway.map(str::parse).transpose().map_err(|_rule| invalid("a gateway"))?,
            profile: account.profile.unwrap_or_default(),
            region: account.region.clone(),
            credential: Credential::AccessKey(key.clone()),
            waived_checks: waived.collect(),
            incoming_secret: None,
        })
    }
}

/// Returns the id of the access key that Palette has. `None` if Palette masks it.
fn shown_key(account: &CloudAccount) -> Result<Option<AccessKeyId>, RotationError> {
    match &account.access {
        StoredCredential::AccessKey { access_key_id } if access_key_id.is_empty() => Ok(None),
        StoredCredential::AccessKey { access_key_id } => match access_key_id.parse() {
            Ok(id) => Ok(Some(id)),
            Err(_rule) => Ok(None),
        },
        StoredCredential::StsRole { .. }
        | StoredCredential::PodIdentity { .. }
        | StoredCredential::AccessPortal { .. }
        | StoredCredential::Unrecognized(_) => {
            refused("Palette does not use an access key for the account any more")
        }
    }
}
