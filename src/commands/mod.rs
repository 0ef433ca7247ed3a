//! What can be done from the command line. A command takes what clap has read, does one thing through the rooms, and
//! prints it for people or, with `--json`, for programs. What is in the way is told with file, key and remedy.
//!
//! Exit codes: 0 done, 1 a fault was found, 2 wrong usage.

mod apply;
mod check;
pub mod cli;
mod demo;
mod dispatch;
mod failure;
mod open;
mod parse;
mod password;
mod queue;
mod reload;
mod route;
mod serve;
mod stats;
mod token;
mod trace;

pub use dispatch::run;
pub use failure::Failure;

/// Prints lines for people.
fn print_lines(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}

/// Prints a value as JSON, with a line for each key.
fn print_json(value: &impl serde::Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("this cannot be written as JSON: {error}"),
    }
}
