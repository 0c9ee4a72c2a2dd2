//! Requests of API Gateway and events of EventBridge, with all their members.

use std::time::Duration;

use gangway_lambda::{ApiError, Fields, Request};
use gangway_model::{
    AccessKeyId, AccountName, AuthMethod, Partition, PermissionProfile, RegistrationError,
    RequestLimits, RoleArn, SecretAccessKey, SecretArn,
};

use crate::assert_no_leak;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:sts";

/// Parses the payload of an invocation for each method.
pub(crate) fn parse_request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(request) = Request::decode(&text, ARN) else { return };
    if let Err(error) = request.route() {
        assert_no_leak(&error.detail);
    }
    let limits = RequestLimits { max_age: Duration::MAX, ..RequestLimits::default() };
    for method in
        [AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity, AuthMethod::Scap]
    {
        match request.parse_operation(method, &[], &limits) {
            Ok((_, members)) => parse_all_members(members),
            Err(rejection) => check_rejection(rejection),
        }
    }
}

/// Parses the members of a request body.
pub(crate) fn parse_members(data: &[u8]) {
    match Fields::from_json(&String::from_utf8_lossy(data)) {
        Ok(members) => parse_all_members(members),
        Err(error) => check_rejection(error.into()),
    }
}

/// Parses a member of each type.
fn parse_all_members(mut members: Fields) {
    drop(members.required::<AccountName>("name"));
    drop(members.required::<RoleArn>("roleArn"));
    drop(members.required::<AccessKeyId>("accessKeyId"));
    drop(members.secret::<SecretAccessKey>("secretAccessKey"));
    let _partition = members.optional::<Partition>("partition");
    let _profile = members.optional::<PermissionProfile>("permissionProfile");
    drop(members.optional::<SecretArn>("secretArn"));
    members.optional_bool("ensureAssociations");
    if let Err(rejection) = members.finish(Some(())) {
        check_rejection(rejection);
    }
}

/// Checks that each error has a pointer and repeats no input.
pub(crate) fn check_rejection(rejection: ApiError) {
    if let ApiError::Registration(RegistrationError::Invalid(errors)) = rejection {
        assert!(!errors.is_empty(), "refused for no reason");
        for error in errors {
            assert_no_leak(&error.detail);
            assert_no_leak(&error.pointer);
            assert!(
                error.pointer.is_empty() || error.pointer.starts_with('/'),
                "{}",
                error.pointer
            );
            assert!(error.detail.len() < 2000, "a fault of {} bytes", error.detail.len());
        }
    }
}
