//! Builds the environment variables of an instance.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{clock::Clock, cloudformation::Function};

/// Temporary credentials of a function's execution role.
#[derive(Clone)]
pub struct RoleCredentials {
    /// Value of `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// Value of `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// Value of `AWS_SESSION_TOKEN`.
    pub session_token: String,
}

type IssueCredentials = Arc<dyn Fn(&Function, CredentialLifetime) -> RoleCredentials + Send + Sync>;

/// Lifetime of the credentials of an execution role.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CredentialLifetime {
    /// One hour, for an instance of the emulator, which replaces old instances.
    OneHour,
    /// Twelve hours, the maximum of AWS, for a process that runs outside the emulator and is not
    /// replaced.
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

/// Settings of the emulator that all functions of a deployment share.
#[derive(Clone)]
pub struct HostConfig {
    /// Folder that contains the binaries of the functions.
    pub binaries: PathBuf,
    /// AWS region of the functions.
    pub region: String,
    /// Environment variables that override those of the template.
    pub environment: BTreeMap<String, String>,
    /// Issues credentials of a function's execution role, for each new instance.
    pub issue_credentials: IssueCredentials,
    /// The cloud's clock, which decides when credentials expire.
    pub clock: Arc<Clock>,
}

impl fmt::Debug for HostConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostConfig").field("binaries", &self.binaries).finish_non_exhaustive()
    }
}

impl HostConfig {
    /// Returns the folder in the environment variable `GANGWAY_BINARIES`, or else the folder of
    /// this program's binary.
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

    /// Returns the environment variables of a new instance. `lifetime` is that of its credentials.
    pub(super) fn build_environment(
        &self,
        function: &Function,
        runtime_api: SocketAddr,
        lifetime: CredentialLifetime,
    ) -> BTreeMap<String, String> {
        let Function { name, memory, environment, .. } = function;
        let RoleCredentials { access_key_id, secret_access_key, session_token } =
            (self.issue_credentials)(function, lifetime);
        let lambda_variables = [
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
        variables.extend(lambda_variables.map(|(name, value)| (name.to_owned(), value)));
        variables.extend(self.environment.clone());
        variables
    }
}
