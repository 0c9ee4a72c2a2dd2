//! Gangway in its own account: functions, execution roles, environment.

use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

use gangway_model::Partition;
use serde_json::json;

use super::feeding;
use crate::{
    Associations, Cloud,
    aws::{Account, Queue},
    functions::{Functions, Hosting, Lasting, Poller, RoleKeys},
    portal::{Kind, Portal},
    template::{Deployment, EventRule, Function, Template, TemplateError},
};

/// The secret with the CA certificate of a cloud that serves TLS.
pub(super) const CA_SECRET: &str = "gangway/palette-ca-bundle";

/// The secret with further CA certificates of AWS's endpoints, in the secret partitions of such a cloud.
pub(super) const AWS_CA_SECRET: &str = "gangway/aws-ca-bundle";

/// What `templates/inspection-role.yaml` calls the role that it makes.
pub(super) const INSPECTION_ROLE: &str = "GangwayInspection";

/// The parameter of both templates that lets Gangway change associations.
pub(super) const ASSOCIATION_CHANGES_PARAMETER: &str = "AllowPodIdentityChanges";

/// The stack that Gangway is deployed as.
pub(super) const STACK: &str = "gangway";

/// What CloudFormation puts behind the names that it gives.
const SUFFIX: &str = "-1LOCALCLOUD1";

/// What is around a deployment.
pub(super) struct DeploymentEnvironment<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) authority: Option<&'a CaFile>,
    pub(super) portal: Option<&'a Portal>,
    pub(super) pace: Option<u16>,
    pub(super) associations: Associations,
}

/// What a template makes.
pub(super) struct DeployedStack {
    pub(super) functions: Functions,
    pub(super) queues: Vec<Queue>,
    pub(super) rules: Vec<EventRule>,
    pub(super) pollers: Vec<Poller>,
}

/// Deploys the template's queues, rules and functions into Gangway's own account, each function with a role of exactly the
/// template's policies.
pub(super) fn deploy(
    DeploymentEnvironment { cloud, authority, portal, pace, associations }: &DeploymentEnvironment<
        '_,
    >,
    template: &Template,
    partition: Partition,
    account: &Account,
) -> Result<DeployedStack, TemplateError> {
    let region = partition.info().home_region;
    let mut parameters = BTreeMap::from([
        ("InspectionRole".to_owned(), INSPECTION_ROLE.to_owned()),
        ("AccountVending".to_owned(), "enabled".to_owned()),
    ]);
    if *associations == Associations::Changeable {
        parameters.insert(ASSOCIATION_CHANGES_PARAMETER.to_owned(), "true".to_owned());
    }
    if authority.is_some() {
        parameters.insert("PaletteCaBundleSecret".to_owned(), CA_SECRET.to_owned());
    }
    if authority.is_some() && portal.is_some() {
        parameters.insert("AwsCaBundleSecret".to_owned(), AWS_CA_SECRET.to_owned());
    }
    if let Some(portal) = portal {
        parameters.insert(portal_url_parameter(portal.kind()).to_owned(), portal.url());
    }
    let deployment = Deployment {
        partition: partition.id().to_owned(),
        region: region.to_owned(),
        account: account.id().to_owned(),
        stack: STACK.to_owned(),
        parameters,
    };
    let functions = template.functions(&deployment)?;
    let queues = template.queues(&deployment)?;
    let queues: Vec<_> =
        queues.into_iter().map(|one| feeding::queue(account, region, one)).collect();
    let rules = template.rules(&deployment)?;
    for function in &functions {
        execution_role(account, function);
    }
    let owner = account.clone();
    let keys = Arc::new(move |function: &Function, lasting: Lasting| {
        let role = owner.role(&execution_role_name(function));
        let keys = role.session_of(&function.name, lasting.seconds());
        RoleKeys {
            access_key_id: keys.id,
            secret_access_key: keys.secret,
            session_token: keys.token.unwrap_or_default(),
        }
    });
    let hosting = Hosting {
        binaries: Hosting::beside_this_program(),
        region: region.to_owned(),
        environment: environment(cloud, *authority, *pace),
        keys,
        clock: cloud.shared_clock(),
    };
    let functions = Functions::deploy(functions, hosting);
    let pollers = feeding::start_pollers(cloud, account, &functions, &queues);
    Ok(DeployedStack { functions, queues, rules, pollers })
}

/// The parameter that tells where the portal is.
const fn portal_url_parameter(kind: Kind) -> &'static str {
    match kind {
        Kind::Cap => "CapUrl",
        Kind::Scap => "ScapUrl",
    }
}

/// As CloudFormation would call it.
pub(super) fn execution_role_name(function: &Function) -> String {
    role_name_for(&function.logical_id)
}

/// The same by the function's key in the template.
pub(super) fn role_name_for(logical_id: &str) -> String {
    format!("{STACK}-{logical_id}Role{SUFFIX}")
}

fn execution_role(account: &Account, function: &Function) {
    let role = account.role(&execution_role_name(function));
    role.trust(&json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }));
    for (number, document) in function.policies.iter().enumerate() {
        role.inline(&format!("{}Policy{number}", execution_role_name(function)), document);
    }
    for arn in &function.managed_policies {
        role.attach(arn);
    }
}

/// Where AWS and Palette are. FIPS endpoints are names of real ones: they go with no endpoint of one's own.
fn environment(
    cloud: &Cloud,
    authority: Option<&CaFile>,
    pace: Option<u16>,
) -> BTreeMap<String, String> {
    let mut environment = BTreeMap::from([
        ("AWS_ENDPOINT_URL".to_owned(), cloud.url()),
        ("PALETTE_URL".to_owned(), cloud.url()),
        ("AWS_USE_FIPS_ENDPOINT".to_owned(), "false".to_owned()),
        ("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned()),
    ]);
    if let Some(pace) = pace {
        environment.insert("PALETTE_REQUESTS_PER_SECOND".to_owned(), pace.to_string());
    }
    if let Some(CaFile(file)) = authority {
        environment.insert("AWS_CA_BUNDLE".to_owned(), file.display().to_string());
    }
    environment
}

/// The cloud's CA certificate in a file, for as long as the world is.
#[derive(Debug)]
pub(super) struct CaFile(PathBuf);

impl CaFile {
    pub(super) fn of(cloud: &Cloud) -> Option<Self> {
        let pem = cloud.ca_pem()?;
        let url = cloud.url();
        let port = url.rsplit(':').next().unwrap_or_default();
        let name = format!("gangway-local-cloud-{}-{port}.pem", std::process::id());
        let file = std::env::temp_dir().join(name);
        fs::write(&file, pem).expect("a file for the certificate");
        Some(Self(file))
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        // What cannot be removed is a certificate that nobody else trusts.
        let _ignored = fs::remove_file(&self.0);
    }
}
