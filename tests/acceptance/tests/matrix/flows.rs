//! The flows of all functions, in one file for each function.

mod account_sweep;
mod account_vended;
mod accounts;
mod pod_identity;
mod revalidation;
mod scap;
mod static_credentials;
mod sts;

pub(crate) use self::{
    account_sweep::FLOWS as SWEEP, account_vended::FLOWS as VENDED, accounts::FLOWS as ACCOUNTS,
    pod_identity::FLOWS as POD_IDENTITY, revalidation::FLOWS as REVALIDATION, scap::FLOWS as SCAP,
    static_credentials::FLOWS as STATIC_CREDENTIALS, sts::FLOWS as STS,
};
pub(crate) use self::{
    static_credentials::{access_key_members, request as access_key_request},
    sts::request as role_request,
};
use crate::flow::Flow;

pub(crate) const ALL: [&[Flow]; 8] =
    [STATIC_CREDENTIALS, STS, POD_IDENTITY, SCAP, ACCOUNTS, REVALIDATION, VENDED, SWEEP];
