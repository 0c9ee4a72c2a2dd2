//! Which partition may be asked for, in a body or in a query.

use gangway_model::{AuthMethod, Partition};

/// Refuses another partition than the deployment's, and a method that is not offered in the partition (C04). `opted_in`
/// admits a method that Palette's newest documents withdraw there.
pub(crate) fn served_partition(
    asked: Partition,
    deployed: Partition,
    method: AuthMethod,
    opted_in: bool,
) -> Result<(), String> {
    if !method.is_supported_in(asked, opted_in) {
        let offered =
            AuthMethod::ALL.iter().filter(|method| method.is_supported_in(asked, opted_in));
        let offered: Vec<_> = offered.map(|method| method.id()).collect();
        let offered = offered.join(", ");
        return Err(format!("{method} is not offered in partition {asked}: use one of {offered}"));
    }
    if asked != deployed {
        return Err(format!(
            "partition must be {deployed}, which this deployment serves: send the request to the deployment for {asked}"
        ));
    }
    Ok(())
}
