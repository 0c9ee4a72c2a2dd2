//! Checks of an IAM role that Palette assumes.

use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::catalogue::sts::{EXTERNAL_ID_ENFORCED, ROLE_ARN, SOURCE_ACCOUNT};
use crate::iam::{
    iam_role::{self, IamRole},
    permissions, policy_arns, scope_tag, trust_policy,
};
use gangway_aws::Principal;
use gangway_model::{AccountId, Credential, Finding, Outcome, RoleArn, StsRole, UpstreamError};
use gangway_palette::{StsSourceAccount, ValidationOutcome};
use tokio::join;

use crate::{
    InspectionAccess, MethodChecks, RequiredPermissions, ScopedClient, palette_validation,
};

const TRUST_REMEDY: &str =
    "correct the role's trust policy: GET /v1/sts/trust shows the one that Palette needs";

/// Whether Palette is asked to assume a role with another external id, which must fail. It costs one of
/// Palette's requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExternalIdTest {
    Always,
    /// Only if Gangway cannot read the trust policy, which shows the same.
    IfTrustPolicyIsUnread,
}

fn test_if_unread(test: ExternalIdTest, access: &InspectionAccess) -> bool {
    match (test, access) {
        (ExternalIdTest::Always, _) | (_, InspectionAccess::Unavailable { .. }) => true,
        (ExternalIdTest::IfTrustPolicyIsUnread, InspectionAccess::Granted(_)) => false,
    }
}

/// Checks a role: calls the AWS account and Palette at the same time. `source_account` is what Palette returned
/// about its source account.
pub async fn run_checks(
    role: &RoleArn,
    source_account: Result<StsSourceAccount, UpstreamError>,
    access: &InspectionAccess,
    palette: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
    external_id_test: ExternalIdTest,
) -> Result<MethodChecks, UpstreamError> {
    let (source, trusted) = check_source_account(source_account)?;
    let assumed = trusted
        .as_ref()
        .map(|(_, external_id)| StsRole { role: role.clone(), external_id: external_id.clone() });
    let (account_findings, assumable) = join!(
        check_account(access, role, trusted.as_ref(), palette, required),
        check_assumable(
            palette,
            assumed.as_ref(),
            required,
            test_if_unread(external_id_test, access)
        ),
    );
    let arn = ROLE_ARN.passed(format!("role {} of account {}", role.name(), role.account()));
    let mut findings = vec![arn, source];
    findings.extend(account_findings?);
    findings.extend(assumable?);
    // Palette may have returned no external id; then there is no credential.
    let (account, credential) = (Some(role.account()), assumed.map(Credential::StsRole));
    Ok(MethodChecks { findings, account, credential, notices: Vec::new() })
}

/// What the role's trust policy must name: Palette's account and the tenant's external id.
type Trusted = (AccountId, String);

/// Evaluates what Palette returned about its source account.
fn check_source_account(
    source_account: Result<StsSourceAccount, UpstreamError>,
) -> Result<(Finding, Option<Trusted>), UpstreamError> {
    if let Some(finding) =
        palette_validation::access_denied_finding(&SOURCE_ACCOUNT, &source_account)
    {
        return Ok((finding, None));
    }
    let source_account = source_account?;
    Ok(match (source_account.account, source_account.external_id) {
        (Some(account), Some(external_id)) => {
            let finding = SOURCE_ACCOUNT.passed(format!("Palette's source account is {account}"));
            (finding, Some((account, external_id)))
        }
        (None, _) if !source_account.raw_account.is_empty() => {
            let finding = SOURCE_ACCOUNT.failed(
                "the source account that Palette returns does not have 12 digits",
                "ask Palette's operator to correct the account id of its STS source account",
            );
            (finding, None)
        }
        (None, _) | (_, None) => {
            let finding = SOURCE_ACCOUNT.failed(
                "Palette returns no source account or no external id for this partition",
                "ask Palette's operator to enable STS for this partition in the system console, or use another method",
            );
            (finding, None)
        }
    })
}

/// Checks the role, its trust policy and its permissions in the account's IAM.
async fn check_account(
    access: &InspectionAccess,
    role: &RoleArn,
    trusted: Option<&Trusted>,
    palette: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let aws = match access {
        InspectionAccess::Granted(aws) => aws,
        InspectionAccess::Unavailable { reason, remedy } => {
            return Ok(unverified_account(reason, remedy, required));
        }
    };
    let principal = Principal::Role(role.clone());
    let read_role = async {
        let read = iam_role::get_role(aws, role).await;
        let scope = scope_tag::check_role(&read, role, palette, required).await;
        (read, scope)
    };
    let ((read, scope), permissions, arns) = join!(
        read_role,
        permissions::check(aws, &principal, required),
        policy_arns::check_exist(aws, required.policies),
    );
    let (mut findings, trust) = iam_role::findings(read, role)?;
    findings.push(scope?);
    findings.extend(match (trust, trusted) {
        (Some(trust), Some((account, external_id))) => {
            trust_policy::check(&trust, *account, external_id, required.partition)
        }
        (None, _) => trust_policy::unverified(
            "the role could not be read",
            "fix check iam.role-exists first",
        ),
        (_, None) => trust_policy::unverified(
            "Palette does not return the account that the role must trust",
            "fix check sts.source-account first",
        ),
    });
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// Returns the findings of [`check_account`] if Gangway has no access to the account's IAM.
fn unverified_account(
    reason: &str,
    remedy: &str,
    required: RequiredPermissions<'_>,
) -> Vec<Finding> {
    let mut findings = iam_role::unverified(reason, remedy);
    findings.push(scope_tag::unverified(reason, remedy, required));
    findings.extend(trust_policy::unverified(reason, remedy));
    findings.extend(permissions::unverified(reason, remedy));
    findings.push(policy_arns::unverified(reason, remedy));
    findings
}

/// Checks a role that Gangway itself has just created or updated. What Gangway wrote is not read again:
/// `scope` is the finding about the role's tags, `allowed` are those about permissions, `validated` is the
/// result of Palette's validation.
pub fn check_created_role(
    role: &IamRole,
    arn: &RoleArn,
    (account, external_id): (AccountId, &str),
    scope: Finding,
    allowed: Vec<Finding>,
    validated: Finding,
) -> Result<Vec<Finding>, UpstreamError> {
    let mut findings = vec![
        ROLE_ARN.passed(format!("role {} of account {}", arn.name(), arn.account())),
        SOURCE_ACCOUNT.passed(format!("Palette's source account is {account}")),
    ];
    findings.extend(iam_role::findings(Ok(role.clone()), arn)?.0);
    findings.push(scope);
    findings.extend(trust_policy::check(&role.trust, account, external_id, arn.partition()));
    findings.extend(allowed);
    findings.push(EXTERNAL_ID_ENFORCED.unverified(
        "not tested, because Gangway wrote the trust policy itself",
        "send POST …/accounts/{uid}/validate to test it",
    ));
    findings.push(POLICY_ARNS_ACCEPTED.not_applicable("no policies were named"));
    findings.push(validated);
    Ok(findings)
}

/// Asks Palette to check that it can assume the role.
pub async fn check_palette_can_assume(
    palette: &ScopedClient<'_>,
    assumed: &StsRole,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let credential = Credential::StsRole(assumed.clone());
    palette_validation::check_credential(TRUST_REMEDY, palette, &credential, required).await
}

/// Asks Palette to validate the role twice: with its external id, which must succeed, and with
/// another external id, which must fail, if `test_external_id` is `true`.
async fn check_assumable(
    palette: &ScopedClient<'_>,
    assumed: Option<&StsRole>,
    required: RequiredPermissions<'_>,
    test_external_id: bool,
) -> Result<Vec<Finding>, UpstreamError> {
    let Some(assumed) = assumed else {
        let reason =
            "not checked, because Palette returns no source account to assume the role with";
        return Ok(vec![
            EXTERNAL_ID_ENFORCED.not_applicable(reason),
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    };
    let proper = Credential::StsRole(assumed.clone());
    let external_id = format!("not-{}", assumed.external_id);
    let wrong_external_id =
        Credential::StsRole(StsRole { external_id, role: assumed.role.clone() });
    let test = async {
        if test_external_id {
            Some(palette.validate(required.partition, &wrong_external_id, required.policies).await)
        } else {
            None
        }
    };
    let (validated, accepted, tested) = join!(
        palette_validation::check_credential(TRUST_REMEDY, palette, &proper, required),
        palette_validation::check_policies(palette, &proper, required),
        test,
    );
    let validated = validated?;
    let Some(tested) = tested else {
        let enforced = EXTERNAL_ID_ENFORCED
            .not_applicable("not tested: the checks of the trust policy show the same");
        return Ok(vec![enforced, accepted?, validated]);
    };
    let enforced = match (&validated.outcome, tested) {
        (Outcome::Passed, Ok(ValidationOutcome::Rejected(_))) => {
            EXTERNAL_ID_ENFORCED.passed("Palette could not assume the role with another external id")
        }
        (Outcome::Passed, Ok(ValidationOutcome::Accepted)) => EXTERNAL_ID_ENFORCED.failed(
            "Palette assumed the role with an external id that is not this tenant's, so another tenant could do so too",
            "require the external id in every statement of the role's trust policy that allows Palette's account",
        ),
        (Outcome::Passed, Err(error)) => EXTERNAL_ID_ENFORCED.unverified(error.to_string(), "validate again"),
        (
            Outcome::Failed { .. }
            | Outcome::Waived { .. }
            | Outcome::Unverified { .. }
            | Outcome::NotApplicable,
            _,
        ) => {
            EXTERNAL_ID_ENFORCED.not_applicable("not known, because Palette cannot assume the role at all")
        }
    };
    Ok(vec![enforced, accepted?, validated])
}
