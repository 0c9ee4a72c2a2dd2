//! Flows of `account-sweep`.

use gangway_model::Partition::{Aws, AwsUsGov};

use super::account_vended::vend_account;
use crate::flow::{Action, Flow, Function, Trigger};

const FUNCTION: Function = Function("account-sweep");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION
        .flow("find one", Aws, Trigger::Schedule, |_, _| Action::Sweep)
        .with_preparation(vend_account),
    FUNCTION.flow("find nothing", AwsUsGov, Trigger::Schedule, |_, _| Action::Sweep),
];
