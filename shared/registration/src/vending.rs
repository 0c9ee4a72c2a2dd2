//! The rules for accounts that are registered automatically (vended accounts): which accounts of
//! the organization, in which scope of Palette, and with which name.

mod account_filter;
mod config;
mod glob;
mod name_template;
mod ou_scope_map;

pub use account_filter::{AccountFilter, ExclusionReason};
pub use config::{OffboardingPolicy, VendingConfig};
pub use glob::{Glob, InvalidGlob};
pub use name_template::{InvalidNameTemplate, NameTemplate};
pub use ou_scope_map::OuScopeMap;
