//! What callers get.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::values::{AccountId, MethodId, PartitionId, Profile, ProjectOrTenant, SecretArn, Uid};

/// Every check and its answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Report {
    /// Whether nothing in it forbids registering.
    ready: bool,
    partition: PartitionId,
    method: MethodId,
    aws_account_id: Option<AccountId>,
    /// In the order of the checklist.
    checks: Vec<Check>,
    /// What else people should know: limits, next steps.
    notices: Vec<String>,
}

/// A check, answered.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    /// Stable: runbooks and alarms may use it.
    #[schema(examples("sts.external-id-enforced"))]
    id: String,
    /// The same for people: what holds when it passes.
    title: String,
    severity: Severity,
    outcome: Outcome,
    /// What was seen.
    observed: String,
    /// What mends it, or what would let Gangway look. Where it failed or is unverified.
    remedy: Option<String>,
    /// The prerequisites that it answers.
    #[schema(examples("D07"))]
    covers: Vec<String>,
}

/// What failing means.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Severity {
    /// It must not go on.
    Blocker,
    /// It may go on; something will go wrong later, or is unsafe.
    Warning,
    /// Worth knowing.
    Info,
}

/// How a check came out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// As it should be.
    Passed,
    /// Not as it should be.
    Failed,
    /// It could not be looked at. Never counts as passed.
    Unverified,
    /// The question does not arise.
    NotApplicable,
}

/// An account that is registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Receipt {
    uid: Uid,
    name: String,
    outcome: Enrolled,
    partition: PartitionId,
    method: MethodId,
    aws_account_id: AccountId,
    /// Where its secret is kept, for methods that have one.
    secret_arn: Option<SecretArn>,
    report: Report,
}

/// What a registration took.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Enrolled {
    /// The account is new.
    Created,
    /// The account was there, and has been changed.
    Updated,
    /// The account was there as asked for.
    Unchanged,
}

/// A registered account, without secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Account {
    uid: Uid,
    name: String,
    description: Option<String>,
    /// As Palette spells it.
    partition: String,
    /// Left out where Gangway does not know it.
    method: Option<MethodId>,
    aws_account_id: Option<AccountId>,
    scope: ProjectOrTenant,
    policy_arns: Vec<String>,
    private_cloud_gateway: Option<String>,
    permission_profile: Option<Profile>,
    /// In Palette's words.
    state: Option<String>,
    /// The public part of the way in.
    credential: Value,
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accounts {
    accounts: Vec<Account>,
    /// Where the next page begins; absent at the end.
    next: Option<String>,
}

/// IAM policies to choose `policyArns` from.
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
    /// In Palette's words.
    state: String,
    healthy: bool,
}

/// What a person needs to make the role for STS.
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
    /// JSON; makes the role and its policies.
    cloud_formation_template: Value,
    notices: Vec<String>,
}

/// An IAM policy document and what it is called.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedDocument {
    name: String,
    document: Value,
}

/// RFC 9457.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Problem {
    /// Which problem it is.
    #[schema(
        pattern = "^urn:gangway:problem:[a-z-]+$",
        examples("urn:gangway:problem:validation-error")
    )]
    r#type: String,
    title: String,
    status: u16,
    /// What to do, in a sentence.
    detail: String,
    /// What the log calls this request.
    request_id: String,
    /// Every fault of the request, where there are any.
    errors: Option<Vec<Fault>>,
    /// What must be mended, where the account is not ready.
    report: Option<Report>,
}

/// A member of the request that will not do.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    /// JSON pointer into the request; of a query or path, the parameter's name behind a slash.
    #[schema(examples("/roleArn"))]
    pointer: String,
    /// The rule it breaks. Never the value.
    detail: String,
}

/// What API Gateway itself says, before any function is asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GatewayProblem {
    #[schema(pattern = "^urn:gangway:problem:gateway$")]
    r#type: String,
    title: String,
    detail: String,
    request_id: String,
}
