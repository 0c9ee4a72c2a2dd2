//! The configuration, clients and caches that the handling of every message needs.

use gangway_aws::sqs::SqsQueue;
use gangway_registration::{AppContext, Error, env_var};

use crate::{config::HandlerConfig, management::ManagementAccount, palette_cache::PaletteCache};

/// Configuration, clients and caches of the function. The function builds one when it starts.
pub(crate) struct VendingContext {
    pub(crate) app: AppContext,
    pub(crate) config: HandlerConfig,
    pub(crate) management: ManagementAccount,
    pub(crate) palette_cache: PaletteCache,
    /// The queue of the watch. `None` if the deployment has no watch.
    pub(crate) watch_queue: Option<SqsQueue>,
}

impl VendingContext {
    /// Reads the environment and builds every client.
    pub(crate) async fn from_env() -> Result<Self, Error> {
        let app = AppContext::from_env().await?;
        let config = HandlerConfig::from_env(env_var, app.clients.partition)?;
        let management = ManagementAccount::new(&app.clients.aws, &config);
        let watch_queue = config.watch_queue.clone();
        let watch_queue = watch_queue.map(|url| SqsQueue::new(&app.clients.aws, url));
        Ok(Self { app, config, management, palette_cache: PaletteCache::default(), watch_queue })
    }
}
