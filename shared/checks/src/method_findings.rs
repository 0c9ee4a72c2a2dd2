//! The end of every preflight: what was found, as a report and as the account that it is about.

use crate::{ScopedAccounts, next_steps, palette_account};
use gangway_model::{
    AccountId, AccountSpec, AuthMethod, Credential, Finding, Operation, PreflightResult, Report,
};
use gangway_palette::{GatewayCheck, PaletteState};

/// What a method found out.
#[derive(Debug)]
pub struct MethodFindings {
    /// The method.
    pub method: AuthMethod,
    /// The AWS account, once that is known.
    pub account: Option<AccountId>,
    /// What Palette is to be told, where it could be made out.
    pub credential: Option<Credential>,
    /// What Palette already has.
    pub palette: PaletteState,
    /// The gateway that was chosen.
    pub gateway: GatewayCheck,
    /// The method's own answers.
    pub findings: Vec<Finding>,
    /// What people should know besides, of this method only.
    pub notices: Vec<String>,
}

impl MethodFindings {
    /// The report, and the registration that it clears or not.
    pub fn into_preflight(
        self,
        settings: AccountSpec,
        intent: &Operation,
        registry: &ScopedAccounts<'_>,
    ) -> PreflightResult {
        let Self {
            method,
            account,
            credential,
            palette: look,
            gateway,
            findings: own,
            notices: more,
        } = self;
        let (partition, profile) = (settings.partition, settings.profile);
        let mut notices = vec![next_steps::supported_clusters_notice(partition, method, profile)];
        notices.extend(gangway_policies::privilege_escalation_notices(
            gangway_policies::documents_for(profile),
        ));
        notices.extend(more);
        let registration = account.zip(credential).map(|(account, credential)| {
            settings.into_registration(account, registry.scope().clone(), gateway.uid, credential)
        });
        let name = palette_account::check_name(&look, intent, registration.as_ref());
        let mut findings = vec![look.session, name];
        findings.extend(gateway.findings);
        findings.extend(own);
        let report = Report { partition, method, account, findings, notices };
        PreflightResult { report, registration, existing: look.existing }
    }
}
