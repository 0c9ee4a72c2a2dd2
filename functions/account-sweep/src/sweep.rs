//! Runs one sweep: reads Palette's accounts first, then the organization page by page.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::try_join_all;
use gangway_aws::organizations::{AccountPaginator, OrgAccount, OrganizationsClient};
use gangway_http::deadline;
use gangway_model::{AccountId, Partition, UpstreamError};
use gangway_registration::vending::OffboardingPolicy;
use serde_json::json;
use tokio::try_join;

use crate::{
    Sweep,
    classification::{Classification, classify},
    event::{Action, vended_event},
    palette_index::PaletteIndex,
    report::{MAX_LISTED, SweepReport, account_json, palette_account_json},
};

/// Time that must be left to fetch another page. The events of earlier pages have been sent by
/// then.
const PAGE_TIME_BUDGET: Duration = Duration::from_secs(20);

/// Maximum number of accounts that are looked up at the same time.
const MAX_CONCURRENT_LOOKUPS: usize = 10;

impl Sweep<'_> {
    /// Compares the organization with Palette, and sends an event for each difference.
    ///
    /// If the time runs out, the report says so. The sweep stores no position: the next sweep
    /// starts again, and by then the accounts of this one's events are registered.
    pub(crate) async fn run(&self, dry_run: bool) -> Result<SweepReport, UpstreamError> {
        let config = &self.config.vending;
        let organization = config.organizations(&self.context.clients.aws).await?;
        let index = PaletteIndex::load(self.context, &config.ou_scope_map);
        let (mut palette_index, govcloud_pairs) =
            try_join!(index, self.paired_accounts(&organization))?;
        let mut report = SweepReport {
            dry_run,
            palette: palette_index.len(),
            unread_projects: palette_index.unread_projects,
            ..SweepReport::default()
        };
        let mut listing = organization.list_accounts(config.needs_ou_path());
        let mut events = Vec::new();
        while let Some(page) = self.next_page_and_flush(&mut listing, &mut events).await? {
            for account in &page {
                let is_govcloud_pair = govcloud_pairs.contains(&account.id);
                self.classify_account(
                    (account, is_govcloud_pair),
                    &mut palette_index,
                    &mut report,
                    &mut events,
                );
            }
            if deadline::remaining() < PAGE_TIME_BUDGET {
                report.incomplete_reason = Some(format!(
                    "the time ran out after {} accounts of the organization; events for these were sent: invoke the function again for the rest",
                    report.organization
                ));
                self.queue.send_batch(&events).await?;
                return Ok(report);
            }
        }
        self.find_unknown(&organization, &palette_index, &mut report).await?;
        Ok(report)
    }

    /// Returns the accounts that exist only to bill a GovCloud account; events skip them too. Only
    /// the commercial partition has such accounts.
    async fn paired_accounts(
        &self,
        organization: &OrganizationsClient,
    ) -> Result<BTreeSet<AccountId>, UpstreamError> {
        match self.context.clients.partition {
            Partition::Aws => organization.govcloud_paired_accounts().await,
            Partition::AwsUsGov | Partition::AwsIsoB | Partition::AwsIso => Ok(BTreeSet::new()),
        }
    }

    /// Fetches the next page and, at the same time, sends the events of the page before.
    async fn next_page_and_flush(
        &self,
        listing: &mut AccountPaginator<'_>,
        events: &mut Vec<String>,
    ) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let previous = std::mem::take(events);
        let (page, sent) = tokio::join!(listing.next(), self.queue.send_batch(&previous));
        sent.and(page)
    }

    /// Adds an account to the report, and adds an event if something has to be done.
    fn classify_account(
        &self,
        (account, is_govcloud_pair): (&OrgAccount, bool),
        palette_index: &mut PaletteIndex,
        report: &mut SweepReport,
        events: &mut Vec<String>,
    ) {
        report.organization += 1;
        let config = &self.config.vending;
        let action = match classify(account, is_govcloud_pair, config, palette_index) {
            Classification::Registered { is_vended } => {
                report.registered += 1;
                if !(is_vended && self.config.repairs_drift) {
                    return;
                }
                report.queued_for_drift_check += 1;
                Action::Onboard
            }
            Classification::Ignored(reason) => {
                report.add_ignored(account, reason);
                return;
            }
            Classification::NotRegistered => {
                report.missing.add(|| account_json(account));
                Action::Onboard
            }
            Classification::Closed { offboard } => {
                report.closed.add(|| {
                    let id = account.id.as_str();
                    json!({ "accountId": id, "accountName": account.name, "state": account.state.id() })
                });
                if !offboard || config.offboarding == OffboardingPolicy::Report {
                    return;
                }
                report.offboarding += 1;
                Action::Offboard
            }
        };
        if !report.dry_run {
            report.queued += 1;
            let project = palette_index.project_of(account.id);
            events.push(vended_event(action, account, project, self.context.clients.partition));
        }
    }

    /// Finds accounts that Palette has and the organization did not list. A list does not prove
    /// that an account has left, so each account that the report lists is looked up.
    async fn find_unknown(
        &self,
        organization: &OrganizationsClient,
        palette_index: &PaletteIndex,
        report: &mut SweepReport,
    ) -> Result<(), UpstreamError> {
        let unseen: Vec<_> = palette_index.unseen().collect();
        let (looked_up, not_looked_up) = unseen.split_at(unseen.len().min(MAX_LISTED));
        for chunk in looked_up.chunks(MAX_CONCURRENT_LOOKUPS) {
            let found = try_join_all(
                chunk.iter().map(|(account, _)| organization.describe_account(*account)),
            )
            .await?;
            for ((id, palette_account), account) in chunk.iter().zip(found) {
                if account.is_none() {
                    report.unknown.add(|| {
                        palette_account_json(*id, &palette_account.name, &palette_account.uid)
                    });
                }
            }
        }
        report.unknown.count += not_looked_up.len();
        Ok(())
    }
}
