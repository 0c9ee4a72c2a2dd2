//! Gangway's own routes, as remedies name them.

/// Lists accounts; with `/{uid}` appended, returns one.
pub const GET_ACCOUNTS: &str = "GET /v1/accounts";

/// Checks a registered account again.
pub const VALIDATE_ACCOUNT: &str = "POST /v1/accounts/{uid}/validate";

/// Checks a Pod Identity registration before it is made.
pub const VALIDATE_POD_IDENTITY: &str = "POST /v1/accounts/pod-identity/validate";

/// Returns the commands that prepare a cluster and its account for Pod Identity.
pub const POD_IDENTITY_PLAN: &str = "GET /v1/accounts/pod-identity/plan";

/// Returns the trust policy, the external id and a template of the role that Palette assumes.
pub const STS_TRUST: &str = "GET /v1/accounts/sts/trust";

pub const LIST_POLICIES: &str = "POST /v1/policies";
