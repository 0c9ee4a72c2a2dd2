//! Sample ARNs that match the resource patterns of Palette's documents. IAM's policy simulator does
//! not accept patterns as resources.

use gangway_model::{AccountId, Arn, Partition};

/// The text that replaces a wildcard in a sample ARN.
pub(super) const SAMPLE_NAME: &str = "probe";

/// The partition, the AWS account and the region of sample ARNs.
pub(super) struct SampleScope<'a> {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
    pub(super) region: &'a str,
}

impl SampleScope<'_> {
    /// Returns an ARN that matches the pattern and names a resource that the action can use.
    /// Returns `*` if the pattern is `*`.
    pub(super) fn sample_arn(&self, action: &str, pattern: &str) -> String {
        let Some(fields) = Arn::parse(pattern) else { return pattern.to_owned() };
        let replace_wildcard = |field: &str, value: &str| field.replace('*', value);
        let service = fields.service();
        let resource = match (service, fields.resource()) {
            // A customer's policy may list the roles of CAPA one by one. Every CloudFormation stack
            // of CAPA creates this role.
            ("iam", "role/*.cluster-api-provider-aws.sigs.k8s.io") => {
                "role/nodes.cluster-api-provider-aws.sigs.k8s.io".to_owned()
            }
            ("s3", "*") if action.contains("Object") => format!("{SAMPLE_NAME}/{SAMPLE_NAME}"),
            (_, resource) => resource.replace('*', SAMPLE_NAME),
        };
        // The ARNs of AWS's public SSM parameters have no account.
        let is_public_parameter = service == "ssm" && resource.starts_with("parameter/aws/");
        let account = if is_public_parameter {
            String::new()
        } else {
            replace_wildcard(fields.account(), self.account.as_str())
        };
        let partition = replace_wildcard(fields.partition(), self.partition.id());
        let region = replace_wildcard(fields.region(), self.region);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
