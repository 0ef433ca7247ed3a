//! `brevbro check`: everything that is wrong, at once. It changes nothing: no folder is made, no database migrated.

mod certificates;
mod database;
mod folders;
mod offices;
mod ports;

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
    fn shown(&self) -> String {
        let lines = |label: &str, faults: &[Fault]| faults.iter().map(|f| format!("{label}{f}\n")).collect::<String>();
        let verdict = match self.faults.len() {
            0 => format!("{} is good: {}.\n", self.file, self.checked.join(", ")),
            1 => format!("1 fault. Looked at: {}.\n", self.checked.join(", ")),
            n => format!("{n} faults. Looked at: {}.\n", self.checked.join(", ")),
        };
        format!("{}{}{verdict}", lines("note: ", &self.notes), lines("", &self.faults))
    }
}

/// Looks at everything and prints what it found. 1: there is a fault.
pub(super) async fn run(common: &Common, running: bool, clock: &Clock) -> ExitCode {
    let findings = look(&common.config, running, clock).await;
    if common.json {
        super::print_json(&findings);
    } else {
        print!("{}", findings.shown());
    }
    if findings.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn look(file: &Path, running: bool, clock: &Clock) -> Findings {
    let (config, faults) = Config::examine(file);
    let mut findings =
        Findings { file: file.display().to_string(), checked: vec!["configuration"], faults, notes: Vec::new() };
    // With a section missing there is too little to look further.
    let Some(config) = config else { return findings };
    findings.checked.push("certificates");
    certificates::check(&config, clock.now(), &mut findings);
    findings.checked.push("folders");
    folders::check(&config, &mut findings);
    if !running {
        findings.checked.push("ports");
        ports::check(&config, &mut findings);
    }
    findings.checked.push("database");
    if let Some(wanted) = database::check(&config, &mut findings).await {
        findings.checked.push("offices");
        offices::check(&config, &wanted, &mut findings);
    }
    findings
}
