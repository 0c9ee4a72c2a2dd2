//! Collects what the functions of a partition logged, sent and stored.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use local_cloud::{
    LocalCloud,
    canaries::{Canary, SecretKind},
    certificates::{CertificateIssuer, CertificateSpec, KeyType},
    fixtures::PartitionDeployment,
    palette::ADMIN_KEY,
    recorder::RecordedRequest,
};

use super::{Evidence, allowed};

/// The place of calls that have a wrong kind of secret where another kind is allowed. There must be
/// none.
pub(super) const MISPLACED_SECRETS: &str = "a secret in the place of another one";

/// The prefix that all session tokens of AWS have. It is no secret.
const TOKEN_PREFIX: &str = "IQoJb3JpZ2luX2Vj";

/// Sets [`VERBOSE_SETTINGS`] for every function.
pub fn enable_verbose_logs(deployment: &PartitionDeployment) {
    for lambda in deployment.functions.all() {
        for (name, value) in VERBOSE_SETTINGS {
            lambda.set_variable(name, value);
        }
    }
}

/// Environment variables that make functions log as much as possible and without delays.
pub const VERBOSE_SETTINGS: [(&str, &str); 5] = [
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "1"),
    // Without this value, requests would wait because of Palette's rate limit.
    ("PALETTE_REQUESTS_PER_SECOND", "1000"),
];

impl Evidence {
    /// Adds the logs, the recorded calls and the stored data of a partition, and the secrets to
    /// search for in them. Removes these calls from the recorder of the local cloud.
    pub fn add_partition(&mut self, cloud: &LocalCloud, deployment: &PartitionDeployment) {
        let sent = cloud.recorder().take();
        self.add_partition_secrets(cloud, deployment, &sent);
        let searcher = self.searcher();
        for sent in sent {
            let (head, body) = call_places(&sent.service);
            match allowed::remove_allowed_secrets(sent, &searcher) {
                Ok((head_text, body_text)) => {
                    self.add(head, head_text);
                    self.add(body, body_text);
                }
                Err(misplaced_secret) => self.add(MISPLACED_SECRETS, misplaced_secret),
            }
        }
        for lambda in deployment.functions.all() {
            self.add("logs, metrics and panics", lambda.logs().text());
        }
        self.add_stored_data(cloud, deployment);
    }

    /// Adds what Palette, AWS accounts, tables and queues store, without allowed secrets.
    fn add_stored_data(&mut self, cloud: &LocalCloud, deployment: &PartitionDeployment) {
        for account in &cloud.palette().records().accounts {
            let mut body = account.body.clone();
            allowed::remove_allowed_members(&mut body, "palette");
            self.add("stored in Palette: accounts without their keys", body.to_string());
        }
        let mut accounts = vec![&deployment.gangway_account, &deployment.palette];
        accounts.extend(deployment.customers.iter().map(|customer| &customer.account));
        for account in accounts {
            for secret in account.secrets() {
                self.add(
                    "stored in AWS: names and tags",
                    format!("{} {:?}", secret.name, secret.tags),
                );
            }
            for role in account.roles() {
                self.add("stored in AWS: names and tags", format!("{role:?}"));
            }
            for policy in account.policies() {
                self.add("stored in AWS: names and tags", format!("{policy:?}"));
            }
        }
        for table in &deployment.tables {
            for item in table.items() {
                self.add("stored in the state table", item.to_string());
            }
        }
        for queue in &deployment.queues {
            for message in queue.messages() {
                self.add(
                    "stored in queues: messages and dead-letter queues",
                    format!("{message:?}"),
                );
            }
        }
    }

    /// Adds the secrets of a partition to search for, and the public texts that contain parts of
    /// them.
    fn add_partition_secrets(
        &mut self,
        cloud: &LocalCloud,
        deployment: &PartitionDeployment,
        sent: &[RecordedRequest],
    ) {
        self.add_secrets(cloud.aws().issued_secrets());
        self.add_secrets([Canary::new(SecretKind::PaletteKey, "Gangway", ADMIN_KEY)]);
        for access in
            deployment.customers.iter().filter_map(|customer| customer.portal_access.as_ref())
        {
            self.add_secrets([Canary::new(
                SecretKind::PrivateKey,
                access.agency,
                &access.certificate.key,
            )]);
            self.add_public(access.certificate.certificate.as_str());
        }
        // The functions make cluster tokens themselves. So the test takes them from the calls to
        // the cluster.
        let tokens =
            sent.iter().filter(|call| call.service == "kubernetes").flat_map(|call| &call.headers);
        let tokens = tokens.filter(|(name, _)| name == "authorization");
        let tokens = tokens.filter_map(|(_, value)| value.strip_prefix("Bearer k8s-aws-v1."));
        for token in tokens {
            self.add_secrets([Canary::new(SecretKind::ClusterToken, "the cluster", token)]);
            let url = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
            let url = String::from_utf8_lossy(&url);
            let signature = url.split_once("X-Amz-Signature=").map(|(_, rest)| rest);
            let signature = signature.and_then(|rest| rest.split('&').next());
            self.add_secrets(signature.map(|signature_text| {
                Canary::new(SecretKind::ClusterToken, "its signature", signature_text)
            }));
        }
        self.add_public(TOKEN_PREFIX);
        for text in deployment.aws_ca_pem.iter().cloned().chain(cloud.ca_pem().map(str::to_owned)) {
            self.add_public(text);
        }
        if let Some(portal) = &deployment.portal {
            self.add_public(portal.ca_pem());
        }
        // All private keys of one type begin with the same bytes. A key that is used nowhere else
        // makes these bytes public.
        for key in [KeyType::P256, KeyType::Rsa, KeyType::Ed25519] {
            self.add_public(
                CertificateIssuer::new("Nobody")
                    .issue(&CertificateSpec { key_type: key, ..CertificateSpec::client("nobody") })
                    .key,
            );
        }
    }
}

/// Returns the names of two places for a call to a service: one for its target and headers, one for
/// its body.
fn call_places(service: &str) -> (&'static str, &'static str) {
    match service {
        "palette" => {
            ("sent to Palette: targets and headers", "sent to Palette: bodies without their keys")
        }
        "kubernetes" => ("sent to Kubernetes: targets and headers", "sent to Kubernetes: objects"),
        "cap" | "scap" => ("sent to the portal: targets and headers", "sent to the portal: bodies"),
        "sqs" => (
            "sent to queues: targets and headers",
            "sent to queues: messages and dead-letter queues",
        ),
        _ => ("sent to AWS: targets and headers", "sent to AWS: session names, tags, documents"),
    }
}
