//! Collects what the functions of a partition wrote, sent and stored.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use local_cloud::{
    Cloud,
    canaries::{Canary, Kind},
    certificates::{CertificateSpec, Chain, KeyKind},
    palette::ADMIN_KEY,
    tap::Sent,
    world::Realm,
};

use super::{Evidence, own};

/// Calls with a secret in the place of another one. It must stay empty.
pub(super) const ELSEWHERE: &str = "a secret in another's place";

/// The common prefix of all session tokens.
const TOKENS_BEGIN: &str = "IQoJb3JpZ2luX2Vj";

/// Sets the most verbose logging for every function.
pub fn enable_verbose_logs(realm: &Realm) {
    for lambda in realm.functions.all() {
        for (name, value) in VERBOSE_SETTINGS {
            lambda.set(name, value);
        }
    }
}

/// Log levels, and Rust's own backtraces.
pub const VERBOSE_SETTINGS: [(&str, &str); 5] = [
    ("AWS_LAMBDA_LOG_LEVEL", "TRACE"),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "1"),
    // Otherwise so many requests would wait for one another.
    ("PALETTE_REQUESTS_PER_SECOND", "1000"),
];

impl Evidence {
    /// Adds the logs, calls and stored data of a partition's functions since the recording began,
    /// and the secrets of that partition.
    pub fn of(&mut self, cloud: &Cloud, realm: &Realm) {
        let sent = cloud.tap().take();
        self.secrets_of(cloud, realm, &sent);
        let searcher = self.searcher();
        for sent in sent {
            let (head, body) = places(&sent.service);
            match own::strip(sent, &searcher) {
                Ok((said, told)) => {
                    self.add(head, said);
                    self.add(body, told);
                }
                Err(wrong) => self.add(ELSEWHERE, wrong),
            }
        }
        for lambda in realm.functions.all() {
            self.add("logs, metrics and panics", lambda.logs().text());
        }
        self.left(cloud, realm);
    }

    /// Adds what is stored in Palette and AWS.
    fn left(&mut self, cloud: &Cloud, realm: &Realm) {
        for account in &cloud.palette().records().accounts {
            let mut body = account.body.clone();
            own::without(&mut body, "palette");
            self.add("left in Palette: accounts but for their keys", body.to_string());
        }
        let mut accounts = vec![&realm.deployment, &realm.palette];
        accounts.extend(realm.customers.iter().map(|customer| &customer.account));
        for account in accounts {
            for secret in account.secrets() {
                self.add(
                    "left in AWS: names and tags",
                    format!("{} {:?}", secret.name, secret.tags),
                );
            }
            for role in account.roles() {
                self.add("left in AWS: names and tags", format!("{role:?}"));
            }
            for policy in account.policies() {
                self.add("left in AWS: names and tags", format!("{policy:?}"));
            }
        }
        for queue in &realm.queues {
            for message in queue.messages() {
                self.add("left in queues: messages and dead-letter queues", format!("{message:?}"));
            }
        }
    }

    fn secrets_of(&mut self, cloud: &Cloud, realm: &Realm, sent: &[Sent]) {
        self.add_secrets(cloud.aws().issued());
        self.add_secrets([Canary::new(Kind::PaletteKey, "Gangway", ADMIN_KEY)]);
        for access in realm.customers.iter().filter_map(|customer| customer.access.as_ref()) {
            self.add_secrets([Canary::new(Kind::PrivateKey, access.agency, &access.identity.key)]);
            self.add_public(access.identity.certificate.as_str());
        }
        // The function creates cluster tokens, so every token in a call to the cluster is one.
        let tokens =
            sent.iter().filter(|call| call.service == "kubernetes").flat_map(|call| &call.headers);
        let tokens = tokens.filter(|(name, _)| name == "authorization");
        let tokens = tokens.filter_map(|(_, value)| value.strip_prefix("Bearer k8s-aws-v1."));
        for token in tokens {
            self.add_secrets([Canary::new(Kind::ClusterToken, "the cluster", token)]);
            let url = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
            let url = String::from_utf8_lossy(&url);
            let signature = url.split_once("X-Amz-Signature=").map(|(_, behind)| behind);
            let signature = signature.and_then(|behind| behind.split('&').next());
            self.add_secrets(
                signature.map(|it| Canary::new(Kind::ClusterToken, "its signature", it)),
            );
        }
        self.add_public(TOKENS_BEGIN);
        for text in
            realm.certificate_authority.iter().cloned().chain(cloud.ca_pem().map(str::to_owned))
        {
            self.add_public(text);
        }
        if let Some(portal) = &realm.portal {
            self.add_public(portal.ca_pem());
        }
        // What all keys of a kind begin with.
        for key in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            self.add_public(
                Chain::new("Nobody")
                    .issue(&CertificateSpec { key, ..CertificateSpec::client("nobody") })
                    .key,
            );
        }
    }
}

/// The places of a call's headers and body.
fn places(service: &str) -> (&'static str, &'static str) {
    match service {
        "palette" => {
            ("sent to Palette: targets and headers", "sent to Palette: bodies but for their keys")
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
