//! What a function is made of: the settings of its deployment, and the adapters wired as they say.

mod conclusion;
mod portal;
mod removal;
mod settings;

use aws::{Aws, SecretsManager};
use domain::Partition;
use palette::Palette;
use secrecy::{ExposeSecret as _, SecretString};
use transport::Roots;

pub use portal::PortalSettings;
pub use removal::Removal;
pub use settings::{Misconfigured, Settings, variable};

/// The outside, as this deployment reaches it. Made once, at start.
pub struct Deployment {
    /// The partition it serves.
    pub partition: Partition,
    /// AWS, as the function's own role.
    pub aws: Aws,
    /// Who keeps the secrets.
    pub vault: SecretsManager,
    /// Who knows the accounts.
    pub palette: Palette<SecretsManager>,
    /// A client that trusts what AWS's endpoints are trusted by.
    pub http: reqwest::Client,
    /// How it is set up.
    pub settings: Settings,
}

/// Why a function cannot start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

impl Deployment {
    /// Reads the environment and makes every client. Calls nobody, unless a setting names a secret with certificates.
    pub async fn open() -> Result<Self, Error> {
        let settings = Settings::from_environment()?;
        let mut roots = Roots::of(settings.partition.facts().roots)?;
        if let Some(file) = &settings.aws_ca_bundle {
            roots = roots.trusting(&std::fs::read(file)?)?;
        }
        let mut http = transport::client(&roots)?;
        let mut aws = Aws::load(http.clone()).await?;
        if let Some(secret) = &settings.aws_ca_bundle_secret {
            roots = trusting(roots, &vault(&aws, &settings).text(secret).await?)?;
            http = transport::client(&roots)?;
            aws = Aws::load(http.clone()).await?;
        }
        let vault = vault(&aws, &settings);
        let palettes = match &settings.palette_ca_bundle_secret {
            Some(secret) => transport::client(&trusting(roots, &vault.text(secret).await?)?)?,
            None => http.clone(),
        };
        let mut palette = Palette::new(palettes, settings.palette_url.clone(), vault.clone());
        if let Some(pace) = settings.palette_requests_per_second {
            palette = palette.at_pace(pace);
        }
        Ok(Self { partition: settings.partition, aws, vault, palette, http, settings })
    }
}

impl Deployment {
    /// Where AWS STS is: as the SDK's own setting for that service says, else as for every service.
    pub fn sts_address(&self) -> String {
        let own = variable("AWS_ENDPOINT_URL_STS").filter(|address| !address.is_empty());
        own.unwrap_or_else(|| self.aws.sts_address())
    }
}

fn vault(aws: &Aws, settings: &Settings) -> SecretsManager {
    let Settings { secret_prefix, kms_key_id, palette_api_key_secret, .. } = settings;
    aws.vault(secret_prefix, kms_key_id.as_deref(), palette_api_key_secret)
}

#[expect(clippy::disallowed_methods, reason = "certificates are public, wherever they are kept")]
fn trusting(roots: Roots, bundle: &SecretString) -> Result<Roots, transport::TlsError> {
    roots.trusting(bundle.expose_secret().as_bytes())
}

/// The accounts of one scope, opened with the key that the vault holds.
pub type Accounts<'a> = palette::Scoped<'a, SecretsManager>;
