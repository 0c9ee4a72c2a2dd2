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

/// Name prefix of the deployment's roles.
const OWN_ROLE_PREFIX: &str = "gangway-";

static RECORDER: LazyLock<Option<Mutex<PermissionRecorder>>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("GANGWAY_RIGHTS_USED")?);
    fs::create_dir_all(&folder).expect("a folder for the rights that are used");
    let file = folder.join(format!("{}.tsv", std::process::id()));
    let file = File::options().append(true).create(true).open(file).expect("a file for them");
    Some(Mutex::new(PermissionRecorder { known: BTreeSet::new(), file }))
});

struct PermissionRecorder {
    known: BTreeSet<String>,
    file: File,
}

/// Records the statements that allow a role an action, once each.
pub(super) fn record_use(role: &str, action: &str, verdict: &PolicyEvaluation) {
    let Some(notes) = RECORDER.as_ref().filter(|_| role.starts_with(OWN_ROLE_PREFIX)) else {
        return;
    };
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    for sid in &verdict.sids {
        let line = format!("{role}\t{sid}\t{action}\n");
        if notes.known.insert(line.clone()) {
            notes.file.write_all(line.as_bytes()).expect("room for the rights that are used");
        }
    }
}
