//! Rotates the access key of a registered account, in the four steps of Secrets Manager.
//!
//! `docs/consistency.md` describes the protocol: what is stored before a key is created, and the
//! state after an interrupted step. Each step can be repeated.

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

/// A step of a rotation by Secrets Manager.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RotationStep {
    /// `createSecret`: creates a new access key and stores it as the pending version
    /// (`AWSPENDING`).
    Create,
    /// `setSecret`: validates the new key, and writes it to Palette.
    Set,
    /// `testSecret`: checks that Palette has the new key and accepts it.
    Test,
    /// `finishSecret`: promotes the new key, and deactivates the old key.
    Finish,
}

/// Reason why a step of a rotation failed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The rotation cannot succeed until a person has done what the text says.
    #[error("{0}")]
    ActionRequired(String),
    #[error(transparent)]
    Upstream(UpstreamError),
}

impl From<UpstreamError> for RotationError {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl RotationError {
    /// Returns the reason, if another attempt cannot succeed. Returns `None` if another attempt may
    /// succeed.
    pub fn final_reason(&self) -> Option<String> {
        match self {
            Self::Upstream(error) if error.is_retryable() => None,
            Self::ActionRequired(_) | Self::Upstream(_) => Some(self.to_string()),
        }
    }
}

/// Returns the error [`RotationError::ActionRequired`] with this reason.
fn action_required_error<T>(reason: impl Into<String>) -> Result<T, RotationError> {
    Err(RotationError::ActionRequired(reason.into()))
}

/// Returns an error after which Secrets Manager tries the step again. The next attempt may succeed.
fn retry_later_error<T>(reason: &'static str) -> Result<T, RotationError> {
    Err(UpstreamError::Unavailable { service: "Gangway", source: reason.into() }.into())
}

/// The IAM user of an access key, with a session that uses this key.
struct KeyUser {
    aws: AwsSession,
    name: String,
    arn: String,
}

/// One rotation of the access key of an account.
pub struct Rotation<'a> {
    app: &'a AppContext,
    secret: &'a RotatingSecret,
    /// Version id of the new version of the secret.
    token: &'a str,
    palette: ScopedClient<'a>,
}

impl<'a> Rotation<'a> {
    /// Returns the rotation of a secret. `token` is the id of the new version.
    pub fn new(app: &'a AppContext, secret: &'a RotatingSecret, token: &'a str) -> Self {
        let palette = app.clients.palette.in_scope(secret.scope.clone());
        Self { app, secret, token, palette }
    }

    /// Carries out one step. Returns `true` if the rotation is complete: Palette and the current
    /// version of the secret have the new key, and the old key is deactivated.
    ///
    /// # Errors
    ///
    /// After an error, the account works with the old key or with the new key.
    pub async fn run(&self, step: RotationStep) -> Result<bool, RotationError> {
        if self.secret.is_retired {
            return self.retire().await.map(|()| false);
        }
        let is_current = self.secret.version == RotationVersion::Current;
        match step {
            // When a schedule is created, Secrets Manager runs the step `testSecret` for a version
            // without a value.
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

    /// Loads the account from Palette.
    async fn load_account(&self) -> Result<CloudAccount, RotationError> {
        match self.palette.get(&self.secret.uid).await {
            Ok(account) => Ok(account),
            Err(UpstreamError::NotFound { .. }) => action_required_error(
                "Palette does not have the account any more: delete it through Gangway, so that its secret is deleted too",
            ),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the IAM user of an access key.
    async fn find_user_of(&self, key: &AccessKey) -> Result<KeyUser, RotationError> {
        let aws = self.app.clients.aws.with_static_credentials(key);
        let caller = match aws.caller().await {
            Ok(caller) => caller,
            Err(UpstreamError::Rejected { reason, .. }) => {
                return action_required_error(format!(
                    "AWS does not accept access key {}, {reason}: PUT the account with a key that works",
                    key.id
                ));
            }
            Err(error) => return Err(error.into()),
        };
        match caller.principal() {
            Some(gangway_aws::Principal::User { arn, name, .. }) => Ok(KeyUser { aws, name, arn }),
            Some(gangway_aws::Principal::Role(_)) | None => action_required_error(
                "only the access keys of an IAM user can be rotated: use one for the account",
            ),
        }
    }

    /// Reads the new access key from the pending version of the secret.
    async fn read_pending_key(&self) -> Result<AccessKey, RotationError> {
        let secrets = &self.app.clients.secrets;
        match secrets.pending_key(&self.secret.arn, self.token).await? {
            Some(key) => Ok(key),
            None => retry_later_error("the pending version has no value yet"),
        }
    }

    /// Returns a registration with the settings of `account` and the access key `key`.
    fn registration_with_key(
        &self,
        account: &CloudAccount,
        key: &AccessKey,
    ) -> Result<Registration, RotationError> {
        let invalid = |what: &str| {
            RotationError::ActionRequired(format!(
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

/// Returns the id of the access key in Palette's account. Returns `None` if Palette does not show
/// the whole id.
fn key_id_in_palette(account: &CloudAccount) -> Result<Option<AccessKeyId>, RotationError> {
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
            action_required_error("Palette does not use an access key for the account any more")
        }
    }
}
