//! The response types.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::values::{AccountId, MethodId, PartitionId, Profile, ProjectOrTenant, SecretArn, Uid};

/// The result of every check.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Report {
    /// `true` if the account can be registered, or still works. `null` if nothing shows it: a
    /// registered account without a stored secret.
    #[schema(required)]
    ready: Option<bool>,
    partition: PartitionId,
    method: MethodId,
    aws_account_id: Option<AccountId>,
    /// The results of all checks, sorted by the ids of the checks.
    checks: Vec<Check>,
    /// What a person should know: limits of the method, and next steps.
    notices: Vec<String>,
}

/// The result of one check.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// Stable identifier, for runbooks and alarms.
    #[schema(examples("sts.external-id-enforced"))]
    id: String,
    /// What the check verifies.
    title: String,
    severity: Severity,
    outcome: Outcome,
    /// What Gangway observed.
    observed: String,
    /// How to fix it, or the missing permission. Present if failed or unverified.
    remedy: Option<String>,
    /// When the checked certificate expires, or when the access key is 90 days old.
    #[schema(format = DateTime)]
    expires: Option<String>,
    /// Ids of the prerequisites that the check covers.
    #[schema(examples("D07"))]
    covers: Vec<String>,
}

/// How serious it is if a check fails.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    /// The account cannot be registered.
    Blocker,
    /// The account can be registered; something will fail later, or is unsafe.
    Warning,
    /// The result is for information only.
    Info,
}

/// The outcome of a check.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The check passed.
    Passed,
    /// The check failed.
    Failed,
    /// Gangway could not check it. It does not count as passed.
    Unverified,
    /// The check does not apply.
    /// Failed, and the request waives the check.
    Waived,
    NotApplicable,
}

/// The result of a registration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Receipt {
    uid: Uid,
    name: String,
    outcome: RegistrationOutcome,
    partition: PartitionId,
    method: MethodId,
    aws_account_id: AccountId,
    /// The secret with its credentials, if the method has any.
    secret_arn: Option<SecretArn>,
    report: Report,
}

/// What a registration changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegistrationOutcome {
    /// The account was created.
    Created,
    /// The account existed and was updated.
    Updated,
    /// The account existed and was as requested.
    Unchanged,
}

/// A registered account, without secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Account {
    uid: Uid,
    name: String,
    description: Option<String>,
    /// The partition, as Palette spells it.
    partition: String,
    /// The authentication method. Left out if Gangway does not know it.
    method: Option<MethodId>,
    aws_account_id: Option<AccountId>,
    scope: ProjectOrTenant,
    /// The IAM policies for the roles of clusters and nodes. Left out in a list by readiness.
    policy_arns: Option<Vec<String>>,
    private_cloud_gateway: Option<String>,
    permission_profile: Option<Profile>,
    /// The Region in which clusters will run, if a request named it.
    region: Option<String>,
    /// Ids of the checks that the registration waived. Left out in a list by readiness.
    waived_checks: Option<Vec<String>>,
    /// The state, as Palette names it.
    state: Option<String>,
    /// When the credentials expire that Palette got from an access portal (RFC 3339).
    token_expiry: Option<String>,
    /// The part of the credential that is not secret. Left out in a list by readiness.
    credential: Option<Value>,
    /// What the last check of the account has shown. Left out if it was not checked again yet.
    readiness: Option<Readiness>,
    /// The rotation of the access key. Only for one account, and only if the deployment rotates
    /// keys.
    rotation: Option<KeyRotation>,
}

/// The rotation of an access key.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyRotation {
    /// Whether the key is rotated automatically.
    enabled: bool,
    /// When the key was last rotated.
    #[schema(format = DateTime)]
    last: Option<String>,
    /// When the key is rotated next.
    #[schema(format = DateTime)]
    next: Option<String>,
}

/// What the last check of a registered account has shown.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Readiness {
    /// `null` if nothing has shown yet whether the account is ready.
    #[schema(required = true)]
    ready: Option<bool>,
    /// When a check first saw that the account is ready, or that it is not.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// When the account was last checked, to within a day.
    #[schema(format = DateTime)]
    last_checked: String,
    /// Why nothing shows whether the account is ready.
    reason: Option<String>,
    /// The result of the last check, if it differs from `ready`. `ready` changes when a second
    /// check agrees.
    unconfirmed: Option<Unconfirmed>,
    /// The checks that failed, were waived or could not be carried out.
    checks: Vec<OpenCheck>,
    /// Keys and certificates that expire, the earliest first.
    expirations: Vec<Expiration>,
    /// What differs from what Gangway made. Only for a vended account that a sweep has compared.
    drift: Option<Drift>,
    /// The whole report of the last check. Only for one account.
    report: Option<Report>,
}

/// A result that a second check must still confirm.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unconfirmed {
    ready: bool,
    #[schema(format = DateTime)]
    since: String,
}

/// A check that did not pass.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenCheck {
    id: String,
    severity: Severity,
    outcome: Outcome,
    observed: String,
    remedy: String,
}

/// What the last sweep saw when it compared a vended account with what Gangway makes.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drift {
    /// Empty if nothing differs.
    parts: Vec<DriftedPart>,
    /// When a sweep first saw that something differs, or that nothing does.
    #[schema(format = DateTime)]
    since: String,
    /// What to do. Left out if nothing differs.
    remedy: Option<String>,
}

/// A part of the role that Gangway made, or of the account in Palette.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DriftedPart {
    /// The role does not exist.
    Role,
    /// The role has no tag that says that Gangway made it.
    OwnershipTags,
    TrustPolicy,
    PermissionsBoundary,
    Description,
    Policies,
    Tags,
    /// The account in Palette has another role or other settings.
    PaletteAccount,
}

/// A key or a certificate that expires.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Expiration {
    /// Id of the check that reports the expiry.
    check: String,
    /// When the certificate expires, or when the access key is 90 days old (RFC 3339).
    #[schema(format = DateTime)]
    expires: String,
    /// Days until then. Negative if the time has passed.
    days_left: i64,
}

/// A rotation of an access key that was requested.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    uid: Uid,
    rotation: RotationState,
}

/// What happened to the request for a rotation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RotationState {
    /// Secrets Manager starts the rotation.
    Started,
    /// An earlier rotation is not complete: Secrets Manager tries it again.
    InProgress,
}

/// The last changes of an account, at most 20, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
    uid: Uid,
    changes: Vec<Change>,
}

/// A change that a check of the account has seen.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    #[schema(format = DateTime)]
    at: String,
    #[expect(clippy::struct_field_names, reason = "the member of the API")]
    change: ChangeId,
    /// Ids of the checks that the change is about.
    checks: Vec<String>,
    /// What differs, if the change is `drifted`.
    parts: Option<Vec<DriftedPart>>,
}

/// How the account changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChangeId {
    /// The account is ready again.
    Ready,
    /// A blocking check failed twice.
    NotReady,
    /// A key or a certificate expires soon.
    Expiring,
    /// Something differs from what Gangway made for a vended account.
    Drifted,
    /// Nothing differs any more.
    Restored,
    /// Palette does not have the account any more.
    Removed,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    /// Start of the next page; absent on the last page.
    next: Option<String>,
}

/// IAM policies, to choose `policyArns` from.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policies {
    policies: Vec<Policy>,
}

/// An IAM policy.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    arn: String,
    name: String,
}

/// Private cloud gateways to choose from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Gateways {
    private_cloud_gateways: Vec<Gateway>,
}

/// A private cloud gateway.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gateway {
    uid: Uid,
    name: String,
    /// The state, as Palette names it.
    state: String,
    healthy: bool,
}

/// The values and documents that are needed to create the role for STS.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Trust {
    partition: PartitionId,
    trusted_entity_type: String,
    palette_account_id: AccountId,
    require_external_id: bool,
    external_id: String,
    role_name: String,
    permission_profile: Profile,
    #[expect(clippy::struct_field_names, reason = "what AWS calls it")]
    trust_policy: Value,
    permission_policies: Vec<NamedDocument>,
    /// A template in JSON that creates the role and its policies.
    cloud_formation_template: Value,
    /// The same with the registration of the account, for a `StackSet`. Missing if the deployment
    /// registers no accounts in their stacks.
    account_stack_template: Option<Value>,
    notices: Vec<String>,
}

/// An IAM policy document and its name.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedDocument {
    name: String,
    document: Value,
}

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Problem {
    /// The problem type.
    #[schema(
        pattern = "^urn:gangway:problem:[a-z-]+$",
        examples("urn:gangway:problem:validation-error")
    )]
    r#type: String,
    title: String,
    status: u16,
    /// What to do, in one sentence.
    detail: String,
    /// The request id in the log.
    request_id: String,
    /// Every invalid field of the request.
    errors: Option<Vec<FieldError>>,
    /// The report, if the account is not ready.
    report: Option<Report>,
}

/// An invalid field of the request.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldError {
    /// JSON pointer into the request; for a query or path, a slash and the parameter's name.
    #[schema(examples("/roleArn"))]
    pointer: String,
    /// The rule that the field breaks. Never its value.
    detail: String,
}

/// An error of API Gateway itself.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GatewayProblem {
    #[schema(pattern = "^urn:gangway:problem:gateway$")]
    r#type: String,
    title: String,
    detail: String,
    request_id: String,
}
