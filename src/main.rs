//! Arguments in, exit code out.

use std::process::ExitCode;

use brevbro::commands::{self, cli::Cli};
use clap::Parser;

/// See Cargo.toml for why.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::run(Cli::parse())
}
