//! Configuration from the environment, construction of all clients, and the registration workflow.

mod config;
mod deletion;
mod env;
mod portal;
mod register;
pub mod vending;

use gangway_aws::{AwsSession, SecretsManagerStore};
use gangway_checks::Clients;
use gangway_http::RootStore;
use gangway_palette::PaletteClient;
use secrecy::{ExposeSecret as _, SecretString};

pub use config::{Config, ConfigError, env_var};
pub use deletion::DeleteOutcome;
pub use env::EnvReader;

/// What a function needs from start to end: its configuration and its clients.
pub struct AppContext {
    /// Clients, built once.
    pub clients: Clients,
    /// Configuration, read once.
    pub config: Config,
}

/// Why a function cannot start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

impl AppContext {
    /// Reads the environment and builds every client. Sends no request, unless a setting names a secret with certificates.
    pub async fn from_env() -> Result<Self, Error> {
        let settings = Config::from_env()?;
        let mut roots = RootStore::for_kind(settings.partition.info().roots)?;
        if let Some(file) = &settings.aws_ca_bundle {
            roots = roots.with_pem(&std::fs::read(file)?)?;
        }
        let mut http = gangway_http::build_client(&roots)?;
        let mut aws = AwsSession::from_env(http.clone()).await?;
        if let Some(secret) = &settings.aws_ca_bundle_secret {
            roots = with_bundle(roots, &secret_store(&aws, &settings).get_string(secret).await?)?;
            http = gangway_http::build_client(&roots)?;
            aws = AwsSession::from_env(http.clone()).await?;
        }
        let vault = secret_store(&aws, &settings);
        let palettes = match &settings.palette_ca_bundle_secret {
            Some(secret) => {
                gangway_http::build_client(&with_bundle(roots, &vault.get_string(secret).await?)?)?
            }
            None => http.clone(),
        };
        let mut palette = PaletteClient::new(palettes, settings.palette_url.clone(), vault.clone());
        if let Some(pace) = settings.palette_requests_per_second {
            palette = palette.with_rate_limit(pace);
        }
        let clients = Clients {
            partition: settings.partition,
            sts_address: sts_endpoint(&aws),
            aws,
            secrets: vault,
            palette,
            http,
            inspection_role: settings.inspection_role.clone(),
            portal: settings.portal.clone(),
        };
        Ok(Self { clients, config: settings })
    }
}

/// Base URL of AWS STS: the SDK's own setting for that service, else the one for every service.
fn sts_endpoint(aws: &AwsSession) -> String {
    let own = env_var("AWS_ENDPOINT_URL_STS").filter(|address| !address.is_empty());
    own.unwrap_or_else(|| aws.sts_endpoint())
}

fn secret_store(aws: &AwsSession, settings: &Config) -> SecretsManagerStore {
    let Config { secret_prefix, kms_key_id, palette_api_key_secret, .. } = settings;
    aws.secret_store(secret_prefix, kms_key_id.as_deref(), palette_api_key_secret)
}

#[expect(clippy::disallowed_methods, reason = "certificates are public, wherever they are kept")]
fn with_bundle(
    roots: RootStore,
    bundle: &SecretString,
) -> Result<RootStore, gangway_http::TlsError> {
    roots.with_pem(bundle.expose_secret().as_bytes())
}
