//! From a command line to the command that does it.

use std::future::Future;
use std::process::ExitCode;

use super::cli::{Cli, Command, Route};
use super::{Failure, apply, check, demo, parse, password, queue, reload, route, serve, stats, token, trace};
use crate::clock::Clock;
use crate::config::Config;

/// Does what was asked. 0: done; 1: a fault was found, and told.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let clock = Clock::system();
    match cli.command {
        Command::Demo { once, dir } => gateway(async {
            told(Box::pin(demo::run(once, dir)).await.map_err(|step| Failure::of("demo", step.to_string(), "")))
        }),
        Command::Serve { config } => match Config::load(&config) {
            Ok(config) => gateway(serve::run(config, clock)),
            Err(faults) => Failure::from(faults).told(),
        },
        Command::Reload { common } => wait(async { told(reload::run(&common).await) }),
        Command::Check { running, online, common } => wait(check::run(&common, running, online, &clock)),
        Command::Apply { files, dry_run, common } => {
            wait(async { told(apply::apply(&files, dry_run, &common, &clock).await) })
        }
        Command::Export { common } => wait(async { told(apply::export(&common, &clock).await) }),
        Command::Route(Route::Test(asked)) => wait(async {
            match route::test(&asked, &clock).await {
                Ok(false) => ExitCode::FAILURE,
                other => told(other.map(drop)),
            }
        }),
        Command::Parse { file, explain, .. } => told(parse::run(&file, explain)),
        Command::Trace { id, reveal, common } => wait(async { told(trace::run(&id, reveal, &common, &clock).await) }),
        Command::Queue(queue) => wait(async { told(queue::run(&queue, &clock).await) }),
        Command::Token(token) => wait(async { told(token::run(&token, &clock).await) }),
        Command::Password(password) => wait(async { told(password::run(&password, &clock).await) }),
        Command::Stats { common } => wait(async { told(stats::run(&common, &clock).await) }),
    }
}

fn told(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.told(),
    }
}

/// Runs a gateway: on every core.
fn gateway(run: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run),
        Err(error) => Failure::of("system", format!("no thread can be begun: {error}"), "").told(),
    }
}

/// Runs one short command: it needs one thread.
fn wait(command: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(command),
        Err(error) => Failure::of("system", format!("no thread can be begun: {error}"), "").told(),
    }
}
