//! Whether there is room for what is written: folders that are there take a file, others can be made.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Findings;
use crate::config::Sections;

pub(super) fn check(config: &Sections, findings: &mut Findings) {
    one_file_system(config, findings);
    let sqlite = config.database.shown.strip_prefix("sqlite:").map(|path| folder_of(Path::new(path)));
    let wanted = [
        ("node.data", Some(config.node.data.clone())),
        ("database.url", sqlite),
        ("blobs.folder", Some(config.blobs.folder.clone())),
        ("spool.folder", Some(config.spool.clone())),
    ];
    let mut faulty: Vec<PathBuf> = Vec::new();
    for (key, folder) in wanted {
        let Some(folder) = folder else { continue };
        // The first folder upwards that is there decides; said once.
        let Some(there) = folder.ancestors().map(with_dot).find(|folder| folder.exists()) else { continue };
        if faulty.contains(&there) {
            continue;
        }
        if let Err(error) = takes_a_file(&there) {
            let what = if there == folder { "cannot be written in" } else { "cannot be made" };
            let sentence = format!("{} {what}: {}", folder.display(), worded(&error, &there));
            let remedy = match error.kind() {
                ErrorKind::NotADirectory => "name another folder, or move the file away".to_owned(),
                ErrorKind::StorageFull => "make room on it".to_owned(),
                _ => format!("as root: install -d -o USER -m 0750 {}, with the gateway's user", folder.display()),
            };
            findings.fault(key, sentence, remedy);
            faulty.push(there);
        }
    }
}

/// A large body is moved from the spool into the blobs, which no two file systems can do in one step.
fn one_file_system(config: &Sections, findings: &mut Findings) {
    let device = |folder: &Path| {
        let there = folder.ancestors().map(with_dot).find(|folder| folder.exists())?;
        Some(fs::metadata(there).ok()?.dev())
    };
    if device(&config.spool) != device(&config.blobs.folder) {
        let (spool, blobs) = (config.spool.display(), config.blobs.folder.display());
        let sentence = format!("{spool} and {blobs} (blobs.folder) lie on two file systems");
        findings.fault("spool.folder", sentence, "put them on one: a body is moved from the one to the other");
    }
}

fn folder_of(file: &Path) -> PathBuf {
    with_dot(file.parent().unwrap_or(Path::new("")))
}

fn with_dot(folder: &Path) -> PathBuf {
    if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() }
}

fn takes_a_file(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(format!(".brevbro-check-{}", std::process::id()));
    fs::OpenOptions::new().write(true).create_new(true).open(&probe)?;
    fs::remove_file(&probe)
}

fn worded(error: &std::io::Error, folder: &Path) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => format!("this user may not write in {}", folder.display()),
        ErrorKind::NotADirectory => format!("{} is a file", folder.display()),
        ErrorKind::ReadOnlyFilesystem => format!("{} is mounted read-only", folder.display()),
        ErrorKind::StorageFull => format!("the disk of {} is full", folder.display()),
        _ => error.to_string(),
    }
}
