//! Tests of the client with a small fake of Palette, which listens on the loopback interface.

mod accounts;
mod errors;
mod key;
mod palette;
mod quota;
mod session;
mod validation;
