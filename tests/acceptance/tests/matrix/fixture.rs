//! The fixture of the flows: one partition of a local cloud, in which flows run one after the
//! other.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use acceptance::TestApp;
use gangway_model::Partition;
use local_cloud::{
    LocalCloud,
    aws::{AwsCredentials, Queue},
    certificates::{CertificateSpec, IssuedCertificate},
    lambda::{LambdaFunction, Poller},
};
use serde_json::json;

use crate::flow::{Action, Flow, Response, Subject};

/// The role in a vended account that Palette assumes.
pub(crate) const PALETTE_ROLE: &str = "SpectroCloudRole";
const VENDED_FUNCTION: &str = "account-vended";
const SWEEP_FUNCTION: &str = "account-sweep";

/// The number of times that the clock is advanced to process a queue. A message has fewer
/// deliveries.
const CLOCK_STEPS: usize = 40;

/// A partition with Gangway, and with the keys and certificates that flows change to.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    /// A second access key of the first customer's user.
    pub(crate) second_key: AwsCredentials,
    /// A second client certificate of the first customer, if the partition has an access portal.
    pub(crate) new_certificate: Option<IssuedCertificate>,
    /// The functions that are deployed with other settings than those of the template, by package.
    reconfigured_functions: BTreeMap<&'static str, Arc<LambdaFunction>>,
}

impl Fixture {
    pub(crate) async fn start(partition: Partition) -> Self {
        let app = TestApp::start(partition).await;
        // The quota of accounts must not limit the runs.
        app.cloud().palette().records().tenants[0].quota = 20_000;
        let second_key = app.customer().user.create_access_key();
        let access = app.customer().portal_access.as_ref();
        let new_certificate = app.deployment().portal.as_ref().zip(access);
        let new_certificate = new_certificate
            .map(|(portal, access)| portal.issue(&CertificateSpec::client(&access.common_name)));
        let settings = [
            // Without this value, functions would wait because of Palette's rate limit.
            ("PALETTE_REQUESTS_PER_SECOND", "1000"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reconfigured_functions =
            [VENDED_FUNCTION, SWEEP_FUNCTION].into_iter().filter_map(|package| {
                let settings = settings.clone();
                let reconfigured = app.deployment().redeploy(package, |function| {
                    function.environment.extend(settings);
                });
                Some((package, reconfigured?))
            });
        let reconfigured_functions = reconfigured_functions.collect();
        Self { app, second_key, new_certificate, reconfigured_functions }
    }

    pub(crate) fn cloud(&self) -> &LocalCloud {
        self.app.cloud()
    }

    /// Returns the function of a package, with the settings for these tests if it has any.
    pub(crate) fn function(&self, package: &str) -> &Arc<LambdaFunction> {
        let reconfigured = self.reconfigured_functions.get(package);
        reconfigured.or_else(|| self.app.deployment().functions.get(package)).expect("a function")
    }

    pub(crate) fn poller(&self) -> Option<&Poller> {
        self.app.deployment().poller(VENDED_FUNCTION)
    }

    pub(crate) fn queue(&self) -> Option<&Queue> {
        self.app.deployment().queue("VendingQueue")
    }

    pub(crate) fn dead_letter_queue(&self) -> Option<&Queue> {
        self.app.deployment().queue("VendingDlq")
    }

    /// Carries out the preparation of a flow, without faults. Returns the account that the run is
    /// about.
    pub(crate) async fn prepare(&self, flow: &Flow, name: &str) -> Subject {
        if let Some(dead_letters) = self.dead_letter_queue() {
            dead_letters.purge();
        }
        let mut subject = Subject { name: name.to_owned(), ..Subject::default() };
        for action in (flow.preparation)(self, &mut subject) {
            let response = self.execute(&action, &subject).await;
            assert!(response.is_success(), "before {}: {}", flow.name, response.text());
            self.process_queues().await;
            if let Response::SecretStored(arn) = response {
                subject.secret_arn = arn;
            } else {
                response.uid().clone_into(&mut subject.uid);
            }
        }
        (flow.change)(self, &subject);
        subject
    }

    /// Executes an action once. A new instance of the function serves it, so the function makes
    /// every call and uses no cached response.
    pub(crate) async fn execute(&self, action: &Action, subject: &Subject) -> Response {
        let deployment = self.app.deployment();
        deployment.functions.stop_idle_instances();
        self.reconfigured_functions.values().for_each(|lambda| lambda.stop_idle_instances());
        match action {
            Action::Http(verb, path, body) => {
                let body = body.as_ref().map(|body| body.to_string().into_bytes());
                let headers = body.as_ref().map(|_| acceptance::JSON);
                let headers: Vec<_> = headers.into_iter().collect();
                Response::Http(Box::new(self.app.send(verb, path, &headers, body).await))
            }
            Action::PostWithSecret(path, body) => {
                let body =
                    acceptance::with(body.clone(), &json!({"secretArn": subject.secret_arn}));
                Response::Http(Box::new(self.app.post(path, &body).await))
            }
            Action::Event(detail) => {
                let mut deliveries = self.app.send_event(detail).await;
                assert_eq!(deliveries.len(), 1, "{deliveries:?}");
                match deliveries.remove(0).outcome {
                    Ok(value) => Response::Returned(value),
                    Err(error) => Response::Failed(error.to_string()),
                }
            }
            Action::Queue(events) => {
                for event in events {
                    let reached = deployment.bus.put(event).await;
                    assert_eq!(reached.queues.len(), 1, "{event:#}");
                }
                self.poller().expect("a poller").wait_until_idle().await;
                self.queue_result()
            }
            Action::Sweep => {
                // The messages that the sweep sends are processed later, by `process_queues`.
                self.poller().expect("a poller").pause();
                match self.function(SWEEP_FUNCTION).invoke(&json!({})).await {
                    Ok(value) => Response::Returned(value),
                    Err(error) => Response::Failed(error.to_string()),
                }
            }
            Action::StoreSecret(value) => {
                let name = format!("gangway/incoming/tenant/{}", subject.name);
                Response::SecretStored(deployment.put_secret(&name, value).await)
            }
        }
    }

    /// Returns what became of the messages: whether some are in the dead-letter queue or still in
    /// the queue.
    fn queue_result(&self) -> Response {
        let dead_letters = self.dead_letter_queue().map(Queue::messages).unwrap_or_default();
        if !dead_letters.is_empty() {
            let reason = |message: &local_cloud::aws::sqs::MessageSnapshot| {
                message.attributes.get("reason").cloned().unwrap_or_default()
            };
            return Response::DeadLettered(dead_letters.iter().map(reason).collect());
        }
        if self.queue().is_some_and(Queue::is_empty) {
            Response::Processed
        } else {
            Response::Queued
        }
    }

    /// Processes all messages in the queue, with retries. Returns what became of them.
    pub(crate) async fn process_queues(&self) -> Response {
        let Some(poller) = self.poller() else { return Response::Processed };
        poller.resume();
        poller.drain(CLOCK_STEPS).await;
        self.queue_result()
    }

    /// Removes the account of a run from Palette and from the organization.
    pub(crate) fn remove_accounts(&self, subject: &Subject) {
        let mut records = self.cloud().palette().records();
        records.accounts.retain(|account| !mentions_account(&account.body.to_string(), subject));
        drop(records);
        if let Some(vended) = &subject.vended {
            drop(self.app.deployment().organization().remove_account(&vended.account));
        }
    }

    /// Advances the clock until services return no stale reads.
    pub(crate) fn advance_clock_past_stale_reads(&self) {
        self.cloud().clock().advance(Duration::from_secs(11));
    }
}

/// Returns `true` if a text contains the name or the AWS account id of the account of a run.
pub(crate) fn mentions_account(text: &str, subject: &Subject) -> bool {
    let has_aws_id =
        subject.vended.as_ref().is_some_and(|vended| text.contains(vended.account.id()));
    has_aws_id || text.contains(&subject.name)
}
