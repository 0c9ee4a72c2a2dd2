//! Authentication and authorization: API key, role and project.

use http::{HeaderMap, StatusCode};

use super::{
    behaviour::{InvalidKeyResponse, UnknownProject},
    records::{Account, Records, SYSTEM_TOKEN, User},
    response::PaletteError,
    routes::Operation,
};

/// An authenticated caller.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller {
    /// Uid of the user; empty for the system console.
    pub(super) user: String,
    /// Uid of the tenant; empty for the system console.
    pub(super) tenant: String,
    /// Uid of the project; `None` for tenant scope.
    pub(super) project: Option<String>,
}

/// Returns the permission of an operation; `None` if every user may call it.
const fn required_permission(operation: Operation) -> Option<&'static str> {
    match operation {
        Operation::UserInfo | Operation::Projects | Operation::Features => None,
        Operation::ResourceLimits => Some("tenant.get"),
        Operation::Overlords | Operation::Overlord => Some("privateGateway.get"),
        Operation::ListAccounts | Operation::SummarizeAccounts => Some("cloudaccount.list"),
        Operation::CreateAccount
        | Operation::Validate
        | Operation::ValidatePolicyArns
        | Operation::PortalKeys => Some("cloudaccount.create"),
        Operation::GetAccount
        | Operation::StsTrust
        | Operation::Policies
        | Operation::Endpoints => Some("cloudaccount.get"),
        Operation::PutAccount => Some("cloudaccount.update"),
        Operation::DeleteAccount => Some("cloudaccount.delete"),
        Operation::StsSource
        | Operation::ChangeStsSource
        | Operation::SystemEndpoints
        | Operation::ChangeEndpoints => Some("system.config"),
    }
}

impl Caller {
    /// Returns organisation and role of the API key's owner for the call log.
    pub(super) fn name(records: &Records, headers: &HeaderMap) -> Option<String> {
        let key = headers.get("apikey")?.to_str().ok()?;
        let User { tenant, admin, .. } = records.users.get(key)?;
        let organisation = records.tenant(tenant).map(|tenant| tenant.organisation.as_str())?;
        Some(format!("{organisation}/{}", if *admin { "admin" } else { "member" }))
    }

    pub(super) fn from_request(
        records: &Records,
        operation: Operation,
        headers: &HeaderMap,
    ) -> Result<Self, PaletteError> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if required_permission(operation) == Some("system.config") {
            return match text("authorization") {
                Some(SYSTEM_TOKEN) => Ok(Self::default()),
                Some(_) | None => Err(unauthorized()),
            };
        }
        let key = text("apikey").ok_or_else(unauthorized)?;
        let Some(user) = records.users.get(key) else {
            return Err(match records.behaviour.invalid_key {
                InvalidKeyResponse::Unauthorized => unauthorized(),
                InvalidKeyResponse::NotFoundWithKey => PaletteError::not_found("apiKey", key),
            });
        };
        let project = match text("projectuid") {
            None => None,
            Some(uid) => Some(find_project(records, &user.tenant, uid)?),
        };
        match required_permission(operation) {
            Some(permission) if !user.admin => Err(PaletteError::forbidden(permission)),
            Some(_) | None => {
                Ok(Self { user: user.uid.clone(), tenant: user.tenant.clone(), project })
            }
        }
    }

    /// Returns `true` if the caller can read the account: accounts of the project and of the
    /// tenant.
    pub(super) fn can_read(&self, account: &Account) -> bool {
        account.tenant == self.tenant
            && (account.project.is_none() || account.project == self.project)
    }

    /// Returns `true` if the account belongs to exactly the request's scope.
    pub(super) fn owns_in_scope(&self, account: &Account) -> bool {
        account.tenant == self.tenant && account.project == self.project
    }
}

fn find_project(records: &Records, tenant: &str, uid: &str) -> Result<String, PaletteError> {
    let tenant = records.tenant(tenant);
    if tenant.is_some_and(|tenant| tenant.forbidden_projects.contains(uid)) {
        let message = format!("Access to project '{uid}' is denied");
        return Err(PaletteError::new(StatusCode::FORBIDDEN, "ResourceAccessDenied", message));
    }
    let projects = tenant.map(|tenant| tenant.projects.as_slice()).unwrap_or_default();
    let project = projects.iter().find(|project| project.uid == uid);
    project.map(|project| project.uid.clone()).ok_or_else(|| {
        let (status, code) = match records.behaviour.unknown_project {
            UnknownProject::Missing => (StatusCode::NOT_FOUND, "ProjectNotFoundInTenant"),
            UnknownProject::Denied => (StatusCode::FORBIDDEN, "ResourceAccessDenied"),
        };
        PaletteError::new(status, code, format!("Project '{uid}' not found in the tenant"))
    })
}

fn unauthorized() -> PaletteError {
    let message = "Unauthorized access. Missing or invalid API key or token";
    PaletteError::new(StatusCode::UNAUTHORIZED, "UnAuthorizedAccess", message)
}
