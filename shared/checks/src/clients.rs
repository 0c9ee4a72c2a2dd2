use gangway_aws::{AwsSession, RotationSchedule, SecretsManagerStore};
use gangway_model::{Check, Partition};
use gangway_palette::PaletteClient;
use reqwest::Url;

/// The clients of all external systems, and the settings of this deployment that checks need.
pub struct Clients {
    /// The partition that this deployment serves.
    pub partition: Partition,
    /// The session with the role of this Lambda function.
    pub aws: AwsSession,
    /// The store of the credentials of registered accounts.
    pub secrets: SecretsManagerStore,
    /// The client of Palette's API.
    pub palette: PaletteClient,
    /// An HTTP client that trusts the CA certificates of AWS's endpoints.
    pub http: reqwest::Client,
    /// The URL of AWS STS. The endpoint settings of the AWS SDK (`AWS_ENDPOINT_URL`) can change it.
    pub sts_address: String,
    /// The name of the inspection role, which lets Gangway read IAM in another AWS account.
    pub inspection_role: Option<String>,
    /// The external id that the inspection role requires.
    pub inspection_external_id: Option<String>,
    /// Whether the owner of an AWS account must have set the tag `gangway:scopes`.
    pub require_scope_tag: bool,
    /// How often Gangway rotates access keys. `None` if this deployment does not rotate access
    /// keys, or if this function does not read the setting.
    pub rotation: Option<RotationSchedule>,
    /// The checks that requests may waive.
    pub waivable_checks: Vec<&'static Check>,
    /// The AWS Region in which clusters will run, if a request does not name a Region.
    pub cluster_region: String,
    /// The address of the partition's access portal.
    pub portal: PortalConfig,
}

/// The address of the partition's access portal, and the name of Palette's setting for it.
#[derive(Clone, Debug, Default)]
pub struct PortalConfig {
    /// The URL of the credentials endpoint, without a query string: `GANGWAY_CAP_URL` in `aws-iso`,
    /// `GANGWAY_SCAP_URL` in `aws-iso-b`. `None` if Gangway has no network path to the access
    /// portal. Then Gangway asks Palette to fetch the credentials.
    pub url: Option<Url>,
    /// The name of the environment variable in which Palette's own deployment has the URL of the
    /// access portal. The name is read from `GANGWAY_PALETTE_PORTAL_ENV_VARS`, and is empty in a
    /// partition without an access portal.
    pub palette_variable: String,
}
