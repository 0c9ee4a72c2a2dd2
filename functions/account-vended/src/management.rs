//! Access to the organization's management account, where Gangway calls Organizations and from
//! where it assumes roles in member accounts.

use std::{sync::Arc, time::Duration};

use gangway_aws::AwsSession;
use gangway_aws::organizations::OrganizationsClient;
use gangway_model::{RoleArn, UpstreamError};
use tokio::{sync::Mutex, time::Instant};

/// Age at which a session of the management role is replaced. It lasts for 15 minutes, and must not
/// expire during a batch that begins with it.
const SESSION_REFRESH: Duration = Duration::from_mins(10);

/// The management account. The session is opened when it is first needed.
#[derive(Debug)]
pub(crate) struct ManagementAccount {
    own_session: AwsSession,
    role: Option<RoleArn>,
    session: Mutex<Option<Arc<ManagementSession>>>,
}

/// A session in the management account.
#[derive(Debug)]
pub(crate) struct ManagementSession {
    pub(crate) aws: AwsSession,
    pub(crate) organizations: OrganizationsClient,
    opened_at: Instant,
}

impl ManagementAccount {
    /// Accesses the management account with this role, or with the function's own role if the
    /// function is deployed there.
    pub(crate) fn new(own_session: AwsSession, role: Option<RoleArn>) -> Self {
        Self { own_session, role, session: Mutex::new(None) }
    }

    /// Returns the session. Messages that are handled at the same time share it.
    pub(crate) async fn session(&self) -> Result<Arc<ManagementSession>, UpstreamError> {
        let mut cached = self.session.lock().await;
        if let Some(session) = &*cached
            && (self.role.is_none() || session.opened_at.elapsed() < SESSION_REFRESH)
        {
            return Ok(Arc::clone(session));
        }
        let aws = match &self.role {
            None => self.own_session.clone(),
            Some(role) => self.own_session.assume_role(role, None).await?,
        };
        let organizations = OrganizationsClient::new(&aws);
        let session = Arc::new(ManagementSession { aws, organizations, opened_at: Instant::now() });
        *cached = Some(Arc::clone(&session));
        Ok(session)
    }
}
