//! Versions and tags of a secret, without its value.

use aws_sdk_secretsmanager::{operation::describe_secret::DescribeSecretOutput, types::Tag};
use gangway_http::origin;
use gangway_model::{
    AccountSettings, AuthMethod, PermissionProfile, Region, Registration, Scope, SecretArn, Uid,
    UpstreamError, stores::StagedSecret,
};

use super::{CURRENT, OldKey, PENDING, SecretsManagerStore, call, secret_arn};
use crate::error::AwsErrorKind;

const PARTITION: &str = "gangway:partition";
const ACCOUNT: &str = "gangway:aws-account";
pub(super) const METHOD: &str = "gangway:method";
const SCOPE: &str = "gangway:scope";
const STATE: &str = "gangway:state";
/// The permission profile of the account, which Palette does not store.
const PROFILE: &str = "gangway:permission-profile";
/// The region in which clusters will run; empty if the registration named none.
const REGION: &str = "gangway:cluster-region";
/// Who or what last changed the secret.
const CHANGED_BY: &str = "gangway:changed-by";
/// Uid of the Palette account that the secret belongs to.
pub(super) const UID: &str = "gangway:palette-uid";

/// State of a secret, as its tag `gangway:state` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SecretState {
    /// Written, but never active.
    Staged,
    /// Active for the account in the tag `gangway:palette-uid`.
    Registered,
    /// Marked for deletion, or restored since.
    PendingDeletion,
    /// A secret that a caller named by `secretArn`. Its content is registered, so it will be
    /// deleted.
    Promoted,
}

impl SecretState {
    const fn tag(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Registered => "registered",
            Self::PendingDeletion => "retired",
            Self::Promoted => "promoted",
        }
    }
}

/// A secret without its value.
#[derive(Debug)]
pub(super) struct SecretMetadata {
    pub(super) arn: SecretArn,
    /// `None` if Gangway did not create the secret.
    pub(super) state: Option<SecretState>,
    pub(super) uid: Option<Uid>,
    pub(super) scope: Option<String>,
    method: Option<String>,
    settings: Option<AccountSettings>,
    /// Scheduled for deletion.
    pub(super) scheduled: bool,
    current: Option<String>,
    pending: Option<String>,
    versions: Vec<String>,
    pub(super) old_key: Option<OldKey>,
}

impl SecretMetadata {
    /// Describes a secret, by name or ARN. Returns `None` if it does not exist.
    pub(super) async fn describe(
        store: &SecretsManagerStore,
        id: &str,
    ) -> Result<Option<Self>, UpstreamError> {
        let call = call("secretsmanager:DescribeSecret");
        match store.client().describe_secret().secret_id(id).send().await {
            Ok(response) => {
                let arn = secret_arn(call, response.arn())?;
                Ok(Some(Self::from_response(arn, &response)))
            }
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::NotFound) => Ok(None),
                Some(_) | None => Err(call.to_upstream_error(&error)),
            },
        }
    }

    pub(super) fn from_response(arn: SecretArn, response: &DescribeSecretOutput) -> Self {
        let stages = response.version_ids_to_stages().into_iter().flatten();
        let with_label = |label: &str| {
            let mut stages = stages.clone();
            stages
                .find(|(_, labels)| labels.iter().any(|other| other == label))
                .map(|(id, _)| id.clone())
        };
        let (current, pending) = (with_label(CURRENT), with_label(PENDING));
        let versions = stages.map(|(id, _)| id.clone()).collect();
        let tags = response.tags();
        let state = value(tags, STATE).and_then(|state| {
            let all = [
                SecretState::Staged,
                SecretState::Registered,
                SecretState::PendingDeletion,
                SecretState::Promoted,
            ];
            all.into_iter().find(|one| one.tag() == state)
        });
        let uid = value(tags, UID).and_then(|uid| uid.parse().ok());
        let scope = value(tags, SCOPE).map(str::to_owned);
        let method = value(tags, METHOD).map(str::to_owned);
        let settings = settings(tags);
        let scheduled = response.deleted_date().is_some();
        let old_key = OldKey::from_tags(tags);
        Self {
            arn,
            state,
            uid,
            scope,
            method,
            settings,
            scheduled,
            current,
            pending,
            versions,
            old_key,
        }
    }

    /// Returns the recorded settings. Older versions of Gangway recorded none.
    pub(super) fn settings_or_default(&self) -> AccountSettings {
        let default = AccountSettings { profile: PermissionProfile::default(), region: None };
        self.settings.clone().unwrap_or(default)
    }

    pub(super) fn is_of_method(&self, method: AuthMethod) -> bool {
        self.method.as_deref() == Some(method.id())
    }

    pub(super) fn has(&self, version: &str) -> bool {
        self.versions.iter().any(|known| known == version)
    }

    pub(super) fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    pub(super) fn pending(&self) -> Option<&str> {
        self.pending.as_deref()
    }

    /// Returns `true` if the tags say that the secret is active for this account, with the method
    /// and the settings of this version.
    pub(super) fn is_active_for(&self, uid: &Uid, staged: &StagedSecret) -> bool {
        self.registered_for() == Some(uid)
            && self.method.as_deref() == Some(staged.method.id())
            && self.has_settings(&staged.settings)
    }

    pub(super) fn has_settings(&self, settings: &AccountSettings) -> bool {
        self.settings.as_ref() == Some(settings)
    }

    /// Returns `true` if the secret is the active one of this account, or if a run that was
    /// interrupted has written it: it does so only if no other account has the name.
    pub(super) fn belongs_to(&self, uid: &Uid) -> bool {
        let is_staged = self.state == Some(SecretState::Staged);
        !self.scheduled && (is_staged || self.registered_for() == Some(uid))
    }

    /// Returns the uid of the account that the secret is active for.
    pub(super) fn registered_for(&self) -> Option<&Uid> {
        self.uid.as_ref().filter(|_| self.state == Some(SecretState::Registered))
    }
}

/// Returns the tags of a new secret.
pub(super) fn tags(registration: &Registration) -> Vec<Tag> {
    let Registration { partition, account, scope, credential, .. } = registration;
    let method: AuthMethod = credential.method();
    let mut tags = vec![
        tag(PARTITION, partition.id()),
        tag(ACCOUNT, account.as_str()),
        method_tag(method),
        scope_tag(scope),
        state_tag(SecretState::Staged),
        changed_by_tag(),
    ];
    tags.extend(settings_tags(&registration.settings()));
    tags
}

/// Returns the tags with the settings that Palette does not store.
pub(super) fn settings_tags(settings: &AccountSettings) -> [Tag; 2] {
    let region = settings.region.as_ref().map_or("", Region::as_str);
    [tag(PROFILE, settings.profile.id()), tag(REGION, region)]
}

/// Returns the settings that the tags hold. `None` if one is missing or invalid.
pub(super) fn settings(tags: &[Tag]) -> Option<AccountSettings> {
    let region = match value(tags, REGION)? {
        "" => None,
        region => Some(region.parse().ok()?),
    };
    Some(AccountSettings { profile: value(tags, PROFILE)?.parse().ok()?, region })
}

/// Returns `true` if the tags say that the secret is active.
pub(super) fn is_registered(tags: &[Tag]) -> bool {
    value(tags, STATE) == Some(SecretState::Registered.tag())
}

pub(super) fn scope_tag(scope: &Scope) -> Tag {
    tag(SCOPE, &scope.to_string())
}

pub(super) fn state_tag(state: SecretState) -> Tag {
    tag(STATE, state.tag())
}

/// Returns the tag with the initiator of the request in progress.
pub(super) fn changed_by_tag() -> Tag {
    tag(CHANGED_BY, &origin::current().tag_value())
}

pub(super) fn method_tag(method: AuthMethod) -> Tag {
    tag(METHOD, method.id())
}

pub(super) fn owner_tag(uid: &Uid) -> Tag {
    tag(UID, uid.as_str())
}

/// Returns `true` if the tags name this Palette account and this scope.
pub(super) fn has_owner(tags: &[Tag], uid: &Uid, scope: &Scope) -> bool {
    value(tags, UID) == Some(uid.as_str()) && value(tags, SCOPE) == Some(&scope.to_string())
}

/// Returns uid and scope of the Palette account that the tags name. `None` if a tag is missing or
/// invalid.
pub(super) fn owner(tags: &[Tag]) -> Option<(Uid, Scope)> {
    value(tags, UID)?.parse().ok().zip(value(tags, SCOPE)?.parse().ok())
}

pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

pub(super) fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value)
}
