//! Authenticates the caller by API key, and checks its role and project.

use http::{HeaderMap, StatusCode};

use super::{
    behaviour::{InvalidKeyResponse, UnknownProjectResponse},
    records::{Account, Records, SYSTEM_TOKEN, User},
    response::PaletteError,
    routes::Operation,
};

/// The authenticated caller of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// Uid of the user; empty for the system console.
    pub(super) user: String,
    /// Uid of the tenant; empty for the system console.
    pub(super) tenant: String,
    /// Uid of the project in the request; `None` for tenant scope.
    pub(super) project: Option<String>,
}

/// Returns the permission that an operation needs; `None` if every user may call it.
const fn required_permission(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::GetUserInfo | Operation::ListProjects | Operation::ListFeatures => None,
        Operation::GetResourceLimits => Some("tenant.get"),
        Operation::ListGateways | Operation::GetGateway => Some("privateGateway.get"),
        Operation::ListAccounts | Operation::SummarizeAccounts => Some("cloudaccount.list"),
        Operation::CreateAccount
        | Operation::ValidateAccount
        | Operation::ValidatePolicyArns
        | Operation::GetPortalCredentials => Some("cloudaccount.create"),
        Operation::GetAccount
        | Operation::GetStsTrust
        | Operation::ListPolicies
        | Operation::GetEndpoints => Some("cloudaccount.get"),
        Operation::PutAccount => Some("cloudaccount.update"),
        Operation::DeleteAccount => Some("cloudaccount.delete"),
        Operation::GetStsSource
        | Operation::PutStsSource
        | Operation::GetSystemEndpoints
        | Operation::PutEndpoints => Some("system.config"),
    }
}

impl Caller {
    /// Describes the owner of the API key for the call log, such as `harbour/admin`.
    pub(super) fn describe(records: &Records, headers: &HeaderMap) -> Option<String> {
        let key = headers.get("apikey")?.to_str().ok()?;
        let User { tenant, admin, .. } = records.users.get(key)?;
        let organisation = records.tenant(tenant).map(|tenant| tenant.organisation.as_str())?;
        Some(format!("{organisation}/{}", if *admin { "admin" } else { "member" }))
    }

    /// Authenticates the caller of a request, and checks that it has the operation's permission.
    pub(super) fn from_request(
        records: &Records,
        operation: Operation,
        headers: &HeaderMap,
    ) -> Result<Self, PaletteError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if required_permission(operation) == Some("system.config") {
            return match header("authorization") {
                Some(SYSTEM_TOKEN) => Ok(Self::default()),
                Some(_) | None => Err(unauthorized_error()),
            };
        }
        let key = header("apikey").ok_or_else(unauthorized_error)?;
        let Some(user) = records.users.get(key) else {
            return Err(match records.behaviour.invalid_key {
                InvalidKeyResponse::Unauthorized => unauthorized_error(),
                InvalidKeyResponse::NotFoundWithKey => PaletteError::not_found("apiKey", key),
            });
        };
        let project = match header("projectuid") {
            None => None,
            Some(uid) => Some(check_project(records, &user.tenant, uid)?),
        };
        match required_permission(operation) {
            Some(permission) if !user.admin => Err(PaletteError::forbidden(permission)),
            Some(_) | None => {
                Ok(Self { user: user.uid.clone(), tenant: user.tenant.clone(), project })
            }
        }
    }

    /// Returns `true` if the caller can read the account: the scope of the account is the caller's
    /// tenant, or the project of the request.
    pub(super) fn can_read(&self, account: &Account) -> bool {
        account.tenant == self.tenant
            && (account.project.is_none() || account.project == self.project)
    }

    /// Returns `true` if the account belongs to the scope of the request: to its project, or to the
    /// tenant if the request names no project.
    pub(super) fn owns_in_scope(&self, account: &Account) -> bool {
        account.tenant == self.tenant && account.project == self.project
    }
}

/// Returns the uid of the project if the tenant has such a project and allows requests for it.
fn check_project(records: &Records, tenant: &str, uid: &str) -> Result<String, PaletteError> {
    let tenant = records.tenant(tenant);
    if tenant.is_some_and(|tenant| tenant.forbidden_projects.contains(uid)) {
        let message = format!("Access to project '{uid}' is denied");
        return Err(PaletteError::new(StatusCode::FORBIDDEN, "ResourceAccessDenied", message));
    }
    let projects = tenant.map(|tenant| tenant.projects.as_slice()).unwrap_or_default();
    let project = projects.iter().find(|project| project.uid == uid);
    project.map(|project| project.uid.clone()).ok_or_else(|| {
        let (status, code) = match records.behaviour.unknown_project {
            UnknownProjectResponse::Missing => (StatusCode::NOT_FOUND, "ProjectNotFoundInTenant"),
            UnknownProjectResponse::Denied => (StatusCode::FORBIDDEN, "ResourceAccessDenied"),
        };
        PaletteError::new(status, code, format!("Project '{uid}' not found in the tenant"))
    })
}

fn unauthorized_error() -> PaletteError {
    let message = "Unauthorized access. Missing or invalid API key or token";
    PaletteError::new(StatusCode::UNAUTHORIZED, "UnAuthorizedAccess", message)
}
