//! What Palette's documents leave open: a test chooses how this one behaves.

/// The switches, each with the harsher case as its default where there is one.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Behaviour {
    /// What a second account of the same name gets.
    pub duplicate: DuplicateAnswer,
    /// Whether reading an account shows its secret.
    pub secrets: SecretsOnRead,
    /// What an unknown API key gets.
    pub refused_key: RefusedKey,
    /// What asking for the trust facts gets in a partition without a source account (D01).
    pub unconfigured_sts: UnconfiguredSts,
    /// Whether a failed validation is a 500, Palette's "operational error", and not a 400.
    pub validation_fails_with_500: bool,
    /// Whether a failed validation repeats the credential in its text: nobody may show that text as it is.
    pub errors_repeat_secrets: bool,
    /// Ten requests a second for each source and prefix, fifty at once.
    pub rate_limited: bool,
    /// Where accounts that are there look as if they were not.
    pub conceals: &'static [Concealed],
    /// What a project gets that is not there, or not the caller's.
    pub unknown_project: UnknownProject,
}

/// A place where an account that is there is not shown: Palette disguises a wrong scope so, and lists may lack lines.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Concealed {
    /// Reading it by its uid: 404.
    Reads,
    /// The list lacks it.
    Lists,
    /// Deleting it: 404.
    Removals,
    /// Nothing of an account: the whole route that fetches keys from a portal, as in an older Palette.
    Portal,
}

/// How an unknown project is refused: Palette's release notes name both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnknownProject {
    /// 404 `ProjectNotFoundInTenant`.
    #[default]
    Missing,
    /// 403 `ResourceAccessDenied`.
    Denied,
}

/// How a duplicate is refused. No document tells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum DuplicateAnswer {
    /// 409 `CloudAccountAlreadyExists`.
    #[default]
    Conflict,
    /// 400 `AlreadyExists`.
    BadRequest,
    /// 500 `ResourceAlreadyExists`.
    OperationalError,
}

/// What a read shows of secrets. Observed are both.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SecretsOnRead {
    /// As they were written.
    #[default]
    Real,
    /// Asterisks.
    Masked,
    /// Asterisks, and no access key id.
    MaskedWithId,
}

/// How an unknown API key is refused.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RefusedKey {
    /// 401 `UnAuthorizedAccess`.
    #[default]
    Unauthorized,
    /// 404 `ResourceNotFound`, with the key in the message.
    NotFoundWithKey,
}

/// How a partition without an STS source account shows.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum UnconfiguredSts {
    /// 200 with an empty account id.
    #[default]
    EmptyAccount,
    /// 400 with a code.
    Refused,
}
