//! Checks that the tenant may have one more cloud account.

use gangway_model::{Finding, Operation};
use gangway_palette::{AccountQuota, ScopedClient};

use crate::{PaletteStateCheck, catalogue::palette::ACCOUNT_QUOTA};

/// Checks the quota of cloud accounts in Palette. Returns `None` if the operation creates no
/// account, or if Palette does not accept the API key.
///
/// `state` is the state of Palette before the operation: the uid of the tenant comes from there.
pub async fn check(
    palette: &ScopedClient<'_>,
    state: &PaletteStateCheck,
    operation: &Operation,
) -> Option<Finding> {
    if state.session.is_blocking() || state.existing.target_account(operation).is_some() {
        return None;
    }
    let quota = match &state.tenant_uid {
        Some(tenant) => palette.account_quota(tenant).await,
        None => None,
    };
    Some(quota_finding(quota))
}

/// Evaluates the quota of cloud accounts. `None` means that Palette does not return it.
fn quota_finding(quota: Option<AccountQuota>) -> Finding {
    let Some(AccountQuota { limit, listed }) = quota else {
        return ACCOUNT_QUOTA.unverified(
            "Palette does not return the limit of cloud accounts of the tenant to this API key",
            "let the user of the API key read the resource limits of the tenant",
        );
    };
    let observed =
        format!("Palette lists {listed} of at most {limit} cloud accounts of the tenant");
    if listed >= limit {
        return ACCOUNT_QUOTA.failed(observed, ACCOUNT_QUOTA.remedy);
    }
    ACCOUNT_QUOTA.passed(observed)
}

#[cfg(test)]
mod tests {
    use gangway_model::Outcome;

    use super::*;

    #[test]
    fn quota_fails_only_if_palette_lists_as_many_accounts_as_the_limit() {
        let finding = |limit, listed| quota_finding(Some(AccountQuota { limit, listed }));
        assert_eq!(finding(10, 9).outcome, Outcome::Passed);
        assert!(finding(10, 10).is_blocking() && finding(10, 11).is_blocking());
        assert!(matches!(quota_finding(None).outcome, Outcome::Unverified { .. }));
    }
}
