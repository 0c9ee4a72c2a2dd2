//! Behaviour of the fake that Palette's documentation leaves open.

/// How the fake behaves. Each default is the case that is harder for a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Behaviour {
    /// Response to a duplicate account name.
    pub duplicate: DuplicateResponse,
    /// How secrets are returned.
    pub secrets: SecretsOnRead,
    /// Response to an unknown API key.
    pub invalid_key: InvalidKeyResponse,
    /// Response of the trust route in a partition without STS source account.
    pub unconfigured_sts: UnconfiguredSts,
    /// A failed validation returns 500 instead of 400.
    pub validation_fails_with_500: bool,
    /// The message of a failed validation contains the credentials. Clients must not show it.
    pub errors_repeat_secrets: bool,
    /// Enforces the rate limit: ten requests per second and a burst of 50, per source and route
    /// prefix.
    pub rate_limited: bool,
    /// Operations for which existing accounts appear to be missing.
    pub conceals: &'static [Concealed],
    /// Response to an unknown project.
    pub unknown_project: UnknownProject,
    /// Which annotations of a request are kept.
    pub annotations: KeptAnnotations,
}

/// Which annotations of a request are kept. Palette's documents promise those of its published API.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeptAnnotations {
    /// All of them.
    #[default]
    All,
    /// `scope`, `overlordUid` and `description` only.
    Published,
}

impl KeptAnnotations {
    /// Returns what the environment variable `GANGWAY_TEST_DROP_ANNOTATIONS` asks for: `1` drops the
    /// annotations that are not published, in every test.
    pub(super) fn from_env() -> Self {
        match std::env::var_os("GANGWAY_TEST_DROP_ANNOTATIONS") {
            Some(value) if value == "1" => Self::Published,
            Some(_) | None => Self::All,
        }
    }
}

/// An operation that hides existing accounts: Palette does so for a wrong scope, and lists may be
/// incomplete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Concealed {
    /// Reading an account returns 404.
    Reads,
    /// Lists do not contain accounts.
    Lists,
    /// Deleting an account returns 404.
    Removals,
    /// The route for portal credentials returns 404, as in an older Palette.
    Portal,
}

/// Response to an unknown project. Palette's release notes mention both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnknownProject {
    /// 404 `ProjectNotFoundInTenant`.
    #[default]
    Missing,
    /// 403 `ResourceAccessDenied`.
    Denied,
}

/// Response to a duplicate name, which Palette does not document.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DuplicateResponse {
    /// 409 `CloudAccountAlreadyExists`.
    #[default]
    Conflict,
    /// 400 `AlreadyExists`.
    BadRequest,
    /// 500 `ResourceAlreadyExists`.
    OperationalError,
}

/// How secrets are returned. Both were observed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretsOnRead {
    /// Unchanged.
    #[default]
    Plain,
    /// Masked with asterisks.
    Masked,
    /// Masked, and without access key id.
    MaskedWithId,
}

/// Response to an unknown API key.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum InvalidKeyResponse {
    /// 401 `UnAuthorizedAccess`.
    #[default]
    Unauthorized,
    /// 404 `ResourceNotFound` with the key in the message.
    NotFoundWithKey,
}

/// Response of the trust route without STS source account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnconfiguredSts {
    /// 200 with an empty account id.
    #[default]
    EmptyAccount,
    /// 400 with a code.
    Error,
}
