//! Every flow, one file per function.

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
    static_credentials::{members, request as keys},
    sts::request as role,
};
use crate::flow::Flow;

pub(crate) const ALL: [&[Flow]; 8] =
    [STATIC_CREDENTIALS, STS, POD_IDENTITY, SCAP, ACCOUNTS, REVALIDATION, VENDED, SWEEP];
