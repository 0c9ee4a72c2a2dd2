//! Lambda emulator: runs the binaries of the functions with a runtime API, and with the environment
//! and the role that the template defines.

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

/// Maximum age of an instance in seconds, by the cloud's clock. An older one is ended, because its
/// credentials may expire.
const MAX_INSTANCE_AGE: i64 = 900;

/// A deployed Lambda function with its instances. An instance is one process of the binary.
#[derive(Debug)]
pub struct LambdaFunction {
    function: Function,
    host_config: Arc<HostConfig>,
    binary: PathBuf,
    logs: FunctionLogs,
    idle_instances: Mutex<Vec<Instance>>,
    cold_start_times: Mutex<Vec<Duration>>,
    timeout_override: Mutex<Option<Duration>>,
    variable_overrides: Mutex<BTreeMap<String, String>>,
    crash_signal: Arc<Notify>,
}

impl LambdaFunction {
    /// Deploys a function. No instance starts before the first invocation.
    pub fn new(function: Function, host_config: Arc<HostConfig>) -> Self {
        let binary = host_config.binaries.join(&function.package);
        Self {
            function,
            host_config,
            binary,
            logs: FunctionLogs::default(),
            idle_instances: Mutex::default(),
            cold_start_times: Mutex::default(),
            timeout_override: Mutex::default(),
            variable_overrides: Mutex::default(),
            crash_signal: Arc::default(),
        }
    }

    /// Returns the logical id of the function in the template.
    pub fn logical_id(&self) -> &str {
        &self.function.logical_id
    }

    /// Returns a new deployment of the function, after changes of its definition.
    #[must_use]
    pub fn with_changes(&self, change: impl FnOnce(&mut Function)) -> Self {
        let mut function = self.function.clone();
        change(&mut function);
        Self::new(function, Arc::clone(&self.host_config))
    }

    /// Returns a new deployment of the function with other environment variables. The value `None`
    /// removes a variable.
    #[must_use]
    pub fn with_environment(&self, variables: &[(&str, Option<&str>)]) -> Self {
        let mut host_config = HostConfig::clone(&self.host_config);
        let mut function = self.function.clone();
        for (name, value) in variables {
            function.environment.remove(*name);
            host_config.environment.remove(*name);
            if let Some(value) = value {
                host_config.environment.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        Self::new(function, Arc::new(host_config))
    }

    /// Returns the environment variables of a new instance, with credentials that are valid for
    /// twelve hours, and without the address of the runtime API.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let runtime_api = ([127, 0, 0, 1], 0).into();
        let mut variables = self.host_config.build_environment(
            &self.function,
            runtime_api,
            CredentialLifetime::TwelveHours,
        );
        variables.remove("AWS_LAMBDA_RUNTIME_API");
        variables
    }

    /// Returns the path of the function's binary.
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// Returns the function's definition in the template.
    pub const fn function(&self) -> &Function {
        &self.function
    }

    /// Returns what all instances of the function have written.
    pub const fn logs(&self) -> &FunctionLogs {
        &self.logs
    }

    /// Returns the cold start time of each instance so far: from the start of the process to its
    /// first request for an event.
    pub fn cold_start_times(&self) -> Vec<Duration> {
        lock(&self.cold_start_times).clone()
    }

    /// Invokes the function in an idle instance, or in a new one. An instance that times out or
    /// exits is removed.
    pub async fn invoke(&self, event: &Value) -> Result<Value, FunctionError> {
        let idle_instance = self.take_idle_instance();
        let mut instance = match idle_instance {
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
                reason: "An injected fault ended the process.".to_owned(),
            }),
        };
        let is_reusable = match &response {
            Ok(_) | Err(FunctionError::Failed { .. }) => true,
            Err(
                FunctionError::NotBuilt { .. }
                | FunctionError::NotStarted { .. }
                | FunctionError::Init { .. }
                | FunctionError::Exited { .. }
                | FunctionError::TimedOut { .. },
            ) => false,
        };
        if is_reusable {
            lock(&self.idle_instances).push(instance);
        }
        response
    }

    /// Removes an idle instance from the list, and returns it. Ends all idle instances that are too
    /// old.
    fn take_idle_instance(&self) -> Option<Instance> {
        let now_advanced = self.host_config.clock.advanced_seconds();
        let mut idle_instances = lock(&self.idle_instances);
        idle_instances
            .retain(|instance| now_advanced - instance.advanced_at_start() < MAX_INSTANCE_AGE);
        idle_instances.pop()
    }

    /// Starts an instance, which then waits for an event. Returns its cold start time.
    pub async fn warm_up(&self) -> Result<Duration, FunctionError> {
        let instance = self.start().await?;
        let cold_start_time = instance.cold_start_time();
        lock(&self.idle_instances).push(instance);
        Ok(cold_start_time)
    }

    /// Returns the process ids of all idle instances.
    pub fn process_ids(&self) -> Vec<u32> {
        lock(&self.idle_instances).iter().filter_map(Instance::process_id).collect()
    }

    /// Ends all idle instances, so that the next invocation is a cold start.
    pub fn stop_idle_instances(&self) {
        lock(&self.idle_instances).clear();
    }

    /// Sets the timeout of later invocations, instead of the timeout in the template.
    pub fn set_timeout(&self, timeout: Duration) {
        *lock(&self.timeout_override) = Some(timeout);
    }

    /// Sets an environment variable of the instances that start later.
    pub fn set_variable(&self, name: &str, value: &str) {
        lock(&self.variable_overrides).insert(name.to_owned(), value.to_owned());
    }

    /// Returns the signal that ends the processes of all running invocations. It is a parameter of
    /// `Fault::ending`.
    pub fn crash_signal(&self) -> Arc<Notify> {
        Arc::clone(&self.crash_signal)
    }

    /// Starts a new instance.
    async fn start(&self) -> Result<Instance, FunctionError> {
        let mut host_config = HostConfig::clone(&self.host_config);
        host_config.environment.extend(lock(&self.variable_overrides).clone());
        let instance =
            Instance::start(&self.binary, &self.function, &host_config, &self.logs).await?;
        lock(&self.cold_start_times).push(instance.cold_start_time());
        Ok(instance)
    }
}

/// All functions of a deployment, by the name of their Rust package.
#[derive(Clone, Debug, Default)]
pub struct DeployedFunctions {
    by_package: BTreeMap<String, Arc<LambdaFunction>>,
}

impl DeployedFunctions {
    /// Deploys functions with the same host configuration.
    pub fn deploy(functions: Vec<Function>, host_config: HostConfig) -> Self {
        let host_config = Arc::new(host_config);
        let deploy = |function: Function| LambdaFunction::new(function, Arc::clone(&host_config));
        let deployed = functions
            .into_iter()
            .map(|function| (function.package.clone(), Arc::new(deploy(function))))
            .collect();
        Self { by_package: deployed }
    }

    /// Returns the function with this package name.
    pub fn get(&self, package: &str) -> Option<&Arc<LambdaFunction>> {
        self.by_package.get(package)
    }

    /// Returns all functions of the deployment.
    pub fn all(&self) -> impl Iterator<Item = &Arc<LambdaFunction>> {
        self.by_package.values()
    }

    /// Invokes the function with this package name.
    pub async fn invoke(&self, package: &str, event: &Value) -> Result<Value, FunctionError> {
        match self.get(package) {
            Some(lambda) => lambda.invoke(event).await,
            None => Err(FunctionError::NotBuilt { binary: PathBuf::from(package) }),
        }
    }

    /// Ends the idle instances of all functions.
    pub fn stop_idle_instances(&self) {
        self.all().for_each(|lambda| lambda.stop_idle_instances());
    }

    /// Returns what the instances of all functions have written, function by function.
    pub fn logs(&self) -> String {
        self.all().map(|lambda| lambda.logs().text()).collect()
    }
}

/// Locks a mutex, also after a panic of another thread that held it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
