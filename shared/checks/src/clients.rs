//! The clients of a deployment, built once at start.

use gangway_aws::{AwsSession, RotationSchedule, SecretsManagerStore};
use gangway_model::{Check, Partition};
use gangway_palette::PaletteClient;
use reqwest::Url;

/// Clients of every outside system, and the facts of the deployment that checks need.
pub struct Clients {
    /// The partition that this deployment serves.
    pub partition: Partition,
    /// AWS, as the function's own role.
    pub aws: AwsSession,
    /// Store of the accounts' credentials.
    pub secrets: SecretsManagerStore,
    /// Client of Palette's API.
    pub palette: PaletteClient,
    /// HTTP client with the trust roots of AWS's endpoints.
    pub http: reqwest::Client,
    /// Base URL of AWS STS, after the SDK's endpoint settings.
    pub sts_address: String,
    /// Name of the role in other accounts that lets Gangway read IAM there.
    pub inspection_role: Option<String>,
    /// External id that this role requires.
    pub inspection_external_id: Option<String>,
    /// Whether the owner of an AWS account must have set the tag `gangway:scopes`.
    pub require_scope_tag: bool,
    /// How often access keys are rotated. `None` if this deployment or this function does not.
    pub rotation: Option<RotationSchedule>,
    /// The checks that requests may waive.
    pub waivable_checks: Vec<&'static Check>,
    /// The region in which clusters will run, unless a request names another.
    pub cluster_region: String,
    /// Address of the partition's access portal.
    pub portal: PortalConfig,
}

/// The address of the partition's access portal, and the name of Palette's setting for it.
#[derive(Clone, Debug, Default)]
pub struct PortalConfig {
    /// `GANGWAY_CAP_URL` in `aws-iso`, `GANGWAY_SCAP_URL` in `aws-iso-b`: URL of the credentials
    /// endpoint, without a query. `None` if Gangway has no network path to the portal; then Gangway
    /// asks Palette to fetch the credentials.
    pub url: Option<Url>,
    /// Environment variable of Palette's own deployment with the portal's URL, from
    /// `GANGWAY_PALETTE_PORTAL_ENV_VARS`. Empty in a partition without a portal.
    pub palette_variable: String,
}
