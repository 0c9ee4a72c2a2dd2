//! Client for AWS Organizations. It reads the accounts of the organization, with their states and
//! organizational units.

mod account;
mod account_paginator;
mod client;
mod govcloud_pairs;
mod ou;

pub use account::{AccountState, OrgAccount};
pub use account_paginator::AccountPaginator;
pub use client::OrganizationsClient;
pub use ou::{InvalidOuId, OuId, OuPath};
