//! Flows of `account-sweep`.

use gangway_model::Partition::{Aws, AwsUsGov};

use super::account_vended::vended_account;
use crate::flow::{Action, Flow, Function, Trigger};

const OWN: Function = Function("account-sweep");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("find one", Aws, Trigger::Schedule, |_, _| Action::Sweep).after(vended_account),
    OWN.flow("find nothing", AwsUsGov, Trigger::Schedule, |_, _| Action::Sweep),
];
