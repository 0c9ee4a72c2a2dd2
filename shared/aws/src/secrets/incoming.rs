//! Reads and deletes incoming secrets. A caller stores a credential in an incoming secret for one
//! registration.

use std::fmt::Display;

use gangway_http::RetryPolicy;
use gangway_model::{
    FieldError, Operation, RegistrationError, RequestedScope, Scope, SecretArn, SecretSource,
    UpstreamError,
};
use tokio::time::sleep;

use super::{
    SecretsManagerStore, deletion,
    metadata::{SecretMetadata, SecretState},
    payload::{self, SecretPayloadType},
    read::GetSecretOutcome,
    secrets_manager_call,
};

/// Credential of a request. The caller has sent it in the request, or in an incoming secret.
#[derive(Debug)]
pub struct ResolvedCredential<T> {
    pub credential: T,
    /// Secret to delete when the credential is registered. `None` if there is none, or if its
    /// deletion is already scheduled.
    pub incoming_secret: Option<SecretArn>,
}

/// JSON Pointer of the member that names an incoming secret.
const POINTER: &str = "/secretArn";

/// Number of random characters that Secrets Manager appends to the name of a secret in its ARN.
const SUFFIX_LEN: usize = 6;

impl SecretsManagerStore {
    /// Returns the credential of a request. Reads it from Secrets Manager if the request contains
    /// the ARN of a secret.
    ///
    /// The name of the secret must start with a folder of the scope, because this function may read
    /// the secrets of all scopes, and the caller may not.
    ///
    /// The deletion of a secret is scheduled when its content is registered. If the same request is
    /// sent again, this function restores the secret, reads it, and schedules its deletion again.
    /// [`Operation::Validate`] restores nothing.
    ///
    /// # Errors
    ///
    /// [`RegistrationError::Invalid`] at `/secretArn` if the secret cannot be used, with every
    /// error in its content.
    pub async fn resolve_source<T: SecretPayloadType>(
        &self,
        source: SecretSource<T>,
        requested: &RequestedScope,
        scope: &Scope,
        operation: &Operation,
    ) -> Result<ResolvedCredential<T>, RegistrationError> {
        let arn = match source {
            SecretSource::Inline(credential) => {
                return Ok(ResolvedCredential { credential, incoming_secret: None });
            }
            SecretSource::SecretsManager(arn) => arn,
        };
        self.check_incoming(&arn, requested, scope).map_err(invalid_secret_arn_error)?;
        let (outcome, is_restored) = self.read_incoming(&arn, operation).await?;
        // The deletion is scheduled before any later step can fail, because the caller may not send
        // the request again.
        let is_scheduled = is_restored && self.delete_incoming(&arn).await;
        let text = match outcome {
            GetSecretOutcome::Text { arn: found, text } if found == arn => text,
            // Secrets Manager also accepts an ARN without the suffix, and returns the complete ARN.
            GetSecretOutcome::Text { .. } => {
                return Err(invalid_secret_arn_error(INCOMPLETE_ARN_RULE));
            }
            unreadable @ (GetSecretOutcome::Binary
            | GetSecretOutcome::NotFound
            | GetSecretOutcome::AccessDenied
            | GetSecretOutcome::PendingDeletion
            | GetSecretOutcome::KmsFailure) => {
                return Err(invalid_secret_arn_error(violated_rule(&unreadable)));
            }
        };
        let credential = payload::parse(&text, self.0.partition).map_err(|faults| {
            let error = |fault| {
                FieldError::unprocessable(POINTER, format!("the secret of secretArn {fault}"))
            };
            RegistrationError::Invalid(faults.into_iter().map(error).collect())
        })?;
        Ok(ResolvedCredential { credential, incoming_secret: (!is_scheduled).then_some(arn) })
    }

    /// Schedules deletion of an incoming secret whose content is registered. Tags the secret, so
    /// that a later request may restore it. Logs a warning and returns `false` if a call to Secrets
    /// Manager fails.
    pub async fn delete_incoming(&self, arn: &SecretArn) -> bool {
        let outcome = deletion::delete_incoming(self, arn).await;
        if let Err(error) = &outcome {
            tracing::warn!(
                secretArn = arn.as_str(),
                error = %error,
                "an incoming secret could not be scheduled for deletion: repeat the request, or delete it"
            );
        }
        outcome.is_ok()
    }

    /// Checks that the ARN is complete, and that the secret is in a folder of the scope. The error
    /// is the rule that the ARN violates.
    fn check_incoming(
        &self,
        arn: &SecretArn,
        requested: &RequestedScope,
        scope: &Scope,
    ) -> Result<(), String> {
        if arn.partition() != self.0.partition || arn.region() != self.0.region {
            let (region, partition) = (&self.0.region, self.0.partition);
            return Err(format!("must be a secret of region {region}, partition {partition}"));
        }
        let folders = incoming_folders(&self.0.prefix, requested, scope);
        let in_folder =
            folders.iter().find_map(|folder| arn.name_and_suffix().strip_prefix(&**folder));
        match in_folder {
            Some(name_and_suffix) if has_suffix(name_and_suffix) => Ok(()),
            Some(_) => Err(INCOMPLETE_ARN_RULE.to_owned()),
            None => Err(format!(
                "must be a secret that was stored for this scope: store the credential under {}",
                folders.join(" or ")
            )),
        }
    }

    /// Reads an incoming secret. If its deletion was scheduled because its content is registered,
    /// restores the secret first, except for [`Operation::Validate`]. The second value is `true` if
    /// the secret was restored.
    async fn read_incoming(
        &self,
        arn: &SecretArn,
        operation: &Operation,
    ) -> Result<(GetSecretOutcome, bool), UpstreamError> {
        let mut delays = RetryPolicy::CONSISTENCY.delays();
        let mut is_restored = false;
        loop {
            let outcome = self.get_secret_value(arn.as_str()).await?;
            if !matches!(outcome, GetSecretOutcome::PendingDeletion)
                || *operation == Operation::Validate
            {
                return Ok((outcome, is_restored));
            }
            match SecretMetadata::describe(self, arn.as_str()).await? {
                // Another run has restored the secret, or one of the two reads is stale: read
                // again.
                Some(secret) if !secret.is_scheduled_for_deletion => {}
                Some(secret)
                    if secret.arn == *arn && secret.state == Some(SecretState::Promoted) =>
                {
                    self.restore_secret(arn).await?;
                    is_restored = true;
                }
                Some(_) | None => return Ok((outcome, is_restored)),
            }
            let Some(delay) = delays.next() else {
                return Err(secrets_manager_call("secretsmanager:GetSecretValue")
                    .invalid_response("a secret that was restored cannot be read yet"));
            };
            sleep(delay).await;
        }
    }

    async fn restore_secret(&self, arn: &SecretArn) -> Result<(), UpstreamError> {
        let response = self.client().restore_secret().secret_id(arn.as_str()).send().await;
        let call = secrets_manager_call("secretsmanager:RestoreSecret");
        response.map(drop).map_err(|error| call.to_upstream_error(&error))
    }
}

/// Rule that an ARN without the suffix violates.
const INCOMPLETE_ARN_RULE: &str = "must be the complete ARN of a secret, as Secrets Manager returns it: the name, and behind it - and \
                          six characters";

fn invalid_secret_arn_error(rule: impl Display) -> RegistrationError {
    RegistrationError::unprocessable(POINTER, format!("secretArn {rule}"))
}

/// Returns the rule that an incoming secret violates if its text cannot be read.
const fn violated_rule(outcome: &GetSecretOutcome) -> &'static str {
    match outcome {
        GetSecretOutcome::Text { .. } => INCOMPLETE_ARN_RULE,
        GetSecretOutcome::Binary => {
            "must contain text; it is binary: store the JSON object as its SecretString"
        }
        GetSecretOutcome::NotFound => {
            "must be a secret that exists, with a current value; none has this ARN"
        }
        GetSecretOutcome::AccessDenied => {
            "must be a secret that Gangway may read: allow secretsmanager:GetSecretValue, and kms:Decrypt of its key, to the \
             function's role"
        }
        GetSecretOutcome::PendingDeletion => {
            "must be a secret that can be read; it is scheduled for deletion: restore it first, or store the credential in a \
             new one"
        }
        GetSecretOutcome::KmsFailure => {
            "must be a secret that can be decrypted: its KMS key is disabled, deleted or not usable"
        }
    }
}

/// Returns the folders in which the incoming secrets of a scope must be. A project has a folder of
/// its uid, and a folder of its name if the request names the project by its name.
fn incoming_folders(prefix: &str, requested: &RequestedScope, scope: &Scope) -> Vec<String> {
    let project = match scope {
        Scope::Tenant => return vec![format!("{prefix}/incoming/tenant/")],
        Scope::Project(project) => project.to_string(),
    };
    let named = match requested {
        RequestedScope::Project(named) if named.is_path_segment() => Some(named.to_string()),
        RequestedScope::Project(_) | RequestedScope::Tenant => None,
    };
    let named = named.filter(|named| *named != project);
    let folder = |project| format!("{prefix}/incoming/projects/{project}/");
    named.into_iter().chain([project]).map(folder).collect()
}

/// Returns `true` if a text is the name of a secret followed by a hyphen and the suffix of Secrets
/// Manager.
fn has_suffix(name_and_suffix: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    name_and_suffix.rsplit_once('-').is_some_and(|(name, suffix)| {
        !name.is_empty()
            && name.bytes().all(is_allowed)
            && suffix.len() == SUFFIX_LEN
            && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const UID: &str = "5f0c1a2b3c4d5e6f70818293";

    #[test]
    fn a_project_has_a_folder_of_its_name_and_one_of_its_uid() {
        let project = |named: &str| {
            let requested = RequestedScope::Project(named.parse().unwrap());
            incoming_folders("gangway", &requested, &Scope::Project(UID.parse().unwrap()))
        };
        let uid_folder = format!("gangway/incoming/projects/{UID}/");
        assert_eq!(project(UID), std::slice::from_ref(&uid_folder));
        assert_eq!(project("pay.ments-1"), ["gangway/incoming/projects/pay.ments-1/", &uid_folder]);
        for other in ["a/b", "tenant/../x", "a b", "a*", &"n".repeat(65)] {
            assert_eq!(project(other), std::slice::from_ref(&uid_folder), "{other}");
        }
        let tenant = incoming_folders("team/gangway", &RequestedScope::Tenant, &Scope::Tenant);
        assert_eq!(tenant, ["team/gangway/incoming/tenant/"]);
    }

    #[test]
    fn a_complete_name_ends_with_hyphen_and_six_characters() {
        for complete in ["x-AbCdEf", "team/x-AbCdEf", "x-y-a1B2c3", "a_+=.@-b-AbCdEf"] {
            assert!(has_suffix(complete), "{complete}");
        }
        for incomplete in [
            "",
            "x",
            "-AbCdEf",
            "x-AbCde",
            "x-AbCdEfg",
            "x-AbCd_f",
            "x*-AbCdEf",
            "x:y-AbCdEf",
            "x-??????",
        ] {
            assert!(!has_suffix(incomplete), "{incomplete}");
        }
    }
}
