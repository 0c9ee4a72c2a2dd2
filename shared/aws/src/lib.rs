//! Clients for the AWS services that Gangway calls: STS, IAM, Secrets Manager, EKS, Kubernetes on
//! EKS, Organizations, SQS, EventBridge, DynamoDB and S3.

mod access_keys;
mod caller;
#[cfg(feature = "dynamodb")]
mod conditional_write;
#[cfg(feature = "eks")]
pub mod eks;
pub mod error;
#[cfg(feature = "events")]
pub mod events;
mod http;
#[cfg(feature = "eks")]
pub mod kubernetes;
#[cfg(feature = "objects")]
pub mod objects;
mod observed;
#[cfg(feature = "organizations")]
pub mod organizations;
#[cfg(feature = "dynamodb")]
pub mod resource_table;
mod secrets;
mod session;
#[cfg(feature = "sqs")]
pub mod sqs;
#[cfg(feature = "objects")]
pub mod stack_response;
#[cfg(feature = "dynamodb")]
pub mod state_table;

pub use access_keys::{CreatedKey, ListedKey};
pub use caller::{CallerIdentity, IdentityKind, Principal};
pub use observed::{Inaccessible, Observed};
#[cfg(feature = "fuzzing")]
pub use secrets::fuzzing;
pub use secrets::{
    OldKey, ResolvedCredential, RotatingSecret, RotationSchedule, RotationStatus, RotationVersion,
    SecretPayloadType, SecretsManagerStore, StoredSecret,
};
pub use session::{AwsSession, ConfigError};
