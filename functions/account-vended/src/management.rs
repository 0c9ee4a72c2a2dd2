//! The organization's management account: where Organizations is asked, and accounts are entered from.

use std::{sync::Arc, time::Duration};

use gangway_aws::AwsSession;
use gangway_aws::organizations::OrganizationsClient;
use gangway_model::{RoleArn, UpstreamError};
use tokio::{sync::Mutex, time::Instant};

/// What AWS's logs call Gangway's sessions.
pub(crate) const SESSION: &str = "gangway-account-vended";

/// A session of the management role lasts for 15 minutes; a batch that begins with one must not outlive it.
const SESSION_REFRESH: Duration = Duration::from_mins(10);

/// The way to the management account. Opened when first needed.
#[derive(Debug)]
pub(crate) struct ManagementAccount {
    own: AwsSession,
    role: Option<RoleArn>,
    open: Mutex<Option<Arc<ManagementSession>>>,
}

/// The management account, seen from inside.
#[derive(Debug)]
pub(crate) struct ManagementSession {
    /// AWS, as who may enter accounts.
    pub(crate) aws: AwsSession,
    /// The accounts there are.
    pub(crate) organization: OrganizationsClient,
    since: Instant,
}

impl ManagementAccount {
    /// Through this role, or as the function itself where it is deployed there.
    pub(crate) fn new(own: AwsSession, role: Option<RoleArn>) -> Self {
        Self { own, role, open: Mutex::new(None) }
    }

    /// The view, the same one for messages that are worked at the same time.
    pub(crate) async fn session(&self) -> Result<Arc<ManagementSession>, UpstreamError> {
        let mut open = self.open.lock().await;
        if let Some(view) = &*open
            && (self.role.is_none() || view.since.elapsed() < SESSION_REFRESH)
        {
            return Ok(Arc::clone(view));
        }
        let aws = match &self.role {
            None => self.own.clone(),
            Some(role) => self.own.assume_role_with(role, SESSION, None).await?,
        };
        let organization = OrganizationsClient::new(&aws);
        let view = Arc::new(ManagementSession { aws, organization, since: Instant::now() });
        *open = Some(Arc::clone(&view));
        Ok(view)
    }
}
