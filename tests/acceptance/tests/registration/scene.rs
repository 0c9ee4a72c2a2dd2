//! The two ways into an AWS account, and a stage for each of them in each partition.

use acceptance::{PARTITIONS, Stage};
use local_cloud::world::Customer;
use serde_json::{Value, json};

/// How Palette gets in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// With the keys of a user.
    Keys,
    /// By a role that it assumes.
    Role,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Keys, Self::Role];

    /// Method, function and binary have one name.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Keys => "static-credentials",
            Self::Role => "sts",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Keys => Self::Role,
            Self::Role => Self::Keys,
        }
    }

    pub(crate) fn path(self) -> String {
        format!("/v1/accounts/{}", self.method())
    }

    /// The route of one account.
    pub(crate) fn path_of(self, uid: &str) -> String {
        format!("/v1/accounts/{}/{uid}", self.method())
    }

    /// The shortest request for a customer.
    pub(crate) fn request(self, customer: &Customer, name: &str) -> Value {
        match self {
            Self::Keys => json!({
                "name": name,
                "accessKeyId": customer.keys.id,
                "secretAccessKey": customer.keys.secret,
            }),
            Self::Role => json!({"name": name, "roleArn": customer.role.arn()}),
        }
    }
}

/// The request with these members besides, or in place of its own; null takes a member away.
pub(crate) fn with(request: &Value, members: Value) -> Value {
    let mut changed = request.clone();
    let object = changed.as_object_mut().expect("a request");
    let Value::Object(members) = members else { panic!("members of an object") };
    for (name, value) in members {
        if value.is_null() {
            object.remove(&name);
        } else {
            object.insert(name, value);
        }
    }
    changed
}

/// Plays a scene for both ways in both partitions, each on a stage of its own, all at the same time.
pub(crate) async fn everywhere<F, Played>(scene: F)
where
    F: Fn(Stage, Way) -> Played,
    Played: Future<Output = ()> + Send + 'static,
{
    play(&Way::BOTH, scene).await;
}

/// The same for some ways.
pub(crate) async fn play<F, Played>(ways: &[Way], scene: F)
where
    F: Fn(Stage, Way) -> Played,
    Played: Future<Output = ()> + Send + 'static,
{
    let mut scenes = Vec::new();
    for partition in PARTITIONS {
        for way in ways {
            let stage = Stage::start(partition).await;
            scenes.push((partition, *way, tokio::spawn(scene(stage, *way))));
        }
    }
    for (partition, way, played) in scenes {
        assert!(played.await.is_ok(), "in {partition}, by {way:?}: see above");
    }
}
