//! Configuration from the environment, construction of all clients, and the registration workflow.

mod conclusion;
mod portal;
mod removal;
mod settings;
mod variables;
pub mod vending;

use gangway_aws::{Aws, SecretsManager};
use gangway_checks::Clients;
use gangway_http::Roots;
use gangway_palette::Palette;
use secrecy::{ExposeSecret as _, SecretString};

pub use removal::Removal;
pub use settings::{Misconfigured, Settings, variable};
pub use variables::Variables;

/// What a function needs from start to end: its configuration and its clients.
pub struct Deployment {
    /// Clients, built once.
    pub clients: Clients,
    /// Configuration, read once.
    pub settings: Settings,
}

/// Why a function cannot start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

impl Deployment {
    /// Reads the environment and builds every client. Sends no request, unless a setting names a secret with certificates.
    pub async fn open() -> Result<Self, Error> {
        let settings = Settings::from_environment()?;
        let mut roots = Roots::of(settings.partition.facts().roots)?;
        if let Some(file) = &settings.aws_ca_bundle {
            roots = roots.trusting(&std::fs::read(file)?)?;
        }
        let mut http = gangway_http::client(&roots)?;
        let mut aws = Aws::load(http.clone()).await?;
        if let Some(secret) = &settings.aws_ca_bundle_secret {
            roots = trusting(roots, &vault(&aws, &settings).text(secret).await?)?;
            http = gangway_http::client(&roots)?;
            aws = Aws::load(http.clone()).await?;
        }
        let vault = vault(&aws, &settings);
        let palettes = match &settings.palette_ca_bundle_secret {
            Some(secret) => gangway_http::client(&trusting(roots, &vault.text(secret).await?)?)?,
            None => http.clone(),
        };
        let mut palette = Palette::new(palettes, settings.palette_url.clone(), vault.clone());
        if let Some(pace) = settings.palette_requests_per_second {
            palette = palette.at_pace(pace);
        }
        let clients = Clients {
            partition: settings.partition,
            sts_address: sts_address(&aws),
            aws,
            vault,
            palette,
            http,
            inspection_role: settings.inspection_role.clone(),
            portal: settings.portal.clone(),
        };
        Ok(Self { clients, settings })
    }
}

/// Base URL of AWS STS: the SDK's own setting for that service, else the one for every service.
fn sts_address(aws: &Aws) -> String {
    let own = variable("AWS_ENDPOINT_URL_STS").filter(|address| !address.is_empty());
    own.unwrap_or_else(|| aws.sts_address())
}

fn vault(aws: &Aws, settings: &Settings) -> SecretsManager {
    let Settings { secret_prefix, kms_key_id, palette_api_key_secret, .. } = settings;
    aws.vault(secret_prefix, kms_key_id.as_deref(), palette_api_key_secret)
}

#[expect(clippy::disallowed_methods, reason = "certificates are public, wherever they are kept")]
fn trusting(roots: Roots, bundle: &SecretString) -> Result<Roots, gangway_http::TlsError> {
    roots.trusting(bundle.expose_secret().as_bytes())
}
