//! Lambda, as functions see it: their own binaries, a runtime API, the environment and the role that the template gives them.

mod environment;
mod error;
mod instance;
mod logs;
mod polling;
mod runtime_api;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::sync::Notify;

use self::instance::Instance;
pub use self::{
    environment::{Hosting, Lasting, RoleKeys},
    error::FunctionError,
    logs::Logs,
    polling::{Batch, Poller},
};
use crate::template::Function;

/// How much time an instance may let pass while it waits, in seconds of the cloud's clock.
const MAX_CREDENTIALS_AGE: i64 = 900;

/// One deployed function, with as many instances as were needed at once.
#[derive(Debug)]
pub struct Lambda {
    function: Function,
    hosting: Arc<Hosting>,
    binary: PathBuf,
    logs: Logs,
    idle: Mutex<Vec<Instance>>,
    starts: Mutex<Vec<Duration>>,
    limit: Mutex<Option<Duration>>,
    set: Mutex<BTreeMap<String, String>>,
    crash: Arc<Notify>,
}

impl Lambda {
    /// Deploys a function; nothing runs before it is invoked. Its binary is looked for beside this program's own.
    pub fn new(function: Function, hosting: Arc<Hosting>) -> Self {
        let binary = hosting.binaries.join(&function.package);
        Self {
            function,
            hosting,
            binary,
            logs: Logs::default(),
            idle: Mutex::default(),
            starts: Mutex::default(),
            limit: Mutex::default(),
            set: Mutex::default(),
            crash: Arc::default(),
        }
    }

    /// Its key in the template.
    pub fn logical_id(&self) -> &str {
        &self.function.logical_id
    }

    /// The same deployment with something changed, and nothing running yet.
    #[must_use]
    pub fn altered(&self, change: impl FnOnce(&mut Function)) -> Self {
        let mut function = self.function.clone();
        change(&mut function);
        Self::new(function, Arc::clone(&self.hosting))
    }

    /// The same deployment in another environment: variables that are set, or with `None` taken away, whatever the template
    /// says. Nothing of it is running yet.
    #[must_use]
    pub fn in_environment(&self, variables: &[(&str, Option<&str>)]) -> Self {
        let mut hosting = Hosting::clone(&self.hosting);
        let mut function = self.function.clone();
        for (name, value) in variables {
            function.environment.remove(*name);
            hosting.environment.remove(*name);
            if let Some(value) = value {
                hosting.environment.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        Self::new(function, Arc::new(hosting))
    }

    /// The environment of a new process, for those who start one themselves. It holds fresh credentials of the function's
    /// role, which are good for half a day.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let runtime_api = ([127, 0, 0, 1], 0).into();
        let mut variables =
            self.hosting.process_variables(&self.function, runtime_api, Lasting::HalfDay);
        variables.remove("AWS_LAMBDA_RUNTIME_API");
        variables
    }

    /// The file that its processes run.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// What the template says of it.
    pub const fn function(&self) -> &Function {
        &self.function
    }

    /// Everything that its instances wrote, to standard output and error, so far.
    pub const fn logs(&self) -> &Logs {
        &self.logs
    }

    /// How long each instance took from its process's start to its first poll for work.
    pub fn starts(&self) -> Vec<Duration> {
        lock(&self.starts).clone()
    }

    /// Gives it an event and waits for its answer, in an idle instance or a new one.
    ///
    /// An instance that runs out of time, or ends, is gone afterwards; one that answers, even with an error, stays.
    pub async fn invoke(&self, event: &Value) -> Result<Value, FunctionError> {
        let idle = self.idle_instance();
        let mut instance = match idle {
            Some(instance) => instance,
            None => self.start().await?,
        };
        let function = match *lock(&self.limit) {
            Some(timeout) => Function { timeout, ..self.function.clone() },
            None => self.function.clone(),
        };
        let crash = self.crash.notified();
        let answer = tokio::select! {
            answer = instance.invoke(event, &function) => answer,
            () = crash => Err(FunctionError::Exited {
                package: function.package.clone(),
                reason: "it was ended by a fault".to_owned(),
            }),
        };
        let stays = match &answer {
            Ok(_) | Err(FunctionError::Failed { .. }) => true,
            Err(
                FunctionError::NotBuilt { .. }
                | FunctionError::NotStarted { .. }
                | FunctionError::Init { .. }
                | FunctionError::Exited { .. }
                | FunctionError::TimedOut { .. },
            ) => false,
        };
        if stays {
            lock(&self.idle).push(instance);
        }
        answer
    }

    /// An instance that waits for work. Those whose credentials a turn of the clock has aged are ended, as Lambda does.
    fn idle_instance(&self) -> Option<Instance> {
        let passed = self.hosting.clock.passed();
        let mut idle = lock(&self.idle);
        idle.retain(|instance| passed - instance.clock_at_start() < MAX_CREDENTIALS_AGE);
        idle.pop()
    }

    /// Starts an instance without giving it work; how long it took until it asked for some.
    pub async fn warm(&self) -> Result<Duration, FunctionError> {
        let instance = self.start().await?;
        let took = instance.first_poll();
        lock(&self.idle).push(instance);
        Ok(took)
    }

    /// Process ids of its idle instances, for those who measure memory.
    pub fn processes(&self) -> Vec<u32> {
        lock(&self.idle).iter().filter_map(Instance::process_id).collect()
    }

    /// Ends its idle instances: the next event meets a cold start, with fresh credentials.
    pub fn kill(&self) {
        lock(&self.idle).clear();
    }

    /// Gives each invocation from now on less time than the template does.
    pub fn limit(&self, timeout: Duration) {
        *lock(&self.limit) = Some(timeout);
    }

    /// Sets a variable of each instance that starts from now on, whatever the template says.
    pub fn set(&self, name: &str, value: &str) {
        lock(&self.set).insert(name.to_owned(), value.to_owned());
    }

    /// Ends every instance that is at work, whenever it is notified: for `Fault::ending`.
    pub fn crash(&self) -> Arc<Notify> {
        Arc::clone(&self.crash)
    }

    async fn start(&self) -> Result<Instance, FunctionError> {
        let mut function = self.function.clone();
        function.environment.extend(lock(&self.set).clone());
        let instance = Instance::start(&self.binary, &function, &self.hosting, &self.logs).await?;
        lock(&self.starts).push(instance.first_poll());
        Ok(instance)
    }
}

/// The functions of one deployment, by package name.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    deployed: BTreeMap<String, Arc<Lambda>>,
}

impl Functions {
    /// Deploys all of them.
    pub fn deploy(functions: Vec<Function>, hosting: Hosting) -> Self {
        let hosting = Arc::new(hosting);
        let lambda = |function: Function| Lambda::new(function, Arc::clone(&hosting));
        let deployed = functions
            .into_iter()
            .map(|function| (function.package.clone(), Arc::new(lambda(function))))
            .collect();
        Self { deployed }
    }

    /// One of them.
    pub fn get(&self, package: &str) -> Option<&Arc<Lambda>> {
        self.deployed.get(package)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Lambda>> {
        self.deployed.values()
    }

    /// Gives one of them an event.
    pub async fn invoke(&self, package: &str, event: &Value) -> Result<Value, FunctionError> {
        match self.get(package) {
            Some(lambda) => lambda.invoke(event).await,
            None => Err(FunctionError::NotBuilt { binary: PathBuf::from(package) }),
        }
    }

    /// Ends every idle instance.
    pub fn kill(&self) {
        self.all().for_each(|lambda| lambda.kill());
    }

    /// Everything that they wrote so far, one function after the other.
    pub fn logs(&self) -> String {
        self.all().map(|lambda| lambda.logs().text()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
