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
    config::DriftPolicy,
    event::{Action, vended_event},
    palette_index::PaletteIndex,
    report::{MAX_LISTED, SweepReport, account_json, palette_account_json},
};

/// Time that must be left until the deadline to fetch another page.
const PAGE_TIME_BUDGET: Duration = Duration::from_secs(20);

/// Maximum number of accounts that are looked up at the same time.
const MAX_CONCURRENT_LOOKUPS: usize = 10;

impl Sweep<'_> {
    /// Compares the organization with Palette, and sends an event for each difference.
    ///
    /// If the time runs out, the report gives the reason. The sweep stores no position: the next
    /// sweep starts from the beginning, and skips the accounts that were registered in the
    /// meantime.
    pub(crate) async fn run(&self, dry_run: bool) -> Result<SweepReport, UpstreamError> {
        let config = &self.config.vending;
        let organization = config.organizations(&self.context.clients.aws).await?;
        let index = PaletteIndex::load(self.context, &config.ou_scope_map);
        let (mut palette_index, govcloud_pairs) =
            try_join!(index, self.govcloud_billing_accounts(&organization))?;
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
        self.add_unknown_accounts(&organization, &palette_index, &mut report).await?;
        Ok(report)
    }

    /// Returns the accounts that exist only to bill a GovCloud account, which Gangway does not
    /// register. Only the commercial partition has such accounts.
    async fn govcloud_billing_accounts(
        &self,
        organization: &OrganizationsClient,
    ) -> Result<BTreeSet<AccountId>, UpstreamError> {
        match self.context.clients.partition {
            Partition::Aws => organization.govcloud_paired_accounts().await,
            Partition::AwsUsGov | Partition::AwsIsoB | Partition::AwsIso => Ok(BTreeSet::new()),
        }
    }

    /// Fetches the next page of accounts and, at the same time, sends the events of the previous
    /// page.
    async fn next_page_and_flush(
        &self,
        listing: &mut AccountPaginator<'_>,
        events: &mut Vec<String>,
    ) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let previous = std::mem::take(events);
        let (page, sent) = tokio::join!(listing.next(), self.queue.send_batch(&previous));
        sent.and(page)
    }

    /// Adds an account to the report, and adds an event if the account is to be onboarded,
    /// offboarded or checked for drift.
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
                let action = match self.config.drift_policy {
                    DriftPolicy::Repair => Action::Onboard,
                    DriftPolicy::Report => Action::Compare,
                    DriftPolicy::Ignore => return,
                };
                if !is_vended {
                    return;
                }
                report.queued_for_drift_check += 1;
                action
            }
            Classification::Ignored(reason) => {
                report.add_ignored(account, reason);
                return;
            }
            Classification::NotRegistered => {
                report.missing.add(|| account_json(account));
                Action::Onboard
            }
            Classification::Closed { is_removable } => {
                report.closed.add(|| {
                    let id = account.id.as_str();
                    json!({ "accountId": id, "accountName": account.name, "state": account.state.id() })
                });
                if !is_removable || config.offboarding == OffboardingPolicy::Report {
                    return;
                }
                report.offboarding += 1;
                Action::Offboard
            }
        };
        if !report.dry_run {
            report.queued += 1;
            let project = palette_index.find_unnamed_project(account.id);
            events.push(vended_event(action, account, project, self.context.clients.partition));
        }
    }

    /// Adds to the report the accounts that Palette has but the organization did not list.
    /// Describes each of the first 100 accounts, because an account that a list omits may still be
    /// in the organization.
    async fn add_unknown_accounts(
        &self,
        organization: &OrganizationsClient,
        palette_index: &PaletteIndex,
        report: &mut SweepReport,
    ) -> Result<(), UpstreamError> {
        let unseen: Vec<_> = palette_index.unseen_accounts().collect();
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
