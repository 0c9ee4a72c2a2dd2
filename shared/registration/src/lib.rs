//! Reads the configuration from the environment, builds all clients, and registers, rotates and
//! deletes accounts.

pub mod account_state;
mod audit;
mod config;
mod deletion;
pub mod drift;
mod env;
mod identity;
mod lookup;
mod portal;
mod register;
mod reserved_names;
mod role_checks;
pub mod rotation;
mod timestamp;
pub mod vending;

use gangway_aws::{AwsSession, SecretsManagerStore, events::EventBus};
use gangway_checks::Clients;
use gangway_http::RootStore;
use gangway_model::{BusEvent, Region, UpstreamError};
use gangway_palette::PaletteClient;
use secrecy::ExposeSecret as _;

pub use config::{Config, ConfigError, env_var};
pub use deletion::DeleteOutcome;
pub use env::EnvReader;
pub use lookup::{account_not_found_error, load_account, to_not_found_or_denied_error};
pub use register::AnnotationSupport;
pub use timestamp::Timestamp;

/// The configuration and the clients of a function. They are built once, when the function starts.
pub struct AppContext {
    pub clients: Clients,
    pub config: Config,
    /// The event bus for outcome events. `None` if the deployment has no event bus.
    event_bus: Option<EventBus>,
    /// Whether Palette stores the annotations that Gangway writes.
    pub annotations: AnnotationSupport,
}

/// `source` of outcome events.
const EVENT_SOURCE: &str = "gangway";

/// Reason why a function cannot start.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

impl AppContext {
    /// Reads the environment and builds every client. Sends no request, unless a variable names a
    /// secret with CA certificates.
    pub async fn from_env() -> Result<Self, Error> {
        let config = Config::from_env()?;
        let mut roots = RootStore::for_kind(config.partition.info().roots)?;
        if let Some(file) = &config.aws_ca_bundle {
            let invalid = |error: Error| CaBundleError::new("AWS_CA_BUNDLE", file, error);
            let pem = std::fs::read(file).map_err(|error| invalid(error.into()))?;
            roots = roots.with_pem(&pem).map_err(|error| invalid(error.into()))?;
        }
        let mut http = gangway_http::build_client(&roots)?;
        let mut aws = AwsSession::from_env(http.clone()).await?;
        if let Some(secret) = &config.aws_ca_bundle_secret {
            let store = secret_store(&aws, &config);
            roots = add_ca_bundle(roots, &store, "GANGWAY_AWS_CA_BUNDLE_SECRET", secret).await?;
            http = gangway_http::build_client(&roots)?;
            aws = AwsSession::from_env(http.clone()).await?;
        }
        let store = secret_store(&aws, &config);
        let palette_http = match &config.palette_ca_bundle_secret {
            Some(secret) => {
                let variable = "PALETTE_CA_BUNDLE_SECRET";
                gangway_http::build_client(&add_ca_bundle(roots, &store, variable, secret).await?)?
            }
            None => http.clone(),
        };
        let mut palette = PaletteClient::new(
            palette_http,
            config.palette_url.clone(),
            std::sync::Arc::new(store.clone()),
        );
        if let Some(requests_per_second) = config.palette_requests_per_second {
            palette = palette.with_rate_limit(requests_per_second);
        }
        let region = config.cluster_region.as_ref();
        let cluster_region = region.map_or(aws.region(), Region::as_str).to_owned();
        let clients = Clients {
            partition: config.partition,
            sts_address: sts_endpoint(&aws),
            aws,
            secrets: store,
            palette,
            http,
            inspection_role: config.inspection_role.clone(),
            inspection_external_id: config.inspection_external_id.clone(),
            require_scope_tag: config.require_scope_tag,
            rotation: config.rotation.clone(),
            waivable_checks: config.request_limits.waivable_checks.clone(),
            cluster_region,
            portal: config.portal.clone(),
        };
        let event_bus = config
            .event_bus
            .as_ref()
            .map(|bus| EventBus::new(&clients.aws, bus.clone(), EVENT_SOURCE));
        Ok(Self { clients, config, event_bus, annotations: AnnotationSupport::default() })
    }

    /// Puts outcome events on the event bus. Does nothing if the deployment has no event bus.
    pub async fn publish(&self, events: Vec<BusEvent>) -> Result<(), UpstreamError> {
        match &self.event_bus {
            Some(bus) => bus.put(&events).await,
            None => Ok(()),
        }
    }
}

/// Returns the base URL of AWS STS: the value of `AWS_ENDPOINT_URL_STS`, or the endpoint of the
/// session if the variable is unset.
fn sts_endpoint(aws: &AwsSession) -> String {
    let own = env_var("AWS_ENDPOINT_URL_STS").filter(|address| !address.is_empty());
    own.unwrap_or_else(|| aws.sts_endpoint())
}

/// Returns the client for Secrets Manager.
fn secret_store(aws: &AwsSession, config: &Config) -> SecretsManagerStore {
    let Config { secret_prefix, kms_key_id, palette_api_key_secret, .. } = config;
    aws.secret_store(secret_prefix, kms_key_id.as_deref(), palette_api_key_secret)
}

/// Adds the CA certificates in a secret to `roots`. `variable` is the environment variable that
/// names the secret, for errors.
async fn add_ca_bundle(
    roots: RootStore,
    secrets: &SecretsManagerStore,
    variable: &'static str,
    secret: &str,
) -> Result<RootStore, CaBundleError> {
    let invalid = |error: Error| CaBundleError::new(variable, secret, error);
    let bundle = secrets.get_string(secret).await.map_err(|error| invalid(error.into()))?;
    #[expect(clippy::disallowed_methods, reason = "certificates are public")]
    let pem = bundle.expose_secret().as_bytes();
    roots.with_pem(pem).map_err(|error| invalid(error.into()))
}

/// Error of reading CA certificates from the file or secret that an environment variable names.
#[derive(Debug, thiserror::Error)]
#[error(
    "{variable} names {name}, which must contain CA certificates in PEM; correct it, or leave the variable empty"
)]
struct CaBundleError {
    variable: &'static str,
    name: String,
    source: Error,
}

impl CaBundleError {
    fn new(variable: &'static str, name: &str, source: Error) -> Self {
        Self { variable, name: name.to_owned(), source }
    }
}
