//! What is known of a secret without opening it: its versions and its tags.

use aws_sdk_secretsmanager::{operation::describe_secret::DescribeSecretOutput, types::Tag};
use gangway_model::{AuthMethod, Registration, Scope, SecretArn, Uid, UpstreamError};

use super::{CURRENT, PENDING, SecretsManagerStore, call, secret_arn};
use crate::error::AwsErrorKind;

const PARTITION: &str = "gangway:partition";
const ACCOUNT: &str = "gangway:aws-account";
const METHOD: &str = "gangway:method";
const SCOPE: &str = "gangway:scope";
const STATE: &str = "gangway:state";
/// The account that a secret is kept for; [`retire`](super::retire) looks for it.
pub(super) const UID: &str = "gangway:palette-uid";

/// How far a secret has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SecretState {
    /// Kept, and never in use.
    Staged,
    /// In use for the account of the uid's tag.
    Registered,
    /// On its way into the recovery window, or brought back out of it.
    PendingDeletion,
}

impl SecretState {
    const fn tag(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Registered => "registered",
            Self::PendingDeletion => "retired",
        }
    }
}

/// A secret, not opened.
pub(super) struct SecretMetadata {
    pub(super) arn: SecretArn,
    /// `None` on secrets that Gangway did not make.
    pub(super) state: Option<SecretState>,
    pub(super) uid: Option<Uid>,
    pub(super) scope: Option<String>,
    method: Option<String>,
    /// In its recovery window.
    pub(super) scheduled: bool,
    current: Option<String>,
    pending: Option<String>,
    versions: Vec<String>,
}

impl SecretMetadata {
    /// Looks at a secret, by name or ARN. `None` where there is none.
    pub(super) async fn describe(
        vault: &SecretsManagerStore,
        id: &str,
    ) -> Result<Option<Self>, UpstreamError> {
        let call = call("secretsmanager:DescribeSecret");
        match vault.client().describe_secret().secret_id(id).send().await {
            Ok(answer) => {
                let arn = secret_arn(call, answer.arn())?;
                Ok(Some(Self::read(arn, &answer)))
            }
            Err(error) => match AwsErrorKind::from_sdk(&error) {
                Some(AwsErrorKind::NotFound) => Ok(None),
                Some(_) | None => Err(call.to_upstream_error(&error)),
            },
        }
    }

    fn read(arn: SecretArn, answer: &DescribeSecretOutput) -> Self {
        let stages = answer.version_ids_to_stages().into_iter().flatten();
        let labelled = |label: &str| {
            let mut stages = stages.clone();
            stages
                .find(|(_, labels)| labels.iter().any(|other| other == label))
                .map(|(id, _)| id.clone())
        };
        let (current, pending) = (labelled(CURRENT), labelled(PENDING));
        let versions = stages.map(|(id, _)| id.clone()).collect();
        let tags = answer.tags();
        let state = value(tags, STATE).and_then(|state| {
            let all = [SecretState::Staged, SecretState::Registered, SecretState::PendingDeletion];
            all.into_iter().find(|one| one.tag() == state)
        });
        let uid = value(tags, UID).and_then(|uid| uid.parse().ok());
        let scope = value(tags, SCOPE).map(str::to_owned);
        let method = value(tags, METHOD).map(str::to_owned);
        let scheduled = answer.deleted_date().is_some();
        Self { arn, state, uid, scope, method, scheduled, current, pending, versions }
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

    /// Whether its tags say that it is in use for this account, by this method.
    pub(super) fn is_active_for(&self, uid: &Uid, method: AuthMethod) -> bool {
        self.registered_for() == Some(uid) && self.method.as_deref() == Some(method.id())
    }

    /// The account that the secret is in use for.
    pub(super) fn registered_for(&self) -> Option<&Uid> {
        self.uid.as_ref().filter(|_| self.state == Some(SecretState::Registered))
    }
}

/// The tags of a new secret.
pub(super) fn tags(registration: &Registration) -> Vec<Tag> {
    let Registration { partition, account, scope, credential, .. } = registration;
    let method: AuthMethod = credential.method();
    vec![
        tag(PARTITION, partition.id()),
        tag(ACCOUNT, account.as_str()),
        of_method(method),
        scope_tag(scope),
        state_tag(SecretState::Staged),
    ]
}

/// The tag that says whose an account is.
pub(super) fn scope_tag(scope: &Scope) -> Tag {
    tag(SCOPE, &scope_value(scope))
}

/// How tags write a scope.
pub(super) fn scope_value(scope: &Scope) -> String {
    match scope {
        Scope::Tenant => "tenant".to_owned(),
        Scope::Project(uid) => format!("project/{uid}"),
    }
}

/// The tag that says how far a secret has come.
pub(super) fn state_tag(state: SecretState) -> Tag {
    tag(STATE, state.tag())
}

/// The tag that says by which method it lets Palette in.
pub(super) fn of_method(method: AuthMethod) -> Tag {
    tag(METHOD, method.id())
}

/// The tag that says what account a secret is for.
pub(super) fn owner_tag(uid: &Uid) -> Tag {
    tag(UID, uid.as_str())
}

/// Whether tags say that a secret is kept for this account of this scope.
pub(super) fn has_owner(tags: &[Tag], uid: &Uid, scope: &Scope) -> bool {
    value(tags, UID) == Some(uid.as_str()) && value(tags, SCOPE) == Some(&scope_value(scope))
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key)).and_then(Tag::value)
}
