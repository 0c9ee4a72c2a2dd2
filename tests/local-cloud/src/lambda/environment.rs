//! Environment of a function's process.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{clock::Clock, cloudformation::Function};

/// Temporary credentials of an execution role.
#[derive(Clone)]
pub struct RoleCredentials {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: String,
}

type IssueCredentials = Arc<dyn Fn(&Function, CredentialLifetime) -> RoleCredentials + Send + Sync>;

/// Lifetime of credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CredentialLifetime {
    /// One hour: Lambda replaces instances in time.
    OneHour,
    /// Twelve hours, AWS's maximum, for processes that nobody replaces.
    TwelveHours,
}

impl CredentialLifetime {
    /// Returns the lifetime in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::OneHour => 3600,
            Self::TwelveHours => 12 * 3600,
        }
    }
}

/// Settings that all functions of a deployment share.
#[derive(Clone)]
pub struct HostConfig {
    /// Folder with the functions' binaries.
    pub binaries: PathBuf,
    /// Region of the functions.
    pub region: String,
    /// Environment variables that override the template's.
    pub environment: BTreeMap<String, String>,
    /// Issues credentials of an execution role for each new instance.
    pub issue_credentials: IssueCredentials,
    /// Clock that decides when credentials expire.
    pub clock: Arc<Clock>,
}

impl fmt::Debug for HostConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosting").field("binaries", &self.binaries).finish_non_exhaustive()
    }
}

impl HostConfig {
    /// Returns the folder in `GANGWAY_BINARIES`, or else that of this program's binary.
    pub fn default_binaries_folder() -> PathBuf {
        #[expect(
            clippy::disallowed_methods,
            reason = "the benchmarks measure another build of the functions"
        )]
        if let Ok(folder) = std::env::var("GANGWAY_BINARIES") {
            return folder.into();
        }
        let mut folder = std::env::current_exe().unwrap_or_default();
        folder.pop();
        if folder.ends_with("deps") {
            folder.pop();
        }
        folder
    }

    pub(super) fn process_variables(
        &self,
        function: &Function,
        runtime_api: SocketAddr,
        lasting: CredentialLifetime,
    ) -> BTreeMap<String, String> {
        let Function { name, memory, environment, .. } = function;
        let RoleCredentials { access_key_id, secret_access_key, session_token } =
            (self.issue_credentials)(function, lasting);
        let lambda = [
            ("AWS_ACCESS_KEY_ID", access_key_id),
            ("AWS_SECRET_ACCESS_KEY", secret_access_key),
            ("AWS_SESSION_TOKEN", session_token),
            ("AWS_REGION", self.region.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_LAMBDA_FUNCTION_NAME", name.clone()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory.to_string()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]local".to_owned()),
            ("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string()),
            ("LAMBDA_TASK_ROOT", "/var/task".to_owned()),
            ("LANG", "en_US.UTF-8".to_owned()),
            ("TZ", ":UTC".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
        ];
        let mut variables = environment.clone();
        variables.extend(lambda.map(|(name, value)| (name.to_owned(), value)));
        variables.extend(self.environment.clone());
        variables
    }
}
