//! `brevbro check`: everything that is wrong, at once. It changes nothing: no folder is made, no database migrated.

mod certificates;
mod database;
mod folders;
mod offices;
mod online;
mod ports;
mod scanner;
mod smime;

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::cli::Common;
use crate::clock::Clock;
use crate::config::{Config, Fault};

/// What was found so far.
#[derive(Debug, Serialize)]
struct Findings {
    #[serde(skip)]
    file: String,
    /// What was looked at, in words.
    checked: Vec<&'static str>,
    /// What is wrong.
    faults: Vec<Fault>,
    /// What works today and may not tomorrow.
    notes: Vec<Fault>,
}

impl Findings {
    fn fault(&mut self, key: &str, sentence: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push(Fault::new(&self.file, key, sentence, remedy));
    }

    fn note(&mut self, key: &str, sentence: impl Into<String>, remedy: impl Into<String>) {
        self.notes.push(Fault::new(&self.file, key, sentence, remedy));
    }

    /// For people. The faults come last, where the eye is.
    fn shown(&self) -> Vec<String> {
        let checked = self.checked.join(", ");
        let verdict = match self.faults.len() {
            0 => format!("{} is good. Looked at: {checked}.", self.file),
            1 => format!("1 fault. Looked at: {checked}."),
            n => format!("{n} faults. Looked at: {checked}."),
        };
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        notes.chain(self.faults.iter().map(ToString::to_string)).chain([verdict]).collect()
    }
}

/// Looks at everything and prints what it found. 1: there is a fault.
pub(super) async fn run(common: &Common, running: bool, online: bool, clock: &Clock) -> ExitCode {
    let findings = Box::pin(look(&common.config, running, online, clock)).await;
    if common.json {
        super::print_json(&findings);
    } else {
        super::print_lines(&findings.shown());
    }
    if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn look(file: &Path, running: bool, online: bool, clock: &Clock) -> Findings {
    let (sections, faults) = Config::examine(file);
    let mut findings =
        Findings { file: file.display().to_string(), checked: vec!["configuration"], faults, notes: Vec::new() };
    let Some(sections) = sections else { return findings };
    findings.checked.push("certificates");
    certificates::check(&sections, clock.now(), &mut findings);
    smime::check(&sections.smime, clock.now(), &mut findings);
    findings.checked.push("folders");
    folders::check(&sections, &mut findings);
    if !running {
        findings.checked.push("ports");
        ports::check(&sections, &mut findings);
    }
    let authenticator = online::resolver(&sections, &mut findings);
    findings.checked.push("database");
    if let Some(enrolled) = database::check(&sections, clock, &mut findings).await {
        findings.checked.push("offices");
        offices::check(&sections, &enrolled, clock.now(), &mut findings);
        smime::check_offices(&sections.smime, &enrolled.directory, &mut findings);
        if let Some(authenticator) = authenticator.filter(|_| online) {
            findings.checked.push("DNS of the offices");
            online::check(&authenticator, &enrolled.directory, &mut findings).await;
        }
    }
    findings.checked.push("scanner");
    scanner::check(&sections, &mut findings);
    if online {
        scanner::ask(&sections, clock.now(), &mut findings).await;
    }
    findings
}
