//! What Palette is told. Fields are named as its published contract names them.

mod exposed;
mod secret_spec;

use std::collections::BTreeMap;

use gangway_model::{
    CloudAccount, Credential, Description, Partition, PolicyArn, Registration, Scope,
    StoredCredential, Uid,
};
use serde::Serialize;

use self::{exposed::Exposed, secret_spec::SecretSpec};

/// Names of the annotations that Gangway writes; all others are kept as they are.
pub(crate) mod annotation {
    /// `tenant` or `project`.
    pub(crate) const SCOPE: &str = "scope";
    /// The uid of the private cloud gateway; empty for none.
    pub(crate) const GATEWAY: &str = "overlordUid";
    /// What people read.
    pub(crate) const DESCRIPTION: &str = "description";
    /// The AWS account, which Palette itself does not note.
    pub(crate) const ACCOUNT: &str = "gangwayAwsAccountId";
    /// The permission profile.
    pub(crate) const PROFILE: &str = "gangwayPermissionProfile";
}

/// A cloud account.
#[derive(Serialize)]
pub(crate) struct Account<'a> {
    metadata: Metadata<'a>,
    spec: AwsAccount<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    annotations: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a BTreeMap<String, String>>,
}

/// The way in. Palette validates it by itself, without the account around it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AwsAccount<'a> {
    credential_type: &'static str,
    partition: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<Exposed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<Sts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_identity: Option<PodIdentity<'a>>,
    // Always an array: the contract refuses null, and a PUT without it would leave in doubt what becomes of the old ones.
    #[serde(rename = "policyARNs")]
    policy_arns: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_token: Option<Exposed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_spec: Option<SecretSpec<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sts<'a> {
    arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PodIdentity<'a> {
    role_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_boundary_arn: Option<&'a str>,
}

pub(crate) use self::secret_spec::PortalQuestion;

/// A credential and the policies that are to go with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyArns<'a> {
    account: AwsAccount<'a>,
    policy_arns: Vec<&'a str>,
}

impl<'a> AwsAccount<'a> {
    pub(crate) fn new(
        partition: Partition,
        credential: &'a Credential,
        policies: &'a [PolicyArn],
    ) -> Self {
        let facts = partition.info();
        let bare = Self {
            credential_type: "secret",
            partition: facts.id,
            access_key: None,
            secret_key: None,
            secret_token: None,
            sts: None,
            pod_identity: None,
            policy_arns: policies.iter().map(PolicyArn::as_str).collect(),
            secret_spec: None,
        };
        match credential {
            Credential::AccessKey(keys) => Self {
                access_key: Some(keys.id.as_str()),
                secret_key: Some(Exposed(keys.secret.secret())),
                // S08: where there is an access portal, say that these keys do not come from it.
                secret_spec: facts
                    .portal
                    .as_ref()
                    .map(|_portal| SecretSpec::trusting(keys.certificate_authority.as_ref())),
                ..bare
            },
            Credential::AccessPortal(portal) => {
                let session = portal.session.as_ref();
                Self {
                    access_key: session.map(|session| session.id.as_str()),
                    secret_key: session.map(|session| Exposed(&session.secret)),
                    secret_token: session.and_then(|session| session.token.as_ref()).map(Exposed),
                    secret_spec: Some(SecretSpec::of(partition, portal)),
                    ..bare
                }
            }
            Credential::AssumedRole(assumed) => Self {
                credential_type: "sts",
                sts: Some(Sts {
                    arn: assumed.role.as_str(),
                    external_id: Some(&assumed.external_id),
                }),
                ..bare
            },
            Credential::PodIdentity(pod_identity) => Self {
                credential_type: "pod-identity",
                pod_identity: Some(PodIdentity {
                    role_arn: pod_identity.role.as_str(),
                    permission_boundary_arn: pod_identity
                        .permission_boundary
                        .as_ref()
                        .map(PolicyArn::as_str),
                }),
                ..bare
            },
        }
    }

    /// What is known of an account that Palette has: enough to name it, no secret.
    pub(crate) fn known(account: &'a CloudAccount) -> Self {
        let (credential_type, sts, pod_identity) = match &account.access {
            StoredCredential::AssumedRole { role_arn } => {
                ("sts", Some(Sts { arn: role_arn, external_id: None }), None)
            }
            StoredCredential::PodIdentity { role_arn, permission_boundary_arn: _ } => (
                "pod-identity",
                None,
                Some(PodIdentity { role_arn, permission_boundary_arn: None }),
            ),
            StoredCredential::AccessKey { .. }
            | StoredCredential::AccessPortal { .. }
            | StoredCredential::Unrecognized(_) => ("secret", None, None),
        };
        Self {
            credential_type,
            partition: &account.partition,
            access_key: None,
            secret_key: None,
            secret_token: None,
            sts,
            pod_identity,
            policy_arns: Vec::new(),
            secret_spec: None,
        }
    }
}

impl<'a> PolicyArns<'a> {
    pub(crate) fn new(
        partition: Partition,
        credential: &'a Credential,
        policies: &'a [PolicyArn],
    ) -> Self {
        let policy_arns = policies.iter().map(PolicyArn::as_str).collect();
        Self { account: AwsAccount::new(partition, credential, policies), policy_arns }
    }
}

impl<'a> Account<'a> {
    /// The account as it is to be; `known` is what it is now, if it is there. Palette's PUT overwrites everything, so
    /// what others noted on it goes with it.
    pub(crate) fn new(registration: &'a Registration, known: Option<&'a CloudAccount>) -> Self {
        let Registration { name, partition, credential, policies, .. } = registration;
        let metadata = Metadata {
            name: name.as_str(),
            uid: known.map(|known| known.uid.as_str()),
            annotations: annotations(registration, known),
            labels: known.map(|known| &known.labels).filter(|labels| !labels.is_empty()),
        };
        Self { metadata, spec: AwsAccount::new(*partition, credential, policies) }
    }
}

fn annotations<'a>(
    registration: &'a Registration,
    known: Option<&'a CloudAccount>,
) -> BTreeMap<&'a str, &'a str> {
    let Registration { description, account, scope, gateway, profile, .. } = registration;
    let mut notes: BTreeMap<&str, &str> = known
        .iter()
        .flat_map(|known| &known.annotations)
        .map(|(name, note)| (name.as_str(), note.as_str()))
        .collect();
    let scope = match scope {
        Scope::Tenant => "tenant",
        Scope::Project(_) => "project",
    };
    notes.insert(annotation::SCOPE, scope);
    notes.insert(annotation::GATEWAY, gateway.as_ref().map_or("", Uid::as_str));
    notes.insert(annotation::ACCOUNT, account.as_str());
    notes.insert(annotation::PROFILE, profile.id());
    match description {
        Some(text) => notes.insert(annotation::DESCRIPTION, Description::as_str(text)),
        None => notes.remove(annotation::DESCRIPTION),
    };
    notes
}
