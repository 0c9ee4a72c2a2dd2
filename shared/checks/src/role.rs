//! The checks of a role that Palette assumes (D01–D13).

use crate::Accounts;
use crate::iam::{
    permissions, policy_arns,
    role::{self, Role},
};
use gangway_aws::Principal;
use gangway_model::{
    AccountId, AssumedRole, Check, Credential, Finding, Outcome, PortError, RoleArn, Severity,
};
use gangway_palette::{TrustFacts, Verdict};
use tokio::join;

use crate::{
    Demand, Eyes,
    validation::{self, POLICIES_ACCEPTED},
};

static SOURCE_ACCOUNT: Check = Check {
    id: "sts.source-account",
    title: "Palette tells the AWS account that it comes from, and the tenant's external id",
    severity: Severity::Blocker,
    covers: &["D01", "D03", "D04"],
};

static ROLE_ARN: Check = Check {
    id: "sts.role-arn",
    title: "The role's ARN is one of this partition",
    severity: Severity::Blocker,
    covers: &["C03", "C04", "D12"],
};

static PALETTE_ASSUMES: Check = Check {
    id: "palette.validation",
    title: "Palette assumes the role with the external id",
    severity: Severity::Blocker,
    covers: &["C17", "D02", "D11"],
};

static ENFORCED: Check = Check {
    id: "sts.external-id-enforced",
    title: "The role refuses Palette when it presents another external id",
    severity: Severity::Warning,
    covers: &["D07", "D11"],
};

const TRUST_REMEDY: &str =
    "correct the role's trust policy: GET /v1/accounts/sts/trust shows the one that Palette needs";

/// What was found out about a role.
#[derive(Debug)]
pub struct Examined {
    /// Every check and its answer.
    pub findings: Vec<Finding>,
    /// The credential, where Palette tells its own half of it.
    pub credential: Option<Credential>,
}

/// Asks the account and Palette at the same time, given who Palette says it is.
pub async fn examine(
    role: &RoleArn,
    facts: Result<TrustFacts, PortError>,
    eyes: &Eyes,
    registry: &Accounts<'_>,
    demand: Demand<'_>,
) -> Result<Examined, PortError> {
    let (source, trusted) = source(facts)?;
    let assumed = trusted.as_ref().map(|(_, external_id)| AssumedRole {
        role: role.clone(),
        external_id: external_id.clone(),
    });
    let (inside, assumable) = join!(
        inside(eyes, role, trusted.as_ref(), demand),
        assumable(registry, assumed.as_ref(), demand),
    );
    let arn = ROLE_ARN.passed(format!("role {} of account {}", role.name(), role.account()));
    let mut findings = vec![arn, source];
    findings.extend(inside?);
    findings.extend(assumable?);
    Ok(Examined { findings, credential: assumed.map(Credential::AssumedRole) })
}

/// Whom the role's trust must name: Palette's account and the tenant's external id.
type Trusted = (AccountId, String);

/// Who Palette says it is (D01, D03, D04).
fn source(facts: Result<TrustFacts, PortError>) -> Result<(Finding, Option<Trusted>), PortError> {
    if let Some(finding) = validation::not_let(&SOURCE_ACCOUNT, &facts) {
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
async fn inside(
    eyes: &Eyes,
    role: &RoleArn,
    trusted: Option<&Trusted>,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let aws = match eyes {
        Eyes::Open(aws) => aws,
        Eyes::Shut { reason, remedy } => return Ok(unseen(reason, remedy)),
    };
    let principal = Principal::Role(role.clone());
    let (read, permissions, arns) = join!(
        role::read(aws, role),
        permissions::check(aws, &principal, demand.profile),
        policy_arns::exist(aws, demand.policies),
    );
    let (mut findings, trust) = role::findings(read, role)?;
    findings.extend(match (trust, trusted) {
        (Some(trust), Some((account, external_id))) => {
            gangway_policies::trust::analyse(&trust, *account, external_id, demand.partition)
        }
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
fn unseen(reason: &str, remedy: &str) -> Vec<Finding> {
    let mut findings = role::unverified(reason, remedy);
    findings.extend(gangway_policies::trust::unverified(reason, remedy));
    findings.extend(permissions::unverified(reason, remedy));
    findings.push(policy_arns::unverified(reason, remedy));
    findings
}

/// The checks of a role that Gangway itself has just brought to this state, given IAM's and Palette's judgement of it: what
/// was written needs no second look.
pub fn of_made(
    role: &Role,
    arn: &RoleArn,
    (account, external_id): (AccountId, &str),
    allowed: Vec<Finding>,
    validated: Finding,
) -> Result<Vec<Finding>, PortError> {
    let mut findings = vec![
        ROLE_ARN.passed(format!("role {} of account {}", arn.name(), arn.account())),
        SOURCE_ACCOUNT.passed(format!("Palette comes from account {account}")),
    ];
    findings.extend(role::findings(Ok(role.clone()), arn)?.0);
    findings.extend(gangway_policies::trust::analyse(
        &role.trust,
        account,
        external_id,
        arn.partition(),
    ));
    findings.extend(allowed);
    findings.push(ENFORCED.unverified(
        "not tried: Gangway wrote the trust policy itself",
        "send POST /v1/accounts/{uid}/validate to have it tried",
    ));
    findings.push(POLICIES_ACCEPTED.not_applicable("no policies were named"));
    findings.push(validated);
    Ok(findings)
}

/// Palette's own attempt, as the answer to `palette.validation` (C17, D11).
pub async fn assumes(
    registry: &Accounts<'_>,
    assumed: &AssumedRole,
    demand: Demand<'_>,
) -> Result<Finding, PortError> {
    let credential = Credential::AssumedRole(assumed.clone());
    validation::of_credential(&PALETTE_ASSUMES, TRUST_REMEDY, registry, &credential, demand).await
}

/// Palette's own attempt, and one that must fail: the same with another external id (D11).
async fn assumable(
    registry: &Accounts<'_>,
    assumed: Option<&AssumedRole>,
    demand: Demand<'_>,
) -> Result<Vec<Finding>, PortError> {
    let Some(assumed) = assumed else {
        let reason = "not asked, since Palette tells no identity to assume the role with";
        return Ok(vec![
            ENFORCED.not_applicable(reason),
            POLICIES_ACCEPTED.not_applicable(reason),
            PALETTE_ASSUMES.not_applicable(reason),
        ]);
    };
    let proper = Credential::AssumedRole(assumed.clone());
    let external_id = format!("not-{}", assumed.external_id);
    let strange = Credential::AssumedRole(AssumedRole { external_id, role: assumed.role.clone() });
    let (validated, accepted, stranger) = join!(
        validation::of_credential(&PALETTE_ASSUMES, TRUST_REMEDY, registry, &proper, demand),
        validation::of_policies(registry, &proper, demand),
        registry.validate(demand.partition, &strange, demand.policies),
    );
    let validated = validated?;
    let enforced = match (&validated.outcome, stranger) {
        (Outcome::Passed, Ok(Verdict::Refused(_))) => {
            ENFORCED.passed("another external id was refused")
        }
        (Outcome::Passed, Ok(Verdict::Accepted)) => ENFORCED.failed(
            "Palette got in with an external id that is not this tenant's, so another tenant could get in too",
            "require the external id in every statement of the role's trust policy that lets Palette's account in",
        ),
        (Outcome::Passed, Err(error)) => ENFORCED.unverified(error.to_string(), "validate again"),
        (Outcome::Failed { .. } | Outcome::Unverified { .. } | Outcome::NotApplicable, _) => {
            ENFORCED.not_applicable("not known while the role cannot be assumed at all")
        }
    };
    Ok(vec![enforced, accepted?, validated])
}
