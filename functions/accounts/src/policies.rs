//! Handles `POST /v1/policies` and `GET …/accounts/{uid}/policies`.

use gangway_aws::SecretsManagerStore;
use gangway_checks::{Clients, ScopedClient, access_portal};
use gangway_lambda::{ApiError, Fields, PortalAccess, Request, Response};
use gangway_model::{
    AccessKey, AccessPortalCredential, ClientTlsIdentity, Credential, Finding, Operation, Outcome,
    Partition, RegistrationError, RequestedScope, RoleArn, Scope, SecretSource, StsRole, Uid,
    UpstreamError,
};
use gangway_palette::IamPolicy;
use gangway_registration::{AppContext, load_account};
use serde_json::{Value, json};

/// Error for a role of Gangway's own AWS account. Callers of every scope may send `POST
/// /v1/policies`, so this request must not give access to roles of this AWS account.
const OWN_ACCOUNT_RULE: &str = "must be a role of another AWS account than Gangway's own: register that one, and ask for the policies of the registered account";

/// The credential with which Palette lists the policies. `K` is the type of an access key, and `C`
/// the type of a client certificate.
enum ListingCredential<K, C> {
    /// An access key of an IAM user.
    AccessKey(K),
    Role(RoleArn),
    /// An account of an access portal of a classified partition, and a client certificate.
    Portal(PortalAccess, C),
}

/// Lists the IAM policies that `policyArns` of a registered account can name, as Palette's console
/// does.
pub(crate) async fn list_account_policies(
    uid: &Uid,
    palette_accounts: &ScopedClient<'_>,
) -> Result<Response, ApiError> {
    let account = load_account(uid, palette_accounts).await?;
    to_response(palette_accounts.iam_policies_of(&account).await, "/uid")
}

/// Lists the IAM policies that `policyArns` can name, with a credential that is not registered yet.
pub(crate) async fn list_policies(
    request: &Request,
    context: &AppContext,
) -> Result<Response, ApiError> {
    let partition = context.clients.partition;
    let source = ListingCredential::parse(request.json()?, partition)?
        .resolve_secret(&context.clients.secrets)
        .await?;
    if let ListingCredential::Role(role) = &source
        && request.function_account_id() == Some(role.account())
    {
        return Err(RegistrationError::unprocessable("/roleArn", OWN_ACCOUNT_RULE).into());
    }
    let palette_accounts = context.clients.palette.in_scope(Scope::Tenant);
    let (policies, pointer) = match source {
        ListingCredential::AccessKey(key) => {
            let credential = Credential::AccessKey(key);
            (palette_accounts.iam_policies(partition, &credential).await, "/accessKeyId")
        }
        ListingCredential::Role(role) => {
            let role = add_external_id(role, &palette_accounts, partition).await?;
            let credential = Credential::StsRole(role);
            (palette_accounts.iam_policies(partition, &credential).await, "/roleArn")
        }
        ListingCredential::Portal(access, identity) => {
            let portal = access.into_credential(identity);
            let portal = issue_credentials(portal, &palette_accounts, &context.clients).await?;
            let credential = Credential::AccessPortal(Box::new(portal));
            (palette_accounts.iam_policies(partition, &credential).await, "/agency")
        }
    };
    to_response(policies, pointer)
}

/// Returns the response with the policies. `pointer` is the JSON pointer of the field of the
/// request that names the credential, for errors.
fn to_response(
    policies: Result<Vec<IamPolicy>, UpstreamError>,
    pointer: &str,
) -> Result<Response, ApiError> {
    let policies = policies.map_err(|error| to_listing_error(error, pointer))?;
    let policies: Vec<Value> =
        policies.iter().map(|policy| json!({ "arn": policy.arn, "name": policy.name })).collect();
    Ok(Response::Json(json!({ "policies": policies })))
}

/// Converts the error of listing the policies. If Palette refuses the credential, the error says
/// that the field at `pointer` is invalid.
fn to_listing_error(error: UpstreamError, pointer: &str) -> RegistrationError {
    let (UpstreamError::Rejected { service, reason }
    | UpstreamError::RejectedOrFailed { service, reason }) = error
    else {
        return error.into();
    };
    RegistrationError::unprocessable(
        pointer,
        format!(
            "must be an account or a credential that may list policies; {service} answered: {reason}"
        ),
    )
}

impl ListingCredential<SecretSource<AccessKey>, SecretSource<ClientTlsIdentity>> {
    /// Parses the credential in the request. Returns every error at once.
    fn parse(mut members: Fields, deployed: Partition) -> Result<Self, ApiError> {
        let alternatives = ["roleArn", "secretArn", "accessKeyId"];
        let names_portal = deployed.info().portal.is_some() && members.has("agency");
        let rule = if names_portal {
            "must be left out: agency names an access of the portal, which needs its certificates only"
        } else {
            "must be left out: name one of roleArn, secretArn, or accessKeyId with secretAccessKey"
        };
        let source = if members.has("roleArn") {
            members.role_arn("roleArn", deployed).map(Self::Role)
        } else if names_portal {
            let access = members.portal_access(deployed);
            let identity = members.client_tls_identity(deployed);
            access.zip(identity).map(|(access, identity)| Self::Portal(access, identity))
        } else {
            members.access_key(deployed).map(Self::AccessKey)
        };
        for other in alternatives {
            members.forbid(other, rule);
        }
        members.finish(source)
    }

    /// If the request names a secret of Secrets Manager, reads the access key or the client
    /// certificate from this secret.
    async fn resolve_secret(
        self,
        secrets: &SecretsManagerStore,
    ) -> Result<ListingCredential<AccessKey, ClientTlsIdentity>, RegistrationError> {
        let (requested, scope, operation) =
            (RequestedScope::Tenant, Scope::Tenant, Operation::Validate);
        Ok(match self {
            Self::AccessKey(source) => {
                let resolved =
                    secrets.resolve_source(source, &requested, &scope, &operation).await?;
                ListingCredential::AccessKey(resolved.credential)
            }
            Self::Role(role) => ListingCredential::Role(role),
            Self::Portal(access, source) => {
                let resolved =
                    secrets.resolve_source(source, &requested, &scope, &operation).await?;
                ListingCredential::Portal(access, resolved.credential)
            }
        })
    }
}

/// Gets temporary credentials from the access portal, as the checks of a registration do.
async fn issue_credentials(
    mut portal: AccessPortalCredential,
    palette_accounts: &ScopedClient<'_>,
    clients: &Clients,
) -> Result<AccessPortalCredential, RegistrationError> {
    let (findings, is_refused) =
        access_portal::issue_keys(&mut portal, palette_accounts, clients).await?;
    if !is_refused {
        return Ok(portal);
    }
    let errors: Vec<String> =
        findings.iter().filter(|finding| finding.is_blocking()).map(to_text).collect();
    Err(RegistrationError::unprocessable(
        "/agency",
        format!("must be an access for which the portal issues keys; {}", errors.join("; ")),
    ))
}

/// Returns the text of a finding: what was observed, and the remedy.
fn to_text(finding: &Finding) -> String {
    match &finding.outcome {
        Outcome::Failed { remedy } => {
            format!("{}: {}: {remedy}", finding.check.id, finding.observed)
        }
        Outcome::Passed
        | Outcome::Unverified { .. }
        | Outcome::NotApplicable
        | Outcome::Waived { .. } => finding.observed.clone(),
    }
}

/// Returns the role together with the external id that Palette sends when it assumes the role.
async fn add_external_id(
    role: RoleArn,
    palette_accounts: &ScopedClient<'_>,
    partition: Partition,
) -> Result<StsRole, RegistrationError> {
    let source_account = palette_accounts.sts_source_account(partition).await?;
    let external_id = source_account.external_id.ok_or_else(|| {
        RegistrationError::NotFound(format!("Palette has no external id for {partition}"))
    })?;
    Ok(StsRole { role, external_id })
}
