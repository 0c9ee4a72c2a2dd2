//! The two methods of these partitions, each in both of them.

use acceptance::{
    Answer, Stage,
    enclave::{self, ENCLAVES},
    with,
};
use local_cloud::{aws::Role, world::Customer};
use serde_json::{Value, json};

/// A method.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// Keys of an IAM user.
    Keys,
    /// Keys that the access portal hands out.
    Portal,
}

pub(crate) const BOTH: [Way; 2] = [Way::Keys, Way::Portal];

impl Way {
    /// As routes and events name it.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Keys => "static-credentials",
            Self::Portal => "scap",
        }
    }

    /// The members that a secret may hold instead.
    pub(crate) fn secrets(self, stage: &Stage, customer: &Customer) -> Value {
        match self {
            Self::Keys => enclave::keys(stage.realm(), customer),
            Self::Portal => enclave::identity(stage.realm(), customer),
        }
    }

    /// The shortest request.
    pub(crate) fn request(self, stage: &Stage, customer: &Customer, name: &str) -> Value {
        let name = json!({"name": name});
        match self {
            Self::Keys => with(name, &enclave::keys(stage.realm(), customer)),
            Self::Portal => with(name, &enclave::through_portal(stage.realm(), customer)),
        }
    }

    /// The same with what is secret in a secret, as an event may carry it.
    pub(crate) async fn by_secret(self, stage: &Stage, customer: &Customer, name: &str) -> Value {
        let held = self.secrets(stage, customer);
        let arn = stage.realm().keep(&format!("gangway/incoming/{name}"), &held.to_string()).await;
        let mut request = with(self.request(stage, customer, name), &json!({"secretArn": arn}));
        for member in held.as_object().expect("members").keys() {
            request.as_object_mut().expect("members").remove(member);
        }
        request
    }

    pub(crate) async fn validate(self, stage: &Stage, request: &Value) -> Answer {
        stage.validate(self.id(), request).await
    }

    pub(crate) async fn register(self, stage: &Stage, request: &Value) -> Answer {
        stage.register(self.id(), request).await
    }

    pub(crate) async fn blocked(self, stage: &Stage, request: &Value) -> Answer {
        stage.blocked(self.id(), request).await
    }

    pub(crate) async fn registered(self, stage: &Stage, request: &Value) -> Answer {
        stage.accepted(self.id(), request).await
    }
}

/// The role behind the portal.
pub(crate) fn role(customer: &Customer) -> &Role {
    &enclave::access(customer).role
}

/// Plays a scene in both partitions for some ways, each on a stage of its own, all at the same time.
pub(crate) async fn play<F, Played>(ways: &[Way], scene: F)
where
    F: Fn(Stage, Way) -> Played,
    Played: Future<Output = ()> + Send + 'static,
{
    let mut scenes = Vec::new();
    for partition in ENCLAVES {
        for way in ways {
            let stage = Stage::start(partition).await;
            scenes.push((partition, *way, tokio::spawn(scene(stage, *way))));
        }
    }
    for (partition, way, played) in scenes {
        assert!(played.await.is_ok(), "in {partition}, by {way:?}: see above");
    }
}

/// The same for both ways.
pub(crate) async fn everywhere<F, Played>(scene: F)
where
    F: Fn(Stage, Way) -> Played,
    Played: Future<Output = ()> + Send + 'static,
{
    play(&BOTH, scene).await;
}
