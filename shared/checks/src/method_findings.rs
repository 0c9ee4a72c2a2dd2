//! Builds the report and the registration from the findings of one method.

use crate::{GatewayCheck, PaletteStateCheck, ScopedAccounts, next_steps, palette_account};
use gangway_model::{
    AccountId, AccountSpec, AuthMethod, Credential, Finding, Operation, PreflightResult, Report,
};

/// The findings of one method, and the account and credential that they are about.
#[derive(Debug)]
pub struct MethodFindings {
    pub method: AuthMethod,
    /// The AWS account, if it is known.
    pub account: Option<AccountId>,
    /// The credential to register, if it could be determined.
    pub credential: Option<Credential>,
    /// The check of Gangway's API key, and the accounts that Palette already has.
    pub palette: PaletteStateCheck,
    /// The check of the requested private cloud gateway.
    pub gateway: GatewayCheck,
    /// The findings of the method's own checks.
    pub findings: Vec<Finding>,
    /// Notices about this method only.
    pub notices: Vec<String>,
}

impl MethodFindings {
    /// Returns the report, and the registration that it is about.
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
