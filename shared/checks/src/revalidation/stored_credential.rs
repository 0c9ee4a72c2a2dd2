//! Checks registered accounts whose credential is secret. Palette does not return a secret
//! credential, so the checks use the copy in Secrets Manager.

use gangway_aws::{SecretPayloadType, StoredSecret};
use gangway_model::{
    AccessKey, AccessPortalCredential, ClientTlsIdentity, CloudAccount, Finding, RegistrationError,
    StoredCredential,
};

use super::RevalidationContext;
use crate::catalogue::secret_store::{SECRET_ACTIVE, SECRET_MATCHES_PALETTE};
use crate::{
    Clients, MethodChecks, RequiredPermissions,
    access_key::{self, KeyRotation},
    access_portal,
};

const STORE_CREDENTIAL_REMEDY: &str =
    "PUT the account with its credential, so that Gangway stores it";

/// Checks the access key in Secrets Manager. `registered_id` is the access key id that Palette
/// returns.
pub(super) async fn check_access_key(
    account: &CloudAccount,
    registered_id: &str,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    let RevalidationContext { palette_accounts, clients, .. } = context;
    let (active_finding, key, old_key) = match load_stored::<AccessKey>(account, clients).await? {
        Ok(stored) => (active_finding(account, &stored), stored.credential, stored.old_key),
        Err(finding) => return Ok(vec![finding].into()),
    };
    let matches_palette = match registered_id {
        "" => SECRET_MATCHES_PALETTE
            .unverified("Palette shows no access key id", STORE_CREDENTIAL_REMEDY),
        id if id == key.id.as_str() => SECRET_MATCHES_PALETTE.passed(format!("key {id}")),
        _ => SECRET_MATCHES_PALETTE.failed(
            format!("the stored key is {}; Palette shows another", key.id),
            STORE_CREDENTIAL_REMEDY,
        ),
    };
    let old_key = old_key.as_ref().map(|old| &old.id);
    let rotation = clients.rotation.as_ref().map(|_schedule| KeyRotation { old_key });
    let checks = access_key::run_checks(key, palette_accounts, clients, required, rotation).await?;
    Ok(with_leading_findings(vec![active_finding, matches_palette], checks))
}

/// Inserts `findings` before the findings of `checks`.
fn with_leading_findings(mut findings: Vec<Finding>, mut checks: MethodChecks) -> MethodChecks {
    findings.append(&mut checks.findings);
    MethodChecks { findings, ..checks }
}

/// Checks the client certificate in Secrets Manager. The agency, the account and the role come from
/// the account in Palette.
pub(super) async fn check_client_certificate(
    account: &CloudAccount,
    context: RevalidationContext<'_>,
    required: RequiredPermissions<'_>,
) -> Result<MethodChecks, RegistrationError> {
    let RevalidationContext { palette_accounts, clients, .. } = context;
    let stored = load_stored::<ClientTlsIdentity>(account, clients).await?;
    let (active_finding, identity) = match stored {
        Ok(stored) => (active_finding(account, &stored), stored.credential),
        Err(finding) => return Ok(vec![finding].into()),
    };
    let Some(credential) = portal_credential(&account.access, identity) else {
        let observed = "agency, account or role that Palette has is invalid";
        return Ok(
            vec![active_finding, SECRET_ACTIVE.failed(observed, STORE_CREDENTIAL_REMEDY)].into()
        );
    };
    let registered = account.aws_account();
    let checks =
        access_portal::run_checks(credential, registered, palette_accounts, clients, required)
            .await?;
    Ok(with_leading_findings(vec![active_finding], checks))
}

/// Loads the credential of the account from Secrets Manager. The inner error is the finding that
/// there is no secret.
async fn load_stored<T: SecretPayloadType>(
    account: &CloudAccount,
    clients: &Clients,
) -> Result<Result<StoredSecret<T>, Finding>, RegistrationError> {
    let (Some(aws_account), Ok(name)) = (account.aws_account(), account.name.parse()) else {
        let observed = "neither Palette nor a secret of Gangway shows the AWS account, so there is no credential to check";
        return Ok(Err(SECRET_ACTIVE.unverified(observed, STORE_CREDENTIAL_REMEDY)));
    };
    let stored = clients.secrets.load_for_account::<T>(
        clients.partition,
        aws_account,
        &name,
        &account.scope,
    );
    let missing_secret_finding =
        || SECRET_ACTIVE.failed("there is no secret for this account", STORE_CREDENTIAL_REMEDY);
    Ok(stored.await?.ok_or_else(missing_secret_finding))
}

/// Checks that the secret is marked as the secret of this account.
fn active_finding<T>(account: &CloudAccount, stored: &StoredSecret<T>) -> Finding {
    if stored.active_for.as_ref() == Some(&account.uid) {
        return SECRET_ACTIVE.passed(format!("{}", stored.secret));
    }
    SECRET_ACTIVE.failed(
        format!("{} is not marked as this account's", stored.secret),
        STORE_CREDENTIAL_REMEDY,
    )
}

/// Combines the settings that Palette shows with the stored certificate and key. Returns `None` if
/// a setting is invalid.
fn portal_credential(
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
