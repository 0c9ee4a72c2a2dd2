//! The end of every preflight: what was found, as a report and as the account that it is about.

use crate::Accounts;
use gangway_model::{
    AccountId, Credential, Finding, Intent, Method, Preflight, Report, Settings, next_steps,
};
use gangway_palette::{Gateway, Look};

/// What a method found out.
#[derive(Debug)]
pub struct Found {
    /// The method.
    pub method: Method,
    /// The AWS account, once that is known.
    pub account: Option<AccountId>,
    /// What Palette is to be told, where it could be made out.
    pub credential: Option<Credential>,
    /// What Palette already has.
    pub look: Look,
    /// The gateway that was chosen.
    pub gateway: Gateway,
    /// The method's own answers.
    pub findings: Vec<Finding>,
    /// What people should know besides, of this method only.
    pub notices: Vec<String>,
}

impl Found {
    /// The report, and the registration that it clears or not.
    pub fn about(self, settings: Settings, intent: &Intent, registry: &Accounts<'_>) -> Preflight {
        let Self { method, account, credential, look, gateway, findings: own, notices: more } =
            self;
        let (partition, profile) = (settings.partition, settings.profile);
        let mut notices = vec![next_steps::notice(partition, method, profile)];
        notices.extend(gangway_policies::escalations(gangway_policies::of(profile)));
        notices.extend(more);
        let registration = account.zip(credential).map(|(account, credential)| {
            settings.register(account, registry.scope().clone(), gateway.uid, credential)
        });
        let name = look.name_finding(intent, registration.as_ref());
        let mut findings = vec![look.session, name];
        findings.extend(gateway.findings);
        findings.extend(own);
        let report = Report { partition, method, account, findings, notices };
        Preflight { report, registration, known: look.known }
    }
}
