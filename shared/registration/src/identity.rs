//! Finds out whether a name belongs to the same AWS account, if Palette does not show it.

use gangway_checks::{MethodChecks, PaletteStateCheck};
use gangway_model::UpstreamError;

use crate::AppContext;

impl AppContext {
    /// Looks up the AWS account of the account with the requested name, if its method is the requested one
    /// and Palette does not show it. The secret of the requested account shows it: the secret belongs to the
    /// account in Palette, or to none.
    pub async fn identify_existing(
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
