//! Collects what the functions of a partition wrote, sent and stored.

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

/// Calls with a secret in the place of another one. It must stay empty.
pub(super) const MISPLACED: &str = "a secret in the place of another one";

/// The common prefix of all session tokens.
const TOKEN_PREFIX: &str = "IQoJb3JpZ2luX2Vj";

/// Sets the most verbose logging for every function.
pub fn enable_verbose_logs(deployment: &PartitionDeployment) {
    for lambda in deployment.functions.all() {
        for (name, value) in VERBOSE_SETTINGS {
            lambda.set_variable(name, value);
        }
    }
}

/// Log levels, and Rust's own backtraces.
pub const VERBOSE_SETTINGS: [(&str, &str); 5] = [
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "1"),
    // Prevents that requests wait for Palette's rate limit.
    ("PALETTE_REQUESTS_PER_SECOND", "1000"),
];

impl Evidence {
    /// Adds the logs, calls and stored data of a partition's functions since the recording began,
    /// and the secrets of that partition.
    pub fn add_partition(&mut self, cloud: &LocalCloud, deployment: &PartitionDeployment) {
        let sent = cloud.recorder().take();
        self.add_partition_secrets(cloud, deployment, &sent);
        let searcher = self.searcher();
        for sent in sent {
            let (head, body) = call_places(&sent.service);
            match allowed::strip(sent, &searcher) {
                Ok((head_text, body_text)) => {
                    self.add(head, head_text);
                    self.add(body, body_text);
                }
                Err(misplaced_secret) => self.add(MISPLACED, misplaced_secret),
            }
        }
        for lambda in deployment.functions.all() {
            self.add("logs, metrics and panics", lambda.logs().text());
        }
        self.add_stored_data(cloud, deployment);
    }

    /// Adds what is stored in Palette and AWS.
    fn add_stored_data(&mut self, cloud: &LocalCloud, deployment: &PartitionDeployment) {
        for account in &cloud.palette().records().accounts {
            let mut body = account.body.clone();
            allowed::remove_allowed(&mut body, "palette");
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
        // The function creates cluster tokens, so every token in a call to the cluster is one.
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
        // The common prefix of all keys of a kind is public.
        for key in [KeyType::P256, KeyType::Rsa, KeyType::Ed25519] {
            self.add_public(
                CertificateIssuer::new("Nobody")
                    .issue(&CertificateSpec { key_type: key, ..CertificateSpec::client("nobody") })
                    .key,
            );
        }
    }
}

/// Returns the names of two places to search: the headers of a call to the service, and its body.
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
