//! The organization, seen from its management account.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::{
    Aws,
    fault::{Call, Refusal},
};
use aws_sdk_organizations::{
    Client,
    config::{Builder, Region},
    types::Account,
};
use gangway_model::{AccountId, PortError};
use tokio::time::Instant;

use super::{Lineage, Listing, Member, UnitId};

/// As people know the service.
const SERVICE: &str = "AWS Organizations";

/// How deep units can be nested is five below the root; a chain that is longer has no end.
const DEEPEST: usize = 16;

/// How long it is remembered which unit is in which: they are seldom moved.
const REMEMBERED: Duration = Duration::from_mins(5);

/// A call of Organizations, for its errors.
pub(crate) const fn call(action: &'static str, what: &'static str) -> Call {
    Call { service: SERVICE, action, what }
}

/// The organization, seen from its management account, or from one that it has delegated this to.
#[derive(Debug)]
pub struct Organization {
    pub(crate) client: Client,
    parents: Mutex<Parents>,
}

/// Which unit is in which.
#[derive(Debug)]
struct Parents {
    since: Instant,
    known: HashMap<UnitId, UnitId>,
}

/// Everything is in a unit that is in another, up to the root.
const UNROOTED: &str = "no parent, or no end of them";

impl Organization {
    /// The organization that this view belongs to.
    pub fn of(management: &Aws) -> Self {
        // Organizations is one for a partition, and signed for its home. The SDK knows that of AWS's own endpoints only,
        // not of one that the environment names.
        let home = Region::from_static(management.partition().facts().home_region);
        let config = Builder::from(management.config()).region(home).build();
        let parents = Parents { since: Instant::now(), known: HashMap::new() };
        Self { client: Client::from_conf(config), parents: Mutex::new(parents) }
    }

    /// The account of this number; `None` where Organizations says that it has none.
    pub async fn member(&self, id: AccountId) -> Result<Option<Member>, PortError> {
        let call = call("organizations:DescribeAccount", "such account");
        match self.client.describe_account().account_id(id.as_str()).send().await {
            Ok(answer) => {
                let member = answer.account().and_then(Member::of);
                member.map(Some).ok_or_else(|| call.unreadable("an account without a number"))
            }
            Err(error) if Refusal::from_sdk(&error) == Some(Refusal::NotFound) => Ok(None),
            Err(error) => Err(call.failed(&error)),
        }
    }

    /// Every account of the organization, page by page. Where their units matter, each comes with its lineage.
    pub fn list(&self, with_units: bool) -> Listing<'_> {
        Listing::new(self, with_units)
    }

    /// The units that a member is in: as it came, else looked up, one call for each that is not known yet.
    pub async fn lineage(&self, member: &Member) -> Result<Lineage, PortError> {
        if let Some(lineage) = &member.lineage {
            return Ok(lineage.clone());
        }
        let mut units = vec![self.parent(member.id.as_str()).await?];
        while let Some(unit) = units.last().filter(|unit| !unit.as_str().starts_with("r-")) {
            let parent = if let Some(parent) = self.known_parent(unit) {
                parent
            } else {
                let parent = self.parent(unit.as_str()).await?;
                self.remember(unit.clone(), parent.clone());
                parent
            };
            units.push(parent);
            if units.len() > DEEPEST {
                return Err(PARENTS.unreadable(UNROOTED));
            }
        }
        Ok(Lineage::from_nearest(units))
    }

    /// What an account or a unit is in.
    async fn parent(&self, child: &str) -> Result<UnitId, PortError> {
        let answer = self.client.list_parents().child_id(child).send().await;
        let answer = answer.map_err(|error| PARENTS.failed(&error))?;
        let parent = answer.parents().iter().find_map(|parent| parent.id()?.parse().ok());
        parent.ok_or_else(|| PARENTS.unreadable(UNROOTED))
    }

    fn known_parent(&self, unit: &UnitId) -> Option<UnitId> {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        if parents.since.elapsed() > REMEMBERED {
            *parents = Parents { since: Instant::now(), known: HashMap::new() };
        }
        parents.known.get(unit).cloned()
    }

    fn remember(&self, unit: UnitId, parent: UnitId) {
        let mut parents = self.parents.lock().unwrap_or_else(PoisonError::into_inner);
        parents.known.insert(unit, parent);
    }
}

const PARENTS: Call = call("organizations:ListParents", "such account or organizational unit");

/// The accounts of a page that can be told by a number: all of them.
pub(crate) fn members(accounts: &[Account]) -> Vec<Member> {
    accounts.iter().filter_map(Member::of).collect()
}
