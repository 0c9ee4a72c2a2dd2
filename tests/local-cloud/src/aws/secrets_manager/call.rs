//! Context of one Secrets Manager call: parameters, secret and permissions.
use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Payload, StoredSecret};
use crate::aws::caller::Caller;
use crate::aws::error::AwsError;
use crate::aws::key_policy::KeyPolicyDecision;
use crate::aws::partition::dns_suffix;
use crate::aws::policy::{Context, Outcome};
use crate::aws::store::{Store, format_uuid};

/// Maximum size of a secret value.
const MAX_VALUE_BYTES: usize = 65_536;

/// One authenticated call.
pub(super) struct SecretsCall<'a> {
    pub(super) store: &'a mut Store,
    pub(super) caller: &'a Caller,
    operation: &'a str,
    body: &'a Value,
}

pub(super) fn invalid_parameter(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidParameterException", message)
}

pub(super) fn invalid_request(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "InvalidRequestException", message)
}

pub(super) fn not_found(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ResourceNotFoundException", message)
}

pub(super) fn validation_error(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

impl<'a> SecretsCall<'a> {
    pub(super) fn new(
        store: &'a mut Store,
        caller: &'a Caller,
        operation: &'a str,
        body: &'a Value,
    ) -> SecretsCall<'a> {
        let now = store.now();
        let secrets = &mut store.account_mut(&caller.account_key).secrets;
        // Secrets whose recovery window has ended are deleted.
        secrets.retain(|_, secret| secret.deletion_date.is_none_or(|deletes_at| deletes_at > now));
        SecretsCall { store, caller, operation, body }
    }

    pub(super) fn member(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn string(&self, name: &str) -> Result<Option<&'a str>, AwsError> {
        let wrong =
            || AwsError::new(400, "SerializationException", format!("{name} is not a string."));
        self.member(name).map(|value| value.as_str().ok_or_else(wrong)).transpose()
    }

    pub(super) fn required(&self, name: &str) -> Result<&'a str, AwsError> {
        let found = self.string(name)?.filter(|text| !text.is_empty());
        found.ok_or_else(|| {
            invalid_parameter(format!("You must provide a value for the {name} parameter."))
        })
    }

    pub(super) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, AwsError> {
        let Some(value) = self.member(name) else { return Ok(None) };
        let list = value
            .as_array()
            .and_then(|list| list.iter().map(|one| one.as_str().map(str::to_owned)).collect());
        list.map(Some).ok_or_else(|| {
            AwsError::new(
                400,
                "SerializationException",
                format!("{name} is not a list of strings."),
            )
        })
    }

    pub(super) fn tags(&self) -> Result<BTreeMap<String, String>, AwsError> {
        let list =
            self.member("Tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let pair = |tag: &Value| {
            let text = |name| tag.get(name).and_then(Value::as_str).map(str::to_owned);
            Some((text("Key")?, text("Value").unwrap_or_default()))
        };
        let tags: Option<BTreeMap<_, _>> = list.iter().map(pair).collect();
        let tags = tags.ok_or_else(|| invalid_parameter("A tag must have a key."))?;
        if tags.len() > 50 {
            return Err(invalid_parameter("You can't have more than 50 tags."));
        }
        if tags.keys().any(|key| key.starts_with("aws:")) {
            return Err(invalid_parameter("Tag keys can't start with aws:."));
        }
        Ok(tags)
    }

    /// Returns `ClientRequestToken`, which becomes the version id.
    pub(super) fn token(&self) -> Result<String, AwsError> {
        // SDKs generate a token; the API itself requires one.
        let token = self.string("ClientRequestToken")?;
        let token = token.ok_or_else(|| {
            invalid_request(
                "You must provide a ClientRequestToken value. We recommend a UUID-type value.",
            )
        })?;
        if !(32..=64).contains(&token.len()) {
            return Err(invalid_parameter("ClientRequestToken must be 32-64 characters long."));
        }
        Ok(token.to_owned())
    }

    pub(super) fn payload(&self) -> Result<Option<Payload>, AwsError> {
        match (self.string("SecretString")?, self.string("SecretBinary")?) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(invalid_parameter(
                "You can't specify both a binary secret value and a string secret value in the same secret.",
            )),
            (Some(text), None) if (1..=MAX_VALUE_BYTES).contains(&text.len()) => {
                Ok(Some(Payload::Text(text.to_owned())))
            }
            (None, Some(binary)) if binary.len() / 4 * 3 <= MAX_VALUE_BYTES => {
                Ok(Some(Payload::Binary(binary.to_owned())))
            }
            (Some(""), None) => Err(validation_error(
                "Invalid length for parameter SecretString, valid min length: 1",
            )),
            (Some(_), None) | (None, Some(_)) => Err(validation_error(format!(
                "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to {MAX_VALUE_BYTES}"
            ))),
        }
    }

    /// Returns `arn:…:secretsmanager:<region>:<account>:secret:<name>`.
    pub(super) fn arn(&self, name: &str) -> String {
        let caller = self.caller;
        format!(
            "arn:{}:secretsmanager:{}:{}:secret:{name}",
            caller.partition(),
            caller.region,
            caller.account()
        )
    }

    fn find_secret(&self, id: &str) -> Option<&StoredSecret> {
        let secrets = &self.store.account(&self.caller.account_key)?.secrets;
        let in_region = secrets.iter().filter(|((region, _), _)| *region == self.caller.region);
        let mut secrets = in_region.map(|(_, secret)| secret);
        // A secret is identified by name, by ARN, or by ARN without the random suffix.
        secrets.find(|secret| secret.name == id || secret.arn == id || self.arn(&secret.name) == id)
    }

    /// Authorizes the call and returns the name of the secret that `SecretId` identifies.
    pub(super) fn authorized_secret(&mut self) -> Result<String, AwsError> {
        self.authorized_secret_with(|context| context)
    }

    pub(super) fn authorized_secret_with(
        &mut self,
        more: impl FnOnce(Context) -> Context,
    ) -> Result<String, AwsError> {
        let id = self.required("SecretId")?;
        let action = format!("secretsmanager:{}", self.operation);
        if id.starts_with("arn:") {
            let parts: Vec<&str> = id.split(':').collect();
            let own = [
                self.caller.partition(),
                "secretsmanager",
                &self.caller.region,
                self.caller.account(),
            ];
            if parts.len() != 7 || parts.get(3).is_some_and(|region| *region != own[2]) {
                return Err(not_found("Secrets Manager can't find the specified secret."));
            }
            if parts.get(1) != Some(&own[0]) || parts.get(4) != Some(&own[3]) {
                let message = format!(
                    "User: {} is not authorized to perform: {action} on resource: {id} because no resource-based policy allows the {action} action",
                    self.caller.arn
                );
                return Err(AwsError::new(400, "AccessDenied", message));
            }
        }
        let found = self.find_secret(id).cloned();
        let arn = match &found {
            Some(secret) => secret.arn.clone(),
            None if id.starts_with("arn:") => id.to_owned(),
            None => self.arn(id),
        };
        let mut context = self.store.context(self.caller).with("secretsmanager:SecretId", &arn);
        for (tag, value) in found.iter().flat_map(|secret| &secret.tags) {
            context = context.with(&format!("aws:ResourceTag/{tag}"), value);
            context = context.with(&format!("secretsmanager:ResourceTag/{tag}"), value);
        }
        self.store.authorize(
            self.caller,
            &action,
            &arn,
            if found.is_some() { &arn } else { id },
            &more(context),
        )?;
        let found =
            found.ok_or_else(|| not_found("Secrets Manager can't find the specified secret."))?;
        if found.hidden_reads > 0 {
            if let Some(secret) = self.find_secret_mut(&found.name) {
                secret.hidden_reads -= 1;
            }
            return Err(not_found("Secrets Manager can't find the specified secret."));
        }
        Ok(found.name)
    }

    pub(super) fn find_secret_mut(&mut self, name: &str) -> Option<&mut StoredSecret> {
        let key = (self.caller.region.clone(), name.to_owned());
        self.store.account_mut(&self.caller.account_key).secrets.get_mut(&key)
    }

    /// Returns a secret that is not scheduled for deletion.
    pub(super) fn active_secret_mut(&mut self, name: &str) -> Result<&mut StoredSecret, AwsError> {
        let secret = self
            .find_secret_mut(name)
            .ok_or_else(|| not_found("Secrets Manager can't find the specified secret."))?;
        if secret.deletion_date.is_some() {
            return Err(invalid_request(
                "You can't perform this operation on the secret because it was marked for deletion.",
            ));
        }
        Ok(secret)
    }

    /// Checks the caller's permissions for a customer managed key: Secrets Manager uses the key on
    /// behalf of the caller.
    pub(super) fn authorize_kms(
        &self,
        kms: Option<&str>,
        secret_arn: &str,
        actions: &[&str],
    ) -> Result<(), AwsError> {
        let Some(kms) = kms.filter(|key| !key.ends_with("alias/aws/secretsmanager")) else {
            return Ok(());
        };
        let caller = self.caller;
        let key = if kms.starts_with("arn:") && kms.contains(":key/") {
            kms.to_owned()
        } else {
            let id = if kms.contains("alias/") {
                format_uuid(&Sha256::digest(kms).into())
            } else {
                kms.to_owned()
            };
            format!(
                "arn:{}:kms:{}:{}:key/{id}",
                caller.partition(),
                caller.region,
                caller.account()
            )
        };
        let via = format!("secretsmanager.{}.{}", caller.region, dns_suffix(caller.partition()));
        let context = self
            .store
            .context(caller)
            .with("kms:ViaService", via)
            .with("kms:CallerAccount", caller.account())
            .with("kms:EncryptionContext:SecretARN", secret_arn)
            .with_list(
                "kms:EncryptionContextKeys",
                vec!["SecretARN".into(), "SecretVersionId".into()],
            );
        let policy =
            self.store.account(&caller.account_key).and_then(|own| own.key_policies.get(&key));
        let principal_arn = self.store.principal_arn(caller);
        let allowed = |action: &&str| {
            let principal = (caller.account(), principal_arn.as_str());
            let iam = || {
                self.store.decide_for_caller(caller, action, &key, &context).outcome()
                    == Outcome::Allowed
            };
            match policy.map(|policy| policy.decide(action, principal, &context)) {
                Some(KeyPolicyDecision::Denied) => false,
                Some(KeyPolicyDecision::Allowed) => true,
                Some(KeyPolicyDecision::LeftToIam) | None => iam(),
            }
        };
        if actions.iter().all(allowed) {
            Ok(())
        } else {
            Err(AwsError::new(400, "AccessDenied", "Access to KMS is not allowed"))
        }
    }
}
