//! The stored state after a run: Palette, Secrets Manager, IAM, EKS, Kubernetes and queues.

use acceptance::initiator::{remove_initiator, tags_without_initiator};
use local_cloud::aws::{Account, Queue, SecretSnapshot};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, mentions_account},
    flow::Subject,
};

const CONFIG_MAP_PATH: &str = "/api/v1/namespaces/kube-system/configmaps/palette-global-config";

/// The prefix of incoming secrets.
pub(crate) const INCOMING: &str = "gangway/incoming/";

/// Everything that is stored for the account of a run.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// Uid, project and what was sent last.
    pub(crate) accounts: Vec<Value>,
    /// Includes secrets that are scheduled for deletion.
    pub(crate) secrets: Vec<SecretSnapshot>,
    other: Value,
    subject: Subject,
}

impl State {
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
            // Nothing is created in these accounts.
            "others": others,
            "cluster": cluster(fixture),
            "queued": queue_length(fixture.queue()),
            "dead": queue_length(fixture.dead_letter_queue()),
        });
        Self { accounts, secrets, other, subject: subject.clone() }
    }

    /// Returns the stored secrets that are not scheduled for deletion.
    pub(crate) fn active(&self) -> Vec<&SecretSnapshot> {
        let incoming = |secret: &&SecretSnapshot| !secret.name.starts_with(INCOMING);
        self.secrets.iter().filter(|secret| !secret.deleted).filter(incoming).collect()
    }

    /// Checks the invariants after a run: at most one account per name; Palette holds the keys that
    /// Secrets Manager holds, tagged as this account's; and no secret without an account.
    pub(crate) fn check_consistency(&self) -> Result<(), String> {
        if self.accounts.len() > 1 {
            return Err(format!("{} accounts in Palette", self.accounts.len()));
        }
        let active = self.active();
        let spec = self.accounts.first().map(|account| &account["body"]["spec"]);
        let has_secret = spec.is_some_and(|spec| spec["credentialType"] == "secret");
        if active.len() != usize::from(has_secret) {
            return Err(format!("{} active secrets: {active:#?}", active.len()));
        }
        let (Some(spec), [secret]) = (spec, active.as_slice()) else { return Ok(()) };
        let current: Value = secret.current.as_deref().map_or(Value::Null, parse_json);
        let agrees = if uses_access_portal(spec) {
            spec["secretSpec"]["tls"]["cert"] == current["userCertificate"]
        } else {
            spec["accessKey"] == current["accessKeyId"]
                && spec["secretKey"] == current["secretAccessKey"]
        };
        if !agrees {
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

    /// Returns the state as text, without what differs between runs.
    pub(crate) fn normalized(&self) -> String {
        let mut accounts = self.accounts.clone();
        for account in &mut accounts {
            remove_initiator(&mut account["body"]["metadata"]);
            // Sent with an update, and not with a creation.
            if let Some(metadata) = account["body"]["metadata"].as_object_mut() {
                metadata.remove("uid");
            }
            // The access portal issues new keys each time.
            let has_portal_keys = uses_access_portal(&account["body"]["spec"]);
            let spec = account["body"]["spec"].as_object_mut().filter(|_| has_portal_keys);
            for (member, key) in spec.into_iter().flatten() {
                if ["accessKey", "secretKey", "secretToken"].contains(&member.as_str()) {
                    *key = "KEY".into();
                }
            }
        }
        let secrets = self.secrets.iter().map(|secret| {
            if secret.name.starts_with(INCOMING) {
                // Not created by Gangway: the id of its version is random.
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
        self.without_ids(&format!("{all:#}"))
    }

    /// Replaces the names and ids of this run in a text.
    pub(crate) fn without_ids(&self, text: &str) -> String {
        let mut text = without_policy_ids(text).replace(&self.subject.name, "NAME");
        let uids = self.accounts.iter().filter_map(|account| account["uid"].as_str());
        // The account may be gone while its secret is not.
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

/// Whether Palette fetches keys from an access portal.
fn uses_access_portal(spec: &Value) -> bool {
    spec["secretSpec"]["isCapValidationEnabled"] == true
}

fn parse_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

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

/// Returns associations and ConfigMap of Palette's cluster, if the partition has one.
fn cluster(fixture: &Fixture) -> Value {
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

/// Replaces the ids of IAM policies, which are random.
fn without_policy_ids(text: &str) -> String {
    const PREFIX: &str = "ANPA";
    let mut parts = text.split(PREFIX);
    let mut replaced = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        replaced.push_str("POLICY");
        replaced.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()));
    }
    replaced
}
