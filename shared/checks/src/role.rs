//! The checks of a role that Palette assumes (D01–D13).

use crate::ScopedAccounts;
use crate::catalogue::palette::{POLICY_ARNS_ACCEPTED, VALIDATION};
use crate::catalogue::sts::{EXTERNAL_ID_ENFORCED, ROLE_ARN, SOURCE_ACCOUNT};
use crate::iam::{
    iam_role::{self, IamRole},
    permissions, policy_arns,
};
use gangway_aws::Principal;
use gangway_model::{AccountId, AssumedRole, Credential, Finding, Outcome, RoleArn, UpstreamError};
use gangway_palette::{StsSourceAccount, ValidationOutcome};
use tokio::join;

use crate::{InspectionAccess, RequiredPermissions, validation};

const TRUST_REMEDY: &str =
    "correct the role's trust policy: GET /v1/accounts/sts/trust shows the one that Palette needs";

/// What was found out about a role.
#[derive(Debug)]
pub struct RoleChecks {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The credential, where Palette tells its own half of it.
    pub credential: Option<Credential>,
}

/// Asks the account and Palette at the same time, given who Palette says it is.
pub async fn run_checks(
    role: &RoleArn,
    facts: Result<StsSourceAccount, UpstreamError>,
    eyes: &InspectionAccess,
    registry: &ScopedAccounts<'_>,
    demand: RequiredPermissions<'_>,
) -> Result<RoleChecks, UpstreamError> {
    let (source, trusted) = check_source_account(facts)?;
    let assumed = trusted.as_ref().map(|(_, external_id)| AssumedRole {
        role: role.clone(),
        external_id: external_id.clone(),
    });
    let (inside, assumable) = join!(
        check_account(eyes, role, trusted.as_ref(), demand),
        check_assumable(registry, assumed.as_ref(), demand),
    );
    let arn = ROLE_ARN.passed(format!("role {} of account {}", role.name(), role.account()));
    let mut findings = vec![arn, source];
    findings.extend(inside?);
    findings.extend(assumable?);
    Ok(RoleChecks { findings, credential: assumed.map(Credential::AssumedRole) })
}

/// Whom the role's trust must name: Palette's account and the tenant's external id.
type Trusted = (AccountId, String);

/// Who Palette says it is (D01, D03, D04).
fn check_source_account(
    facts: Result<StsSourceAccount, UpstreamError>,
) -> Result<(Finding, Option<Trusted>), UpstreamError> {
    if let Some(finding) = validation::access_denied_finding(&SOURCE_ACCOUNT, &facts) {
        return Ok((finding, None));
    }
    let facts = facts?;
    Ok(match (facts.account, facts.external_id) {
        (Some(account), Some(external_id)) => {
            let finding = SOURCE_ACCOUNT.passed(format!("Palette comes from account {account}"));
            (finding, Some((account, external_id)))
        }
        (None, _) if !facts.raw_account.is_empty() => {
            let finding = SOURCE_ACCOUNT.failed(
                "the account id that Palette tells does not have 12 digits",
                "have the operator of Palette correct the account id of its STS source account",
            );
            (finding, None)
        }
        (None, _) | (_, None) => {
            let finding = SOURCE_ACCOUNT.failed(
                "Palette tells no source account or no external id for this partition",
                "have the operator of Palette enable STS for this partition in the system console, or use another method",
            );
            (finding, None)
        }
    })
}

/// What the account's IAM shows (D05–D10 and the permissions).
async fn check_account(
    eyes: &InspectionAccess,
    role: &RoleArn,
    trusted: Option<&Trusted>,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let aws = match eyes {
        InspectionAccess::Granted(aws) => aws,
        InspectionAccess::Unavailable { reason, remedy } => {
            return Ok(unverified_account(reason, remedy));
        }
    };
    let principal = Principal::Role(role.clone());
    let (read, permissions, arns) = join!(
        iam_role::get_role(aws, role),
        permissions::check(aws, &principal, demand.profile),
        policy_arns::check_exist(aws, demand.policies),
    );
    let (mut findings, trust) = iam_role::findings(read, role)?;
    findings.extend(match (trust, trusted) {
        (Some(trust), Some((account, external_id))) => gangway_policies::trust::check_trust_policy(
            &trust,
            *account,
            external_id,
            demand.partition,
        ),
        (None, _) => gangway_policies::trust::unverified(
            "the role could not be read",
            "mend the checks above",
        ),
        (_, None) => gangway_policies::trust::unverified(
            "Palette does not tell whom the role must trust",
            "mend the check of Palette's source account",
        ),
    });
    findings.extend(permissions?);
    findings.push(arns?);
    Ok(findings)
}

/// The same checks where nothing can be seen.
fn unverified_account(reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = iam_role::unverified(reason, remedy);
    findings.extend(gangway_policies::trust::unverified(reason, remedy));
    findings.extend(permissions::unverified(reason, remedy));
    findings.push(policy_arns::unverified(reason, remedy));
    findings
}

/// The checks of a role that Gangway itself has just brought to this state, given IAM's and Palette's judgement of it: what
/// was written needs no second look.
pub fn check_created_role(
    role: &IamRole,
    arn: &RoleArn,
    (account, external_id): (AccountId, &str),
    allowed: Vec<Finding>,
    validated: Finding,
) -> Result<Vec<Finding>, UpstreamError> {
    let mut findings = vec![
        ROLE_ARN.passed(format!("role {} of account {}", arn.name(), arn.account())),
        SOURCE_ACCOUNT.passed(format!("Palette comes from account {account}")),
    ];
    findings.extend(iam_role::findings(Ok(role.clone()), arn)?.0);
    findings.extend(gangway_policies::trust::check_trust_policy(
        &role.trust,
        account,
        external_id,
        arn.partition(),
    ));
    findings.extend(allowed);
    findings.push(EXTERNAL_ID_ENFORCED.unverified(
        "not tried: Gangway wrote the trust policy itself",
        "send POST /v1/accounts/{uid}/validate to have it tried",
    ));
    findings.push(POLICY_ARNS_ACCEPTED.not_applicable("no policies were named"));
    findings.push(validated);
    Ok(findings)
}

/// Palette's own attempt, as the answer to `palette.validation` (C17, D11).
pub async fn check_palette_can_assume(
    registry: &ScopedAccounts<'_>,
    assumed: &AssumedRole,
    demand: RequiredPermissions<'_>,
) -> Result<Finding, UpstreamError> {
    let credential = Credential::AssumedRole(assumed.clone());
    validation::check_credential(TRUST_REMEDY, registry, &credential, demand).await
}

/// Palette's own attempt, and one that must fail: the same with another external id (D11).
async fn check_assumable(
    registry: &ScopedAccounts<'_>,
    assumed: Option<&AssumedRole>,
    demand: RequiredPermissions<'_>,
) -> Result<Vec<Finding>, UpstreamError> {
    let Some(assumed) = assumed else {
        let reason = "not asked, since Palette tells no identity to assume the role with";
        return Ok(vec![
            EXTERNAL_ID_ENFORCED.not_applicable(reason),
            POLICY_ARNS_ACCEPTED.not_applicable(reason),
            VALIDATION.not_applicable(reason),
        ]);
    };
    let proper = Credential::AssumedRole(assumed.clone());
    let external_id = format!("not-{}", assumed.external_id);
    let strange = Credential::AssumedRole(AssumedRole { external_id, role: assumed.role.clone() });
    let (validated, accepted, stranger) = join!(
        validation::check_credential(TRUST_REMEDY, registry, &proper, demand),
        validation::check_policies(registry, &proper, demand),
        registry.validate(demand.partition, &strange, demand.policies),
    );
    let validated = validated?;
    let enforced = match (&validated.outcome, stranger) {
        (Outcome::Passed, Ok(ValidationOutcome::Rejected(_))) => {
            EXTERNAL_ID_ENFORCED.passed("another external id was refused")
        }
        (Outcome::Passed, Ok(ValidationOutcome::Accepted)) => EXTERNAL_ID_ENFORCED.failed(
            "Palette got in with an external id that is not this tenant's, so another tenant could get in too",
            "require the external id in every statement of the role's trust policy that lets Palette's account in",
        ),
        (Outcome::Passed, Err(error)) => EXTERNAL_ID_ENFORCED.unverified(error.to_string(), "validate again"),
        (Outcome::Failed { .. } | Outcome::Unverified { .. } | Outcome::NotApplicable, _) => {
            EXTERNAL_ID_ENFORCED.not_applicable("not known while the role cannot be assumed at all")
        }
    };
    Ok(vec![enforced, accepted?, validated])
}
