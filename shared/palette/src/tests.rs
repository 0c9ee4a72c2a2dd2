//! Tests of the client against a small fake of Palette on the loopback interface.

mod accounts;
mod errors;
mod key;
mod palette;
mod session;
mod validation;
