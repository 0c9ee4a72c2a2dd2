//! Accounts whose credential Gangway keeps: looked at with that, since Palette does not show its own.

use gangway_aws::{Contents, Kept};
use gangway_checks::Accounts;
use gangway_checks::{Demand, enclave, portal, static_authority, user};
use gangway_http::budget;
use gangway_model::{
    Access, AccessPortal, Check, ClientIdentity, CloudAccount, Credential, Failure, Finding,
    Severity, StaticKeys,
};
use gangway_registration::Deployment;
use tokio::join;

static SECRET_IN_USE: Check = Check {
    id: "vault.secret-in-use",
    title: "The account's credential is kept, and is the one in use",
    severity: Severity::Blocker,
    covers: &["C18"],
};

static SAME_KEY: Check = Check {
    id: "vault.secret-matches-palette",
    title: "Palette uses the keys that are kept",
    severity: Severity::Warning,
    covers: &["C18"],
};

const REMEDY: &str = "PUT the account with its credential, so that Gangway keeps it";

/// The keys of an IAM user, by the public half that Palette shows.
pub(super) async fn keys(
    account: &CloudAccount,
    registered_id: &str,
    registry: &Accounts<'_>,
    deployment: &Deployment,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, Failure> {
    let (in_use, keys) = match kept::<StaticKeys>(account, deployment).await? {
        Ok(kept) => (in_use(account, &kept), kept.contents),
        Err(finding) => return Ok(vec![finding]),
    };
    let same = match registered_id {
        "" => SAME_KEY.unverified("Palette shows no access key id", REMEDY),
        id if id == keys.id.as_str() => SAME_KEY.passed(format!("key {id}")),
        _ => SAME_KEY.failed(format!("the kept key is {}; Palette shows another", keys.id), REMEDY),
    };
    let user = deployment.clients.aws.with_keys(&keys);
    let (caller, around, authority) = join!(
        user.caller(),
        enclave::examine(registry, &deployment.clients, demand.profile),
        static_authority::examine(&keys, &deployment.clients, budget::now()),
    );
    let credential = Credential::StaticKeys(keys);
    let examined = user::examine(caller, &user, &credential, registry, demand).await?;
    let mut findings = vec![in_use, same];
    findings.extend(around?);
    findings.extend(authority);
    findings.extend(examined.findings);
    Ok(findings)
}

/// The certificate that is shown to an access portal; what it is asked for is what Palette shows (X07, X11).
pub(super) async fn certificate(
    account: &CloudAccount,
    registry: &Accounts<'_>,
    deployment: &Deployment,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, Failure> {
    let (in_use, identity) = match kept::<ClientIdentity>(account, deployment).await? {
        Ok(kept) => (in_use(account, &kept), kept.contents),
        Err(finding) => return Ok(vec![finding]),
    };
    let Some(wanted) = wanted(&account.access, identity) else {
        let observed = "agency, account or role that Palette has are not ones";
        return Ok(vec![in_use, SECRET_IN_USE.failed(observed, REMEDY)]);
    };
    let (around, examined) = join!(
        enclave::examine(registry, &deployment.clients, demand.profile),
        portal::examine(wanted, account.aws_account(), registry, &deployment.clients, demand),
    );
    let mut findings = vec![in_use];
    findings.extend(around?);
    findings.extend(examined?.findings);
    Ok(findings)
}

/// What is kept for the account, or what to say where nothing is.
async fn kept<T: Contents>(
    account: &CloudAccount,
    deployment: &Deployment,
) -> Result<Result<Kept<T>, Finding>, Failure> {
    let (Some(aws_account), Ok(name)) = (account.aws_account(), account.name.parse()) else {
        let observed = "Gangway did not register this account, so it keeps nothing of it";
        return Ok(Err(SECRET_IN_USE.unverified(observed, REMEDY)));
    };
    let partition = deployment.clients.partition;
    let kept =
        deployment.clients.vault.kept_for::<T>(partition, aws_account, &name, &account.scope);
    let missing = || SECRET_IN_USE.failed("no secret is kept for this account", REMEDY);
    Ok(kept.await?.ok_or_else(missing))
}

fn in_use<T>(account: &CloudAccount, kept: &Kept<T>) -> Finding {
    if kept.in_use_for.as_ref() == Some(&account.uid) {
        return SECRET_IN_USE.passed(format!("{}", kept.secret));
    }
    SECRET_IN_USE.failed(format!("{} is not marked as this account's", kept.secret), REMEDY)
}

/// The portal's question, made of what Palette shows. `None` where that is not well written.
fn wanted(access: &Access, identity: ClientIdentity) -> Option<AccessPortal> {
    let Access::AccessPortal { agency, account, role, prefix, permission_boundary_arn } = access
    else {
        return None;
    };
    let permission_boundary = match permission_boundary_arn.as_str() {
        "" => None,
        arn => Some(arn.parse().ok()?),
    };
    Some(AccessPortal {
        agency: agency.parse().ok()?,
        account: account.parse().ok()?,
        role: role.parse().ok()?,
        prefix: prefix.parse().ok()?,
        permission_boundary,
        identity,
        session: None,
    })
}
