//! What no event brought.

use domain::Partition::{Aws, AwsUsGov};

use super::account_vended::made;
use crate::flow::{Ask, Flow, Trigger};

pub(crate) const FLOWS: &[Flow] = &[
    Flow::new("account-sweep", "find one", Aws, Trigger::Schedule, |_, _| Ask::Sweep).after(made),
    Flow::new("account-sweep", "find nothing", AwsUsGov, Trigger::Schedule, |_, _| Ask::Sweep),
];
