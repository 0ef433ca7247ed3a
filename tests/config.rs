//! Bad configurations, one a folder (`testdata/config/bad/NAME`), and beside each what the admin is told: word for word,
//! all at once. `BLESS=1 cargo t --test config` writes what is told now; read the difference before it is committed.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use brevbro::config::{Config, Fault, offices};

const BAD: &str = "testdata/config/bad";

/// A copy of the folder, where secrets are readable by their owner alone (git does not keep that) but for `open.key`,
/// with the files beside it that every example names.
fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| {
        let path = copy.path().join(name);
        fs::write(&path, content).unwrap();
        let mode = if name == "open.key" { 0o644 } else { 0o600 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, content) in [("brevbro.key", [7_u8; 32].as_slice()), ("certificate.pem", b""), ("certificate.key", b"")]
    {
        put(name, content);
    }
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        put(entry.file_name().to_str().unwrap(), &fs::read(entry.path()).unwrap());
    }
    copy
}

fn variables(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("environment")).unwrap_or_default();
    text.lines().filter_map(|line| line.split_once('=')).map(|(n, v)| (n.to_owned(), v.to_owned())).collect()
}

/// What is told of the file in this folder, the folder's own name taken out.
fn told(folder: &Path) -> String {
    let config = folder.join("brevbro.toml");
    let faults: Vec<Fault> = if config.exists() {
        let text = fs::read_to_string(&config).unwrap();
        Config::read(&text, &config, variables(folder)).err().unwrap_or_default()
    } else {
        let file = folder.join("offices.toml");
        offices::read(&fs::read_to_string(&file).unwrap(), &file).err().unwrap_or_default()
    };
    let mut text = String::new();
    faults.iter().for_each(|fault| writeln!(text, "{fault}").unwrap());
    text.replace(&format!("{}/", folder.display()), "")
}

#[test]
fn every_bad_file_is_told_as_expected() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(BAD).unwrap() {
        let folder = entry.unwrap().path();
        let told = told(copied(&folder).path());
        let expected = folder.join("expected");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if told != expected || told.is_empty() {
            wrong.push(format!("--- {}\n{told}--- expected\n{expected}", folder.display()));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20);
}

#[test]
fn the_environment_goes_before_the_file() {
    let folder = copied(&Path::new(BAD).join("environment"));
    let file = folder.path().join("brevbro.toml");
    let text = fs::read_to_string(&file).unwrap();
    let read = |variables: &[(&str, &str)]| {
        let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        Config::read(&text, &file, variables).unwrap()
    };
    assert_eq!(read(&[]).mail.max_message, 50 << 20);
    let config = read(&[
        ("BREVBRO__MAIL__MAX_MESSAGE", "30 MiB"),
        ("BREVBRO__MAIL__MAX_RECIPIENTS", "7"),
        ("BREVBRO__MAIL__DOMAINS", "one.example, two.example"),
        ("BREVBRO__LISTENER__0__ADDRESS", "[::1]:2525"),
        ("BREVBRO__PORTAL__LOGIN__KIND", "demo"),
        ("BREVBRO__RESOLVER__NAMESERVERS", "['192.0.2.53', '[2001:db8::53]:5353']"),
        ("BREVBRO__DATABASE__URL", "postgres://brevbro:hunter2@db.example/brevbro"),
        ("BREVBRO", "nothing"),
        ("PATH", "/bin"),
    ]);
    assert_eq!((config.mail.max_message, config.mail.max_recipients), (30 << 20, 7));
    assert_eq!(config.mail.served.domains.len(), 2);
    assert_eq!(config.listeners[0].address.to_string(), "[::1]:2525");
    assert_eq!(config.resolver.nameservers.len(), 2);
    assert_eq!(config.database.shown, "postgres://brevbro@db.example/brevbro");
    assert!(config.database.url.reveal().contains("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"), "a password can be printed");
}

#[test]
fn a_password_file_goes_into_the_url() {
    let folder = copied(&Path::new(BAD).join("environment"));
    fs::write(folder.path().join("password"), "p@ss/wörd\n").unwrap();
    fs::set_permissions(folder.path().join("password"), fs::Permissions::from_mode(0o600)).unwrap();
    let file = folder.path().join("brevbro.toml");
    let text = fs::read_to_string(&file).unwrap()
        + "\n[database]\nurl = \"postgres://brevbro@db.example:5432/brevbro?sslmode=verify-full\"\npassword_file = \"password\"\n";
    let config = Config::read(&text, &file, []).unwrap();
    let expected = "postgres://brevbro:p%40ss%2Fw%C3%B6rd@db.example:5432/brevbro?sslmode=verify-full";
    assert_eq!(config.database.url.reveal(), expected);
}

#[test]
fn a_file_that_is_not_there() {
    let faults = Config::load(Path::new("no/such.toml")).unwrap_err();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].sentence, "there is no file no/such.toml");
    assert!(faults[0].remedy.contains("--config"));
}
