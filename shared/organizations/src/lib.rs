//! AWS Organizations, as Gangway needs it: which accounts there are, where they stand, and which of them are to come aboard.

mod choice;
mod creations;
mod glob;
mod listing;
mod member;
mod name;
mod organization;
mod scopes;
mod settings;
mod unit;

pub use choice::{Choice, Ignored};
pub use glob::{Glob, InvalidGlob};
pub use listing::Listing;
pub use member::{Member, State};
pub use name::{InvalidNamePattern, NamePattern};
pub use organization::Organization;
pub use scopes::Scopes;
pub use settings::{Offboarding, Settings};
pub use unit::{InvalidUnit, Lineage, UnitId};
