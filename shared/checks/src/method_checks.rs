use crate::{PaletteChecks, ScopedClient, classified, next_steps, palette_account};
use gangway_model::{
    AccountId, AccountSpec, AuthMethod, Credential, Finding, Operation, PreflightResult, Report,
};

/// The result of the checks of one method.
#[derive(Debug, Default)]
pub struct MethodChecks {
    pub findings: Vec<Finding>,
    /// The id of the AWS account. `None` if the checks could not determine the account.
    pub account: Option<AccountId>,
    /// The credential to register. `None` if the checks could not determine the credential.
    pub credential: Option<Credential>,
    /// The notices that apply to this method only.
    pub notices: Vec<String>,
}

impl From<Vec<Finding>> for MethodChecks {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

impl MethodChecks {
    /// Converts the result into the report and the registration. There is no registration if the
    /// AWS account or the credential is not known.
    pub fn into_preflight(
        self,
        method: AuthMethod,
        palette: PaletteChecks,
        spec: AccountSpec,
        operation: &Operation,
        accounts: &ScopedClient<'_>,
    ) -> PreflightResult {
        let PaletteChecks { state, gateway, quota } = palette;
        let (partition, profile, account) = (spec.partition, spec.profile, self.account);
        let mut notices = vec![next_steps::supported_clusters_notice(partition, method, profile)];
        notices.extend(gangway_policies::privilege_escalation_notices(
            gangway_policies::required_documents(profile, method),
        ));
        notices.extend(classified::notices(partition));
        notices.extend(self.notices);
        let registration = account.zip(self.credential).map(|(account, credential)| {
            spec.into_registration(account, accounts.scope().clone(), gateway.uid, credential)
        });
        let name = palette_account::check_name(&state, operation, registration.as_ref());
        let mut findings = vec![state.session, name];
        findings.extend(quota);
        findings.extend(gateway.findings);
        findings.extend(self.findings);
        // The report proves nothing if the AWS account or the credential is not known.
        let is_proven = registration.is_some();
        let mut report = Report { partition, method, account, findings, notices, is_proven };
        // Without a registration, the report has no waived checks.
        if let Some(registration) = &registration {
            report.waive(&registration.waived_checks);
        }
        PreflightResult { report, registration, existing: state.existing }
    }
}
