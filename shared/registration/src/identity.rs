//! Finds the AWS account of a registered account if Palette does not return it.

use gangway_checks::{MethodChecks, PaletteStateCheck};
use gangway_model::UpstreamError;

use crate::AppContext;

impl AppContext {
    /// Finds the AWS account of the account in Palette that has the requested name already, if
    /// Palette does not return its AWS account id. Looks for the secret of the requested AWS
    /// account with this name: if that secret belongs to the account in Palette, both are the same
    /// AWS account. Does nothing if the account in Palette has another method or partition.
    pub async fn identify_existing_account(
        &self,
        palette: &mut PaletteStateCheck,
        checks: &MethodChecks,
    ) -> Result<(), UpstreamError> {
        let known = palette.existing.by_name.as_mut();
        let (Some(known), Some(account), Some(credential)) =
            (known, checks.account, &checks.credential)
        else {
            return Ok(());
        };
        let is_unknown = known.aws_account().is_none()
            && known.access.method() == Some(credential.method())
            && known.partition == self.clients.partition.id();
        if is_unknown && self.clients.secrets.is_of_account(known, account).await? {
            known.account = Some(account);
        }
        Ok(())
    }
}
