//! Real-looking ARNs for the patterns that documents have: a pattern is never within another pattern.

use gangway_model::{AccountId, Arn, Partition};

/// Stands where any name will do.
pub(super) const PROBE: &str = "probe";

/// Where the samples are.
pub(super) struct Place<'a> {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
    pub(super) region: &'a str,
}

impl Place<'_> {
    /// An ARN that a pattern fits and that the action could have in truth. `*` stays: no resource in particular.
    pub(super) fn sample(&self, action: &str, pattern: &str) -> String {
        let Some(fields) = Arn::parse(pattern) else { return pattern.to_owned() };
        let own = |field: &str, own: &str| field.replace('*', own);
        let service = fields.service();
        let resource = match (service, fields.resource()) {
            // Customers may name CAPA's roles one by one (C21); every stack has this one.
            ("iam", "role/*.cluster-api-provider-aws.sigs.k8s.io") => {
                "role/nodes.cluster-api-provider-aws.sigs.k8s.io".to_owned()
            }
            ("s3", "*") if action.contains("Object") => format!("{PROBE}/{PROBE}"),
            (_, resource) => resource.replace('*', PROBE),
        };
        // Parameters that AWS publishes are in no account.
        let public = service == "ssm" && resource.starts_with("parameter/aws/");
        let account =
            if public { String::new() } else { own(fields.account(), self.account.as_str()) };
        let partition = own(fields.partition(), self.partition.id());
        let region = own(fields.region(), self.region);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
