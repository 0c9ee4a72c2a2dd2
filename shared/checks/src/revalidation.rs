//! Re-validates a registered account: runs the checks of its registration again.

mod stored_credential;

use gangway_model::{
    AccountId, AuthMethod, Check, CloudAccount, Credential, Finding, Outcome, PaletteCluster,
    PodIdentityRole, PolicyArn, Region, RegistrationError, Report, RoleArn, Severity,
    StoredCredential, UidOrName,
};
use tokio::join;

use crate::{
    Clients, InspectionAccess, MethodChecks, RequiredPermissions, ScopedClient,
    assumed_role::{self, ExternalIdTest},
    catalogue::iam::{
        ACTIONS_ALLOWED, BOUNDARY_ALLOWS, MFA_NOT_REQUIRED, ORGANIZATION_ALLOWS, POLICIES_ATTACHED,
        POLICY_QUOTA,
    },
    catalogue::palette::{METHOD_SUPPORTED, VALIDATION},
    classified, next_steps, own_account, palette_account,
    pod_identity::{self, AccountAccess, PodIdentitySetup, from_palette_cluster},
};

/// The clients and the settings for [`revalidate`].
#[derive(Clone, Copy)]
pub struct RevalidationContext<'a> {
    pub palette_accounts: &'a ScopedClient<'a>,
    pub clients: &'a Clients,
    /// The AWS account of this Lambda function.
    pub function_account: Option<AccountId>,
    pub external_id_test: ExternalIdTest,
}

/// The notice of a report in which Palette has not validated the credential.
const NOT_PROVEN_NOTICE: &str = "Nothing shows whether the credential works, because Palette could not be asked to validate it: PUT the account with its credential, so that Gangway stores it and can check it again.";

/// Checks a registered account. The settings come from the account in Palette, from the
/// annotations of the account, and from the secret of the account.
///
/// # Errors
///
/// Returns [`RegistrationError::Invalid`] if the account belongs to another partition or to an
/// unknown method, if its private cloud gateway is not a uid, or if its role is in Gangway's own
/// AWS account and the tag `gangway:scopes` of the role does not list the scope.
pub async fn revalidate(
    account: &CloudAccount,
    context: RevalidationContext<'_>,
) -> Result<Report, RegistrationError> {
    let partition = context.clients.partition;
    if account.partition != partition.id() {
        let reason = format!(
            "uid belongs to an account of partition {}; use the deployment there, this one serves {partition}",
            account.partition
        );
        return Err(RegistrationError::unprocessable("/uid", reason));
    }
    let method = account.access.method().ok_or_else(unknown_method_error)?;
    let gateway = parse_gateway(account)?;
    // The default profile needs the most permissions. An account without a recorded profile may
    // need fewer, so `mark_permissions_unverified` changes its failed findings.
    let profile = account.profile.unwrap_or_default();
    let policies = parse_policies(account);
    let region = account_region(account, context.clients);
    let require_scope_tag = context.clients.require_scope_tag;
    let required = RequiredPermissions {
        partition,
        profile,
        documents: gangway_policies::required_documents(profile, method),
        region,
        policies: &policies,
        require_scope_tag,
    };
    let (gateway, method_checks) = join!(
        crate::gateway::check(context.palette_accounts, gateway.as_ref()),
        check_method(account, context, required),
    );
    let (gateway, method_checks) = (gateway?, method_checks?);
    let mut findings = vec![palette_account::check_state(account, "Palette has it")];
    findings.extend(method_checks.findings);
    findings.extend(gateway.findings);
    let has_unverified_blocker =
        account.profile.is_none() && mark_permissions_unverified(&mut findings, required);
    let mut notices = notices(account, method, required);
    notices.extend(method_checks.notices);
    let is_proven = findings.iter().any(proves_credential);
    if !is_proven {
        notices.push(NOT_PROVEN_NOTICE.to_owned());
    }
    let is_proven = is_proven && !has_unverified_blocker;
    let aws_account = account.aws_account();
    let mut report =
        Report { partition, method, account: aws_account, findings, notices, is_proven };
    report.waive(&waived_checks(account, context.clients));
    Ok(report)
}

/// Returns the checks that the registration waived and that requests can still waive in this
/// deployment.
fn waived_checks(account: &CloudAccount, clients: &Clients) -> Vec<&'static Check> {
    let is_waived = |check: &&&'static Check| account.waived_checks.iter().any(|id| id == check.id);
    clients.waivable_checks.iter().filter(is_waived).copied().collect()
}

/// The checks whose result depends on the permission profile and on the region of the clusters.
static PROFILE_CHECKS: [&Check; 6] = [
    &ACTIONS_ALLOWED,
    &BOUNDARY_ALLOWS,
    &MFA_NOT_REQUIRED,
    &ORGANIZATION_ALLOWS,
    &POLICIES_ATTACHED,
    &POLICY_QUOTA,
];

const PROFILE_REMEDY: &str = "send the request that registered the account to POST …/accounts/{method}/validate: it names the profile and the region";

/// Changes failed findings about permissions to *unverified*, for an account without a recorded
/// profile. The account may need fewer permissions, or need the permissions in another Region.
/// Returns `true` if a changed finding is a blocker.
fn mark_permissions_unverified(
    findings: &mut [Finding],
    required: RequiredPermissions<'_>,
) -> bool {
    let mut has_unverified_blocker = false;
    for finding in findings {
        let is_failed = matches!(finding.outcome, Outcome::Failed { .. });
        if is_failed && PROFILE_CHECKS.iter().any(|check| check.id == finding.check.id) {
            let observed = format!(
                "the profile of this account is not recorded; for {} in {}: {}",
                required.profile, required.region, finding.observed
            );
            *finding = finding.check.unverified(observed, PROFILE_REMEDY);
            has_unverified_blocker |= finding.check.severity == Severity::Blocker;
        }
    }
    has_unverified_blocker
}

/// Returns `true` if the finding is that Palette's validation of the credential passed.
fn proves_credential(finding: &Finding) -> bool {
    finding.check == &VALIDATION && finding.outcome == Outcome::Passed
}

/// Returns the AWS Region in which clusters will run: the Region of the registration. If none is
/// recorded, returns the Region of Palette's cluster (method `pod-identity`), or the default Region
/// of the deployment.
fn account_region<'a>(account: &'a CloudAccount, clients: &'a Clients) -> &'a str {
    let cluster = account.palette_cluster.as_ref().map(|palette| &palette.cluster.region);
    let region = account.region.as_ref().or(cluster);
    region.map_or(clients.cluster_region.as_str(), Region::as_str)
}

fn unknown_method_error() -> RegistrationError {
    let reason = "uid belongs to an account of a method that Gangway does not know";
    RegistrationError::unprocessable("/uid", reason)
}

/// Runs the checks of the account's method.
async fn check_method(
    account: &CloudAccount,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    match &account.access {
        StoredCredential::AccessKey { access_key_id } => {
            stored_credential::check_access_key(account, access_key_id, context, required).await
        }
        StoredCredential::AccessPortal { .. } => {
            stored_credential::check_client_certificate(account, context, required).await
        }
        StoredCredential::StsRole { role_arn } => {
            check_assumed_role(role_arn, context, required).await
        }
        StoredCredential::PodIdentity { role_arn, permission_boundary_arn } => {
            let boundary = Some(permission_boundary_arn.as_str()).filter(|arn| !arn.is_empty());
            match (role_arn.parse(), boundary.map(str::parse).transpose()) {
                (Ok(role), Ok(permission_boundary)) => {
                    let palette_cluster = account.palette_cluster.clone();
                    let role = PodIdentityRole { role, permission_boundary, palette_cluster };
                    check_pod_identity(role, context, required).await
                }
                (Err(_), _) | (_, Err(_)) => {
                    let reason = "the role ARN or the boundary ARN that Palette returns is invalid";
                    let remedy = "PUT the account with its roles";
                    Ok(vec![METHOD_SUPPORTED.failed(reason, remedy)].into())
                }
            }
        }
        StoredCredential::Unrecognized(_) => Err(unknown_method_error()),
    }
}

async fn check_assumed_role(
    role_arn: &str,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    let RevalidationContext { palette_accounts, clients, function_account, external_id_test } =
        context;
    let Ok(role) = role_arn.parse::<RoleArn>() else {
        let reason = "the role ARN that Palette returns is invalid";
        let remedy = "PUT the account with the role's ARN";
        return Ok(vec![METHOD_SUPPORTED.failed(reason, remedy)].into());
    };
    let named = [("/uid", &role)];
    own_account::ensure_roles_allowed(named, function_account, clients, palette_accounts).await?;
    let (source_account, access) = join!(
        palette_accounts.sts_source_account(required.partition),
        InspectionAccess::connect(role.account(), function_account, clients)
    );
    Ok(assumed_role::run_checks(
        &role,
        source_account,
        &access?,
        palette_accounts,
        required,
        external_id_test,
    )
    .await?)
}

async fn check_pod_identity(
    pod_identity: PodIdentityRole,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    let RevalidationContext { palette_accounts, clients, function_account, .. } = context;
    let palette_cluster = pod_identity.palette_cluster.clone();
    if let Some(palette_cluster) = palette_cluster
        .filter(|palette_cluster| palette_cluster.cluster.region.partition() == required.partition)
    {
        check_pod_identity_setup(pod_identity, &palette_cluster, context, required).await
    } else {
        let (role, account) = (&pod_identity.role, pod_identity.role.account());
        let named = [("/uid", role)];
        own_account::ensure_roles_allowed(named, function_account, clients, palette_accounts)
            .await?;
        let access = InspectionAccess::connect(account, function_account, clients).await?;
        let mut findings = vec![METHOD_SUPPORTED.unverified(
            "Palette does not show the cluster that it runs on, so neither the cluster nor its associations were checked",
            "send the request that registered the account to POST …/accounts/pod-identity/validate; or PUT it, which records the cluster and the roles if this Palette keeps annotations",
        )];
        findings.extend(
            pod_identity::run_role_checks(pod_identity, &access, palette_accounts, required)
                .await?,
        );
        Ok(findings.into())
    }
}

/// Checks the whole Pod Identity setup. The cluster and the roles come from the annotations of the
/// account in Palette.
async fn check_pod_identity_setup(
    pod_identity: PodIdentityRole,
    palette_cluster: &PaletteCluster,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    let RevalidationContext { palette_accounts, clients, function_account, .. } = context;
    let PodIdentityRole { role, permission_boundary, .. } = &pod_identity;
    let roles = from_palette_cluster(role, palette_cluster);
    let setup = PodIdentitySetup {
        cluster: &palette_cluster.cluster,
        roles: &roles,
        boundary: permission_boundary.as_ref(),
        required,
    };
    let named = roles.in_creation_order().into_iter().map(|(_, role)| ("/uid", role));
    own_account::ensure_roles_allowed(named, function_account, clients, palette_accounts).await?;
    let access =
        AccountAccess::connect(palette_cluster.cluster.account, role, function_account, clients)
            .await?;
    let credential = Credential::PodIdentity(pod_identity.clone());
    let (_, checks) =
        pod_identity::run_checks(&setup, credential, &access, palette_accounts).await?;
    Ok(checks)
}

fn parse_gateway(account: &CloudAccount) -> Result<Option<UidOrName>, RegistrationError> {
    let gateway = account.gateway.as_deref().filter(|gateway| !gateway.is_empty());
    gateway.map(|uid| uid.parse().map(UidOrName::Uid)).transpose().map_err(|_invalid| {
        RegistrationError::unprocessable(
            "/uid",
            "uid belongs to an account whose gateway has an invalid uid; PUT it with a gateway that exists",
        )
    })
}

/// Returns the valid policy ARNs of the account. [`notices`] reports that there are invalid ARNs.
fn parse_policies(account: &CloudAccount) -> Vec<PolicyArn> {
    account.policies.iter().filter_map(|arn| arn.parse().ok()).collect()
}

fn notices(
    account: &CloudAccount,
    method: AuthMethod,
    required: RequiredPermissions<'_>,
) -> Vec<String> {
    let RequiredPermissions { partition, profile, policies, .. } = required;
    let mut notices = vec![next_steps::supported_clusters_notice(partition, method, profile)];
    notices.extend(classified::notices(partition));
    if account.profile.is_none() {
        notices.push(format!(
            "The permission profile of this account is not recorded; it was checked against {profile}, and what that lacks is unverified."
        ));
    }
    if policies.len() < account.policies.len() {
        notices
            .push("Palette has policies of this account that are not IAM policy ARNs.".to_owned());
    }
    notices
}
