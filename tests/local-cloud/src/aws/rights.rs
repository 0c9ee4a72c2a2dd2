//! Which of its rights each function's role has used, written down where `GANGWAY_RIGHTS_USED` names a folder.
//!
//! Tests run in many processes, so what all of them used is put together afterwards: `tests/tools/check_rights.py`.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    sync::{LazyLock, Mutex, PoisonError},
};

use super::policy::PolicyEvaluation;

/// What the names of the deployment's own roles start with.
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

/// Writes down, once, which statements let a role do something.
pub(super) fn record(role: &str, action: &str, verdict: &PolicyEvaluation) {
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
