//! Holds that `config/brevbro.toml` tells the truth: every key, and every default as it is.

use std::fs;
use std::path::Path;

use super::Config;
use super::section::Reading;

const FILE: &str = include_str!("../../config/brevbro.toml");

/// The keys without which there is no configuration, as the file has them.
fn required() -> String {
    let wanted = |line: &&str| !line.starts_with('#') && !line.is_empty();
    FILE.lines().filter(wanted).collect::<Vec<_>>().join("\n")
}

fn uncommented() -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_lowercase()) && rest.contains(" = ") => rest.to_owned(),
        _ => line.to_owned(),
    };
    FILE.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A folder with the files that the example names.
fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [("brevbro.key", [7_u8; 32].as_slice()), ("certificate.pem", b""), ("certificate.key", b"")]
    {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    folder
}

fn read(text: &str, folder: &Path) -> Config {
    Config::read(text, &folder.join("brevbro.toml"), []).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    })
}

#[test]
fn every_default_is_as_it_is_explained() {
    let folder = folder();
    let (bare, full) = (read(&required(), folder.path()), read(&uncommented(), folder.path()));
    assert_ne!(required(), uncommented());
    assert_eq!(format!("{bare:#?}"), format!("{full:#?}"));
    assert_eq!(bare.database.url, full.database.url);
    assert_eq!(format!("{:#?}", read(FILE, folder.path())), format!("{bare:#?}"));
}

#[test]
fn every_key_is_explained() {
    let folder = folder();
    let reading = Reading { folder: folder.path().to_owned(), ..Reading::default() };
    super::read::gather(FILE, Path::new("brevbro.toml"), [], &reading).unwrap();
    for key in reading.asked.borrow().iter() {
        let (section, last) = key.rsplit_once('.').unwrap_or(("", key));
        let header = if section == "listener" { "[[listener]]".to_owned() } else { format!("[{section}]") };
        let named = match FILE.split_once(&format!("\n{header}\n")) {
            Some((_, text)) => {
                let text = text.split("\n[").next().unwrap_or_default();
                text.lines().any(|l| {
                    l.trim_start_matches('#')
                        .trim_start()
                        .trim_start_matches("Example: ")
                        .starts_with(&format!("{last} = "))
                })
            }
            None => false,
        };
        let is_section = FILE.contains(&format!("\n[{key}]\n")) || FILE.contains(&format!("\n[[{key}]]\n"));
        assert!(named || is_section, "{key} is not explained");
    }
}
