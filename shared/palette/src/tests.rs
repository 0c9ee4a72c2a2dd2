//! The client against a small Palette on the loopback.

mod accounts;
mod errors;
mod key;
mod palette;
mod session;
mod validation;
