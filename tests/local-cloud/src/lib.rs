//! A cloud on loopback: AWS and Palette as strict as the real ones, for tests and for a laptop.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test program: a fixture that cannot be set up ends the test"
)]

pub mod aws;
pub mod calls;
pub mod canaries;
pub mod certificates;
pub mod clock;
pub mod cloud;
pub mod contract;
pub mod faults;
pub mod functions;
pub mod gateway;
pub mod host;
pub mod kubernetes;
pub mod outbound;
pub mod palette;
pub mod portal;
pub mod server;
pub mod tap;
pub mod template;
pub mod tls;
pub mod world;

pub use cloud::{Associations, Cloud, Door, Options, Parts};
pub use faults::{Echo, Effect, Fault};
pub use host::Host;
pub use server::{Request, Response};
pub use world::World;
