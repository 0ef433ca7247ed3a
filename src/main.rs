//! Arguments in, exit code out.

use std::process::ExitCode;

use brevbro::commands::{self, cli::Cli};
use clap::Parser;

fn main() -> ExitCode {
    commands::run(Cli::parse())
}
