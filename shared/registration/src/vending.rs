//! Which accounts of the organization are registered by themselves, in which scope and under which name.

mod choice;
mod glob;
mod name;
mod scopes;
mod settings;

pub use choice::{Choice, Ignored};
pub use glob::{Glob, InvalidGlob};
pub use name::{InvalidNamePattern, NamePattern};
pub use scopes::Scopes;
pub use settings::{Offboarding, Settings};
