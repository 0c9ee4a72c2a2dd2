//! Fake Organizations: at most one organization in each partition. Only the management account and
//! delegated administrators may call most operations.
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
    setup::{MemberSnapshot, Organization},
    state::{AccountState, JoinedMethod},
};
use super::body::Body;
use super::caller::Caller;
use super::error::AwsError;
use super::store::Store;

/// Serves a call of Organizations.
pub(crate) fn serve(
    store: &mut Store,
    caller: &Caller,
    operation: &str,
    body: &[u8],
) -> Result<String, AwsError> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let call = OrganizationsCall::new(store, caller, operation, Body::from_value(&body)?);
    let response = match operation {
        "DescribeOrganization" => read::describe_organization(&call),
        "DescribeAccount" => read::describe_account(&call),
        "DescribeOrganizationalUnit" => read::describe_organizational_unit(&call),
        "DescribeCreateAccountStatus" => read::describe_create_account_status(&call),
        "ListCreateAccountStatus" => list::list_create_account_status(&call),
        "ListAccounts" => list::list_accounts(&call),
        "ListAccountsForParent" => list::list_accounts_for_parent(&call),
        "ListOrganizationalUnitsForParent" => list::list_ous_for_parent(&call),
        "ListParents" => list::list_parents(&call),
        "ListRoots" => list::list_roots(&call),
        "ListTagsForResource" => list::list_tags(&call),
        _ => Err(AwsError::new(400, "UnknownOperationException", "")),
    };
    response.map(|value| value.to_string())
}
