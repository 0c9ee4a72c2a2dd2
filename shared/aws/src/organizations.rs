//! AWS Organizations: accounts, their states and their organizational units.

mod creations;
mod listing;
mod member;
mod organization;
mod unit;

pub use listing::Listing;
pub use member::{Member, State};
pub use organization::Organization;
pub use unit::{InvalidUnit, Lineage, UnitId};
