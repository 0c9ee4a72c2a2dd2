//! Runs the checks of the method `sts`: an IAM role that Palette assumes.

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

/// When Gangway asks Palette to assume a role with a wrong external id, which must fail. Each test
/// is one more request to Palette.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExternalIdTest {
    /// Test in every validation.
    Always,
    /// Test only if Gangway cannot read the trust policy, which shows the same as the test.
    IfTrustPolicyIsUnread,
}

/// Returns `true` if the external id must be tested with a request to Palette.
fn needs_external_id_test(test: ExternalIdTest, access: &InspectionAccess) -> bool {
    match (test, access) {
        (ExternalIdTest::Always, _) | (_, InspectionAccess::Unavailable { .. }) => true,
        (ExternalIdTest::IfTrustPolicyIsUnread, InspectionAccess::Granted(_)) => false,
    }
}

/// Checks a role that Palette assumes, with calls to the AWS account and to Palette at the same
/// time. `source_account` is Palette's response about the AWS account that assumes the role.
pub async fn run_checks(
    role: &RoleArn,
    source_account: Result<StsSourceAccount, UpstreamError>,
    access: &InspectionAccess,
    palette: &ScopedClient<'_>,
    required: RequiredPermissions<'_>,
    external_id_test: ExternalIdTest,
) -> Result<MethodChecks, UpstreamError> {
    let (source_finding, trusted_source) = check_source_account(source_account)?;
    let sts_role = trusted_source
        .as_ref()
        .map(|(_, external_id)| StsRole { role: role.clone(), external_id: external_id.clone() });
    let (account_findings, palette_findings) = join!(
        check_account(access, role, trusted_source.as_ref(), palette, required),
        check_palette(
            palette,
            sts_role.as_ref(),
            required,
            needs_external_id_test(external_id_test, access)
        ),
    );
    let arn = ROLE_ARN.passed(format!("role {} of account {}", role.name(), role.account()));
    let mut findings = vec![arn, source_finding];
    findings.extend(account_findings?);
    findings.extend(palette_findings?);
    // There is no credential if Palette returned no source account or no external id.
    let (account, credential) = (Some(role.account()), sts_role.map(Credential::StsRole));
    Ok(MethodChecks { findings, account, credential, notices: Vec::new() })
}

/// Palette's AWS account and the tenant's external id, which the role's trust policy must name.
type TrustedSource = (AccountId, String);

/// Evaluates Palette's response about the AWS account that assumes the role.
fn check_source_account(
    source_account: Result<StsSourceAccount, UpstreamError>,
) -> Result<(Finding, Option<TrustedSource>), UpstreamError> {
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

/// Reads the role from IAM, and checks its tags, its trust policy and its permissions.
async fn check_account(
    access: &InspectionAccess,
    role: &RoleArn,
    trusted_source: Option<&TrustedSource>,
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
        let scope_finding = scope_tag::check_role(&read, role, palette, required).await;
        (read, scope_finding)
    };
    let ((read, scope_finding), permissions, policy_finding) = join!(
        read_role,
        permissions::check(aws, &principal, required),
        policy_arns::check_exist(aws, required.policies),
    );
    let (mut findings, trust) = iam_role::findings(read, role)?;
    findings.push(scope_finding?);
    findings.extend(match (trust, trusted_source) {
        (Some(trust), Some((account, external_id))) => {
            trust_policy::check(&trust, *account, external_id, required.partition)
        }
        (None, _) => trust_policy::unverified_findings(
            "the role could not be read",
            "fix check iam.role-exists first",
        ),
        (_, None) => trust_policy::unverified_findings(
            "Palette does not return the account that the role must trust",
            "fix check sts.source-account first",
        ),
    });
    findings.extend(permissions?);
    findings.push(policy_finding?);
    Ok(findings)
}

/// Returns the *unverified* findings of [`check_account`] if Gangway cannot read IAM.
fn unverified_account(
    reason: &str,
    remedy: &str,
    required: RequiredPermissions<'_>,
) -> Vec<Finding> {
    let mut findings = iam_role::unverified_findings(reason, remedy);
    findings.push(scope_tag::unverified_finding(reason, remedy, required));
    findings.extend(trust_policy::unverified_findings(reason, remedy));
    findings.extend(permissions::unverified_findings(reason, remedy));
    findings.push(policy_arns::unverified_finding(reason, remedy));
    findings
}

/// Returns the findings for a role that Gangway itself has just created or updated. Makes no call:
/// `role` is the role as Gangway wrote it, `scope_finding` is about the tags of the role,
/// `permission_findings` are about its permissions, and `validation_finding` is the result of
/// Palette's validation.
pub fn check_created_role(
    role: &IamRole,
    arn: &RoleArn,
    (account, external_id): (AccountId, &str),
    scope_finding: Finding,
    permission_findings: Vec<Finding>,
    validation_finding: Finding,
) -> Result<Vec<Finding>, UpstreamError> {
    let mut findings = vec![
        ROLE_ARN.passed(format!("role {} of account {}", arn.name(), arn.account())),
        SOURCE_ACCOUNT.passed(format!("Palette's source account is {account}")),
    ];
    findings.extend(iam_role::findings(Ok(role.clone()), arn)?.0);
    findings.push(scope_finding);
    findings.extend(trust_policy::check(&role.trust, account, external_id, arn.partition()));
    findings.extend(permission_findings);
    findings.push(EXTERNAL_ID_ENFORCED.unverified(
        "not tested, because Gangway wrote the trust policy itself",
        "send POST …/accounts/{uid}/validate to test it",
    ));
    findings.push(POLICY_ARNS_ACCEPTED.not_applicable("no policies were named"));
    findings.push(validation_finding);
    Ok(findings)
}

/// Asks Palette to validate the role. The finding is *passed* if Palette can assume the role.
pub async fn check_palette_can_assume(
    palette: &ScopedClient<'_>,
    sts_role: &StsRole,
    required: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let credential = Credential::StsRole(sts_role.clone());
    palette_validation::check_credential(TRUST_REMEDY, palette, &credential, required).await
}

/// Asks Palette to validate the role with the tenant's external id, which must succeed. If
/// `test_external_id` is `true`, also asks Palette to validate the role with a wrong external id,
/// which must fail.
async fn check_palette(
    palette: &ScopedClient<'_>,
    sts_role: Option<&StsRole>,
    required: RequiredPermissions<'_>,
    test_external_id: bool,
) -> Result<Vec<Finding>, UpstreamError> {
    let Some(sts_role) = sts_role else {
        let reason =
            "not checked, because Palette returns no source account to assume the role with";
        return Ok(vec![
            EXTERNAL_ID_ENFORCED.not_applicable(reason),
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    };
    let right_credential = Credential::StsRole(sts_role.clone());
    let external_id = format!("not-{}", sts_role.external_id);
    let wrong_credential =
        Credential::StsRole(StsRole { external_id, role: sts_role.role.clone() });
    let test = async {
        if test_external_id {
            Some(palette.validate(required.partition, &wrong_credential, required.policies).await)
        } else {
            None
        }
    };
    let (validation_finding, policy_finding, test_result) = join!(
        palette_validation::check_credential(TRUST_REMEDY, palette, &right_credential, required),
        palette_validation::check_policies(palette, &right_credential, required),
        test,
    );
    let validation_finding = validation_finding?;
    let Some(test_result) = test_result else {
        let enforcement_finding = EXTERNAL_ID_ENFORCED
            .not_applicable("not tested: the checks of the trust policy show the same");
        return Ok(vec![enforcement_finding, policy_finding?, validation_finding]);
    };
    let enforcement_finding = match (&validation_finding.outcome, test_result) {
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
    Ok(vec![enforcement_finding, policy_finding?, validation_finding])
}
