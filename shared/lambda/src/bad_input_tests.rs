//! Requests that are wrong: each gets its status, the member's pointer, and no echo of what it said.

mod bodies;
mod events;
mod members;

use gangway_model::{AuthMethod, Partition, RegistrationError};
use serde_json::{Value, json};

use crate::{
    ApiError, JsonFields,
    samples::{SECRET, read, rest},
};

const ROLE: &str = "arn:aws:iam::123456789012:role/SpectroCloudRole";

/// As the function `sts` reads them, and one secret besides.
fn parse(members: &mut JsonFields) -> bool {
    let settings = members.account_spec(Partition::Aws, AuthMethod::Sts, false);
    let role = members.role_arn("roleArn", Partition::Aws);
    settings.is_some() && role.is_some()
}

fn sts(body: &str) -> Result<(), ApiError> {
    let (_, mut members) =
        read(&rest("POST", "/v1/accounts/sts", body)).parse_operation(AuthMethod::Sts, &[])?;
    let complete = parse(&mut members);
    members.finish()?;
    assert!(complete);
    Ok(())
}

/// Status and pointers. Asserts on the way that nothing secret is said.
fn said(outcome: Result<(), ApiError>) -> (u16, Vec<String>) {
    let Err(rejection) = outcome else { return (200, Vec::new()) };
    let problem = serde_json::to_string(&rejection.problem("id")).unwrap();
    for part in [SECRET, "wJalrX", "EXAMPLEKEY", "bPxRfi"] {
        assert!(!problem.contains(part), "{problem}");
        assert!(!format!("{rejection:?}").contains(part), "{rejection:?}");
    }
    let mut pointers = Vec::new();
    if let ApiError::Registration(RegistrationError::Invalid(faults)) = &rejection {
        assert!(faults.iter().all(|fault| fault.detail.len() > 20), "{problem}");
        pointers.extend(faults.iter().map(|fault| fault.pointer.clone()));
    }
    (rejection.kind().status, pointers)
}

fn with(member: &str, value: Value) -> String {
    let mut body = json!({ "name": "prod", "roleArn": ROLE });
    body[member] = value;
    body.to_string()
}
