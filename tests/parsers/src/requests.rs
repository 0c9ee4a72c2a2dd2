//! Requests of API Gateway and events of EventBridge, with all their members.

use gangway_lambda::{Members, Rejection, Request};
use gangway_model::{
    AccessKeyId, AccountName, Failure, Method, Partition, PermissionProfile, RoleArn, SecretArn,
    SecretKey,
};

use crate::assert_silent;

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:sts";

/// A whole invocation.
pub(crate) fn request(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Ok(request) = Request::read(&text, ARN) else { return };
    if let Err(fault) = request.scope() {
        assert_silent(&fault.detail);
    }
    for method in [Method::StaticCredentials, Method::Sts, Method::PodIdentity, Method::Scap] {
        match request.order(method, &[]) {
            Ok((_, members)) => read(members),
            Err(rejection) => told(rejection),
        }
    }
}

/// The members of a body.
pub(crate) fn members(data: &[u8]) {
    match Members::read(&String::from_utf8_lossy(data)) {
        Ok(members) => read(members),
        Err(fault) => told(fault.into()),
    }
}

/// Takes every kind of member that there is.
fn read(mut members: Members) {
    drop(members.required::<AccountName>("name"));
    drop(members.required::<RoleArn>("roleArn"));
    drop(members.required::<AccessKeyId>("accessKeyId"));
    drop(members.secret::<SecretKey>("secretAccessKey"));
    let _partition = members.optional::<Partition>("partition");
    let _profile = members.optional::<PermissionProfile>("permissionProfile");
    drop(members.optional::<SecretArn>("secretArn"));
    members.flag("ensureAssociations");
    if let Err(rejection) = members.finish() {
        told(rejection);
    }
}

/// Each fault of a refusal names its place, and repeats nothing.
pub(crate) fn told(rejection: Rejection) {
    if let Rejection::Failure(Failure::Invalid(faults)) = rejection {
        assert!(!faults.is_empty(), "refused for no reason");
        for fault in faults {
            assert_silent(&fault.detail);
            assert_silent(&fault.pointer);
            assert!(
                fault.pointer.is_empty() || fault.pointer.starts_with('/'),
                "{}",
                fault.pointer
            );
            assert!(fault.detail.len() < 2000, "a fault of {} bytes", fault.detail.len());
        }
    }
}
