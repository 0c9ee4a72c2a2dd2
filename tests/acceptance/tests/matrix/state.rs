//! Reads and checks what Palette, AWS and Kubernetes store about the account of a run.

use acceptance::initiator::{remove_initiator, tags_without_initiator};
use local_cloud::aws::{Account, Queue, SecretSnapshot};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, mentions_account},
    flow::Subject,
};

const CONFIG_MAP_PATH: &str = "/api/v1/namespaces/kube-system/configmaps/palette-global-config";

/// The prefix of the names of incoming secrets.
pub(crate) const INCOMING_PREFIX: &str = "gangway/incoming/";

/// What Palette, AWS and Kubernetes store about the account of a run.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The accounts in Palette: uid, project and body.
    pub(crate) accounts: Vec<Value>,
    /// The secrets with the account's name, including those that are scheduled for deletion.
    pub(crate) secrets: Vec<SecretSnapshot>,
    /// What IAM, EKS, Kubernetes and queues store.
    other: Value,
    subject: Subject,
}

impl State {
    /// Reads the stored state of the account of a run.
    pub(crate) fn snapshot(fixture: &Fixture, subject: &Subject) -> Self {
        let (app, deployment) = (&fixture.app, fixture.app.deployment());
        let records = app.cloud().palette().records();
        let of_subject =
            records.accounts.iter().filter(|one| mentions_account(&one.body.to_string(), subject));
        let accounts = of_subject
            .map(|one| json!({"uid": one.uid, "project": one.project, "body": one.body}))
            .collect();
        drop(records);
        let mut secrets = deployment.gangway_account.secrets();
        secrets.retain(|secret| mentions_account(&secret.name, subject));
        let queue_length = |queue: Option<&Queue>| queue.map_or(0, Queue::len);
        let others =
            [&deployment.gangway_account, &app.customer().account, &app.second_customer().account];
        let others = others.map(|account| (account.roles().len(), account.policies().len()));
        let other = json!({
            "vended": subject.vended.as_ref().map(|vended| roles_and_policies(&vended.account)),
            // The numbers of roles and policies in accounts in which Gangway must create nothing.
            "others": others,
            "cluster": read_cluster(fixture),
            "queued": queue_length(fixture.queue()),
            "dead": queue_length(fixture.dead_letter_queue()),
        });
        Self { accounts, secrets, other, subject: subject.clone() }
    }

    /// Returns the secrets of the account that are not scheduled for deletion, without incoming
    /// secrets.
    pub(crate) fn active_secrets(&self) -> Vec<&SecretSnapshot> {
        let is_not_incoming = |secret: &&SecretSnapshot| !secret.name.starts_with(INCOMING_PREFIX);
        self.secrets.iter().filter(|secret| !secret.deleted).filter(is_not_incoming).collect()
    }

    /// Checks what must be true after every run. Palette has at most one account of the name.
    /// Palette and Secrets Manager have the same credential, and the secret has the tags of the
    /// account. There is no secret without an account.
    pub(crate) fn check_consistency(&self) -> Result<(), String> {
        if self.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", self.accounts.len()));
        }
        let active = self.active_secrets();
        let spec = self.accounts.first().map(|account| &account["body"]["spec"]);
        let has_secret = spec.is_some_and(|spec| spec["credentialType"] == "secret");
        if active.len() != usize::from(has_secret) {
            return Err(format!("{} active secrets: {active:#?}", active.len()));
        }
        let (Some(spec), [secret]) = (spec, active.as_slice()) else { return Ok(()) };
        let current: Value = secret.current.as_deref().map_or(Value::Null, parse_json);
        let has_same_credential = if uses_access_portal(spec) {
            spec["secretSpec"]["tls"]["cert"] == current["userCertificate"]
        } else {
            spec["accessKey"] == current["accessKeyId"]
                && spec["secretKey"] == current["secretAccessKey"]
        };
        if !has_same_credential {
            return Err(format!("Palette has other keys than Secrets Manager: {current}, {spec}"));
        }
        let uid = self.accounts[0]["uid"].as_str().unwrap_or_default();
        let tag = |name: &str| secret.tags.get(name).map(String::as_str);
        if tag("gangway:palette-uid") != Some(uid) || tag("gangway:state") != Some("registered") {
            return Err(format!("the secret is not tagged with {uid}: {:?}", secret.tags));
        }
        if secret.pending.is_some() && secret.pending != secret.current {
            return Err("a value is still pending".to_owned());
        }
        Ok(())
    }

    /// Returns the state as JSON text. What differs between runs is removed or replaced.
    pub(crate) fn to_normalized_text(&self) -> String {
        let mut accounts = self.accounts.clone();
        for account in &mut accounts {
            remove_initiator(&mut account["body"]["metadata"]);
            // Gangway sends the uid with an update, but not with a creation.
            if let Some(metadata) = account["body"]["metadata"].as_object_mut() {
                metadata.remove("uid");
            }
            // The access portal issues new credentials for each request.
            let has_portal_keys = uses_access_portal(&account["body"]["spec"]);
            let spec = account["body"]["spec"].as_object_mut().filter(|_| has_portal_keys);
            for (member, key) in spec.into_iter().flatten() {
                if ["accessKey", "secretKey", "secretToken"].contains(&member.as_str()) {
                    *key = "KEY".into();
                }
            }
        }
        let secrets = self.secrets.iter().map(|secret| {
            if secret.name.starts_with(INCOMING_PREFIX) {
                // The version id of an incoming secret is random, because Gangway does not create
                // the secret.
                return json!({
                    "name": secret.name, "current": secret.current, "deleted": secret.deleted,
                    "tags": secret.tags,
                });
            }
            json!({
                "name": secret.name, "key": secret.kms_key, "tags": tags_without_initiator(&secret.tags), "versions": secret.versions,
                "current": secret.current, "pending": secret.pending, "deleted": secret.deleted,
            })
        });
        let secrets: Vec<Value> = secrets.collect();
        let all = json!({"accounts": accounts, "secrets": secrets, "other": self.other});
        self.replace_ids(&format!("{all:#}"))
    }

    /// Replaces the names and ids of this run in a text, so that it can be compared with the text
    /// of another run.
    pub(crate) fn replace_ids(&self, text: &str) -> String {
        let mut text = replace_policy_ids(text).replace(&self.subject.name, "NAME");
        let uids = self.accounts.iter().filter_map(|account| account["uid"].as_str());
        // If the account is deleted, its uid is still in the tags of its secret.
        let tags = self.secrets.iter().filter_map(|secret| secret.tags.get("gangway:palette-uid"));
        let before = Some(self.subject.uid.as_str()).filter(|uid| !uid.is_empty());
        for uid in uids.chain(tags.map(String::as_str)).chain(before) {
            text = text.replace(uid, "UID");
        }
        for secret in &self.secrets {
            let arn_without_suffix = secret.arn.rsplit_once('-').map_or("", |(arn, _suffix)| arn);
            text = text.replace(&secret.arn, arn_without_suffix);
        }
        if let Some(vended) = &self.subject.vended {
            text = text.replace(vended.account.id(), "ACCOUNT");
        }
        text
    }
}

/// Returns `true` if Palette gets the credentials of the account from an access portal.
fn uses_access_portal(spec: &Value) -> bool {
    spec["secretSpec"]["isCapValidationEnabled"] == true
}

fn parse_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Returns the IAM roles and policies of an AWS account.
fn roles_and_policies(account: &Account) -> Value {
    let roles: Vec<_> = account
        .roles()
        .into_iter()
        .map(|role| {
            json!({
                "role": role.name, "trust": role.trust, "attached": role.attached,
                "inline": role.inline, "tags": role.tags, "boundary": role.boundary,
            })
        })
        .collect();
    let policies: Vec<_> = account
        .policies()
        .into_iter()
        .map(|policy| {
            json!({
                "policy": policy.name, "document": policy.document, "tags": policy.tags,
                "roles": policy.roles, "versions": policy.versions.len() <= 5,
            })
        })
        .collect();
    json!({"roles": roles, "policies": policies})
}

/// Returns the associations and the ConfigMap of Palette's cluster, if the partition has a cluster.
fn read_cluster(fixture: &Fixture) -> Value {
    if fixture.app.partition() == gangway_model::Partition::AwsIso {
        return Value::Null;
    }
    let cluster = &fixture.app.deployment().palette_cluster().cluster;
    let mut associations: Vec<_> = cluster
        .associations()
        .into_iter()
        .map(|(account, one)| json!([account, one.role, one.target, one.external_id]))
        .collect();
    associations.sort_by_key(Value::to_string);
    let config = cluster.object(CONFIG_MAP_PATH).map(|object| object["data"].clone());
    json!({"associations": associations, "config": config})
}

/// Replaces the ids of IAM policies in a text. These ids are random.
fn replace_policy_ids(text: &str) -> String {
    const PREFIX: &str = "ANPA";
    let mut parts = text.split(PREFIX);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str("POLICY");
        replaced.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()));
    }
    replaced
}
