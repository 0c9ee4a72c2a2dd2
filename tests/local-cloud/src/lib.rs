//! Fakes of AWS, Palette, access portals, Kubernetes, API Gateway and Lambda, as strict as the real
//! services, for tests and for `make local`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in tests, a fixture that cannot be created must fail the test"
)]

pub mod access_portal;
pub mod api_gateway;
pub mod aws;
pub mod call_log;
pub mod canaries;
pub mod certificates;
pub mod clock;
pub mod cloud;
pub mod cloudformation;
pub mod contract;
pub mod faults;
pub mod fixtures;
pub mod host;
pub mod http_client;
pub mod kubernetes;
pub mod lambda;
pub mod palette;
pub mod recorder;
pub mod server;
pub mod tls;

pub use cloud::{AssociationChanges, CloudOptions, CloudState, LocalCloud, TlsEndpoint};
pub use faults::{Echo, Effect, Fault};
pub use fixtures::CloudFixture;
pub use host::Host;
pub use server::{Request, Response};
