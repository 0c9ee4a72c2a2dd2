//! One sweep: Palette's accounts first, then the organization's page by page.

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

/// What must be left of an invocation to ask for another page. What was found by then is queued
/// already.
const PAGE_TIME_BUDGET: Duration = Duration::from_secs(20);

/// How many accounts are looked up at once.
const MAX_CONCURRENT_LOOKUPS: usize = 10;

impl Sweep<'_> {
    /// Compares the organization with Palette, and queues what is to be done.
    ///
    /// Where time runs out it says so. Nothing is noted for the next sweep: that finds registered what
    /// this one queued.
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

    /// Accounts that are there for the bills of others, which no event brings registered either. Only
    /// the commercial partition has them.
    async fn paired_accounts(
        &self,
        organization: &OrganizationsClient,
    ) -> Result<BTreeSet<AccountId>, UpstreamError> {
        match self.deployment.clients.partition {
            Partition::Aws => organization.govcloud_paired_accounts().await,
            Partition::AwsUsGov | Partition::AwsIsoB | Partition::AwsIso => Ok(BTreeSet::new()),
        }
    }

    /// Asks for the next page, and sends what the last one gave rise to meanwhile.
    async fn next_page_and_flush(
        &self,
        listing: &mut AccountPaginator<'_>,
        events: &mut Vec<String>,
    ) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let due = std::mem::take(events);
        let (page, sent) = tokio::join!(listing.next(), self.queue.send_batch(&due));
        sent.and(page)
    }

    /// Finds an account its place in the difference, and what is to be done about it.
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

    /// Accounts that Palette has and the list did not show. A list alone does not prove that an
    /// account is gone, so those that the answer shows are asked for one by one.
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
