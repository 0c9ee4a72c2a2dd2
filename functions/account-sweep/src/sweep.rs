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
    event::{Action, event},
    palette_index::PaletteIndex,
    report::{MAX_LISTED, SweepReport, shown, unknown},
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
        let settings = &self.settings.organization;
        let organization = self.organization().await?;
        let read = PaletteIndex::load(self.deployment, &settings.ou_scope_map);
        let (mut registered, twins) = try_join!(read, self.paired_accounts(&organization))?;
        let (palette, unread) = (registered.len(), registered.unread);
        let mut difference = SweepReport { dry_run, palette, unread, ..SweepReport::default() };
        let mut listing = organization.list_accounts(settings.needs_ou_path());
        let mut events = Vec::new();
        while let Some(page) = self.next_page_and_flush(&mut listing, &mut events).await? {
            for member in &page {
                let twin = twins.contains(&member.id);
                self.classify_account(
                    (member, twin),
                    &mut registered,
                    &mut difference,
                    &mut events,
                );
            }
            if deadline::remaining() < PAGE_TIME_BUDGET {
                difference.stopped = Some(format!(
                    "time ran out after {} accounts of the organization: what is missing of them is queued; run it again for the rest",
                    difference.organization
                ));
                self.queue.send_batch(&events).await?;
                return Ok(difference);
            }
        }
        self.find_unknown(&organization, &registered, &mut difference).await?;
        Ok(difference)
    }

    /// Returns the accounts that exist only to bill a GovCloud account; events skip them too. Only
    /// the commercial partition has such accounts.
    async fn paired_accounts(
        &self,
        organization: &OrganizationsClient,
    ) -> Result<BTreeSet<AccountId>, UpstreamError> {
        match self.deployment.clients.partition {
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
        let due = std::mem::take(events);
        let (page, sent) = tokio::join!(listing.next(), self.queue.send_batch(&due));
        sent.and(page)
    }

    /// Adds an account to the report, and adds an event if something has to be done.
    fn classify_account(
        &self,
        (member, twin): (&OrgAccount, bool),
        registered: &mut PaletteIndex,
        difference: &mut SweepReport,
        events: &mut Vec<String>,
    ) {
        difference.organization += 1;
        let settings = &self.settings.organization;
        let action = match classify(member, twin, settings, registered) {
            Classification::Registered => {
                difference.aboard += 1;
                return;
            }
            Classification::Ignored(why) => {
                difference.ignore(member, why);
                return;
            }
            Classification::NotRegistered => {
                difference.missing.add(|| shown(member));
                Action::Onboard
            }
            Classification::Closed { take_off } => {
                difference.closed.add(|| {
                    let id = member.id.as_str();
                    json!({ "accountId": id, "accountName": member.name, "state": member.state.id() })
                });
                if !take_off || settings.offboarding == OffboardingPolicy::Report {
                    return;
                }
                difference.offboarding += 1;
                Action::Offboard
            }
        };
        if !difference.dry_run {
            difference.queued += 1;
            let project = registered.project_of(member.id);
            events.push(event(action, member, project, self.deployment.clients.partition));
        }
    }

    /// Finds accounts that Palette has and the organization did not list. A list does not prove
    /// that an account has left, so each account that the report lists is looked up.
    async fn find_unknown(
        &self,
        organization: &OrganizationsClient,
        registered: &PaletteIndex,
        difference: &mut SweepReport,
    ) -> Result<(), UpstreamError> {
        let unmet: Vec<_> = registered.unseen().collect();
        let (asked, rest) = unmet.split_at(unmet.len().min(MAX_LISTED));
        for some in asked.chunks(MAX_CONCURRENT_LOOKUPS) {
            let found = try_join_all(
                some.iter().map(|(account, _)| organization.describe_account(*account)),
            )
            .await?;
            for ((account, one), member) in some.iter().zip(found) {
                if member.is_none() {
                    difference.unknown.add(|| unknown(*account, &one.name, &one.uid));
                }
            }
        }
        difference.unknown.count += rest.len();
        Ok(())
    }
}
