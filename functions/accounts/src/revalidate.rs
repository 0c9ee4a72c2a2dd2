//! `POST /v1/accounts/{uid}/validate`: a registered account, looked at as it is now.

mod stored_credential;

use gangway_checks::ScopedAccounts;
use gangway_checks::catalogue::palette::{ACCOUNT_READABLE, METHOD_SUPPORTED};
use gangway_checks::{
    InspectionAccess, RequiredPermissions, assumed_role, classified, next_steps, pod_identity,
};
use gangway_lambda::{ApiError, Request, Response};
use gangway_model::{
    AccountId, AuthMethod, CloudAccount, Finding, PermissionProfile, PodIdentityRole, PolicyArn,
    RegistrationError, Report, RoleArn, StoredCredential, UidOrName,
};
use gangway_registration::AppContext;
use tokio::join;

use crate::{resolve_scope, view};

/// Asks again what was asked when it was registered, of what is registered.
pub(crate) async fn revalidate(
    uid: &str,
    request: &Request,
    deployment: &AppContext,
) -> Result<Response, ApiError> {
    let uid = Request::uid(uid)?;
    let registry = resolve_scope(request, deployment).await?;
    let account = view::load(&uid, &registry).await?;
    let partition = deployment.clients.partition;
    if account.partition != partition.id() {
        let elsewhere = format!(
            "uid is of an account of partition {}; ask the deployment there, this one serves {partition}",
            account.partition
        );
        return Err(RegistrationError::unprocessable("/uid", elsewhere).into());
    }
    let method = account.access.method().ok_or_else(unknown_method)?;
    let gateway = parse_gateway(&account)?;
    let profile = account.profile.unwrap_or_default();
    let policies = parse_policies(&account);
    let demand = RequiredPermissions { partition, profile, policies: &policies };
    let own = request.function_account_id();
    let (gateway, seen) = join!(
        gangway_checks::gateway::check(&registry, gateway.as_ref()),
        run_checks(&account, &registry, deployment, demand, own),
    );
    let state = account.state.as_deref().unwrap_or("not told");
    let mut findings = vec![ACCOUNT_READABLE.passed(format!("Palette has it, state: {state}"))];
    findings.extend(seen?);
    findings.extend(gateway?.findings);
    let notices = notices(&account, method, profile, demand);
    Ok(Response::Report(Report {
        partition,
        method,
        account: account.aws_account(),
        findings,
        notices,
    }))
}

fn unknown_method() -> RegistrationError {
    RegistrationError::unprocessable(
        "/uid",
        "uid is of an account of a method that Gangway does not know",
    )
}

/// The checks of its method.
async fn run_checks(
    account: &CloudAccount,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
    demand: RequiredPermissions<'_>,
    own: Option<AccountId>,
) -> Result<Vec<Finding>, RegistrationError> {
    match &account.access {
        StoredCredential::AccessKey { access_key_id } => {
            stored_credential::check_access_key(
                account,
                access_key_id,
                registry,
                deployment,
                demand,
            )
            .await
        }
        StoredCredential::AccessPortal { .. } => {
            stored_credential::check_client_certificate(account, registry, deployment, demand).await
        }
        StoredCredential::AssumedRole { role_arn } => {
            let Ok(role) = role_arn.parse::<RoleArn>() else {
                return Ok(vec![METHOD_SUPPORTED.failed(
                    "the role ARN that Palette has is not one",
                    "PUT the account with the role's ARN",
                )]);
            };
            let (facts, eyes) = join!(
                registry.sts_source_account(demand.partition),
                InspectionAccess::connect(role.account(), own, &deployment.clients)
            );
            Ok(assumed_role::run_checks(&role, facts, &eyes?, registry, demand).await?.findings)
        }
        StoredCredential::PodIdentity { role_arn, permission_boundary_arn } => {
            let boundary = Some(permission_boundary_arn.as_str()).filter(|arn| !arn.is_empty());
            let (Ok(role), Ok(permission_boundary)) =
                (role_arn.parse::<RoleArn>(), boundary.map(str::parse).transpose())
            else {
                return Ok(vec![METHOD_SUPPORTED.failed(
                    "the ARN of the role or of its boundary that Palette has is not one",
                    "PUT the account with its roles",
                )]);
            };
            let eyes = InspectionAccess::connect(role.account(), own, &deployment.clients).await?;
            let pod_identity = PodIdentityRole { role, permission_boundary };
            let cluster = METHOD_SUPPORTED.unverified(
                "Palette does not tell which cluster it runs on, so neither that nor its associations were looked at",
                "send the account's request to POST /v1/accounts/pod-identity/validate",
            );
            let mut findings = vec![cluster];
            findings.extend(pod_identity::run_checks(pod_identity, &eyes, registry, demand).await?);
            Ok(findings)
        }
        StoredCredential::Unrecognized(_) => Err(unknown_method()),
    }
}

fn parse_gateway(account: &CloudAccount) -> Result<Option<UidOrName>, RegistrationError> {
    let named = account.gateway.as_deref().filter(|gateway| !gateway.is_empty());
    named.map(|gateway| gateway.parse().map(UidOrName::Uid)).transpose().map_err(|_invalid| {
        RegistrationError::unprocessable(
            "/uid",
            "uid is of an account whose gateway has no proper uid; PUT it with a gateway that exists",
        )
    })
}

/// The policies that are well written; what is not is told in a notice.
fn parse_policies(account: &CloudAccount) -> Vec<PolicyArn> {
    account.policies.iter().filter_map(|arn| arn.parse().ok()).collect()
}

fn notices(
    account: &CloudAccount,
    method: AuthMethod,
    profile: PermissionProfile,
    demand: RequiredPermissions<'_>,
) -> Vec<String> {
    let mut notices =
        vec![next_steps::supported_clusters_notice(demand.partition, method, profile)];
    notices.extend(classified::notices(demand.partition));
    if account.profile.is_none() {
        notices.push(format!(
            "No permission profile is noted on the account; it was checked against {profile}."
        ));
    }
    if demand.policies.len() < account.policies.len() {
        notices
            .push("Palette has policies of this account that are not IAM policy ARNs.".to_owned());
    }
    notices
}
