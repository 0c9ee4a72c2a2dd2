//! The environment of the measurements.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, CloudOptions, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::LambdaFunction,
};

use crate::Failed;

/// The fake Palette has no rate limit here; this setting removes the client-side limit.
pub(crate) const PACE: (&str, &str) = ("PALETTE_REQUESTS_PER_SECOND", "1000");

/// Starts a fake cloud with these partitions and without Palette's rate limit and account quota.
pub(crate) async fn cloud_fixture(
    template: &Template,
    partitions: &[Partition],
) -> Result<CloudFixture, Failed> {
    let cloud_fixture = CloudFixture::with_partitions(
        CloudOptions { tls: true, ..CloudOptions::default() },
        template,
        partitions,
    )
    .await?;
    cloud_fixture.cloud.palette().configure(|behaviour| behaviour.rate_limited = false);
    let mut records = cloud_fixture.cloud.palette().records();
    records.tenants.iter_mut().for_each(|tenant| tenant.quota = usize::MAX);
    drop(records);
    Ok(cloud_fixture)
}

/// Returns a function configured for a Palette with a public certificate: it fetches no CA bundle
/// at start.
pub(crate) fn deployed(
    deployment: &PartitionDeployment,
    package: &str,
) -> Result<LambdaFunction, Failed> {
    let lambda = deployment.functions.get(package).ok_or("a function of the template")?;
    Ok(lambda.with_changes(|function| {
        function.environment.remove("PALETTE_CA_BUNDLE_SECRET");
        function.environment.insert(PACE.0.to_owned(), PACE.1.to_owned());
    }))
}

/// Deploys a function without the client-side rate limit, and connects its queue to it.
pub(crate) fn redeployed(
    deployment: &PartitionDeployment,
    package: &str,
) -> Result<Arc<LambdaFunction>, Failed> {
    let lambda = deployment.redeploy(package, |function| {
        function.environment.insert(PACE.0.to_owned(), PACE.1.to_owned());
    });
    lambda.ok_or_else(|| format!("no function {package}").into())
}

/// Counts the calls that functions made. Calls that the fake Palette made to AWS are not counted.
pub(crate) fn calls(cloud_fixture: &CloudFixture) -> usize {
    cloud_fixture.cloud.calls().all().iter().filter(|call| !call.nested).count()
}
