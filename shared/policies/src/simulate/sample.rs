//! Sample ARNs for the resource patterns of documents. The simulator does not accept patterns as
//! resources.

use gangway_model::{AccountId, Arn, Partition};

/// Name in place of a wildcard.
pub(super) const PROBE: &str = "probe";

/// Partition, account and region of the samples.
pub(super) struct Place<'a> {
    pub(super) partition: Partition,
    pub(super) account: AccountId,
    pub(super) region: &'a str,
}

impl Place<'_> {
    /// Returns an ARN that matches the pattern and is valid for the action. Returns `*` unchanged.
    pub(super) fn sample(&self, action: &str, pattern: &str) -> String {
        let Some(fields) = Arn::parse(pattern) else { return pattern.to_owned() };
        let own = |field: &str, own: &str| field.replace('*', own);
        let service = fields.service();
        let resource = match (service, fields.resource()) {
            // Customers may list CAPA's roles one by one. Every CloudFormation stack creates this
            // one.
            ("iam", "role/*.cluster-api-provider-aws.sigs.k8s.io") => {
                "role/nodes.cluster-api-provider-aws.sigs.k8s.io".to_owned()
            }
            ("s3", "*") if action.contains("Object") => format!("{PROBE}/{PROBE}"),
            (_, resource) => resource.replace('*', PROBE),
        };
        // Public parameters of AWS have no account in their ARN.
        let public = service == "ssm" && resource.starts_with("parameter/aws/");
        let account =
            if public { String::new() } else { own(fields.account(), self.account.as_str()) };
        let partition = own(fields.partition(), self.partition.id());
        let region = own(fields.region(), self.region);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}
