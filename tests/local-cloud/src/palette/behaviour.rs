//! Settings of the fake Palette where Palette's documentation does not say what happens.

/// How the fake Palette behaves. Each default is the case that is harder for a client.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Behaviour {
    /// Response to an account whose name exists in the scope.
    pub duplicate: DuplicateResponse,
    /// How the secrets of a stored account are returned.
    pub secrets: SecretsOnRead,
    /// Response to an API key that does not exist.
    pub invalid_key: InvalidKeyResponse,
    /// Response to a request for the STS trust in a partition without STS source account.
    pub unconfigured_sts: UnconfiguredStsResponse,
    /// Whether a failed validation returns 500 instead of 400.
    pub validation_fails_with_500: bool,
    /// Whether the error message of a failed validation contains the credentials. Palette may do
    /// so: a client must not show the message.
    pub errors_repeat_secrets: bool,
    /// Whether the rate limit is enforced: ten requests per second with a burst of 50, per source
    /// address and route prefix.
    pub rate_limited: bool,
    /// Calls that answer as if the account or the route did not exist.
    pub not_found_calls: &'static [NotFoundCall],
    /// Response to the uid of a project that does not exist.
    pub unknown_project: UnknownProjectResponse,
    /// Which annotations of an account are stored.
    pub annotations: KeptAnnotations,
}

/// Which annotations of an account are stored. Palette's documentation promises only those of its
/// published API.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeptAnnotations {
    /// All annotations in the request.
    #[default]
    All,
    /// Only `scope`, `overlordUid` and `description`.
    Published,
}

impl KeptAnnotations {
    /// Reads the environment variable `GANGWAY_TEST_DROP_ANNOTATIONS`. With `1`, only published
    /// annotations are stored, in every test.
    pub(super) fn from_env() -> Self {
        match std::env::var_os("GANGWAY_TEST_DROP_ANNOTATIONS") {
            Some(value) if value == "1" => Self::Published,
            Some(_) | None => Self::All,
        }
    }
}

/// A call that answers as if the account or the route did not exist. Palette does so for a wrong
/// scope, and its lists may be incomplete.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NotFoundCall {
    /// `GET` of an account returns 404.
    GetAccount,
    /// The list of accounts is empty.
    ListAccounts,
    /// `DELETE` of an account returns 404.
    DeleteAccount,
    /// The route that returns credentials of an access portal returns 404, as in an older version
    /// of Palette.
    GetPortalCredentials,
}

/// Response to the uid of a project that does not exist. Palette's release notes mention both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnknownProjectResponse {
    /// Status 404 with the error code `ProjectNotFoundInTenant`.
    #[default]
    Missing,
    /// Status 403 with the error code `ResourceAccessDenied`.
    Denied,
}

/// Response to an account whose name exists in the scope. Palette's documentation does not say
/// which one it sends.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DuplicateResponse {
    /// Status 409 with the error code `CloudAccountAlreadyExists`.
    #[default]
    Conflict,
    /// Status 400 with the error code `AlreadyExists`.
    BadRequest,
    /// Status 500 with the error code `ResourceAlreadyExists`.
    OperationalError,
}

/// How the secrets of a stored account are returned. Palette has been seen to return them unchanged
/// and masked.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretsOnRead {
    /// Unchanged, in plain text.
    #[default]
    Plain,
    /// Replaced by asterisks.
    Masked,
    /// Replaced by asterisks, and the access key id is empty.
    MaskedWithoutAccessKeyId,
}

/// Response to an API key that does not exist.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum InvalidKeyResponse {
    /// Status 401 with the error code `UnAuthorizedAccess`.
    #[default]
    Unauthorized,
    /// Status 404 with the error code `ResourceNotFound` and the API key in the message.
    NotFoundWithKey,
}

/// Response to a request for the STS trust in a partition without STS source account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnconfiguredStsResponse {
    /// Status 200 with an empty account id.
    #[default]
    EmptyAccount,
    /// Status 400 with the error code `AwsStsAccountNotConfigured`.
    Error,
}
