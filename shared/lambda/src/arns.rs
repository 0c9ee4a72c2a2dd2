//! Reads fields that contain ARNs. An ARN of another partition than the deployment's is an error.

use std::{fmt::Display, str::FromStr};

use gangway_model::{Partition, PolicyArn, RoleArn, SecretArn};

use crate::{Fields, fields::Field, json::Json};

impl Fields {
    /// Reads a required field with the ARN of a role.
    pub fn role_arn(&mut self, name: &'static str, deployed: Partition) -> Option<RoleArn> {
        let role = self.required::<RoleArn>(name)?;
        self.check_partition(name, role.partition(), deployed).then_some(role)
    }

    /// Reads an optional field with the ARN of a role.
    pub fn optional_role_arn(
        &mut self,
        name: &'static str,
        deployed: Partition,
    ) -> Option<RoleArn> {
        let role = self.optional::<RoleArn>(name)?;
        self.check_partition(name, role.partition(), deployed).then_some(role)
    }

    /// Reads an optional field with the ARN of a managed policy.
    pub fn optional_policy_arn(
        &mut self,
        name: &'static str,
        deployed: Partition,
    ) -> Option<PolicyArn> {
        let policy = self.optional::<PolicyArn>(name)?;
        self.check_partition(name, policy.partition(), deployed).then_some(policy)
    }

    /// Reads a required field with the ARN of a secret.
    pub fn secret_arn(&mut self, name: &'static str, deployed: Partition) -> Option<SecretArn> {
        let secret = self.required::<SecretArn>(name)?;
        self.check_partition(name, secret.partition(), deployed).then_some(secret)
    }

    /// Reads a list of at most `max` different ARNs of managed policies. Returns an empty list if
    /// the field is left out.
    pub fn policy_arns(
        &mut self,
        name: &'static str,
        max: usize,
        deployed: Partition,
    ) -> Vec<PolicyArn> {
        self.arns(name, max, ["policy", "policies"], PolicyArn::partition, deployed)
    }

    /// Reads a list of at most `max` different ARNs of roles. Returns an empty list if the field is
    /// left out.
    pub fn role_arns(
        &mut self,
        name: &'static str,
        max: usize,
        deployed: Partition,
    ) -> Vec<RoleArn> {
        self.arns(name, max, ["role", "roles"], RoleArn::partition, deployed)
    }

    /// Reads a list of at most `max` different ARNs. `one` and `many` are the words for the
    /// resource in error messages, such as `role` and `roles`.
    fn arns<T: FromStr<Err: Display> + PartialEq>(
        &mut self,
        name: &'static str,
        max: usize,
        [one, many]: [&str; 2],
        partition: impl Fn(&T) -> Partition,
        deployed: Partition,
    ) -> Vec<T> {
        let items = match self.take(name) {
            Field::Missing | Field::Invalid => return Vec::new(),
            Field::Present(Json::List(items)) => items,
            Field::Present(other) => {
                self.malformed(name, format_args!("must be a list of ARNs, not {}", other.kind()));
                return Vec::new();
            }
        };
        if items.len() > max {
            let count = items.len();
            self.malformed(name, format_args!("must name at most {max} {many}, not {count}"));
            return Vec::new();
        }
        let mut arns: Vec<T> = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let (pointer, subject) = (format!("{name}/{index}"), format!("item {index} of {name}"));
            let Json::String(text) = item else {
                let kind = item.kind();
                self.add_malformed(&pointer, format!("{subject} must be a string, not {kind}"));
                continue;
            };
            match text.parse::<T>() {
                Err(rule) => self.add_malformed(&pointer, format!("{subject} {rule}")),
                Ok(arn) if arns.contains(&arn) => {
                    self.add_malformed(
                        &pointer,
                        format!("{subject} repeats an earlier {one}: name each {one} once"),
                    );
                }
                Ok(arn) => {
                    if self.check_partition(&pointer, partition(&arn), deployed) {
                        arns.push(arn);
                    }
                }
            }
        }
        arns
    }

    /// Returns `true` if `partition`, the partition of an ARN, is the deployment's. Otherwise
    /// records an error.
    fn check_partition(
        &mut self,
        pointer: &str,
        partition: Partition,
        deployed: Partition,
    ) -> bool {
        if partition != deployed {
            self.reject(
                pointer,
                format_args!("is in partition {partition}, and this deployment serves {deployed}: use an ARN of {deployed}, or send the request to the deployment for {partition}"),
            );
        }
        partition == deployed
    }
}
