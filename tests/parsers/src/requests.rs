//! Requests of API Gateway and events of EventBridge, with all their members.

use gangway_lambda::{ApiError, Fields, Request};
use gangway_model::{
    AccessKeyId, AccountName, AuthMethod, Partition, PermissionProfile, RegistrationError, RoleArn,
    SecretAccessKey, SecretArn,
};

use crate::assert_no_leak;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:sts";

/// A whole invocation.
pub(crate) fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(request) = Request::decode(&text, ARN) else { return };
    if let Err(fault) = request.route() {
        assert_no_leak(&fault.detail);
    }
    for method in
        [AuthMethod::StaticCredentials, AuthMethod::Sts, AuthMethod::PodIdentity, AuthMethod::Scap]
    {
        match request.parse_operation(method, &[]) {
            Ok((_, members)) => read(members),
            Err(rejection) => told(rejection),
        }
    }
}

/// The members of a body.
pub(crate) fn members(data: &[u8]) {
    match Fields::from_json(&String::from_utf8_lossy(data)) {
        Ok(members) => read(members),
        Err(fault) => told(fault.into()),
    }
}

/// Takes every kind of member that there is.
fn read(mut members: Fields) {
    drop(members.required::<AccountName>("name"));
    drop(members.required::<RoleArn>("roleArn"));
    drop(members.required::<AccessKeyId>("accessKeyId"));
    drop(members.secret::<SecretAccessKey>("secretAccessKey"));
    let _partition = members.optional::<Partition>("partition");
    let _profile = members.optional::<PermissionProfile>("permissionProfile");
    drop(members.optional::<SecretArn>("secretArn"));
    members.optional_bool("ensureAssociations");
    if let Err(rejection) = members.finish(Some(())) {
        told(rejection);
    }
}

/// Each fault of a refusal names its place, and repeats nothing.
pub(crate) fn told(rejection: ApiError) {
    if let ApiError::Registration(RegistrationError::Invalid(faults)) = rejection {
        assert!(!faults.is_empty(), "refused for no reason");
        for fault in faults {
            assert_no_leak(&fault.detail);
            assert_no_leak(&fault.pointer);
            assert!(
                fault.pointer.is_empty() || fault.pointer.starts_with('/'),
                "{}",
                fault.pointer
            );
            assert!(fault.detail.len() < 2000, "a fault of {} bytes", fault.detail.len());
        }
    }
}
