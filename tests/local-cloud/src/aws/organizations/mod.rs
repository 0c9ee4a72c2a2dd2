//! AWS Organizations: one organization in each partition, asked by its management account and delegated administrators.
mod ask;
mod list;
mod page;
mod read;
mod setup;
mod state;

use serde_json::Value;

use self::ask::OrganizationsCall;
pub(crate) use self::state::Organization;
pub use self::{
    setup::{Member, Organization as Handle},
    state::{Joined, State},
};
use super::body::Body;
use super::caller::Caller;
use super::refusal::AwsError;
use super::store::Store;

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let ask = OrganizationsCall::new(store, caller, operation, Body::of(&body)?);
    let answer = match operation {
        "DescribeOrganization" => read::organization(&ask),
        "DescribeAccount" => read::account(&ask),
        "DescribeOrganizationalUnit" => read::unit(&ask),
        "DescribeCreateAccountStatus" => read::create_account_status(&ask),
        "ListCreateAccountStatus" => list::creations(&ask),
        "ListAccounts" => list::accounts(&ask),
        "ListAccountsForParent" => list::accounts_for_parent(&ask),
        "ListOrganizationalUnitsForParent" => list::ous_for_parent(&ask),
        "ListParents" => list::parents(&ask),
        "ListRoots" => list::roots(&ask),
        "ListTagsForResource" => list::tags(&ask),
        _ => Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    answer.map(|value| value.to_string())
}
