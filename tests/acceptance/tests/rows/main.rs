//! Acceptance tests of the commercial partition and GovCloud: the response to a client, and what is
//! stored.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test program")]

mod access_keys;
mod accounts;
mod missing_read_access;
mod monitoring;
mod palette_session;
mod partition_and_method;
mod permission_profiles;
mod permissions;
mod pod_identity_plan;
mod policies_and_gateways;
mod reports;
mod role;
mod role_template;
mod scope_tag;
mod secrets;
mod simulator_doubt;
mod sts_errors;
mod sts_source_account;
mod trust;
mod waived_checks;
