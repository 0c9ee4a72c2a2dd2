//! One partition: Gangway's own account with the deployed functions, Palette's account, two customers.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use gangway_model::Partition;
use serde_json::{Value, json};

use super::{
    Customer, Organization, PaletteCluster,
    deployed::{self, AWS_CA_SECRET, CA_SECRET, CaFile, DeployedStack, INSPECTION_ROLE},
    entrances::inspection_role,
    surroundings::{
        account, create_administrator, create_management_account, create_palette_user,
        start_access_portal,
    },
};
use crate::{
    Associations, Cloud, Options,
    aws::{Account, Keys, Queue, User, client::Client},
    clock::Clock,
    functions::{Functions, Poller},
    gateway::{Bus, Gateway, Refusals, Unsigned},
    palette::ADMIN_KEY,
    portal::Portal,
    template::{Template, TemplateError},
};

/// The name of the secret that holds Palette's API key: the template's default.
pub const API_KEY_SECRET: &str = "gangway/palette-api-key";

/// A partition of the world.
#[derive(Debug)]
pub struct Realm {
    /// Which one.
    pub partition: Partition,
    /// Where Gangway is deployed.
    pub region: &'static str,
    /// Gangway's own account.
    pub deployment: Account,
    /// Palette's own account.
    pub palette: Account,
    /// The user of Palette's account that assumes customers' roles; there is none in the iso partitions.
    pub source: Option<User>,
    /// What Palette presents in the first tenant's name when it assumes a role; empty in the iso partitions.
    pub external_id: String,
    /// CAP or SCAP; there is none in the open partitions.
    pub portal: Option<Portal>,
    /// PEM of the CA certificates that sign AWS's endpoints, in the partitions where keys of a user come with them (S07). Where
    /// the cloud serves no TLS, of some others.
    pub certificate_authority: Option<String>,
    /// Two customers, both set up well.
    pub customers: [Customer; 2],
    cluster: Option<PaletteCluster>,
    /// The deployed functions.
    pub functions: Functions,
    /// The event bus that they listen on.
    pub bus: Bus,
    /// The queues of the deployment.
    pub queues: Vec<Queue>,
    /// Lambda's pollers, one for each queue that feeds a function.
    pub pollers: Vec<Poller>,
    organization: Option<Organization>,
    pub(super) clock: Arc<Clock>,
    refusals: Refusals,
    administrator: Client,
}

impl Realm {
    pub(super) async fn new(
        cloud: &Cloud,
        options: Options,
        template: &Template,
        partition: Partition,
        authority: Option<&CaFile>,
    ) -> Result<Self, TemplateError> {
        let region = partition.info().home_region;
        let account = |first: u8| account(cloud.aws(), first, partition);
        let (deployment, palette) = (account(1), account(2));
        let (source, external_id) = create_palette_user(cloud, partition, &palette);
        let portal = start_access_portal(cloud, partition).await;
        let endpoints =
            |portal: &Portal| cloud.ca_pem().map_or_else(|| portal.ca_pem(), str::to_owned);
        let certificate_authority = portal.as_ref().map(endpoints);
        let customers = [3, 4].map(|first| {
            let trusted = (&palette, external_id.as_str());
            Customer::settle(account(first), partition, &deployment, trusted, portal.as_ref())
        });
        // Neither Control Tower nor new accounts are known of in the iso partitions.
        let organization = source.is_some().then(|| {
            let management = create_management_account(cloud, options, partition, &deployment);
            Organization::found(cloud.aws(), cloud.shared_clock(), region, &management)
        });
        let administrator = create_administrator(cloud, &deployment, region);
        let surroundings = deployed::DeploymentEnvironment {
            cloud,
            authority,
            portal: portal.as_ref(),
            pace: options.pace,
            associations: options.associations,
        };
        let DeployedStack { functions, queues, rules, pollers } =
            deployed::deploy(&surroundings, template, partition, &deployment)?;
        let [_, other] = &customers;
        let (parts, target) = (cloud.parts(), &other.account);
        // Without Pod Identity there is no principal that its roles could trust.
        let cluster = if partition == Partition::AwsIso {
            None
        } else {
            let home = if options.cluster_elsewhere { &palette } else { &deployment };
            if options.cluster_elsewhere {
                let changes = options.associations == Associations::Changeable;
                inspection_role(home, &deployment, changes);
            }
            Some(PaletteCluster::found(&parts, partition, home, target).await)
        };
        // Both functions read the cluster: one registers accounts, the other validates them again.
        for name in ["pod-identity", "accounts"] {
            if let (Some(cluster), Some(function)) = (&cluster, functions.get(name)) {
                let role = if options.cluster_elsewhere {
                    palette.role(INSPECTION_ROLE)
                } else {
                    deployment.role(&deployed::role_name_for(function.logical_id()))
                };
                cluster.admit(&role.arn());
            }
        }
        let bus = Bus::new(functions.clone(), deployment.id(), region).with_rules(rules, &queues);
        let realm = Self {
            partition,
            region,
            deployment,
            palette,
            source,
            external_id,
            certificate_authority,
            portal,
            customers,
            cluster,
            functions,
            bus,
            queues,
            pollers,
            organization,
            clock: cloud.shared_clock(),
            refusals: Refusals::of(template),
            administrator,
        };
        realm.keep(API_KEY_SECRET, ADMIN_KEY).await;
        if let Some(pem) = cloud.ca_pem() {
            realm.keep(CA_SECRET, pem).await;
            if realm.portal.is_some() {
                realm.keep(AWS_CA_SECRET, pem).await;
            }
        }
        Ok(realm)
    }

    /// The organization that Gangway's own account manages.
    ///
    /// # Panics
    /// In the iso partitions, where there is none.
    pub fn organization(&self) -> &Organization {
        self.organization.as_ref().expect("an organization")
    }

    /// The EKS cluster that Palette itself runs on: in Gangway's own account unless it was asked for elsewhere, with the second customer's as the other one.
    ///
    /// # Panics
    /// In the Top Secret partition, which has no Pod Identity.
    pub fn palette_cluster(&self) -> &PaletteCluster {
        self.cluster.as_ref().expect("a partition with Pod Identity")
    }

    /// An HTTP front for the functions. Port 0 takes any free one.
    pub async fn gateway(&self, port: u16) -> Gateway {
        self.gateway_that(Unsigned::Served, port).await
    }

    /// The same, told what to do with requests that nobody signed.
    pub async fn gateway_that(&self, unsigned: Unsigned, port: u16) -> Gateway {
        let (functions, refusals) = (self.functions.clone(), self.refusals.clone());
        let home = (&self.deployment, self.region);
        Gateway::start(functions, refusals, home, unsigned, port).await
    }

    /// Keys of an internal portal: an IAM user of Gangway's own account that may call the API and nothing else.
    pub fn developer_portal(&self) -> Keys {
        let user = self.deployment.user("developer-portal");
        let (partition, region, account) = (self.partition.id(), self.region, self.deployment.id());
        user.inline(
            "CallGangway",
            &json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": "execute-api:Invoke",
                    "Resource": format!("arn:{partition}:execute-api:{region}:{account}:*/live/*"),
                }],
            }),
        );
        user.keys()
    }

    /// Keeps a secret in Gangway's own account, in place of one of that name; its ARN.
    ///
    /// # Panics
    /// Where Secrets Manager refuses it.
    pub async fn keep(&self, name: &str, value: &str) -> String {
        let token = unique_request_token(name, value);
        let new = json!({"Name": name, "SecretString": value, "ClientRequestToken": token});
        let made = self.administrator.secrets("CreateSecret", &new).await;
        let mut answer = made.expect("an answer");
        if answer.code().is_some_and(|code| code.contains("ResourceExists")) {
            let put = json!({"SecretId": name, "SecretString": value, "ClientRequestToken": token});
            answer = self.administrator.secrets("PutSecretValue", &put).await.expect("an answer");
        }
        let arn = answer.json().get("ARN").and_then(Value::as_str).map(str::to_owned);
        arn.expect("a secret that Secrets Manager takes")
    }

    /// An administrator of Gangway's own account, to look at what the functions did.
    pub const fn administrator(&self) -> &Client {
        &self.administrator
    }
}

/// 32 characters that no other call has: an earlier value that is kept again must come into use again.
fn unique_request_token(name: &str, value: &str) -> String {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let digest = <sha2::Sha256 as sha2::Digest>::digest(format!("{name} {value} {call}"));
    let mut digits = hex::encode(digest);
    digits.truncate(32);
    digits
}
