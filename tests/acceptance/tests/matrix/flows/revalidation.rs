//! Flows of `revalidation`.

use gangway_model::Partition::{Aws, AwsIsoB, AwsUsGov};

use super::{scap, static_credentials, sts};
use crate::{
    fixture::Fixture,
    flow::{Action, Flow, Function, Subject, Trigger},
};

const VALIDATE: Trigger = Trigger::Route("POST", "/v1/tenant/accounts/{uid}/validate");

fn validate(_fixture: &Fixture, subject: &Subject) -> Action {
    let path = format!("/v1/tenant/accounts/{}/validate", subject.uid);
    Action::Http("POST", path, None)
}

const FUNCTION: Function = Function("revalidation");

pub(crate) const FLOWS: &[Flow] = &[
    FUNCTION.flow("keys", Aws, VALIDATE, validate).with_preparation(static_credentials::register),
    FUNCTION.flow("role", AwsUsGov, VALIDATE, validate).with_preparation(sts::register),
    FUNCTION.flow("portal", AwsIsoB, VALIDATE, validate).with_preparation(scap::register),
];
