//! `POST /v1/accounts/{uid}/validate`: a registered account, looked at as it is now.

mod kept;

use gangway_checks::Accounts;
use gangway_checks::{Demand, Eyes, enclave, pod_identity, role};
use gangway_lambda::{Rejection, Reply, Request};
use gangway_model::{
    Access, AccountId, Check, CloudAccount, Failure, Finding, LISTED, Method, PermissionProfile,
    PodIdentity, PolicyArn, Report, RoleArn, Severity, UidOrName, next_steps,
};
use gangway_registration::Deployment;
use tokio::join;

use crate::{scoped, view};

static METHOD_KNOWN: Check = Check {
    id: "palette.method",
    title: "The account's method can be looked at from here",
    severity: Severity::Info,
    covers: &["C04"],
};

/// Asks again what was asked when it was registered, of what is registered.
pub(crate) async fn account(
    uid: &str,
    request: &Request,
    deployment: &Deployment,
) -> Result<Reply, Rejection> {
    let uid = Request::uid(uid)?;
    let registry = scoped(request, deployment).await?;
    let account = view::read(&uid, &registry).await?;
    let partition = deployment.clients.partition;
    if account.partition != partition.id() {
        let elsewhere = format!(
            "uid is of an account of partition {}; ask the deployment there, this one serves {partition}",
            account.partition
        );
        return Err(Failure::refused("/uid", elsewhere).into());
    }
    let method = account.access.method().ok_or_else(unknown)?;
    let gateway = gateway(&account)?;
    let profile = account.profile.unwrap_or_default();
    let policies = policies(&account);
    let demand = Demand { partition, profile, policies: &policies };
    let own = request.deployed_in();
    let (gateway, seen) = join!(
        registry.gateway(gateway.as_ref()),
        look(&account, &registry, deployment, demand, own),
    );
    let state = account.state.as_deref().unwrap_or("not told");
    let mut findings = vec![LISTED.passed(format!("Palette has it, state: {state}"))];
    findings.extend(seen?);
    findings.extend(gateway?.findings);
    let notices = notices(&account, method, profile, demand);
    Ok(Reply::Report(Report {
        partition,
        method,
        account: account.aws_account(),
        findings,
        notices,
    }))
}

fn unknown() -> Failure {
    Failure::refused("/uid", "uid is of an account of a method that Gangway does not know")
}

/// The checks of its method.
async fn look(
    account: &CloudAccount,
    registry: &Accounts<'_>,
    deployment: &Deployment,
    demand: Demand<'_>,
    own: Option<AccountId>,
) -> Result<Vec<Finding>, Failure> {
    match &account.access {
        Access::StaticKeys { access_key_id } => {
            kept::keys(account, access_key_id, registry, deployment, demand).await
        }
        Access::AccessPortal { .. } => {
            kept::certificate(account, registry, deployment, demand).await
        }
        Access::AssumedRole { role_arn } => {
            let Ok(role) = role_arn.parse::<RoleArn>() else {
                return Ok(vec![METHOD_KNOWN.failed(
                    "the role ARN that Palette has is not one",
                    "PUT the account with the role's ARN",
                )]);
            };
            let (facts, eyes) = join!(
                registry.sts_trust(demand.partition),
                Eyes::into(role.account(), own, &deployment.clients)
            );
            Ok(role::examine(&role, facts, &eyes?, registry, demand).await?.findings)
        }
        Access::PodIdentity { role_arn, permission_boundary_arn } => {
            let boundary = Some(permission_boundary_arn.as_str()).filter(|arn| !arn.is_empty());
            let (Ok(role), Ok(permission_boundary)) =
                (role_arn.parse::<RoleArn>(), boundary.map(str::parse).transpose())
            else {
                return Ok(vec![METHOD_KNOWN.failed(
                    "the ARN of the role or of its boundary that Palette has is not one",
                    "PUT the account with its roles",
                )]);
            };
            let eyes = Eyes::into(role.account(), own, &deployment.clients).await?;
            let pod_identity = PodIdentity { role, permission_boundary };
            let cluster = METHOD_KNOWN.unverified(
                "Palette does not tell which cluster it runs on, so neither that nor its associations were looked at",
                "send the account's request to POST /v1/accounts/pod-identity/validate",
            );
            let mut findings = vec![cluster];
            findings.extend(pod_identity::examine(pod_identity, &eyes, registry, demand).await?);
            Ok(findings)
        }
        Access::Unknown(_) => Err(unknown()),
    }
}

fn gateway(account: &CloudAccount) -> Result<Option<UidOrName>, Failure> {
    let named = account.gateway.as_deref().filter(|gateway| !gateway.is_empty());
    named.map(|gateway| gateway.parse().map(UidOrName::Uid)).transpose().map_err(|_invalid| {
        Failure::refused(
            "/uid",
            "uid is of an account whose gateway has no proper uid; PUT it with a gateway that exists",
        )
    })
}

/// The policies that are well written; what is not is told in a notice.
fn policies(account: &CloudAccount) -> Vec<PolicyArn> {
    account.policies.iter().filter_map(|arn| arn.parse().ok()).collect()
}

fn notices(
    account: &CloudAccount,
    method: Method,
    profile: PermissionProfile,
    demand: Demand<'_>,
) -> Vec<String> {
    let mut notices = vec![next_steps::notice(demand.partition, method, profile)];
    notices.extend(enclave::notices(demand.partition));
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
