//! `offices.toml` ↔ [`Wanted`]: whom the gateway serves. [`read`] tells every fault at once, [`write`] makes a file
//! that [`read`] takes back whole.

mod read;
mod trust;
mod write;

use std::path::{Path, PathBuf};

use self::fault::Fault;
use self::read::Seen;
use self::section::{Reading, Section};
use super::{defaults, fault, file, network, section, size, values};
use crate::domain::wanted::Wanted;

pub use trust::fingerprint;
pub use write::write;

/// Reads the text of a file; `file` is its name in faults.
///
/// # Errors
/// Every fault there is, in the order of the file.
pub fn read(text: &str, file: &Path) -> Result<Wanted, Vec<Fault>> {
    let reading = below(file);
    let wanted = gather(text, file, &reading, &mut Seen::default());
    if reading.faults.is_empty() { Ok(wanted) } else { Err(reading.faults.into_sorted()) }
}

/// Reads files as one: what may stand once stands once in all of them.
///
/// # Errors
/// Every fault of every file.
pub fn read_files(files: &[PathBuf]) -> Result<Wanted, Vec<Fault>> {
    let (mut all, mut faults, mut seen) = (Wanted::default(), Vec::new(), Seen::default());
    for path in files {
        let reading = below(path);
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let Wanted { offices, accounts, services } = gather(&text, path, &reading, &mut seen);
                all.offices.extend(offices);
                all.accounts.extend(accounts);
                all.services.extend(services);
            }
            Err(error) => {
                let wrong = values::unreadable(path, &error, "name files like config/offices.toml");
                reading.faults.add(&fault::Place::of(&path.display().to_string()), "", wrong);
            }
        }
        faults.extend(reading.faults.into_sorted());
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

/// Relative paths in a file begin at its own folder.
fn below(file: &Path) -> Reading {
    Reading { folder: file.parent().unwrap_or(Path::new("")).to_owned(), ..Reading::default() }
}

fn gather(text: &str, file: &Path, reading: &Reading, seen: &mut Seen) -> Wanted {
    let name = file.display().to_string();
    let Some(table) = file::parse(text, &name, &reading.faults) else { return Wanted::default() };
    let mut root = Section::root(reading, table, &name);
    let offices = read::offices(&mut root, seen);
    let accounts = read::accounts(&mut root, seen);
    let services = read::services(&mut root, seen);
    Wanted { offices, accounts, services }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        gather(FILE, Path::new("offices.toml"), &reading, &mut Seen::default());
        for key in reading.asked.borrow().iter() {
            let last = key.rsplit('.').next().unwrap_or_default();
            let named = [format!("{last} ="), format!("{last}="), format!("[[{last}]]")];
            assert!(named.iter().any(|form| FILE.contains(form)), "{key} is not explained");
        }
    }

    proptest! {
        /// A damaged file is told or taken, and what is taken comes back whole.
        #[test]
        fn whatever_is_taken_comes_back(from in 0..FILE.len(), gone in 0..60_usize, put in "[a-z0-9@.,:\"'=\\[\\]{} \n-]{0,12}") {
            let start = FILE.floor_char_boundary(from);
            let end = FILE.floor_char_boundary((from + gone).min(FILE.len()));
            let text = format!("{}{put}{}", &FILE[..start], &FILE[end..]);
            if let Ok(wanted) = read(&text, Path::new("damaged")) {
                prop_assert_eq!(read(&write(&wanted), Path::new("again")), Ok(wanted));
            }
        }
    }
}
