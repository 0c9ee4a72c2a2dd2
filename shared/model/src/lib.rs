//! The types of accounts, credentials, registrations and reports, and the traits of the two stores
//! that a registration writes: Secrets Manager and Palette.
//!
//! This crate does no I/O, and does not depend on an SDK, on JSON, on the environment or on a
//! workflow.

mod access_portal;
mod account_id;
mod arn;
mod auth_method;
mod bus_event;
mod correlation;
mod credential;
mod eks_cluster;
mod error;
mod existing_accounts;
mod initiator;
mod partition;
mod preflight_result;
mod profile;
mod receipt;
mod region;
mod registration;
mod report;
mod request_limits;
mod source;
mod stored_credential;
pub mod stores;
mod text;
pub mod time;

pub use access_portal::{
    AccessPortalCredential, ClientTlsIdentity, InvalidPortalName, MAX_ROLE_NAME_LEN, PortalName,
    PortalRole, RolePrefix, TemporaryCredentials,
};
pub use account_id::{AccountId, InvalidAccountId};
pub use arn::{Arn, InvalidArn, PolicyArn, RoleArn, SecretArn};
pub use auth_method::{AuthMethod, InvalidMethod};
pub use bus_event::BusEvent;
pub use correlation::Correlation;
pub use credential::{
    AccessKey, AccessKeyId, Credential, InvalidAccessKey, PodIdentityRole, SecretAccessKey, StsRole,
};
pub use eks_cluster::{EksCluster, EksClusterName, InvalidEksCluster, PaletteCluster};
pub use error::{FieldError, FieldErrorKind, RegistrationError, UpstreamError};
pub use existing_accounts::ExistingAccounts;
pub use initiator::{EventSource, Initiator, PrincipalArn, RequestOrigin};
pub use partition::{
    AccessPortalInfo, Architecture, InvalidPartition, PARTITIONS, Partition, PartitionInfo,
    RootStoreKind,
};
pub use preflight_result::PreflightResult;
pub use profile::{InvalidProfile, PermissionProfile};
pub use receipt::{Receipt, UpsertOutcome};
pub use region::{InvalidRegion, Region};
pub use registration::{
    AccountSettings, AccountSpec, CloudAccount, Difference, Identity, Operation, Registration,
    RequestedScope, Scope,
};
pub use report::{Check, CheckSubject, Finding, Outcome, Report, Severity, Verified};
pub use request_limits::{EventOrigin, RequestLimits};
pub use source::SecretSource;
pub use stored_credential::StoredCredential;
pub use text::{AccountName, Description, InvalidText, Uid, UidOrName, is_iam_name};
