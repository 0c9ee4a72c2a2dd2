//! Checks that Gangway can rotate the access key of an IAM user. The user must be allowed to create
//! and delete its own access keys, and must not have a second access key of unknown origin.

use gangway_aws::{AwsSession, Principal};
use gangway_model::{AccessKey, AccessKeyId, Finding, UpstreamError};
use tokio::join;

use super::{
    attached_policies,
    simulation::{self, Decision, Evaluation, SimulatorResponse},
};
use crate::{Clients, catalogue::iam::KEY_ROTATABLE};

/// The IAM actions that a rotation calls as the IAM user.
const ROTATION_ACTIONS: [&str; 5] = [
    "iam:CreateAccessKey",
    "iam:DeleteAccessKey",
    "iam:GetAccessKeyLastUsed",
    "iam:ListAccessKeys",
    "iam:UpdateAccessKey",
];

/// Finds the IAM user of the access key, and checks that Gangway can rotate the access key.
/// `old_key` is the access key that the last rotation replaced.
///
/// # Errors
///
/// Returns an error if AWS could not be called. A missing permission is a finding.
pub async fn check_key(
    key: &AccessKey,
    old_key: Option<&AccessKeyId>,
    clients: &Clients,
) -> Result<Finding, UpstreamError> {
    let user = clients.aws.with_static_credentials(key);
    match user.caller().await {
        Ok(caller) => match caller.principal() {
            Some(principal) => check(&user, &principal, old_key).await,
            None => Ok(unverified_finding()),
        },
        Err(UpstreamError::Rejected { reason, .. }) => {
            Ok(KEY_ROTATABLE.failed(reason, "PUT the account with an access key that works"))
        }
        Err(error) => Err(error),
    }
}

/// Returns the *unverified* finding if the access key does not belong to an IAM user.
pub fn unverified_finding() -> Finding {
    KEY_ROTATABLE.unverified(
        "the keys do not belong to an IAM user",
        "fix the failed checks of the keys first",
    )
}

/// Checks that Gangway can rotate the access key of the session `user`. `old_key` is the access key
/// that the last rotation replaced.
///
/// # Errors
///
/// Returns an error if IAM could not be called. A missing permission is a finding.
pub async fn check(
    user: &AwsSession,
    principal: &Principal,
    old_key: Option<&AccessKeyId>,
) -> Result<Finding, UpstreamError> {
    let Principal::User { name, arn, .. } = principal else { return Ok(unverified_finding()) };
    let actions = ROTATION_ACTIONS.map(str::to_owned).to_vec();
    let (response, keys) = join!(
        simulation::call_simulator(user, principal, actions, vec![arn.clone()], Vec::new()),
        user.list_access_keys(name),
    );
    let results = match response? {
        SimulatorResponse::Results(results) => results,
        SimulatorResponse::AccessDenied => {
            return Ok(KEY_ROTATABLE.unverified(
                "the user is not allowed to simulate its own permissions",
                format!("allow iam:SimulatePrincipalPolicy to user {name} on itself"),
            ));
        }
        SimulatorResponse::Failed(code) if code != "PolicyEvaluation" && code != "InvalidInput" => {
            return Ok(KEY_ROTATABLE.unverified(
                format!("IAM did not simulate the permissions of the user: {code}"),
                attached_policies::refusal_remedy("iam:SimulatePrincipalPolicy", &code),
            ));
        }
        SimulatorResponse::PrincipalNotFound | SimulatorResponse::Failed(_) => {
            return Ok(KEY_ROTATABLE.unverified(
                "IAM's simulator cannot evaluate the permissions of the user",
                "run the IAM policy simulator for the user, which names the policy that it cannot evaluate",
            ));
        }
    };
    let decision = |action: &str| {
        Evaluation::worst_for_action(action, Some(std::slice::from_ref(arn)), &results)
            .map_or(Decision::Unknown, |evaluation| evaluation.decision)
    };
    let actions_with = |wanted: &[Decision]| -> Vec<&str> {
        ROTATION_ACTIONS.into_iter().filter(|action| wanted.contains(&decision(action))).collect()
    };
    let denied = actions_with(&[Decision::NotAllowed, Decision::Denied]);
    if !denied.is_empty() {
        return Ok(KEY_ROTATABLE.failed(
            format!("user {name} may not {} on itself", denied.join(", ")),
            allow_remedy(arn),
        ));
    }
    let unknown = actions_with(&[Decision::Unknown]);
    if !unknown.is_empty() {
        let observed =
            format!("IAM's simulator does not tell whether the user may {}", unknown.join(", "));
        return Ok(KEY_ROTATABLE.unverified(observed, allow_remedy(arn)));
    }
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) if error.is_refusal() => {
            return Ok(
                KEY_ROTATABLE.unverified("the user's keys could not be listed", allow_remedy(arn))
            );
        }
        Err(UpstreamError::Throttled { .. }) => {
            return Ok(
                KEY_ROTATABLE.unverified("IAM throttled the request", "validate again later")
            );
        }
        Err(error) => return Err(error),
    };
    let is_second_key =
        |id: &AccessKeyId| Some(id.as_str()) != user.key_id() && Some(id) != old_key;
    Ok(match keys.iter().find(|key| is_second_key(&key.id)) {
        None => KEY_ROTATABLE.passed(format!("user {name} may rotate its access key")),
        Some(other) => {
            let state = if other.is_active { "active" } else { "inactive" };
            KEY_ROTATABLE.failed(
                format!(
                    "user {name} has a second access key, {}, which is {state}; IAM allows two",
                    other.id
                ),
                format!(
                    "delete access key {} if nobody uses it, or use another IAM user",
                    other.id
                ),
            )
        }
    })
}

/// Returns a remedy with the policy statement that allows the rotation.
fn allow_remedy(user: &str) -> String {
    let actions = ROTATION_ACTIONS.map(|action| format!("\"{action}\"")).join(",");
    format!(
        "allow it to the user: {{\"Effect\":\"Allow\",\"Action\":[{actions}],\"Resource\":\"{user}\"}}"
    )
}
