//! Fake AWS Organizations: one organization per partition. The management account and delegated
//! administrators may call it.
mod call;
mod list;
mod page;
mod read;
mod setup;
mod state;

use serde_json::Value;

use self::call::OrganizationsCall;
pub(crate) use self::state::StoredOrganization;
pub use self::{
    setup::{MemberSnapshot, Organization as Handle},
    state::{AccountState, JoinedMethod},
};
use super::body::Body;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;

pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let ask = OrganizationsCall::new(store, caller, operation, Body::from_value(&body)?);
    let answer = match operation {
        "DescribeOrganization" => read::describe_organization(&ask),
        "DescribeAccount" => read::describe_account(&ask),
        "DescribeOrganizationalUnit" => read::describe_organizational_unit(&ask),
        "DescribeCreateAccountStatus" => read::describe_create_account_status(&ask),
        "ListCreateAccountStatus" => list::list_create_account_status(&ask),
        "ListAccounts" => list::list_accounts(&ask),
        "ListAccountsForParent" => list::list_accounts_for_parent(&ask),
        "ListOrganizationalUnitsForParent" => list::list_ous_for_parent(&ask),
        "ListParents" => list::list_parents(&ask),
        "ListRoots" => list::list_roots(&ask),
        "ListTagsForResource" => list::list_tags(&ask),
        _ => Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    answer.map(|value| value.to_string())
}
