//! What keeps a command from being done, said to the person who gave it.

use std::path::Path;
use std::process::ExitCode;

use crate::config::Fault;

/// Everything that is in the way.
#[derive(Debug)]
pub struct Failure(pub Vec<Fault>);

impl Failure {
    /// One thing, with the file and key that lead to it, and its remedy.
    #[must_use]
    pub fn new(file: &Path, key: &str, sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self(vec![Fault::new(&file.display().to_string(), key, sentence, remedy)])
    }

    /// One thing that concerns what was typed: exit code 1, since it was well formed.
    #[must_use]
    pub fn of(argument: &str, sentence: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self(vec![Fault::new(argument, "", sentence, remedy)])
    }

    /// Tells it on standard error.
    #[must_use]
    pub fn told(&self) -> ExitCode {
        for fault in &self.0 {
            eprintln!("{fault}");
        }
        ExitCode::FAILURE
    }
}

impl From<Vec<Fault>> for Failure {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}
