//! Lambda emulator: runs the functions' binaries with a runtime API, and the environment and role
//! of the template.

mod environment;
mod error;
mod event_source;
mod instance;
mod logs;
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
    environment::{CredentialLifetime, HostConfig, RoleCredentials},
    error::FunctionError,
    event_source::{Poller, ProcessedBatch},
    logs::FunctionLogs,
};
use crate::cloudformation::Function;

/// Idle instances are ended when the clock was advanced this far since their start, in seconds.
const MAX_CREDENTIALS_AGE: i64 = 900;

/// A deployed function with its instances.
#[derive(Debug)]
pub struct LambdaFunction {
    function: Function,
    hosting: Arc<HostConfig>,
    binary: PathBuf,
    logs: FunctionLogs,
    idle: Mutex<Vec<Instance>>,
    cold_start_times: Mutex<Vec<Duration>>,
    timeout_override: Mutex<Option<Duration>>,
    variable_overrides: Mutex<BTreeMap<String, String>>,
    crash_signal: Arc<Notify>,
}

impl LambdaFunction {
    /// Deploys a function. Nothing runs before the first invocation.
    pub fn new(function: Function, hosting: Arc<HostConfig>) -> Self {
        let binary = hosting.binaries.join(&function.package);
        Self {
            function,
            hosting,
            binary,
            logs: FunctionLogs::default(),
            idle: Mutex::default(),
            cold_start_times: Mutex::default(),
            timeout_override: Mutex::default(),
            variable_overrides: Mutex::default(),
            crash_signal: Arc::default(),
        }
    }

    /// Returns the logical id in the template.
    pub fn logical_id(&self) -> &str {
        &self.function.logical_id
    }

    /// Returns a new deployment with changed settings.
    #[must_use]
    pub fn with_changes(&self, change: impl FnOnce(&mut Function)) -> Self {
        let mut function = self.function.clone();
        change(&mut function);
        Self::new(function, Arc::clone(&self.hosting))
    }

    /// Returns a new deployment with other environment variables; `None` removes a variable.
    #[must_use]
    pub fn with_environment(&self, variables: &[(&str, Option<&str>)]) -> Self {
        let mut hosting = HostConfig::clone(&self.hosting);
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

    /// Returns the environment of a new process, with credentials that are valid for twelve hours.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let runtime_api = ([127, 0, 0, 1], 0).into();
        let mut variables = self.hosting.process_variables(
            &self.function,
            runtime_api,
            CredentialLifetime::TwelveHours,
        );
        variables.remove("AWS_LAMBDA_RUNTIME_API");
        variables
    }

    /// Returns the path of the binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Returns the function's definition in the template.
    pub const fn function(&self) -> &Function {
        &self.function
    }

    /// Returns the output of all instances.
    pub const fn logs(&self) -> &FunctionLogs {
        &self.logs
    }

    /// Returns the cold start time of each instance: from process start to its first poll.
    pub fn cold_start_times(&self) -> Vec<Duration> {
        lock(&self.cold_start_times).clone()
    }

    /// Invokes the function in an idle or new instance. An instance that times out or exits is
    /// removed.
    pub async fn invoke(&self, event: &Value) -> Result<Value, FunctionError> {
        let idle = self.idle_instance();
        let mut instance = match idle {
            Some(instance) => instance,
            None => self.start().await?,
        };
        let function = match *lock(&self.timeout_override) {
            Some(timeout) => Function { timeout, ..self.function.clone() },
            None => self.function.clone(),
        };
        let crash = self.crash_signal.notified();
        let response = tokio::select! {
            response = instance.invoke(event, &function) => response,
            () = crash => Err(FunctionError::Exited {
                package: function.package.clone(),
                reason: "a fault ended it".to_owned(),
            }),
        };
        let stays = match &response {
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
        response
    }

    /// Returns an idle instance. Instances whose credentials expired by the cloud's clock are
    /// ended.
    fn idle_instance(&self) -> Option<Instance> {
        let passed = self.hosting.clock.advanced_seconds();
        let mut idle = lock(&self.idle);
        idle.retain(|instance| passed - instance.advanced_at_start() < MAX_CREDENTIALS_AGE);
        idle.pop()
    }

    /// Starts an idle instance and returns its cold start time.
    pub async fn warm_up(&self) -> Result<Duration, FunctionError> {
        let instance = self.start().await?;
        let took = instance.first_poll();
        lock(&self.idle).push(instance);
        Ok(took)
    }

    /// Returns the process ids of idle instances.
    pub fn process_ids(&self) -> Vec<u32> {
        lock(&self.idle).iter().filter_map(Instance::process_id).collect()
    }

    /// Ends all idle instances: the next invocation is a cold start.
    pub fn stop_idle_instances(&self) {
        lock(&self.idle).clear();
    }

    /// Overrides the timeout of later invocations.
    pub fn set_timeout(&self, timeout: Duration) {
        *lock(&self.timeout_override) = Some(timeout);
    }

    /// Sets an environment variable of instances that start later.
    pub fn set_variable(&self, name: &str, value: &str) {
        lock(&self.variable_overrides).insert(name.to_owned(), value.to_owned());
    }

    /// Returns the signal that ends all running invocations, for `Fault::ending`.
    pub fn crash_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.crash_signal)
    }

    async fn start(&self) -> Result<Instance, FunctionError> {
        let mut hosting = HostConfig::clone(&self.hosting);
        hosting.environment.extend(lock(&self.variable_overrides).clone());
        let instance = Instance::start(&self.binary, &self.function, &hosting, &self.logs).await?;
        lock(&self.cold_start_times).push(instance.first_poll());
        Ok(instance)
    }
}

/// The functions of a deployment, by package name.
#[derive(Clone, Debug, Default)]
pub struct DeployedFunctions {
    by_package: BTreeMap<String, Arc<LambdaFunction>>,
}

impl DeployedFunctions {
    /// Deploys functions.
    pub fn deploy(functions: Vec<Function>, hosting: HostConfig) -> Self {
        let hosting = Arc::new(hosting);
        let lambda = |function: Function| LambdaFunction::new(function, Arc::clone(&hosting));
        let deployed = functions
            .into_iter()
            .map(|function| (function.package.clone(), Arc::new(lambda(function))))
            .collect();
        Self { by_package: deployed }
    }

    /// Returns a function by package name.
    pub fn get(&self, package: &str) -> Option<&Arc<LambdaFunction>> {
        self.by_package.get(package)
    }

    /// Returns all functions.
    pub fn all(&self) -> impl Iterator<Item = &Arc<LambdaFunction>> {
        self.by_package.values()
    }

    /// Invokes a function.
    pub async fn invoke(&self, package: &str, event: &Value) -> Result<Value, FunctionError> {
        match self.get(package) {
            Some(lambda) => lambda.invoke(event).await,
            None => Err(FunctionError::NotBuilt { binary: PathBuf::from(package) }),
        }
    }

    /// Ends all idle instances.
    pub fn stop_idle_instances(&self) {
        self.all().for_each(|lambda| lambda.stop_idle_instances());
    }

    /// Returns the output of all functions, one after the other.
    pub fn logs(&self) -> String {
        self.all().map(|lambda| lambda.logs().text()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
