//! Reads the versions and tags of a secret, without its value, and makes the tags that Gangway
//! writes.

use aws_sdk_secretsmanager::{operation::describe_secret::DescribeSecretOutput, types::Tag};
use gangway_http::origin;
use gangway_model::{
    AccountSettings, AuthMethod, PermissionProfile, Region, Registration, Scope, SecretArn, Uid,
    UpstreamError, stores::StagedSecret,
};

use super::{
    CURRENT, OldKey, PENDING, SecretsManagerStore, parse_secret_arn, secrets_manager_call,
};
use crate::error::AwsErrorKind;

const PARTITION_TAG: &str = "gangway:partition";
const ACCOUNT_TAG: &str = "gangway:aws-account";
pub(super) const METHOD_TAG: &str = "gangway:method";
const SCOPE_TAG: &str = "gangway:scope";
const STATE_TAG: &str = "gangway:state";
/// Tag with the permission profile of the account. Palette does not store the profile.
const PROFILE_TAG: &str = "gangway:permission-profile";
/// Tag with the region in which clusters will run. The value is empty if the registration names no
/// region.
const REGION_TAG: &str = "gangway:cluster-region";
/// Tag with the initiator of the last change of the secret.
const CHANGED_BY_TAG: &str = "gangway:changed-by";
/// Tag with the uid of the Palette account that the secret belongs to.
pub(super) const UID_TAG: &str = "gangway:palette-uid";

/// State of a secret: the value of its tag `gangway:state`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SecretState {
    /// A run has written the secret, but the secret was never active.
    Staged,
    /// The secret is active for the account in the tag `gangway:palette-uid`.
    Registered,
    /// The secret was marked for deletion. Somebody may have restored it later.
    PendingDeletion,
    /// The content of this incoming secret is registered, so its deletion is scheduled.
    Promoted,
}

impl SecretState {
    /// Returns the value of the tag `gangway:state`.
    const fn tag_value(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Registered => "registered",
            Self::PendingDeletion => "retired",
            Self::Promoted => "promoted",
        }
    }
}

/// Versions and tags of a secret, as `DescribeSecret` returns them.
#[derive(Debug)]
pub(super) struct SecretMetadata {
    pub(super) arn: SecretArn,
    /// State in the tag `gangway:state`. `None` if Gangway has not written this tag.
    pub(super) state: Option<SecretState>,
    /// Uid of the Palette account that the secret belongs to.
    pub(super) uid: Option<Uid>,
    pub(super) scope: Option<String>,
    method: Option<String>,
    settings: Option<AccountSettings>,
    /// `true` if the secret is scheduled for deletion.
    pub(super) is_scheduled_for_deletion: bool,
    /// Id of the version with the label `AWSCURRENT`.
    current: Option<String>,
    /// Id of the version with the label `AWSPENDING`.
    pending: Option<String>,
    /// Ids of all versions that have a label.
    versions: Vec<String>,
    pub(super) old_key: Option<OldKey>,
}

impl SecretMetadata {
    /// Calls `DescribeSecret`. `id` is the name or ARN of the secret. Returns `None` if the secret
    /// does not exist.
    pub(super) async fn describe(
        store: &SecretsManagerStore,
        id: &str,
    ) -> Result<Option<Self>, UpstreamError> {
        let call = secrets_manager_call("secretsmanager:DescribeSecret");
        match store.client().describe_secret().secret_id(id).send().await {
            Ok(response) => {
                let arn = parse_secret_arn(call, response.arn())?;
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
        let state = find_tag_value(tags, STATE_TAG).and_then(|state| {
            let all = [
                SecretState::Staged,
                SecretState::Registered,
                SecretState::PendingDeletion,
                SecretState::Promoted,
            ];
            all.into_iter().find(|one| one.tag_value() == state)
        });
        let uid = find_tag_value(tags, UID_TAG).and_then(|uid| uid.parse().ok());
        let scope = find_tag_value(tags, SCOPE_TAG).map(str::to_owned);
        let method = find_tag_value(tags, METHOD_TAG).map(str::to_owned);
        let settings = parse_settings(tags);
        let is_scheduled_for_deletion = response.deleted_date().is_some();
        let old_key = OldKey::from_tags(tags);
        Self {
            arn,
            state,
            uid,
            scope,
            method,
            settings,
            is_scheduled_for_deletion,
            current,
            pending,
            versions,
            old_key,
        }
    }

    /// Returns the settings in the tags, or the default settings if an older version of Gangway
    /// wrote no such tags.
    pub(super) fn settings_or_default(&self) -> AccountSettings {
        let default = AccountSettings { profile: PermissionProfile::default(), region: None };
        self.settings.clone().unwrap_or(default)
    }

    pub(super) fn is_of_method(&self, method: AuthMethod) -> bool {
        self.method.as_deref() == Some(method.id())
    }

    /// Returns `true` if the secret has a version with this id and a label.
    pub(super) fn has_version(&self, version: &str) -> bool {
        self.versions.iter().any(|known| known == version)
    }

    /// Returns the id of the current version.
    pub(super) fn current_version(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// Returns the id of the pending version.
    pub(super) fn pending_version(&self) -> Option<&str> {
        self.pending.as_deref()
    }

    /// Returns `true` if the tags name this account, the state *registered*, and the method and
    /// settings of `staged`.
    pub(super) fn is_active_for(&self, uid: &Uid, staged: &StagedSecret) -> bool {
        self.registered_for() == Some(uid)
            && self.method.as_deref() == Some(staged.method.id())
            && self.has_settings(&staged.settings)
    }

    pub(super) fn has_settings(&self, settings: &AccountSettings) -> bool {
        self.settings.as_ref() == Some(settings)
    }

    /// Returns `true` if the secret belongs to this account: it is active for the account, or it is
    /// staged. A staged secret was written by an interrupted run. A run writes a secret only if no
    /// other account has the name.
    pub(super) fn belongs_to(&self, uid: &Uid) -> bool {
        let is_staged = self.state == Some(SecretState::Staged);
        !self.is_scheduled_for_deletion && (is_staged || self.registered_for() == Some(uid))
    }

    /// Returns the uid of the account that the secret is active for. `None` if the secret is not
    /// active.
    pub(super) fn registered_for(&self) -> Option<&Uid> {
        self.uid.as_ref().filter(|_| self.state == Some(SecretState::Registered))
    }
}

/// Returns the tags of a new secret, which is staged and belongs to no account yet.
pub(super) fn new_secret_tags(registration: &Registration) -> Vec<Tag> {
    let Registration { partition, account, scope, credential, .. } = registration;
    let method: AuthMethod = credential.method();
    let mut tags = vec![
        to_tag(PARTITION_TAG, partition.id()),
        to_tag(ACCOUNT_TAG, account.as_str()),
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
    [to_tag(PROFILE_TAG, settings.profile.id()), to_tag(REGION_TAG, region)]
}

/// Parses the settings in the tags. Returns `None` if a tag is missing or invalid.
pub(super) fn parse_settings(tags: &[Tag]) -> Option<AccountSettings> {
    let region = match find_tag_value(tags, REGION_TAG)? {
        "" => None,
        region => Some(region.parse().ok()?),
    };
    Some(AccountSettings { profile: find_tag_value(tags, PROFILE_TAG)?.parse().ok()?, region })
}

/// Returns `true` if the tags contain the state *registered*.
pub(super) fn is_registered(tags: &[Tag]) -> bool {
    find_tag_value(tags, STATE_TAG) == Some(SecretState::Registered.tag_value())
}

pub(super) fn scope_tag(scope: &Scope) -> Tag {
    to_tag(SCOPE_TAG, &scope.to_string())
}

pub(super) fn state_tag(state: SecretState) -> Tag {
    to_tag(STATE_TAG, state.tag_value())
}

/// Returns the tag that names the initiator of the current request.
pub(super) fn changed_by_tag() -> Tag {
    to_tag(CHANGED_BY_TAG, &origin::current().tag_value())
}

pub(super) fn method_tag(method: AuthMethod) -> Tag {
    to_tag(METHOD_TAG, method.id())
}

pub(super) fn owner_tag(uid: &Uid) -> Tag {
    to_tag(UID_TAG, uid.as_str())
}

/// Returns `true` if the tags contain this uid of a Palette account and this scope.
pub(super) fn has_owner(tags: &[Tag], uid: &Uid, scope: &Scope) -> bool {
    find_tag_value(tags, UID_TAG) == Some(uid.as_str())
        && find_tag_value(tags, SCOPE_TAG) == Some(&scope.to_string())
}

/// Parses the uid and scope of the Palette account in the tags. Returns `None` if a tag is missing
/// or invalid.
pub(super) fn parse_owner(tags: &[Tag]) -> Option<(Uid, Scope)> {
    find_tag_value(tags, UID_TAG)?.parse().ok().zip(find_tag_value(tags, SCOPE_TAG)?.parse().ok())
}

pub(super) fn to_tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

/// Returns the value of the tag with this key.
pub(super) fn find_tag_value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value)
}
