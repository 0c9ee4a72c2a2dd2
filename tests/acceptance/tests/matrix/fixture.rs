//! The fixture of the matrix: one partition in which flows run one after the other.

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

/// The role that lets Palette into a vended account.
pub(crate) const ROLE: &str = "SpectroCloudRole";
const VENDED: &str = "account-vended";
const SWEEP: &str = "account-sweep";

/// The number of clock steps, more than a message has deliveries.
const CLOCK_STEPS: usize = 40;

/// A partition with everything that the flows need.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    /// A second key of the first customer's user.
    pub(crate) second_key: AwsCredentials,
    /// A second certificate of the first customer's entity, where there is a portal.
    pub(crate) new_certificate: Option<IssuedCertificate>,
    /// Functions with changed settings, by name.
    reconfigured: BTreeMap<&'static str, Arc<LambdaFunction>>,
}

impl Fixture {
    pub(crate) async fn start(partition: Partition) -> Self {
        let app = TestApp::start(partition).await;
        // All names that were used before stay registered.
        app.cloud().palette().records().tenants[0].quota = 20_000;
        let second_key = app.customer().user.create_access_key();
        let access = app.customer().portal_access.as_ref();
        let new_certificate = app.deployment().portal.as_ref().zip(access);
        let new_certificate = new_certificate
            .map(|(portal, access)| portal.issue(&CertificateSpec::client(&access.common_name)));
        let settings = [
            // The tests do not wait for Palette's rate limit.
            ("PALETTE_REQUESTS_PER_SECOND", "1000"),
            ("GANGWAY_OFFBOARDING", "remove"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let reconfigured = [VENDED, SWEEP].into_iter().filter_map(|package| {
            let settings = settings.clone();
            let reconfigured = app.deployment().redeploy(package, |function| {
                function.environment.extend(settings);
            });
            Some((package, reconfigured?))
        });
        let reconfigured = reconfigured.collect();
        Self { app, second_key, new_certificate, reconfigured }
    }

    pub(crate) fn cloud(&self) -> &LocalCloud {
        self.app.cloud()
    }

    /// The function of a package, with the settings of the matrix.
    pub(crate) fn function(&self, package: &str) -> &Arc<LambdaFunction> {
        let reconfigured = self.reconfigured.get(package);
        reconfigured.or_else(|| self.app.deployment().functions.get(package)).expect("a function")
    }

    pub(crate) fn poller(&self) -> Option<&Poller> {
        self.app.deployment().poller(VENDED)
    }

    pub(crate) fn queue(&self) -> Option<&Queue> {
        self.app.deployment().queue("VendingQueue")
    }

    pub(crate) fn dead_letter_queue(&self) -> Option<&Queue> {
        self.app.deployment().queue("VendingDlq")
    }

    /// Prepares a flow.
    pub(crate) async fn prepare(&self, flow: &Flow, name: &str) -> Subject {
        if let Some(dead_letters) = self.dead_letter_queue() {
            dead_letters.purge();
        }
        let mut subject = Subject { name: name.to_owned(), ..Subject::default() };
        for action in (flow.preparation)(self, &mut subject) {
            let response = self.execute(&action, &subject).await;
            assert!(response.succeeded(), "before {}: {}", flow.name, response.text());
            self.process_queues().await;
            if let Response::SecretStored(arn) = response {
                subject.secret = arn;
            } else {
                response.uid().clone_into(&mut subject.uid);
            }
        }
        (flow.change)(self, &subject);
        subject
    }

    /// Executes an action once, after a cold start, so that every call is made.
    pub(crate) async fn execute(&self, action: &Action, subject: &Subject) -> Response {
        let deployment = self.app.deployment();
        deployment.functions.stop_idle_instances();
        self.reconfigured.values().for_each(|lambda| lambda.stop_idle_instances());
        match action {
            Action::Http(verb, path, body) => {
                let body = body.as_ref().map(|body| body.to_string().into_bytes());
                let headers = body.as_ref().map(|_| acceptance::JSON);
                let headers: Vec<_> = headers.into_iter().collect();
                Response::Http(Box::new(self.app.send(verb, path, &headers, body).await))
            }
            Action::PostWithSecret(path, body) => {
                let body = acceptance::with(body.clone(), &json!({"secretArn": subject.secret}));
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
                // Queued messages are processed afterwards.
                self.poller().expect("a poller").pause();
                match self.function(SWEEP).invoke(&json!({})).await {
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

    fn queue_result(&self) -> Response {
        let dead_letters = self.dead_letter_queue().map(Queue::messages).unwrap_or_default();
        if !dead_letters.is_empty() {
            let reason = |vended: &local_cloud::aws::sqs::MessageSnapshot| {
                vended.attributes.get("reason").cloned().unwrap_or_default()
            };
            return Response::DeadLettered(dead_letters.iter().map(reason).collect());
        }
        if self.queue().is_some_and(Queue::is_empty) {
            Response::Processed
        } else {
            Response::Queued
        }
    }

    /// Processes all queued messages, with retries, and returns the result.
    pub(crate) async fn process_queues(&self) -> Response {
        let Some(poller) = self.poller() else { return Response::Processed };
        poller.resume();
        poller.drain(CLOCK_STEPS).await;
        self.queue_result()
    }

    /// Removes the accounts of a run from Palette and the organization.
    pub(crate) fn remove_accounts(&self, subject: &Subject) {
        let mut records = self.cloud().palette().records();
        records.accounts.retain(|account| !mentions_account(&account.body.to_string(), subject));
        drop(records);
        if let Some(vended) = &subject.vended {
            drop(self.app.deployment().organization().remove_account(&vended.account));
        }
    }

    /// Advances the clock until all replicas are up to date.
    pub(crate) fn let_replicas_catch_up(&self) {
        self.cloud().clock().advance(Duration::from_secs(11));
    }
}

/// Whether a text is about the account of a run.
pub(crate) fn mentions_account(text: &str, subject: &Subject) -> bool {
    let has_aws_id =
        subject.vended.as_ref().is_some_and(|vended| text.contains(vended.account.id()));
    has_aws_id || text.contains(&subject.name)
}
