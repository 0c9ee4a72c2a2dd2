//! Types of request bodies. The fields have the names of Palette's published API.

mod exposed;
mod secret_spec;

use std::{borrow::Cow, collections::BTreeMap};

use gangway_http::{clock, origin};
use gangway_model::{
    CloudAccount, Credential, Description, Partition, PolicyArn, Registration, Scope,
    StoredCredential, Uid, time::to_rfc3339,
};
use serde::Serialize;

use self::{exposed::ExposedSecret, secret_spec::SecretSpec};

pub(crate) use self::secret_spec::PortalCredentialsRequest;

/// Names of the annotations that Gangway writes. Gangway does not change other annotations.
pub(crate) mod annotation {
    /// Annotation with the kind of the scope: `tenant` or `project`.
    pub(crate) const SCOPE: &str = "scope";
    /// Annotation with the uid of the private cloud gateway. The value is empty if the account uses
    /// none.
    pub(crate) const GATEWAY: &str = "overlordUid";
    pub(crate) const DESCRIPTION: &str = "description";
    /// Annotation with the AWS account ID. Palette has no other member for this ID.
    pub(crate) const ACCOUNT: &str = "gangwayAwsAccountId";
    pub(crate) const PROFILE: &str = "gangwayPermissionProfile";
    /// Annotation with the region in which clusters will run.
    pub(crate) const REGION: &str = "gangwayClusterRegion";
    /// Annotation with the ids of the checks that the registration waived, separated by commas.
    pub(crate) const WAIVED_CHECKS: &str = "gangwayWaivedChecks";
    /// Annotation with the caller or the event that last changed the account.
    pub(crate) const CHANGED_BY: &str = "gangwayChangedBy";
    pub(crate) const CHANGED_AT: &str = "gangwayChangedAt";
    /// Annotation with the ARN of the EKS cluster that Palette runs on. Only accounts of the method
    /// `pod-identity` have this annotation and the annotations of the roles.
    pub(crate) const EKS_CLUSTER: &str = "gangwayEksClusterArn";
    pub(crate) const HUBBLE_ROLE: &str = "gangwayHubbleRoleArn";
    pub(crate) const IDENTITY_ROLE: &str = "gangwayIdentityRoleArn";
    pub(crate) const HUBBLE_TARGET_ROLE: &str = "gangwayHubbleTargetRoleArn";
}

/// Cloud account in the request to create or update it.
#[derive(Serialize)]
pub(crate) struct Account<'a> {
    metadata: Metadata<'a>,
    spec: AwsAccount<'a>,
}

/// Member `metadata` of a cloud account.
#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<&'a str>,
    annotations: BTreeMap<&'a str, Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a BTreeMap<String, String>>,
}

/// Member `spec` of a cloud account: credential, partition and policies. It is also the body of a
/// request to validate a credential.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AwsAccount<'a> {
    credential_type: &'static str,
    partition: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_key: Option<ExposedSecret<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sts: Option<Sts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pod_identity: Option<PodIdentity<'a>>,
    // This field is always an array. Palette refuses null, and its documentation does not say what
    // a PUT without the field does.
    #[serde(rename = "policyARNs")]
    policy_arns: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_token: Option<ExposedSecret<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_spec: Option<SecretSpec<'a>>,
}

/// Role that Palette assumes, for the method `sts`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sts<'a> {
    arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
}

/// Role that Palette uses, for the method `pod-identity`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PodIdentity<'a> {
    role_arn: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_boundary_arn: Option<&'a str>,
}

/// Body of a request to validate IAM policies: the policies, and the credential with which Palette
/// reads them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicyValidationRequest<'a> {
    account: AwsAccount<'a>,
    policy_arns: Vec<&'a str>,
}

impl<'a> AwsAccount<'a> {
    pub(crate) fn new(
        partition: Partition,
        credential: &'a Credential,
        policies: &'a [PolicyArn],
    ) -> Self {
        let info = partition.info();
        let base = Self {
            credential_type: "secret",
            partition: info.id,
            access_key: None,
            secret_key: None,
            secret_token: None,
            sts: None,
            pod_identity: None,
            policy_arns: policies.iter().map(PolicyArn::as_str).collect(),
            secret_spec: None,
        };
        match credential {
            Credential::AccessKey(access_key) => Self {
                access_key: Some(access_key.id.as_str()),
                secret_key: Some(ExposedSecret(access_key.secret.secret())),
                // If the partition has an access portal, Palette must know that the access key is
                // not from the access portal.
                secret_spec: info.portal.as_ref().map(|_portal| {
                    SecretSpec::without_portal(access_key.certificate_authority.as_ref())
                }),
                ..base
            },
            Credential::AccessPortal(portal) => {
                let session = portal.session.as_ref();
                Self {
                    access_key: session.map(|session| session.id.as_str()),
                    secret_key: session.map(|session| ExposedSecret(&session.secret)),
                    secret_token: session
                        .and_then(|session| session.token.as_ref())
                        .map(ExposedSecret),
                    secret_spec: Some(SecretSpec::from_portal(partition, portal)),
                    ..base
                }
            }
            Credential::StsRole(assumed) => Self {
                credential_type: "sts",
                sts: Some(Sts {
                    arn: assumed.role.as_str(),
                    external_id: Some(&assumed.external_id),
                }),
                ..base
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
                ..base
            },
        }
    }

    /// Returns the partition, the type of the credential and the ARN of the role of a registered
    /// account. The other members are empty, because Palette has stored them.
    pub(crate) fn from_stored(account: &'a CloudAccount) -> Self {
        let (credential_type, sts, pod_identity) = match &account.access {
            StoredCredential::StsRole { role_arn } => {
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

impl<'a> PolicyValidationRequest<'a> {
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
    /// Returns the account to create, or with `known` the account that replaces `known`. Palette's
    /// PUT replaces all members, so the labels, annotations and policy that other tools have set
    /// are copied from `known`.
    pub(crate) fn new(registration: &'a Registration, known: Option<&'a CloudAccount>) -> Self {
        let Registration { name, partition, credential, policies, .. } = registration;
        let metadata = Metadata {
            name: name.as_str(),
            uid: known.map(|known| known.uid.as_str()),
            annotations: to_annotations(registration, known),
            labels: known.map(|known| &known.labels).filter(|labels| !labels.is_empty()),
        };
        let mut spec = AwsAccount::new(*partition, credential, policies);
        if let (Credential::AccessPortal(_), Some(secret)) = (credential, &mut spec.secret_spec) {
            secret.policy = known.and_then(|known| known.portal_policy.as_deref());
        }
        Self { metadata, spec }
    }
}

/// Returns the annotations of `known`, with the annotations of Gangway added or replaced.
fn to_annotations<'a>(
    registration: &'a Registration,
    known: Option<&'a CloudAccount>,
) -> BTreeMap<&'a str, Cow<'a, str>> {
    let Registration { description, account, scope, gateway, profile, credential, .. } =
        registration;
    let mut annotations: BTreeMap<&str, Cow<'_, str>> = known
        .iter()
        .flat_map(|known| &known.annotations)
        .map(|(name, note)| (name.as_str(), Cow::from(note)))
        .collect();
    let scope = match scope {
        Scope::Tenant => "tenant",
        Scope::Project(_) => "project",
    };
    annotations.insert(annotation::SCOPE, scope.into());
    annotations.insert(annotation::GATEWAY, gateway.as_ref().map_or("", Uid::as_str).into());
    annotations.insert(annotation::ACCOUNT, account.as_str().into());
    annotations.insert(annotation::PROFILE, profile.id().into());
    match &registration.region {
        Some(region) => annotations.insert(annotation::REGION, region.as_str().into()),
        None => annotations.remove(annotation::REGION),
    };
    let waived: Vec<_> = registration.waived_checks.iter().map(|check| check.id).collect();
    if waived.is_empty() {
        annotations.remove(annotation::WAIVED_CHECKS);
    } else {
        annotations.insert(annotation::WAIVED_CHECKS, waived.join(",").into());
    }
    // These annotations are written with every change. A difference in them alone is no reason for
    // a change.
    annotations.insert(annotation::CHANGED_BY, origin::current().initiator.to_string().into());
    annotations.insert(annotation::CHANGED_AT, to_rfc3339(clock::now()).into());
    match description {
        Some(text) => annotations.insert(annotation::DESCRIPTION, Description::as_str(text).into()),
        None => annotations.remove(annotation::DESCRIPTION),
    };
    // If the method of the account changes, the annotations of the method `pod-identity` must be
    // removed.
    for name in [
        annotation::EKS_CLUSTER,
        annotation::HUBBLE_ROLE,
        annotation::IDENTITY_ROLE,
        annotation::HUBBLE_TARGET_ROLE,
    ] {
        annotations.remove(name);
    }
    if let Some(palette_cluster) = credential.palette_cluster() {
        annotations.insert(annotation::EKS_CLUSTER, palette_cluster.cluster.arn().into());
        annotations.insert(annotation::HUBBLE_ROLE, palette_cluster.hubble_role.as_str().into());
        annotations
            .insert(annotation::IDENTITY_ROLE, palette_cluster.identity_role.as_str().into());
        if let Some(role) = &palette_cluster.hubble_target_role {
            annotations.insert(annotation::HUBBLE_TARGET_ROLE, role.as_str().into());
        }
    }
    annotations
}
