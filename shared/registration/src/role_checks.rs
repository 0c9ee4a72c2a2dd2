//! Runs the checks of an account that Palette accesses with an IAM role.

use gangway_checks::{
    InspectionAccess, PaletteChecks, RequiredPermissions, ScopedClient,
    assumed_role::{self, ExternalIdTest},
    own_account, palette_quota,
};
use gangway_model::{
    AccountId, AccountSpec, AuthMethod, Operation, PreflightResult, RegistrationError, RoleArn,
};
use tokio::join;

use crate::AppContext;

impl AppContext {
    /// Runs the checks of an account and of its role. Calls run at the same time if none needs the
    /// result of another.
    pub async fn check_role(
        &self,
        (account, role): (AccountSpec, RoleArn),
        operation: &Operation,
        accounts: &ScopedClient<'_>,
        function_account: Option<AccountId>,
    ) -> Result<PreflightResult, RegistrationError> {
        let named = [("/roleArn", &role)];
        let (allowed, palette, source_account, access) = join!(
            own_account::ensure_roles_allowed(named, function_account, &self.clients, accounts),
            PaletteChecks::run(accounts, &account, operation),
            accounts.sts_source_account(account.partition),
            InspectionAccess::connect(role.account(), function_account, &self.clients),
        );
        allowed?;
        let (mut palette, access) = (palette?, access?);
        let role_account = Some(role.account());
        self.ensure_name_not_reserved(&account.name, role_account, &palette.state, operation)?;
        let required = RequiredPermissions::new(&account, &self.clients);
        let (checks, quota) = join!(
            assumed_role::run_checks(
                &role,
                source_account,
                &access,
                accounts,
                required,
                ExternalIdTest::Always,
            ),
            palette_quota::check(accounts, &palette.state, operation),
        );
        let checks = checks?;
        palette.quota = quota;
        Ok(checks.into_preflight(AuthMethod::Sts, palette, account, operation, accounts))
    }
}
