//! Accounts whose credential Gangway keeps: looked at with that, since Palette does not show its own.

use gangway_aws::{SecretPayloadType, StoredSecret};
use gangway_checks::ScopedAccounts;
use gangway_checks::catalogue::secret_store::{SECRET_ACTIVE, SECRET_MATCHES_PALETTE};
use gangway_checks::{RequiredPermissions, access_key, access_portal, ca_chain, classified};
use gangway_http::clock;
use gangway_model::{
    AccessKey, AccessPortalCredential, ClientTlsIdentity, CloudAccount, Credential, Finding,
    RegistrationError, StoredCredential,
};
use gangway_registration::AppContext;
use tokio::join;

const REMEDY: &str = "PUT the account with its credential, so that Gangway keeps it";

/// The keys of an IAM user, by the public half that Palette shows.
pub(super) async fn check_access_key(
    account: &CloudAccount,
    registered_id: &str,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, RegistrationError> {
    let (in_use, keys) = match load_stored::<AccessKey>(account, deployment).await? {
        Ok(kept) => (active_finding(account, &kept), kept.credential),
        Err(finding) => return Ok(vec![finding]),
    };
    let same = match registered_id {
        "" => SECRET_MATCHES_PALETTE.unverified("Palette shows no access key id", REMEDY),
        id if id == keys.id.as_str() => SECRET_MATCHES_PALETTE.passed(format!("key {id}")),
        _ => SECRET_MATCHES_PALETTE
            .failed(format!("the kept key is {}; Palette shows another", keys.id), REMEDY),
    };
    let user = deployment.clients.aws.with_static_credentials(&keys);
    let (caller, around, authority) = join!(
        user.caller(),
        classified::run_checks(registry, &deployment.clients, demand.profile),
        ca_chain::run_checks(&keys, &deployment.clients, clock::now()),
    );
    let credential = Credential::AccessKey(keys);
    let examined = access_key::run_checks(caller, &user, &credential, registry, demand).await?;
    let mut findings = vec![in_use, same];
    findings.extend(around?);
    findings.extend(authority);
    findings.extend(examined.findings);
    Ok(findings)
}

/// The certificate that is shown to an access portal; what it is asked for is what Palette shows (X07, X11).
pub(super) async fn check_client_certificate(
    account: &CloudAccount,
    registry: &ScopedAccounts<'_>,
    deployment: &AppContext,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, RegistrationError> {
    let (in_use, identity) = match load_stored::<ClientTlsIdentity>(account, deployment).await? {
        Ok(kept) => (active_finding(account, &kept), kept.credential),
        Err(finding) => return Ok(vec![finding]),
    };
    let Some(wanted) = portal_request(&account.access, identity) else {
        let observed = "agency, account or role that Palette has are not ones";
        return Ok(vec![in_use, SECRET_ACTIVE.failed(observed, REMEDY)]);
    };
    let (around, examined) = join!(
        classified::run_checks(registry, &deployment.clients, demand.profile),
        access_portal::run_checks(
            wanted,
            account.aws_account(),
            registry,
            &deployment.clients,
            demand
        ),
    );
    let mut findings = vec![in_use];
    findings.extend(around?);
    findings.extend(examined?.findings);
    Ok(findings)
}

/// What is kept for the account, or what to say where nothing is.
async fn load_stored<T: SecretPayloadType>(
    account: &CloudAccount,
    deployment: &AppContext,
) -> Result<Result<StoredSecret<T>, Finding>, RegistrationError> {
    let (Some(aws_account), Ok(name)) = (account.aws_account(), account.name.parse()) else {
        let observed = "Gangway did not register this account, so it keeps nothing of it";
        return Ok(Err(SECRET_ACTIVE.unverified(observed, REMEDY)));
    };
    let partition = deployment.clients.partition;
    let kept = deployment.clients.secrets.load_for_account::<T>(
        partition,
        aws_account,
        &name,
        &account.scope,
    );
    let missing = || SECRET_ACTIVE.failed("no secret is kept for this account", REMEDY);
    Ok(kept.await?.ok_or_else(missing))
}

fn active_finding<T>(account: &CloudAccount, kept: &StoredSecret<T>) -> Finding {
    if kept.active_for.as_ref() == Some(&account.uid) {
        return SECRET_ACTIVE.passed(format!("{}", kept.secret));
    }
    SECRET_ACTIVE.failed(format!("{} is not marked as this account's", kept.secret), REMEDY)
}

/// The portal's question, made of what Palette shows. `None` where that is not well written.
fn portal_request(
    access: &StoredCredential,
    identity: ClientTlsIdentity,
) -> Option<AccessPortalCredential> {
    let StoredCredential::AccessPortal { agency, account, role, prefix, permission_boundary_arn } =
        access
    else {
        return None;
    };
    let permission_boundary = match permission_boundary_arn.as_str() {
        "" => None,
        arn => Some(arn.parse().ok()?),
    };
    Some(AccessPortalCredential {
        agency: agency.parse().ok()?,
        account: account.parse().ok()?,
        role: role.parse().ok()?,
        prefix: prefix.parse().ok()?,
        permission_boundary,
        identity,
        session: None,
    })
}
