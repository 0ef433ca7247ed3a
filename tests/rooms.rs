//! Holds the house rules of `docs/architecture.md` against the code. The tables below are the rules: a room that needs
//! something new gets it here first, with a thought on whether the arrow may point that way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

#[path = "rooms/source.rs"]
mod source;

use source::Source;

/// What each room may import of ours. Test code may build whatever it needs.
const ROOMS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &[]),
    ("texts", &["domain"]),
    ("smtp", &["domain", "texts"]),
    ("trust", &["domain"]),
    ("routing", &["domain"]),
    ("smime", &["domain"]),
    ("intake", &["domain", "smime"]),
    ("scanner", &["domain"]),
    ("authentication", &["domain", "clock"]),
    ("acme", &["domain", "clock"]),
    ("config", &["domain"]),
    ("trace", &["config"]),
    ("store", &["domain", "clock"]),
    ("relay", &["domain", "texts", "smtp", "clock"]),
    ("portal", &["domain", "store", "intake", "texts", "clock"]),
    ("admin", &["domain", "store", "texts", "clock", "portal"]),
    ("health", &["store", "clock"]),
    ("inbound", &["domain", "authentication", "trust", "routing", "smime", "intake", "scanner", "store", "clock"]),
    ("outbound", &["domain", "relay", "store", "clock"]),
    ("listener", &["domain", "smtp", "inbound", "clock"]),
    ("app", &[EVERYTHING]),
    ("commands", &[EVERYTHING]),
    ("main", &["commands"]),
    ("lib", &[]),
];
/// All rooms that stand above this one in the table.
const EVERYTHING: &str = "everything";

/// Which of others' crates stay within which files (a folder ends in `/`).
const FENCES: &[(&[&str], &[&str])] = &[
    (&["sqlx"], &["store/"]),
    (&["axum", "askama", "tower_http", "utoipa"], &["portal/", "admin/", "health.rs", "app/"]),
    (&["mail_parser", "ammonia", "html5ever", "encoding_rs"], &["intake/"]),
    (&["lettre"], &["relay/"]),
    (&["hickory_resolver"], &["relay/", "authentication/", "commands/check/"]),
    (&["mail_auth"], &["authentication/"]),
    (&["webpki", "rustls_pki_types", "cbc", "des"], &["smime/"]),
    (&["argon2"], &["inbound/"]),
    (&["ppp", "governor"], &["listener/", "inbound/"]),
    (&["instant_acme"], &["acme/"]),
    (&["listenfd", "sd_notify"], &["app/"]),
    (
        &["rustls", "tokio_rustls", "rustls_platform_verifier"],
        &["listener/tls.rs", "relay/tls.rs", "relay/send.rs", "commands/check.rs", "commands/check/"],
    ),
    (&["rcgen"], &["commands/", "acme/"]),
    (&["clap"], &["commands/", "main.rs"]),
    (&["toml"], &["config/"]),
    (&["socket2"], &["listener/"]),
    (&["getrandom"], &["clock.rs"]),
    (&["tracing_subscriber"], &["trace.rs"]),
];

/// Values that prove something, and the one room that may make them.
const PROOFS: &[(&str, &str, &str)] =
    &[("TrustedOffice", "attest", "trust"), ("Route", "decided", "routing"), ("Receipt", "issued", "store")];

/// Rooms that decide and never act: no sockets, files, threads, tasks or clocks of the system.
const PURE: &[&str] = &["domain", "smtp", "smime", "trust", "routing", "intake"];
/// Of `std::net` these are but values.
const ADDRESSES: &[&str] = &["IpAddr", "Ipv4Addr", "Ipv6Addr", "SocketAddr", "AddrParseError"];

/// What stops the program where it should answer.
const STOPS: &[&str] = &["unwrap", "expect", "panic", "todo", "unimplemented", "unreachable", "dbg"];
/// Where one may stand: file, word, reason. An entry that nothing needs any more must go.
const MAY_STOP: &[(&str, &str, &str)] = &[
    ("clock.rs", "expect", "a system without a source of chance can make no secret: nothing may go on"),
    ("store/rows.rs", "expect", "a constant, and a slug"),
];

/// Longer files must be split; from 300 lines they should.
const LONGEST: usize = 500;

/// Each names a place, what is wrong there, and what to do.
type Faults = Vec<String>;

fn sources() -> Vec<Source> {
    Source::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
}

fn allowed(room: &str) -> Option<BTreeSet<&'static str>> {
    let at = ROOMS.iter().position(|(name, _)| *name == room)?;
    let listed = ROOMS[at].1;
    let above = if listed.contains(&EVERYTHING) { &ROOMS[..at] } else { &[] };
    Some(listed.iter().copied().filter(|name| *name != EVERYTHING).chain(above.iter().map(|(name, _)| *name)).collect())
}

/// Every room that the source names, with the line.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (i, token) in source.code() {
        if matches!(&*token.text, "crate" | "brevbro") && source.at(i, 1) == "::" {
            found.extend(source.first_names(i + 2).into_iter().map(|(at, name)| (source.tokens[at].line, name)));
        }
    }
    found
}

fn wrong_imports(source: &Source) -> Faults {
    let (path, room) = (&source.path, source.room());
    let Some(allowed) = allowed(room) else {
        return vec![format!("src/{path}: `{room}` is a room without a line in ROOMS; give it one in tests/rooms.rs")];
    };
    let mut faults: Faults = imports(source)
        .into_iter()
        .filter(|(_, name)| name != room && !allowed.contains(&**name))
        .map(|(line, name)| {
            let may = if allowed.is_empty() { "nothing of ours".to_owned() } else { format!("{allowed:?}") };
            format!(
                "src/{path}:{line}: `{room}` imports `{name}`, and may import {may}; have the fact handed in by who \
                 calls, or move the code to the room that may know both"
            )
        })
        .collect();
    // How many times `super` leads out of the room: store/mod.rs 1, store/keep.rs 2.
    let depth = path.split('/').filter(|part| !matches!(*part, "mod.rs" | "lib.rs" | "main.rs")).count();
    for (i, token) in source.code() {
        let climbs = (0..9).take_while(|n| source.reads(i + 2 * n, &["super", "::"])).count();
        if climbs >= depth.max(1) && source.at(i, -2) != "super" {
            faults.push(format!(
                "src/{path}:{}: `super` leads out of the room, past this test; write `crate::` and the room's name",
                token.line
            ));
        }
        if source.reads(i, &["crate", "as"]) || source.reads(i, &["crate", "::", "*"]) {
            faults.push(format!("src/{path}:{}: an import of the whole crate; name the room", token.line));
        }
    }
    faults
}

fn wrong_crates(source: &Source) -> Faults {
    let mut faults = Faults::new();
    for (i, token) in source.code() {
        let is_path = source.at(i, 1) == "::" || matches!(source.at(i, -1), "use" | "crate");
        if !is_path || matches!(source.at(i, -1), "::" | ".") {
            continue;
        }
        for (crates, places) in FENCES {
            if crates.contains(&&*token.text) && !source.is_within(places) {
                faults.push(format!(
                    "src/{}:{}: `{}` stays within {}; say in domain terms what is needed, and do it there",
                    source.path,
                    token.line,
                    token.text,
                    places.join(", ")
                ));
            }
        }
    }
    faults
}

fn wrong_proofs(source: &Source) -> Faults {
    let mut faults = Faults::new();
    for (i, token) in source.code() {
        for (value, maker, room) in PROOFS {
            if token.text == *maker && source.at(i, -1) == "::" && source.room() != *room {
                faults.push(format!(
                    "src/{}:{}: only `{room}` makes a {value}; ask `{room}` for one, which checks first",
                    source.path, token.line
                ));
            }
        }
    }
    faults
}

fn wrong_deeds(source: &Source) -> Faults {
    if !PURE.contains(&source.room()) {
        return Faults::new();
    }
    let mut faults = Faults::new();
    for (i, token) in source.code() {
        let mut deeds = Vec::new();
        match &*token.text {
            "tokio" if source.at(i, 1) == "::" => deeds.push("tokio".to_owned()),
            "async" | "await" => deeds.push(token.text.clone()),
            "std" if source.at(i, 1) == "::" => {
                for (at, module) in source.first_names(i + 2) {
                    match &*module {
                        "fs" | "process" | "thread" | "env" | "io" => deeds.push(format!("std::{module}")),
                        "net" | "time" => {
                            let wrong = |name: &str| match &*module {
                                "net" => !ADDRESSES.contains(&name),
                                _ => name != "Duration",
                            };
                            let names = source.first_names(at + 2).into_iter().filter(|(_, name)| wrong(name));
                            deeds.extend(names.map(|(_, name)| format!("std::{module}::{name}")));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        faults.extend(deeds.into_iter().map(|deed| {
            format!(
                "src/{}:{}: `{deed}` in `{}`, which decides and never acts; take the fact as an argument, return what \
                 is to be done",
                source.path,
                token.line,
                source.room()
            )
        }));
    }
    faults
}

/// Line and word of each.
fn stops(source: &Source) -> Vec<(usize, &'static str)> {
    let stop = |(i, token): (usize, &source::Token)| {
        let word = STOPS.iter().find(|stop| **stop == token.text)?;
        let called = matches!(source.at(i, -1), "." | "::") && source.at(i, 1) != "::";
        let is_macro = source.at(i, 1) == "!" && source.at(i, 2) != "=";
        let is_method = matches!(*word, "unwrap" | "expect");
        ((is_method && called) || (!is_method && is_macro)).then_some((token.line, *word))
    };
    source.code().filter_map(stop).collect()
}

fn wrong_stops(source: &Source) -> Faults {
    stops(source)
        .into_iter()
        .filter(|(_, word)| !MAY_STOP.iter().any(|(path, may, _)| source.path == *path && word == may))
        .map(|(line, word)| {
            format!(
                "src/{}:{line}: `{word}` can stop the gateway; return what went wrong, or put file, word and a reason \
                 into MAY_STOP",
                source.path
            )
        })
        .collect()
}

fn too_long(source: &Source) -> Faults {
    let (path, lines) = (&source.path, source.lines);
    if lines <= LONGEST {
        return Faults::new();
    }
    vec![format!("src/{path}: {lines} lines, and {LONGEST} are the most; split it where it has two subjects")]
}

#[track_caller]
fn hold(rule: &str, faults: Faults) {
    assert!(faults.is_empty(), "\n\n{rule}\n\n  {}\n", faults.join("\n  "));
}

#[test]
fn a_room_imports_only_what_its_line_says() {
    hold("A room imports only what its line in ROOMS says.", sources().iter().flat_map(wrong_imports).collect());
}

#[test]
fn others_crates_stay_within_their_fences() {
    hold("A crate of others is used only within its fence.", sources().iter().flat_map(wrong_crates).collect());
}

#[test]
fn a_proof_is_made_by_the_room_that_checks() {
    hold("A value that proves something is made in one room.", sources().iter().flat_map(wrong_proofs).collect());
}

#[test]
fn pure_rooms_do_nothing() {
    hold("Rooms that decide have no I/O, no async and no clock.", sources().iter().flat_map(wrong_deeds).collect());
}

#[test]
fn nothing_stops_the_gateway() {
    let sources = sources();
    let mut faults: Faults = sources.iter().flat_map(wrong_stops).collect();
    for (path, word, _) in MAY_STOP {
        let needed = sources.iter().any(|s| s.path == *path && stops(s).iter().any(|(_, stop)| stop == word));
        if !needed {
            faults.push(format!("tests/rooms.rs: MAY_STOP lets {path} have `{word}`, which it has not; take it out"));
        }
    }
    hold("Outside of tests nothing panics.", faults);
}

#[test]
fn no_file_is_too_long() {
    hold("A file has one subject.", sources().iter().flat_map(too_long).collect());
}

#[test]
fn the_table_is_the_house() {
    let there: BTreeSet<String> = sources().iter().map(|source| source.room().to_owned()).collect();
    let listed: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut faults: Faults = ROOMS
        .iter()
        .filter(|(room, _)| !there.contains(*room))
        .map(|(room, _)| format!("ROOMS has `{room}`, which is not in src; take it out"))
        .collect();
    // Only what stands above: so arrows never turn back.
    for (at, (room, imports)) in ROOMS.iter().enumerate() {
        for import in imports.iter().filter(|import| **import != EVERYTHING) {
            if !ROOMS[..at].iter().any(|(above, _)| above == import) {
                let why = if listed.contains_key(import) { "stands below it" } else { "is no room" };
                faults.push(format!("ROOMS lets `{room}` import `{import}`, which {why}: arrows never turn back"));
            }
        }
    }
    hold("ROOMS lists every room, those that are imported above those that import.", faults);
}

/// The rows of the page's table of rooms: name and imports.
fn rows(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let room = |cells: Vec<String>| match &cells[..] {
        [name, _, imports] => {
            let name = name.strip_prefix('`')?.strip_suffix('`')?.trim_end_matches(".rs").to_owned();
            Some((name, imports.split(", ").filter(|import| *import != "nothing").map(str::to_owned).collect()))
        }
        _ => None,
    };
    page.lines().filter(|line| line.starts_with("| `")).map(cells).filter_map(room).collect()
}

#[test]
fn the_map_shows_the_house() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md")).unwrap();
    let rows = rows(&page);
    let mut faults = Faults::new();
    for (room, imports) in ROOMS.iter().filter(|(room, _)| !matches!(*room, "main" | "lib")) {
        let Some(shown) = rows.get(*room) else {
            faults.push(format!("docs/architecture.md: no row for `{room}` in the table of rooms; write one"));
            continue;
        };
        // Everybody may ask the time: the map leaves that out.
        let ours: BTreeSet<_> = imports.iter().filter(|i| **i != "clock").map(|i| (*i).to_owned()).collect();
        if *shown != ours {
            faults.push(format!("docs/architecture.md: `{room}` imports {ours:?}, and the map says {shown:?}"));
        }
    }
    for room in rows.keys().filter(|room| !ROOMS.iter().any(|(name, _)| name == *room)) {
        faults.push(format!("docs/architecture.md: a row for `{room}`, which is no room; take it out"));
    }
    hold("The map names every room, and what it imports.", faults);
}

/// That each rule can be broken, and is then told.
mod the_rules {
    use super::*;

    fn lines(faults: &Faults) -> Vec<&str> {
        faults.iter().map(|fault| fault.split(": ").next().unwrap()).collect()
    }

    #[test]
    fn imports() {
        let source = Source::of(
            "trust/sender.rs",
            "//! crate::store\nuse crate::domain::{office, status};\nuse crate::{domain, store::{Store, portal}, \n relay};\n\
             fn f(a: &'static str) { let c = ['\\'', '\"', b'\"']; r#\"crate::app\"#; \"\\\"crate::app\"; crate::config::x() }\n\
             #[cfg(test)]\nmod tests { use crate::routing; fn f() { crate::x() } }\nuse super::super::intake;\nuse super::asked;",
        );
        let faults = wrong_imports(&source);
        let expected =
            ["src/trust/sender.rs:3", "src/trust/sender.rs:4", "src/trust/sender.rs:5", "src/trust/sender.rs:8"];
        assert_eq!(lines(&faults), expected, "{faults:#?}");
        assert!(faults[0].contains("`trust` imports `store`"));
        assert_eq!(lines(&wrong_imports(&Source::of("helper.rs", ""))), ["src/helper.rs"]);
        assert_eq!(lines(&wrong_imports(&Source::of("trust/mod.rs", "use super::store;"))), ["src/trust/mod.rs:1"]);
        assert_eq!(wrong_imports(&Source::of("main.rs", "brevbro::commands::run()")), Faults::new());
        assert_eq!(lines(&wrong_imports(&Source::of("main.rs", "\nbrevbro::app::run()"))), ["src/main.rs:2"]);
        assert_eq!(wrong_imports(&Source::of("commands/mod.rs", "use crate::{app, store};")), Faults::new());
        assert_eq!(lines(&wrong_imports(&Source::of("app.rs", "use crate::commands;"))), ["src/app.rs:1"]);
    }

    #[test]
    fn crates() {
        let broken = "#[derive(sqlx::FromRow)] struct R;\nuse sqlx;\n#[cfg(test)]\nuse sqlx::Row;\nuse crate::sqlx::A;";
        assert_eq!(
            lines(&wrong_crates(&Source::of("portal/mod.rs", broken))),
            ["src/portal/mod.rs:1", "src/portal/mod.rs:2"]
        );
        assert_eq!(wrong_crates(&Source::of("store/rows.rs", broken)), Faults::new());
        assert_eq!(lines(&wrong_crates(&Source::of("relay/mod.rs", "use rustls::X;"))), ["src/relay/mod.rs:1"]);
        assert_eq!(wrong_crates(&Source::of("relay/tls.rs", "use rustls::X;")), Faults::new());
    }

    #[test]
    fn proofs() {
        let broken =
            "fn f() { Receipt::issued(a, b) }\n#[cfg(test)] #[allow(x)] fn g() { Route::decided(x) }\n// T::attest\n";
        assert_eq!(lines(&wrong_proofs(&Source::of("inbound.rs", broken))), ["src/inbound.rs:1"]);
        assert_eq!(wrong_proofs(&Source::of("store/keep.rs", broken)), Faults::new());
        assert_eq!(wrong_proofs(&Source::of("domain/arrival.rs", "pub fn issued() {}")), Faults::new());
    }

    #[test]
    fn deeds() {
        let text = "use std::net::IpAddr;\nuse std::{fmt, fs};\nuse std::net::{IpAddr, TcpStream};\nasync fn f() {}\n\
                    use tokio::io;\nuse std::time::{Duration, Instant};\nuse std::path::PathBuf;";
        let expected = [2, 3, 4, 5, 6].map(|line| format!("src/smtp/line.rs:{line}"));
        assert_eq!(lines(&wrong_deeds(&Source::of("smtp/line.rs", text))), expected);
        assert_eq!(wrong_deeds(&Source::of("relay/send.rs", text)), Faults::new());
    }

    #[test]
    fn stops() {
        let text = "fn f() { a.unwrap();\n b.expect(\"x\");\n panic!(); \n todo!() }\nfn expect() { a.unwrap_or(1); \n r.map(O::unwrap) }\n\
                    // .unwrap()\n#[cfg(test)]\nmod tests { fn f() { a.unwrap() } }\nfn g() { std::panic::catch_unwind(x) }";
        let expected = [1, 2, 3, 4, 6].map(|line| format!("src/store/a.rs:{line}"));
        assert_eq!(lines(&wrong_stops(&Source::of("store/a.rs", text))), expected);
        assert_eq!(wrong_stops(&Source::of("clock.rs", "a.expect(\"x\")")), Faults::new());
    }

    #[test]
    fn lengths() {
        assert_eq!(lines(&too_long(&Source::of("a.rs", &"\n".repeat(501)))), ["src/a.rs"]);
        assert_eq!(too_long(&Source::of("a.rs", &"\n".repeat(500))), Faults::new());
    }
}
