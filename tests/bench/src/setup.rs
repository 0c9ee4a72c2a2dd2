//! The local cloud and the functions that are measured.

use std::sync::Arc;

use gangway_model::Partition;
use local_cloud::{
    CloudFixture, CloudOptions, cloudformation::Template, fixtures::PartitionDeployment,
    lambda::LambdaFunction,
};

use crate::BoxError;

/// Environment variable and value that raise Gangway's own rate limit so far that it has no effect.
pub(crate) const NO_RATE_LIMIT: (&str, &str) = ("PALETTE_REQUESTS_PER_SECOND", "1000");

/// Starts a local cloud with these partitions. Its Palette has no rate limit and no account quota.
pub(crate) async fn start_cloud(
    template: &Template,
    partitions: &[Partition],
) -> Result<CloudFixture, BoxError> {
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

/// Returns a function of the deployment with settings for a Palette with a public certificate, so
/// that the function fetches no CA bundle at start.
pub(crate) fn configure_function(
    deployment: &PartitionDeployment,
    package: &str,
) -> Result<LambdaFunction, BoxError> {
    let lambda = deployment.functions.get(package).ok_or("a function of the template")?;
    Ok(lambda.with_changes(|function| {
        function.environment.remove("PALETTE_CA_BUNDLE_SECRET");
        function.environment.insert(NO_RATE_LIMIT.0.to_owned(), NO_RATE_LIMIT.1.to_owned());
    }))
}

/// Deploys a function again without Gangway's own rate limit, and connects its queue to the new
/// function.
pub(crate) fn redeploy_function(
    deployment: &PartitionDeployment,
    package: &str,
) -> Result<Arc<LambdaFunction>, BoxError> {
    let lambda = deployment.redeploy(package, |function| {
        function.environment.insert(NO_RATE_LIMIT.0.to_owned(), NO_RATE_LIMIT.1.to_owned());
    });
    lambda.ok_or_else(|| format!("no function {package}").into())
}

/// Counts the calls that functions made. Calls of the local Palette to AWS are not counted.
pub(crate) fn count_calls(cloud_fixture: &CloudFixture) -> usize {
    cloud_fixture.cloud.calls().all().iter().filter(|call| !call.nested).count()
}
