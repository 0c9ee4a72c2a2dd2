//! A request, whichever way it came.

use std::collections::BTreeMap;

use gangway_model::{AccountId, Failure, Intent, Method, ScopeWish, Uid, Violation};
use zeroize::Zeroizing;

use crate::{
    Members, Rejection,
    route::{self, Verb},
    trigger::{Call, Trigger},
};

/// API Gateway lets 10 MB through; the longest request, three PEM chains, has 60 KB.
const LONGEST_BODY: usize = 256 * 1024;

/// Members whose values are secrets. Events are logged, archived and replayed, so they may not be in one.
const SECRETS: [&str; 2] = ["secretAccessKey", "userKey"];

/// Who waits for the answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A caller, through API Gateway.
    Http,
    /// Nobody: EventBridge delivers again what fails.
    Event,
}

/// A request, whichever way it came.
pub struct Request {
    verb: Verb,
    path: Vec<String>,
    resource: Option<String>,
    query: BTreeMap<String, String>,
    gateway_request_id: Option<String>,
    body: Body,
    deployed_in: Option<AccountId>,
}

enum Body {
    Http { content_type: Option<String>, bytes: Option<Zeroizing<Vec<u8>>> },
    Event(Zeroizing<String>),
}

impl Request {
    /// Reads an invocation. The function's ARN tells which account it is deployed in.
    pub fn read(payload: &str, function_arn: &str) -> Result<Self, Rejection> {
        let deployed_in = function_arn.split(':').nth(4).and_then(|account| account.parse().ok());
        match Trigger::read(payload).ok_or(Rejection::Unreadable)? {
            Trigger::Http(Call {
                verb,
                path,
                resource,
                gateway_request_id,
                content_type,
                query,
                body,
            }) => Ok(Self {
                verb: Verb::of(&verb),
                path: route::segments(&path),
                resource,
                query,
                gateway_request_id,
                body: Body::Http { content_type, bytes: body },
                deployed_in,
            }),
            Trigger::Event(detail) => Ok(Self {
                verb: Verb::Other,
                path: Vec::new(),
                resource: None,
                query: BTreeMap::new(),
                gateway_request_id: None,
                body: Body::Event(detail),
                deployed_in,
            }),
        }
    }

    /// The verb, and the segments behind `/v1`. An event has neither.
    pub fn route(&self) -> (Verb, Vec<&str>) {
        (self.verb, self.path.iter().map(String::as_str).collect())
    }

    /// Whether it is this: a verb, and a path behind `/v1` without placeholders.
    pub fn is(&self, (verb, path): (Verb, &str)) -> bool {
        self.verb == verb && path.split('/').eq(&self.path)
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The scope that the query names: `project=<uid or name>`, else the tenant's.
    pub fn scope(&self) -> Result<ScopeWish, Violation> {
        match self.query("project").map(str::parse) {
            None => Ok(ScopeWish::Tenant),
            Some(Ok(project)) => Ok(ScopeWish::Project(project)),
            Some(Err(rule)) => Err(Violation::malformed("/project", format!("project {rule}"))),
        }
    }

    /// What is wrong with a project that the query names is told of the query.
    pub fn of_query(&self, mut rejection: Rejection) -> Rejection {
        if let Rejection::Failure(Failure::Invalid(faults)) = &mut rejection
            && self.query("project").is_some()
        {
            for fault in faults.iter_mut().filter(|fault| fault.pointer == "/scope/project") {
                "/project".clone_into(&mut fault.pointer);
            }
        }
        rejection
    }

    /// Who waits for the answer.
    pub const fn origin(&self) -> Origin {
        match self.body {
            Body::Http { .. } => Origin::Http,
            Body::Event(_) => Origin::Event,
        }
    }

    /// The uid that a segment of the path is.
    pub fn uid(segment: &str) -> Result<Uid, Violation> {
        segment.parse().map_err(|rule| Violation::malformed("/uid", format!("uid {rule}")))
    }

    /// The account that this function is deployed in.
    pub const fn deployed_in(&self) -> Option<AccountId> {
        self.deployed_in
    }

    /// The members of the JSON body. An empty body has none, so that those which are missing are named.
    pub fn json(&self) -> Result<Members, Rejection> {
        let (content_type, bytes) = match &self.body {
            Body::Event(detail) => return Ok(Members::read(detail)?),
            Body::Http { content_type, bytes } => (content_type.as_deref(), bytes),
        };
        let not_text = |what: &str| Violation::malformed("", format!("the body {what}"));
        let bytes =
            bytes.as_ref().ok_or_else(|| not_text("is not the base64 that it claims to be"))?;
        if bytes.len() > LONGEST_BODY {
            return Err(Rejection::TooLarge);
        }
        if bytes.trim_ascii().is_empty() {
            return Ok(Members::none());
        }
        if !content_type.is_some_and(is_json) {
            return Err(Rejection::NotJson);
        }
        let text = str::from_utf8(bytes).map_err(|_not_utf8| not_text("must be text in UTF-8"))?;
        Ok(Members::read(text)?)
    }

    /// What is to be done, and the members that say to what. The same for every method and both triggers; `own` are the
    /// routes that this method alone has.
    pub fn order(
        &self,
        method: Method,
        own: &[(Verb, &str)],
    ) -> Result<(Intent, Members), Rejection> {
        match self.origin() {
            Origin::Http => Ok((self.intent(method, own)?, self.json()?)),
            Origin::Event => {
                let mut members = self.json()?;
                members.asks_for(method);
                members.withhold(&SECRETS);
                Ok((Intent::Register, members))
            }
        }
    }

    /// What to say when no route fits: 404, or 405 where the path is one of these.
    pub fn unrouted(&self, routes: &[(Verb, &str)]) -> Rejection {
        let (_, path) = self.route();
        let verbs = route::verbs(routes, &path);
        if verbs.is_empty() {
            return Rejection::NoRoute;
        }
        let names: Vec<_> = verbs.into_iter().map(Verb::name).collect();
        Rejection::VerbNotAllowed { allow: names.join(", ") }
    }

    fn intent(&self, method: Method, own: &[(Verb, &str)]) -> Result<Intent, Rejection> {
        let register = format!("accounts/{method}");
        let (validate, replace) = (format!("{register}/validate"), format!("{register}/{{uid}}"));
        let mut routes = own.to_vec();
        routes.extend([(Verb::Post, &*validate), (Verb::Post, &*register), (Verb::Put, &*replace)]);
        let (verb, path) = self.route();
        if !route::verbs(&routes, &path).contains(&verb) {
            return Err(self.unrouted(&routes));
        }
        match (verb, path.as_slice()) {
            (Verb::Post, [_, _, "validate"]) => Ok(Intent::Validate),
            (Verb::Post, [_, _]) => Ok(Intent::Register),
            (Verb::Put, [_, _, uid]) => Ok(Intent::Replace(Self::uid(uid)?)),
            _ => Err(self.unrouted(&routes)),
        }
    }

    /// The route for logs: never the path itself, which may hold anything.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    pub(crate) fn gateway_request_id(&self) -> Option<&str> {
        self.gateway_request_id.as_deref()
    }

    /// Whether it asks for something to be registered, rather than shown, checked or removed.
    pub(crate) fn registers(&self) -> bool {
        let (verb, path) = self.route();
        match (self.origin(), verb) {
            (Origin::Event, _) | (Origin::Http, Verb::Put) => true,
            (Origin::Http, Verb::Post) => matches!(path.as_slice(), ["accounts", _]),
            (Origin::Http, Verb::Get | Verb::Delete | Verb::Other) => false,
        }
    }
}

impl Members {
    /// Refuses an event that is for another function.
    fn asks_for(&mut self, method: Method) {
        let Some(asked) = self.required::<Method>("method") else { return };
        if asked != method {
            self.refused("method", format!("method must be {method} here: the rule must deliver events for {asked} to the function {asked}"));
        }
    }
}

/// `application/json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type =
        content_type.split_once(';').map_or(content_type, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}
