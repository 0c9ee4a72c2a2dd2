//! Records which permissions each function role uses, if `GANGWAY_RIGHTS_USED` names a folder.
//!
//! Tests run in many processes; `tests/tools/check_rights.py` merges the files.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::policy::PolicyEvaluation;

/// What the names of the roles begin with that Gangway's templates create: the deployment's, those in
/// the management account and in member accounts.
const OWN_ROLE_PREFIXES: [&str; 2] = ["gangway-", "Gangway"];

static RECORDER: LazyLock<Option<Mutex<PermissionRecorder>>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("GANGWAY_RIGHTS_USED")?);
    fs::create_dir_all(&folder).expect("a writable folder");
    let file = folder.join(format!("{}.tsv", std::process::id()));
    let file = File::options().append(true).create(true).open(file).expect("a writable file");
    Some(Mutex::new(PermissionRecorder { known: BTreeSet::new(), file }))
});

struct PermissionRecorder {
    known: BTreeSet<String>,
    file: File,
}

fn is_own(role: &str) -> bool {
    OWN_ROLE_PREFIXES.iter().any(|prefix| role.starts_with(prefix))
}

/// Records the statements that allow a role an action, once each.
pub(super) fn record_use(role: &str, action: &str, evaluation: &PolicyEvaluation) {
    let Some(recorder) = RECORDER.as_ref().filter(|_| is_own(role)) else {
        return;
    };
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    for sid in &evaluation.sids {
        let line = format!("{role}\t{sid}\t{action}\n");
        if recorder.known.insert(line.clone()) {
            recorder.file.write_all(line.as_bytes()).expect("disk space");
        }
    }
}
