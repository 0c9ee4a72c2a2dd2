//! Every account of an organization, page by page, so that thousands of them take no memory.

use std::collections::BTreeSet;

use crate::error::ApiCall;
use gangway_model::{AccountId, UpstreamError};

use crate::organizations::{
    OrgAccount, OrganizationsClient, OuId, OuPath,
    client::{call, members},
};

/// A walk through the organization's accounts. An account that is moved meanwhile may come twice or not at all: a list
/// alone proves of none that it is gone.
#[derive(Debug)]
pub struct AccountPaginator<'a> {
    organization: &'a OrganizationsClient,
    with_units: bool,
    stage: Stage,
    /// Those that were given, where units matter: the tree tells of all accounts, whatever the list told.
    given: BTreeSet<AccountId>,
}

/// Where the walk is.
#[derive(Debug)]
enum Stage {
    /// In the list of all accounts, from this token on.
    Flat(Option<String>),
    /// In the tree, since the list does not tell where every account is: units that are left to look into, the next last.
    Tree(Vec<Step>),
    /// At the end.
    Done,
}

#[derive(Debug)]
struct Step {
    unit: OuPath,
    next: Option<String>,
    /// Whether the units below have been noted.
    opened: bool,
}

const ACCOUNTS: ApiCall = call("organizations:ListAccounts", "list of accounts");
const ACCOUNTS_OF: ApiCall =
    call("organizations:ListAccountsForParent", "such organizational unit");
const UNITS_OF: ApiCall =
    call("organizations:ListOrganizationalUnitsForParent", "such organizational unit");
const ROOTS: ApiCall = call("organizations:ListRoots", "root");

impl<'a> AccountPaginator<'a> {
    pub(crate) const fn new(organization: &'a OrganizationsClient, with_units: bool) -> Self {
        Self { organization, with_units, stage: Stage::Flat(None), given: BTreeSet::new() }
    }

    /// Some more accounts, few or none; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let mut page = match &mut self.stage {
            Stage::Done => return Ok(None),
            Stage::Tree(steps) => {
                let Some(page) = self.organization.step(steps).await? else {
                    self.stage = Stage::Done;
                    return Ok(None);
                };
                page
            }
            Stage::Flat(next) => {
                let (page, next) = self.organization.page(next.take()).await?;
                if self.with_units && page.iter().any(|member| member.lineage.is_none()) {
                    self.stage = Stage::Tree(self.organization.roots().await?);
                    return Ok(Some(Vec::new()));
                }
                self.stage = next.map_or(Stage::Done, |next| Stage::Flat(Some(next)));
                page
            }
        };
        if self.with_units {
            page.retain(|member| self.given.insert(member.id));
        }
        Ok(Some(page))
    }
}

impl OrganizationsClient {
    /// A page of the list of all accounts: AWS gives 20 at most, and sometimes none with more to come.
    async fn page(
        &self,
        next: Option<String>,
    ) -> Result<(Vec<OrgAccount>, Option<String>), UpstreamError> {
        let answer = self.client.list_accounts().set_next_token(next).send().await;
        let answer = answer.map_err(|error| ACCOUNTS.to_upstream_error(&error))?;
        Ok((members(answer.accounts()), answer.next_token))
    }

    /// Where the tree begins.
    async fn roots(&self) -> Result<Vec<Step>, UpstreamError> {
        let answer = self
            .client
            .list_roots()
            .send()
            .await
            .map_err(|error| ROOTS.to_upstream_error(&error))?;
        let roots = answer.roots().iter().filter_map(|root| root.id()?.parse::<OuId>().ok());
        let step =
            |root| Step { unit: OuPath::from_parent_first(vec![root]), next: None, opened: false };
        Ok(roots.map(step).collect())
    }

    /// A page of the next unit's own accounts; the units below it are noted first.
    async fn step(&self, steps: &mut Vec<Step>) -> Result<Option<Vec<OrgAccount>>, UpstreamError> {
        let Some(mut step) = steps.pop() else { return Ok(None) };
        let Some(unit) = step.unit.parent() else { return Ok(Some(Vec::new())) };
        if !step.opened {
            steps.extend(self.below(&step.unit, unit).await?);
            step.opened = true;
        }
        let request = self.client.list_accounts_for_parent().parent_id(unit.as_str());
        let answer = request.set_next_token(step.next.take()).send().await;
        let answer = answer.map_err(|error| ACCOUNTS_OF.to_upstream_error(&error))?;
        let mut page = members(answer.accounts());
        for member in &mut page {
            member.lineage = Some(step.unit.clone());
        }
        if answer.next_token.is_some() {
            steps.push(Step { next: answer.next_token, ..step });
        }
        Ok(Some(page))
    }

    /// The units that are in a unit themselves.
    async fn below(&self, lineage: &OuPath, unit: &OuId) -> Result<Vec<Step>, UpstreamError> {
        let (mut steps, mut next) = (Vec::new(), None);
        loop {
            let request = self.client.list_organizational_units_for_parent();
            let answer = request.parent_id(unit.as_str()).set_next_token(next).send().await;
            let answer = answer.map_err(|error| UNITS_OF.to_upstream_error(&error))?;
            let units = answer.organizational_units().iter();
            let units = units.filter_map(|unit| unit.id()?.parse::<OuId>().ok());
            steps.extend(units.map(|unit| Step {
                unit: lineage.child(unit),
                next: None,
                opened: false,
            }));
            next = answer.next_token;
            if next.is_none() {
                return Ok(steps);
            }
        }
    }
}
