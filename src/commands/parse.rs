//! `brevbro parse`: what the intake makes of a message, without a database.

use std::io::Read;
use std::path::Path;

use super::{Failure, print_json, print_lines};
use crate::intake::{Limits, explain, json::RecordJson};

pub(super) fn run(file: &Path, explained: bool) -> Result<(), Failure> {
    let raw = read(file).map_err(|error| {
        let sentence = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => format!("it cannot be read: {error}"),
        };
        Failure::new(file, "", sentence, "name a message file, or - for standard input")
    })?;
    if explained {
        print_lines(&explain::explained(&raw, &Limits::default()));
        return Ok(());
    }
    print_json(&RecordJson::of_message(&raw, &Limits::default()));
    Ok(())
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut raw = Vec::new();
        std::io::stdin().lock().read_to_end(&mut raw)?;
        return Ok(raw);
    }
    std::fs::read(file)
}
