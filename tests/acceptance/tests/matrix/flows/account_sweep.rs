//! Flows of `account-sweep`.

use gangway_model::Partition::{Aws, AwsUsGov};

use super::account_vended::made;
use crate::flow::{Action, Flow, Function, Trigger};

const OWN: Function = Function("account-sweep");

pub(crate) const FLOWS: &[Flow] = &[
    OWN.flow("find one", Aws, Trigger::Schedule, |_, _| Action::Sweep).after(made),
    OWN.flow("find nothing", AwsUsGov, Trigger::Schedule, |_, _| Action::Sweep),
];
