//! Records which permissions each role of Gangway uses, if the environment variable
//! `GANGWAY_RIGHTS_USED` names a folder.
//!
//! Each test process writes a file into the folder. `tests/tools/check_rights.py` merges the files.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::policy::PolicyEvaluation;

/// Prefixes of the names of the roles that Gangway's templates create, in the account of the
/// deployment, in the management account and in member accounts.
const GANGWAY_ROLE_PREFIXES: [&str; 2] = ["gangway-", "Gangway"];

/// The recorder of this process; `None` if `GANGWAY_RIGHTS_USED` is not set.
static RECORDER: LazyLock<Option<Mutex<PermissionRecorder>>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("GANGWAY_RIGHTS_USED")?);
    fs::create_dir_all(&folder).expect("The folder in GANGWAY_RIGHTS_USED cannot be created.");
    let file = folder.join(format!("{}.tsv", std::process::id()));
    let file = File::options()
        .append(true)
        .create(true)
        .open(file)
        .expect("The file for used permissions cannot be opened.");
    Some(Mutex::new(PermissionRecorder { written: BTreeSet::new(), file }))
});

/// Writes each use of a permission to a file, once.
struct PermissionRecorder {
    /// The lines that are already in the file.
    written: BTreeSet<String>,
    file: File,
}

fn is_gangway_role(role: &str) -> bool {
    GANGWAY_ROLE_PREFIXES.iter().any(|prefix| role.starts_with(prefix))
}

/// Records which policy statements allow a role an action. Other roles than Gangway's are ignored.
/// A line of the file has the name of the role, the `Sid` of the statement and the action.
pub(super) fn record_use(role: &str, action: &str, evaluation: &PolicyEvaluation) {
    let Some(recorder) = RECORDER.as_ref().filter(|_| is_gangway_role(role)) else {
        return;
    };
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    for sid in &evaluation.sids {
        let line = format!("{role}\t{sid}\t{action}\n");
        if recorder.written.insert(line.clone()) {
            recorder
                .file
                .write_all(line.as_bytes())
                .expect("The file for used permissions cannot be written.");
        }
    }
}
