//! Lists the accounts of Palette, and sends a message to the watch's queue for each account.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use gangway_checks::ScopedClient;
use gangway_http::{deadline, origin};
use gangway_lambda::write_metric;
use gangway_model::{
    CloudAccount, Initiator, RegistrationError, RequestedScope, Scope, Uid, UpstreamError,
};
use gangway_registration::account_state::KnownState;
use serde_json::{Value, json};

use crate::{
    FUNCTION, Watch, WatchError,
    message::{WatchMessage, Work},
    reporting::DELAY_SECONDS,
};

/// Page size of Palette's lists.
const PAGE_SIZE: u8 = 50;

/// Time that must be left until the deadline to list another page. If less time is left, a new
/// message continues the list.
const PAGE_TIME_BUDGET: Duration = Duration::from_secs(20);

impl Watch {
    /// Starts a run: sends a message for each scope in `requested`, by default the tenant and every
    /// project that the API key can see. In a dry run, counts the accounts of the scopes and sends
    /// nothing.
    pub(crate) async fn list_run(
        &self,
        requested: Option<Vec<RequestedScope>>,
        dry_run: bool,
    ) -> Result<Value, RegistrationError> {
        let run = run_id();
        let is_whole = requested.is_none();
        let scopes = match requested {
            Some(requested) => self.resolve_scopes(&requested).await?,
            None => self.list_all_scopes().await?,
        };
        let mut accounts = 0;
        let mut unread = 0;
        if dry_run {
            for scope in &scopes {
                match self.count_accounts(scope).await {
                    Ok(count) => accounts += count,
                    Err(error) if is_unreadable(&error) => unread += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        } else {
            let list = |scope: &Scope| Work::ListScope { scope: scope.to_string(), next: None };
            let bodies: Vec<_> =
                scopes.iter().map(|scope| WatchMessage::new(&run, list(scope)).to_body()).collect();
            self.queue.send_batch(&bodies).await?;
            if is_whole {
                let report = WatchMessage::new(&run, Work::Report { delays: 1 });
                self.queue.send_delayed(&report.to_body(), DELAY_SECONDS).await?;
            }
        }
        tracing::info!(run, dryRun = dry_run, scopes = scopes.len(), "run of the watch started");
        let outcome = if dry_run { "counted" } else { "started" };
        let mut response = json!({ "outcome": outcome, "run": run, "scopes": scopes.len() });
        if let Some(members) = response.as_object_mut().filter(|_| dry_run) {
            members.insert("accounts".to_owned(), accounts.into());
            members.insert("unreadScopes".to_owned(), unread.into());
        }
        Ok(response)
    }

    /// Returns the tenant and every project that the API key can see.
    async fn list_all_scopes(&self) -> Result<Vec<Scope>, UpstreamError> {
        let projects = self.context.clients.palette.projects().await?.into_iter();
        let projects = projects.map(|project| Scope::Project(project.uid));
        Ok([Scope::Tenant].into_iter().chain(projects).collect())
    }

    /// Resolves the names of projects to uids, and removes duplicate scopes.
    async fn resolve_scopes(
        &self,
        requested: &[RequestedScope],
    ) -> Result<Vec<Scope>, RegistrationError> {
        let mut scopes = Vec::new();
        for scope in requested {
            let scope = self.context.clients.palette.resolve_scope(scope).await?.scope().clone();
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }

    async fn count_accounts(&self, scope: &Scope) -> Result<usize, UpstreamError> {
        let palette_accounts = self.context.clients.palette.in_scope(scope.clone());
        let mut count = 0;
        let mut next = None;
        loop {
            let page = palette_accounts.list_page(PAGE_SIZE, next.as_deref()).await?;
            count += page.accounts.len();
            next = page.next;
            if next.is_none() {
                return Ok(count);
            }
        }
    }

    /// Sends a message for each account of a scope, beginning with a page of the list. Skips a
    /// scope that the API key may not read, or that does not exist any more.
    pub(crate) async fn list_scope(
        &self,
        (run, sent): (&str, SystemTime),
        scope: &str,
        next: Option<String>,
    ) -> Result<&'static str, WatchError> {
        let parsed = scope.parse().map_err(|_invalid| WatchError::InvalidMessage)?;
        let palette_accounts = self.context.clients.palette.in_scope(parsed);
        match self.send_accounts((run, sent), &palette_accounts, next).await {
            Ok(()) => Ok("listed"),
            Err(WatchError::Upstream(error)) if is_unreadable(&error) => {
                // The metric counts the scope once, because the number of its accounts is unknown.
                if error.is_access_denied() {
                    write_metric(FUNCTION, "AccountsNotChecked", 1, None);
                }
                let error = gangway_http::error_chain(&error);
                tracing::warn!(
                    error,
                    scope,
                    "the scope cannot be read, so its accounts are not checked"
                );
                Ok("unread")
            }
            Err(error) => Err(error),
        }
    }

    /// Lists the pages of a scope from the page `next` on, and sends a message for each account. If
    /// one call lists the whole scope, records the removal of accounts that the list no longer
    /// contains.
    async fn send_accounts(
        &self,
        (run, sent): (&str, SystemTime),
        palette_accounts: &ScopedClient<'_>,
        mut next: Option<String>,
    ) -> Result<(), WatchError> {
        let is_first = next.is_none();
        let mut listed = BTreeSet::new();
        loop {
            let page = palette_accounts.list_page(PAGE_SIZE, next.as_deref()).await?;
            let mut accounts = page.accounts;
            self.context.clients.secrets.complete(&mut accounts).await?;
            listed.extend(accounts.iter().map(|account| account.uid.to_string()));
            let body = |account: CloudAccount| {
                let account = Box::new(account.into());
                WatchMessage::new(run, Work::CheckAccount { account }).to_body()
            };
            let mut bodies: Vec<_> = accounts.into_iter().map(body).collect();
            next = page.next;
            let is_late = deadline::remaining() < PAGE_TIME_BUDGET;
            if next.is_some() && is_late {
                let scope = palette_accounts.scope().to_string();
                let list = Work::ListScope { scope, next: next.take() };
                bodies.push(WatchMessage::new(run, list).to_body());
            }
            self.queue.send_batch(&bodies).await?;
            if next.is_none() {
                let is_whole = is_first && !is_late;
                return if is_whole {
                    self.record_removals(palette_accounts, &listed, sent).await
                } else {
                    Ok(())
                };
            }
        }
    }

    /// Records the removal of accounts that the scope does not list any more. Changes no state that
    /// is newer than the list, because the account may have been registered after it, and no state
    /// that has unpublished events.
    async fn record_removals(
        &self,
        palette_accounts: &ScopedClient<'_>,
        listed: &BTreeSet<String>,
        sent: SystemTime,
    ) -> Result<(), WatchError> {
        for item in self.table.list(&palette_accounts.scope().to_string()).await? {
            if listed.contains(item.uid.as_str()) || item.checked >= sent {
                continue;
            }
            if let Some(known) =
                KnownState::parse(item).filter(|known| known.state.unpublished.is_empty())
            {
                self.record_removal(known, sent).await?;
            }
        }
        Ok(())
    }
}

/// Returns the id of this run: the id of the scheduled event, which stays the same if Lambda
/// delivers the event again, or otherwise the request id of the invocation.
fn run_id() -> String {
    let origin = origin::current();
    match &origin.initiator {
        Initiator::Event { id: Some(id), .. } => Uid::as_str(id).to_owned(),
        Initiator::Event { id: None, .. }
        | Initiator::Caller { .. }
        | Initiator::DirectInvocation => origin.request_id,
    }
}

/// Returns `true` if the error says that the API key may not read the scope, or that the scope does
/// not exist any more.
const fn is_unreadable(error: &UpstreamError) -> bool {
    matches!(
        error,
        UpstreamError::AccessDenied { .. }
            | UpstreamError::NotFound { .. }
            | UpstreamError::ProjectNotFound { .. }
    )
}
