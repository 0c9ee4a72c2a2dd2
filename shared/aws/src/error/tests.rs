use super::*;

const GET_ROLE: ApiCall = ApiCall { service: IAM, action: "iam:GetRole", resource: "such role" };

#[test]
fn error_codes_are_mapped_to_kinds_in_every_protocol() {
    for (code, status, kind) in [
        ("InvalidClientTokenId", 403, AwsErrorKind::UnknownAccessKey),
        ("UnrecognizedClientException", 400, AwsErrorKind::UnknownAccessKey),
        ("SignatureDoesNotMatch", 403, AwsErrorKind::WrongSignature),
        ("InvalidSignatureException", 400, AwsErrorKind::WrongSignature),
        ("ExpiredToken", 403, AwsErrorKind::Expired),
        ("ExpiredTokenException", 400, AwsErrorKind::Expired),
        ("RequestExpired", 400, AwsErrorKind::ClockSkew),
        ("RequestTimeTooSkewed", 403, AwsErrorKind::ClockSkew),
        ("AccessDenied", 403, AwsErrorKind::AccessDenied),
        ("AccessDeniedException", 400, AwsErrorKind::AccessDenied),
        ("NoSuchEntity", 404, AwsErrorKind::NotFound),
        ("ResourceNotFoundException", 400, AwsErrorKind::NotFound),
        ("ResourceExistsException", 400, AwsErrorKind::AlreadyExists),
        ("InvalidRequestException", 400, AwsErrorKind::InvalidState),
        ("DecryptionFailure", 400, AwsErrorKind::KmsFailure),
        ("RegionDisabledException", 403, AwsErrorKind::RegionDisabled),
        ("PackedPolicyTooLarge", 400, AwsErrorKind::PackedPolicyTooLarge),
        ("PolicyEvaluation", 500, AwsErrorKind::Other),
        ("Throttling", 400, AwsErrorKind::Throttled),
        ("ThrottlingException", 400, AwsErrorKind::Throttled),
        ("ProvisionedThroughputExceededException", 400, AwsErrorKind::Throttled),
        ("TransactionInProgressException", 400, AwsErrorKind::Throttled),
        ("TooFast", 429, AwsErrorKind::Throttled),
        ("ServiceFailure", 500, AwsErrorKind::ServiceFailure),
        ("", 503, AwsErrorKind::ServiceFailure),
        ("ValidationError", 400, AwsErrorKind::Other),
        ("", 400, AwsErrorKind::Other),
    ] {
        assert_eq!(AwsErrorKind::from_code(code, status), kind, "{code} {status}");
    }
}

#[test]
fn no_error_code_is_listed_twice() {
    let mut codes: Vec<_> = ERROR_CODES.iter().flat_map(|(_, codes)| codes.iter()).collect();
    let listed = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), listed);
}

#[test]
fn error_messages_name_the_cause_and_quote_no_text_of_aws() {
    let message = |kind, code| GET_ROLE.to_error(kind, code).to_string();
    for (kind, words) in [
        (AwsErrorKind::AccessDenied, "allow iam:GetRole"),
        (AwsErrorKind::NotFound, "AWS IAM has no such role"),
        (AwsErrorKind::Throttled, "limits the request rate"),
        (AwsErrorKind::Expired, "not valid"),
        (AwsErrorKind::KmsFailure, "KMS key"),
        (AwsErrorKind::ServiceFailure, "not available"),
    ] {
        assert!(message(kind, None).contains(words), "{kind:?}: {}", message(kind, None));
    }
    assert!(message(AwsErrorKind::Other, Some("MalformedInput")).ends_with("MalformedInput"));
    let message =
        message(AwsErrorKind::Other, Some("User: arn:aws:iam::1:user/x is not authorized"));
    assert!(!message.contains("user/x"), "{message}");
}

/// An error code, its HTTP status, and its kind.
type DocumentedCode = (&'static str, u16, AwsErrorKind);

/// A service, some of its actions, and the error codes that AWS documents for these actions.
type DocumentedCalls = (&'static str, &'static [&'static str], &'static [DocumentedCode]);

/// Error codes that AWS documents as common to all actions.
const COMMON_ERRORS: &[DocumentedCode] = &[
    ("AccessDeniedException", 400, AwsErrorKind::AccessDenied),
    ("ExpiredTokenException", 400, AwsErrorKind::Expired),
    ("IncompleteSignature", 400, AwsErrorKind::WrongSignature),
    ("InternalFailure", 500, AwsErrorKind::ServiceFailure),
    ("MissingAuthenticationToken", 403, AwsErrorKind::WrongSignature),
    ("NotAuthorized", 400, AwsErrorKind::AccessDenied),
    ("OptInRequired", 403, AwsErrorKind::NotSubscribed),
    ("RequestExpired", 400, AwsErrorKind::ClockSkew),
    ("ServiceUnavailable", 503, AwsErrorKind::ServiceFailure),
    ("ThrottlingException", 400, AwsErrorKind::Throttled),
    ("UnrecognizedClientException", 403, AwsErrorKind::UnknownAccessKey),
    ("ValidationError", 400, AwsErrorKind::Other),
];

/// Error codes that AWS documents for the actions that Gangway calls, with their kinds.
const DOCUMENTED_CALLS: &[DocumentedCalls] = &[
    (
        "sts",
        &["GetCallerIdentity"],
        &[
            ("AccessDenied", 403, AwsErrorKind::AccessDenied),
            ("ExpiredToken", 403, AwsErrorKind::Expired),
            ("InvalidClientTokenId", 403, AwsErrorKind::UnknownAccessKey),
            ("RegionDisabledException", 403, AwsErrorKind::RegionDisabled),
            ("SignatureDoesNotMatch", 403, AwsErrorKind::WrongSignature),
        ],
    ),
    (
        "sts",
        &["AssumeRole"],
        &[
            ("AccessDenied", 403, AwsErrorKind::AccessDenied),
            ("ExpiredToken", 400, AwsErrorKind::Expired),
            ("InvalidClientTokenId", 403, AwsErrorKind::UnknownAccessKey),
            ("MalformedPolicyDocument", 400, AwsErrorKind::Other),
            ("PackedPolicyTooLarge", 400, AwsErrorKind::PackedPolicyTooLarge),
            ("RegionDisabledException", 403, AwsErrorKind::RegionDisabled),
            ("SignatureDoesNotMatch", 403, AwsErrorKind::WrongSignature),
        ],
    ),
    (
        "iam",
        &[
            "GetAccountSummary",
            "GetPolicy",
            "GetPolicyVersion",
            "GetRole",
            "GetUser",
            "ListAccessKeys",
            "ListAttachedGroupPolicies",
            "ListAttachedRolePolicies",
            "ListAttachedUserPolicies",
            "ListGroupsForUser",
            "ListPolicies",
            "ListPolicyVersions",
            "ListRoles",
        ],
        &[
            ("AccessDenied", 403, AwsErrorKind::AccessDenied),
            ("InvalidInput", 400, AwsErrorKind::Other),
            ("NoSuchEntity", 404, AwsErrorKind::NotFound),
            ("ServiceFailure", 500, AwsErrorKind::ServiceFailure),
            ("Throttling", 400, AwsErrorKind::Throttled),
        ],
    ),
    (
        "iam",
        &["SimulatePrincipalPolicy"],
        &[
            ("InvalidInput", 400, AwsErrorKind::Other),
            ("NoSuchEntity", 404, AwsErrorKind::NotFound),
            ("PolicyEvaluation", 500, AwsErrorKind::Other),
        ],
    ),
    (
        "iam",
        &[
            "AttachRolePolicy",
            "CreatePolicy",
            "CreatePolicyVersion",
            "CreateRole",
            "DeletePolicyVersion",
            "DetachRolePolicy",
            "PutRolePermissionsBoundary",
            "TagPolicy",
            "TagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
        ],
        &[
            ("AccessDenied", 403, AwsErrorKind::AccessDenied),
            ("ConcurrentModification", 409, AwsErrorKind::Throttled),
            ("DeleteConflict", 409, AwsErrorKind::Other),
            ("EntityAlreadyExists", 409, AwsErrorKind::AlreadyExists),
            ("InvalidInput", 400, AwsErrorKind::Other),
            ("LimitExceeded", 409, AwsErrorKind::LimitExceeded),
            ("MalformedPolicyDocument", 400, AwsErrorKind::Other),
            ("NoSuchEntity", 404, AwsErrorKind::NotFound),
            ("PolicyNotAttachable", 400, AwsErrorKind::Other),
            ("ServiceFailure", 500, AwsErrorKind::ServiceFailure),
            ("UnmodifiableEntity", 400, AwsErrorKind::Other),
        ],
    ),
    (
        "secretsmanager",
        &[
            "CreateSecret",
            "DeleteSecret",
            "DescribeSecret",
            "GetSecretValue",
            "ListSecrets",
            "PutSecretValue",
            "RestoreSecret",
            "TagResource",
            "UpdateSecretVersionStage",
        ],
        &[
            ("DecryptionFailure", 400, AwsErrorKind::KmsFailure),
            ("EncryptionFailure", 400, AwsErrorKind::KmsFailure),
            ("InternalServiceError", 500, AwsErrorKind::ServiceFailure),
            ("InvalidNextTokenException", 400, AwsErrorKind::Other),
            ("InvalidParameterException", 400, AwsErrorKind::Other),
            ("InvalidRequestException", 400, AwsErrorKind::InvalidState),
            ("LimitExceededException", 400, AwsErrorKind::LimitExceeded),
            ("MalformedPolicyDocumentException", 400, AwsErrorKind::Other),
            ("PreconditionNotMetException", 400, AwsErrorKind::Other),
            ("ResourceExistsException", 400, AwsErrorKind::AlreadyExists),
            ("ResourceNotFoundException", 400, AwsErrorKind::NotFound),
        ],
    ),
    (
        "eks",
        &[
            "CreateAddon",
            "CreatePodIdentityAssociation",
            "DescribeAddon",
            "DescribeAddonVersions",
            "DescribeCluster",
            "DescribeNodegroup",
            "DescribePodIdentityAssociation",
            "ListClusters",
            "ListFargateProfiles",
            "ListNodegroups",
            "ListPodIdentityAssociations",
            "UpdateAddon",
            "UpdatePodIdentityAssociation",
        ],
        &[
            ("ClientException", 400, AwsErrorKind::Other),
            ("InvalidParameterException", 400, AwsErrorKind::Other),
            ("InvalidRequestException", 400, AwsErrorKind::InvalidState),
            ("ResourceInUseException", 409, AwsErrorKind::AlreadyExists),
            ("ResourceLimitExceededException", 400, AwsErrorKind::LimitExceeded),
            ("ResourceNotFoundException", 404, AwsErrorKind::NotFound),
            ("ServerException", 500, AwsErrorKind::ServiceFailure),
            ("ServiceUnavailableException", 503, AwsErrorKind::ServiceFailure),
        ],
    ),
    (
        "organizations",
        &[
            "DescribeAccount",
            "ListAccounts",
            "ListAccountsForParent",
            "ListCreateAccountStatus",
            "ListOrganizationalUnitsForParent",
            "ListParents",
            "ListRoots",
        ],
        &[
            ("AccountNotFoundException", 400, AwsErrorKind::NotFound),
            ("AWSOrganizationsNotInUseException", 400, AwsErrorKind::NoOrganization),
            ("ChildNotFoundException", 400, AwsErrorKind::NotFound),
            ("InvalidInputException", 400, AwsErrorKind::Other),
            ("ParentNotFoundException", 400, AwsErrorKind::NotFound),
            ("ServiceException", 500, AwsErrorKind::ServiceFailure),
            ("TooManyRequestsException", 400, AwsErrorKind::Throttled),
            ("UnsupportedAPIEndpointException", 400, AwsErrorKind::Other),
        ],
    ),
    (
        "sqs",
        &["SendMessage"],
        &[
            ("AWS.SimpleQueueService.NonExistentQueue", 400, AwsErrorKind::NotFound),
            ("InvalidMessageContents", 400, AwsErrorKind::Other),
            ("KmsAccessDenied", 400, AwsErrorKind::KmsFailure),
            ("KmsDisabled", 400, AwsErrorKind::KmsFailure),
            ("KmsInvalidKeyUsage", 400, AwsErrorKind::KmsFailure),
            ("KmsInvalidState", 400, AwsErrorKind::KmsFailure),
            ("KmsNotFound", 400, AwsErrorKind::KmsFailure),
            ("KmsOptInRequired", 403, AwsErrorKind::KmsFailure),
            ("KmsThrottled", 400, AwsErrorKind::Throttled),
            ("QueueDoesNotExist", 400, AwsErrorKind::NotFound),
            ("RequestThrottled", 403, AwsErrorKind::Throttled),
            ("UnsupportedOperation", 400, AwsErrorKind::Other),
        ],
    ),
    (
        "events",
        &["PutEvents"],
        &[
            ("InternalException", 500, AwsErrorKind::ServiceFailure),
            ("ResourceNotFoundException", 400, AwsErrorKind::NotFound),
        ],
    ),
];

/// Returns words that the message of an error of this kind must contain.
const fn expected_words(kind: AwsErrorKind) -> &'static str {
    match kind {
        AwsErrorKind::UnknownAccessKey | AwsErrorKind::WrongSignature | AwsErrorKind::Expired => {
            "are not valid"
        }
        AwsErrorKind::ClockSkew => "the clocks differ",
        AwsErrorKind::AccessDenied => "to the identity that calls it",
        AwsErrorKind::NotFound => "has no such thing",
        AwsErrorKind::AlreadyExists => "already has one",
        AwsErrorKind::KmsFailure => "KMS key is enabled",
        AwsErrorKind::RegionDisabled => "enable the region for the account",
        AwsErrorKind::NotSubscribed => "sign-up of the AWS account",
        AwsErrorKind::PackedPolicyTooLarge => "shorter names",
        AwsErrorKind::LimitExceeded => "raise the quota in Service Quotas",
        AwsErrorKind::NoOrganization => "OrganizationsRoleArn",
        AwsErrorKind::Throttled => "limits the request rate",
        AwsErrorKind::ServiceFailure => "is not available",
        AwsErrorKind::InvalidState | AwsErrorKind::Other => "was answered with",
    }
}

#[test]
fn documented_codes_of_every_call_have_their_kind_and_message() {
    for (service, actions, codes) in DOCUMENTED_CALLS {
        for action in *actions {
            let action: &'static str = format!("{service}:{action}").leak();
            let call = ApiCall { service: "The service", action, resource: "such thing" };
            for (code, status, kind) in codes.iter().chain(COMMON_ERRORS) {
                let actual = AwsErrorKind::from_code(code, *status);
                assert_eq!(actual, *kind, "{action}: {code}");
                let error = call.to_error(actual, Some(code));
                let message = error.to_string();
                assert!(message.contains(expected_words(actual)), "{action}: {code}: {message}");
                let names_action = !matches!(
                    actual,
                    AwsErrorKind::NotFound
                        | AwsErrorKind::AlreadyExists
                        | AwsErrorKind::Throttled
                        | AwsErrorKind::ServiceFailure
                );
                assert_eq!(message.contains(action), names_action, "{action}: {code}: {message}");
                let is_retryable_kind =
                    matches!(actual, AwsErrorKind::Throttled | AwsErrorKind::ServiceFailure);
                assert_eq!(error.is_retryable(), is_retryable_kind, "{action}: {code}");
            }
        }
    }
}
