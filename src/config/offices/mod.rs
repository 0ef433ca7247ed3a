//! `offices.toml` ↔ [`Wanted`]: whom the gateway serves. [`read`] tells every fault at once, [`write`] makes a file
//! that [`read`] takes back whole.

mod read;
mod trust;
mod write;

use std::path::Path;

use self::fault::Fault;
use self::section::{Reading, Section};
use super::{defaults, fault, file, network, section, size, values};
use crate::domain::wanted::Wanted;

pub use write::write;

/// Reads the text of a file; `file` is its name in faults.
///
/// # Errors
/// Every fault there is, in the order of the file.
pub fn read(text: &str, file: &Path) -> Result<Wanted, Vec<Fault>> {
    let reading = Reading::default();
    let wanted = gather(text, file, &reading);
    if reading.faults.is_empty() { Ok(wanted) } else { Err(reading.faults.into_sorted()) }
}

fn gather(text: &str, file: &Path, reading: &Reading) -> Wanted {
    let name = file.display().to_string();
    let Some(table) = file::parse(text, &name, &reading.faults) else { return Wanted::default() };
    let mut root = Section::root(reading, table, &name);
    let offices = read::offices(&mut root);
    let accounts = read::accounts(&mut root);
    let services = read::services(&mut root);
    Wanted { offices, accounts, services }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = include_str!("../../../config/offices.toml");

    #[test]
    fn the_example_comes_back_whole() {
        let wanted = read(FILE, Path::new("offices.toml")).unwrap();
        assert!(!wanted.offices.is_empty() && !wanted.accounts.is_empty() && !wanted.services.is_empty());
        let written = write(&wanted);
        assert_eq!(read(&written, Path::new("again")).as_ref(), Ok(&wanted), "{written}");
    }

    #[test]
    fn the_example_names_every_key() {
        let reading = Reading::default();
        gather(FILE, Path::new("offices.toml"), &reading);
        for key in reading.asked.borrow().iter() {
            let last = key.rsplit('.').next().unwrap_or_default();
            let named = [format!("{last} ="), format!("{last}="), format!("[[{last}]]")];
            assert!(named.iter().any(|form| FILE.contains(form)), "{key} is not explained");
        }
    }
}
