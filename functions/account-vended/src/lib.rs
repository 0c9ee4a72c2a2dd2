//! Brings accounts aboard that events tell of, and takes closed ones off: understand, enter, ensure, register.

mod ensure;
mod entry;
mod event;
mod management;
mod offboard;
mod onboard;
mod outcome;
mod palette;
mod register;
mod settings;
mod time;
mod vending;

pub use vending::Vending;
