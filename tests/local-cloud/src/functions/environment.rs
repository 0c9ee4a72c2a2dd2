//! The environment of a function's process: what Lambda sets, and what the template asks for.

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc};

use crate::{clock::Clock, template::Function};

/// Temporary credentials of an execution role.
#[derive(Clone)]
pub struct RoleKeys {
    /// `AWS_ACCESS_KEY_ID`.
    pub access_key_id: String,
    /// `AWS_SECRET_ACCESS_KEY`.
    pub secret_access_key: String,
    /// `AWS_SESSION_TOKEN`.
    pub session_token: String,
}

type IssueCredentials = Arc<dyn Fn(&Function, Lasting) -> RoleKeys + Send + Sync>;

/// How long credentials are good for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lasting {
    /// An hour: Lambda starts another instance in time.
    Hour,
    /// The longest that AWS lets a role's session last, for processes that nobody replaces.
    HalfDay,
}

impl Lasting {
    /// The same in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Hour => 3600,
            Self::HalfDay => 12 * 3600,
        }
    }
}

/// What every function of a deployment has around it.
#[derive(Clone)]
pub struct Hosting {
    /// The folder with the functions' binaries.
    pub binaries: PathBuf,
    /// The region they run in.
    pub region: String,
    /// Variables besides the template's, or in place of them: where AWS and Palette are.
    pub environment: BTreeMap<String, String>,
    /// Issues credentials of a function's execution role, for each new instance.
    pub keys: IssueCredentials,
    /// By which their credentials expire.
    pub clock: Arc<Clock>,
}

impl fmt::Debug for Hosting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosting").field("binaries", &self.binaries).finish_non_exhaustive()
    }
}

impl Hosting {
    /// The folder that `GANGWAY_BINARIES` names, else the one of this program's own binary: Cargo puts the functions
    /// there, too.
    pub fn beside_this_program() -> PathBuf {
        #[expect(
            clippy::disallowed_methods,
            reason = "what is measured is of another build than what measures"
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
        lasting: Lasting,
    ) -> BTreeMap<String, String> {
        let Function { name, memory, environment, .. } = function;
        let RoleKeys { access_key_id, secret_access_key, session_token } =
            (self.keys)(function, lasting);
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
