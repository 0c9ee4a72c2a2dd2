//! The clients of a deployment, built once at start.

use gangway_aws::{AwsSession, SecretsManagerStore};
use gangway_model::Partition;
use gangway_palette::PaletteClient;
use reqwest::Url;

/// Clients of every outside system, and the facts of the deployment that checks need.
pub struct Clients {
    /// The partition that this deployment serves.
    pub partition: Partition,
    /// AWS, as the function's own role.
    pub aws: AwsSession,
    /// Stored credentials.
    pub secrets: SecretsManagerStore,
    /// Palette's API.
    pub palette: PaletteClient,
    /// HTTP client with the trust roots of AWS's endpoints.
    pub http: reqwest::Client,
    /// Base URL of AWS STS, after the SDK's endpoint settings.
    pub sts_address: String,
    /// Name of the role in other accounts that lets Gangway read IAM there.
    pub inspection_role: Option<String>,
    /// Address of the partition's access portal.
    pub portal: PortalConfig,
}

/// The address of the partition's access portal, and the name of Palette's setting for it.
#[derive(Clone, Debug, Default)]
pub struct PortalConfig {
    /// `GANGWAY_CAP_URL` in `aws-iso`, `GANGWAY_SCAP_URL` in `aws-iso-b`: URL of the credentials, without a query. Unset
    /// where Gangway has no path to the portal; then Palette is asked for credentials.
    pub url: Option<Url>,
    /// Variable of Palette's own deployment that names the portal of this partition, from
    /// `GANGWAY_PALETTE_PORTAL_ENV_VARS`. Empty where there is no portal.
    pub palette_variable: String,
}

/// Palette's accounts of one scope.
pub type ScopedAccounts<'a> = gangway_palette::ScopedClient<'a>;
