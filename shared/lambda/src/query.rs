//! Reads a query's parameters one by one, and collects everything that is wrong with them.

use std::{fmt::Display, str::FromStr};

use gangway_model::{AuthMethod, FieldError, Partition, RegistrationError, RequestedScope};

use crate::{ApiError, Request, partition};

/// The parameters of a request's query, all of which may be left out. A fault never quotes a value.
#[must_use = "faults are told by `finish`"]
pub struct Query<'a> {
    request: &'a Request,
    faults: Vec<FieldError>,
}

impl<'a> Query<'a> {
    /// The query of this request.
    pub const fn new(request: &'a Request) -> Self {
        Self { request, faults: Vec::new() }
    }

    /// Whether it is there, however it is written.
    pub fn has(&self, name: &str) -> bool {
        self.request.query(name).is_some()
    }

    /// A parameter. `None` where it was left out, or where a fault was noted.
    pub fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.request.query(name)?;
        text.parse().map_err(|rule| self.malformed(name, rule)).ok()
    }

    /// A parameter that is read with this, which has none for what breaks the rule. `None` where it was left out, or where a
    /// fault was noted.
    pub fn parse_with<T>(
        &mut self,
        name: &str,
        rule: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let read = read(self.request.query(name)?);
        if read.is_none() {
            self.malformed(name, rule);
        }
        read
    }

    /// Refuses another `partition` than the deployment's, and a method that is not offered there (C04).
    pub fn partition(&mut self, deployed: Partition, method: AuthMethod, opted_in: bool) {
        let asked = self.optional("partition").unwrap_or(deployed);
        if let Err(rule) = partition::served_partition(asked, deployed, method, opted_in) {
            self.faults.push(FieldError::unprocessable("/partition", rule));
        }
    }

    /// The scope that `project` names, else the tenant's.
    pub fn scope(&mut self) -> RequestedScope {
        self.request.scope().map_err(|fault| self.faults.push(fault)).unwrap_or_default()
    }

    /// Notes a parameter that is not written as it should be: the rule completes the sentence that its name begins.
    pub fn malformed(&mut self, name: &str, rule: impl Display) {
        self.faults.push(FieldError::malformed(format!("/{name}"), format!("{name} {rule}")));
    }

    /// Notes a parameter that is well written and will not do here.
    pub fn reject(&mut self, name: &str, rule: impl Display) {
        self.faults.push(FieldError::unprocessable(format!("/{name}"), format!("{name} {rule}")));
    }

    /// Every fault.
    pub fn finish(self) -> Result<(), ApiError> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(RegistrationError::Invalid(self.faults).into())
        }
    }
}
