//! Members that are ARNs: those of another partition than the deployment's are refused.

use gangway_model::{Partition, PolicyArn, RoleArn, SecretArn};

use crate::{JsonFields, fields::Field, json::Json};

impl JsonFields {
    /// The ARN of a role in this deployment's partition.
    pub fn role_arn(&mut self, name: &'static str, deployed: Partition) -> Option<RoleArn> {
        let role = self.required::<RoleArn>(name)?;
        self.of_partition(name, role.partition(), deployed).then_some(role)
    }

    /// The ARN of a role that may be left out.
    pub fn optional_role_arn(
        &mut self,
        name: &'static str,
        deployed: Partition,
    ) -> Option<RoleArn> {
        let role = self.optional::<RoleArn>(name)?;
        self.of_partition(name, role.partition(), deployed).then_some(role)
    }

    /// The ARN of a managed policy in this deployment's partition, which may be left out.
    pub fn optional_policy_arn(
        &mut self,
        name: &'static str,
        deployed: Partition,
    ) -> Option<PolicyArn> {
        let policy = self.optional::<PolicyArn>(name)?;
        self.of_partition(name, policy.partition(), deployed).then_some(policy)
    }

    /// The ARN of a secret in this deployment's partition.
    pub fn secret_arn(&mut self, name: &'static str, deployed: Partition) -> Option<SecretArn> {
        let secret = self.required::<SecretArn>(name)?;
        self.of_partition(name, secret.partition(), deployed).then_some(secret)
    }

    /// The ARNs of managed policies in this deployment's partition, each once. None where the member is left out.
    pub fn policy_arns(
        &mut self,
        name: &'static str,
        at_most: usize,
        deployed: Partition,
    ) -> Vec<PolicyArn> {
        let items = match self.take(name) {
            Field::Missing | Field::Invalid => return Vec::new(),
            Field::Present(Json::List(items)) => items,
            Field::Present(other) => {
                self.malformed(
                    name,
                    format!("{name} must be a list of ARNs, not {}", other.kind()),
                );
                return Vec::new();
            }
        };
        if items.len() > at_most {
            self.malformed(
                name,
                format!("{name} must name at most {at_most} policies, not {}", items.len()),
            );
            return Vec::new();
        }
        let mut arns: Vec<PolicyArn> = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            let (place, subject) = (format!("{name}/{index}"), format!("item {index} of {name}"));
            let Json::String(text) = item else {
                self.malformed(&place, format!("{subject} must be a string, not {}", item.kind()));
                continue;
            };
            match text.parse::<PolicyArn>() {
                Err(rule) => self.malformed(&place, format!("{subject} {rule}")),
                Ok(arn) if arns.contains(&arn) => {
                    self.malformed(
                        &place,
                        format!("{subject} repeats an earlier one: name each policy once"),
                    );
                }
                Ok(arn) => {
                    if self.of_partition(&place, arn.partition(), deployed) {
                        arns.push(arn);
                    }
                }
            }
        }
        arns
    }

    /// Whether an ARN's partition is ours.
    fn of_partition(&mut self, place: &str, partition: Partition, deployed: Partition) -> bool {
        if partition != deployed {
            self.unprocessable(
                place,
                format!("{place} is in partition {partition}, and this deployment serves {deployed}: use an ARN of {deployed}, or send the request to the deployment for {partition}"),
            );
        }
        partition == deployed
    }
}
