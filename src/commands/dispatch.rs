//! From a command line to the command that does it.

use std::future::Future;
use std::process::ExitCode;

use super::cli::{Cli, Command};
use super::{Failure, check};
use crate::clock::Clock;

/// Does what was asked. 0: done; 1: a fault was found, and told.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let clock = Clock::system();
    match cli.command {
        Command::Demo { .. } | Command::Serve { .. } => told(Err(Failure::of("", "not built yet", ""))),
        Command::Check { running, common } => wait(check::run(&common, running, &clock)),
        _ => ExitCode::FAILURE,
    }
}

fn told(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.told(),
    }
}

/// Runs one short command: it needs one thread.
fn wait(command: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => Failure::of("system", format!("no thread can be begun: {error}"), "").told(),
    }
}
