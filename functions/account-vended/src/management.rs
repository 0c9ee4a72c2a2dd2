//! Access to the organization's management account, where Gangway calls Organizations and from
//! where it assumes roles in member accounts.

use std::time::Duration;

use gangway_aws::AwsSession;
use gangway_aws::organizations::OrganizationsClient;
use gangway_model::{RoleArn, UpstreamError};
use tokio::{sync::Mutex, time::Instant};

use crate::config::HandlerConfig;

/// Age at which the session of a role in the management account is replaced. A session lasts for 15
/// minutes, and must not expire during the batch of messages that begins to use it.
const MAX_SESSION_AGE: Duration = Duration::from_mins(10);

/// The access to the management account. The two roles there are assumed when they are first
/// needed.
#[derive(Debug)]
pub(crate) struct ManagementAccount {
    organizations: ManagementRole,
    member_access: ManagementRole,
}

impl ManagementAccount {
    /// Creates the access to the management account: with the roles of the configuration, or with
    /// the function's own role if the configuration names no role.
    pub(crate) fn new(own_session: &AwsSession, config: &HandlerConfig) -> Self {
        let role = |role: &Option<RoleArn>| ManagementRole {
            own_session: own_session.clone(),
            role: role.clone(),
            external_id: config.vending.external_id.clone(),
            session: Mutex::new(None),
        };
        Self {
            organizations: role(&config.vending.organizations_role),
            member_access: role(&config.member_access_role),
        }
    }

    /// Returns a client that reads Organizations.
    pub(crate) async fn organizations_client(&self) -> Result<OrganizationsClient, UpstreamError> {
        Ok(OrganizationsClient::new(&self.organizations.get_session().await?))
    }

    /// Returns the session that assumes roles in member accounts.
    pub(crate) async fn member_access_session(&self) -> Result<AwsSession, UpstreamError> {
        self.member_access.get_session().await
    }
}

/// A role in the management account. Messages that are handled at the same time share its session.
#[derive(Debug)]
struct ManagementRole {
    own_session: AwsSession,
    role: Option<RoleArn>,
    external_id: Option<String>,
    session: Mutex<Option<(Instant, AwsSession)>>,
}

impl ManagementRole {
    async fn get_session(&self) -> Result<AwsSession, UpstreamError> {
        let Some(role) = &self.role else { return Ok(self.own_session.clone()) };
        let mut cached = self.session.lock().await;
        if let Some((opened_at, session)) = &*cached
            && opened_at.elapsed() < MAX_SESSION_AGE
        {
            return Ok(session.clone());
        }
        let session = self.own_session.assume_role(role, self.external_id.as_deref()).await?;
        *cached = Some((Instant::now(), session.clone()));
        Ok(session)
    }
}
