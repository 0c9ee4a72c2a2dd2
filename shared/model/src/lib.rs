//! What Gangway knows of accounts, and the flow of a registration. No I/O, no vendor's SDK, no JSON.

mod access;
mod access_portal;
mod account_id;
mod arn;
mod credential;
mod enroll;
mod failure;
mod known;
mod method;
pub mod next_steps;
mod partition;
pub mod ports;
mod preflight;
mod profile;
mod receipt;
mod registration;
mod source;
mod text;
pub mod time;

pub use access::Access;
pub use access_portal::{
    AccessPortal, ClientIdentity, InvalidPortalName, LONGEST_ROLE_NAME, PortalName, PortalRole,
    RolePrefix, SessionKeys,
};
pub use account_id::{AccountId, InvalidAccountId};
pub use arn::{InvalidArn, PolicyArn, RoleArn, SecretArn};
pub use credential::{
    AccessKeyId, AssumedRole, Credential, InvalidKey, PodIdentity, SecretKey, StaticKeys,
};
pub use enroll::{LISTED, Preflight};
pub use failure::{Failure, Fault, PortError, Violation};
pub use known::{Known, NAME_FREE};
pub use method::{InvalidMethod, Method};
pub use partition::{Architecture, Facts, InvalidPartition, Partition, Portal, Roots, TABLE};
pub use preflight::{Check, Finding, Outcome, Report, Severity, Verified};
pub use profile::{InvalidProfile, PermissionProfile};
pub use receipt::{Done, Enrolled, Receipt};
pub use registration::{CloudAccount, Intent, Registration, Scope, ScopeWish, Settings};
pub use source::Source;
pub use text::{AccountName, Description, InvalidText, Uid, UidOrName};
