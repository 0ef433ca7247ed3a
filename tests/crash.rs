//! What got 250 is there, once, whole: after kill -9 under load, after a crash of the database, after a full disk.
//! What was queued is sent, and a repeat carries the same Message-ID.
//!
//! `BREVBRO_CRASH_ROUNDS` says how many times the gateway is killed.

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::api::Api;
use support::gateway::{Gateway, Setup, file};
use support::ledger::{Load, Senders};
use support::letters::Dice;
use support::peers::{self, Postgres};
use support::sink::Sink;

fn rounds(default: u32) -> u32 {
    std::env::var("BREVBRO_CRASH_ROUNDS").ok().map_or(default, |text| text.parse().expect("a number of rounds"))
}

/// A number that no other run has, printed, so that a failure's letters are known.
fn new_run() -> u64 {
    let run = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    println!("run {run:016x}");
    run
}

fn load(gateway: &Gateway, run: u64) -> Load {
    Load { port: gateway.smtp_port, connections: 8, run, size: 6000 }
}

/// A citizen who writes one reply after another; one whose answer was lost is handed in again, under the same key.
struct Citizen {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Vec<String>>,
}

impl Citizen {
    /// Replies to this record until stopped.
    fn start(api: Api, record: String, enclosed: std::path::PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut queued = Vec::new();
            for number in 0.. {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let text = format!("reply-{number}.");
                let end = Instant::now() + Duration::from_secs(120);
                while !api
                    .reply(&record, Some(&text), &text, &[&enclosed])
                    .is_some_and(|response| (200..300).contains(&response.status))
                {
                    assert!(Instant::now() < end, "a reply was not taken in two minutes");
                    std::thread::sleep(Duration::from_millis(10));
                }
                queued.push(text);
                std::thread::sleep(Duration::from_millis(15));
            }
            queued
        });
        Self { stop, thread }
    }

    /// The texts of all, each queued.
    fn finish(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Every reply that was queued came, and whatever came twice came the same.
fn check_replies(sink: &Sink, queued: &[String]) {
    let end = Instant::now() + Duration::from_secs(90);
    loop {
        let came = sink.came();
        let mut seen: HashMap<String, Vec<u8>> = HashMap::new();
        let mut answered = HashMap::new();
        for message in &came {
            let text = String::from_utf8_lossy(&message.octets).into_owned();
            let at = text.find("reply-").unwrap_or_else(|| panic!("not a reply: {text}"));
            let marker = text[at..=at + text[at..].find('.').unwrap()].to_owned();
            let first = seen.entry(marker.clone()).or_insert_with(|| message.octets.clone());
            assert!(*first == message.octets, "{marker} came again with other octets, or another Message-ID");
            *answered.entry(marker).or_insert(false) |= message.answered;
        }
        let missing: Vec<_> = queued.iter().filter(|text| answered.get(*text) != Some(&true)).collect();
        if missing.is_empty() {
            println!("{} replies queued, {} messages came", queued.len(), came.len());
            return;
        }
        assert!(Instant::now() < end, "{} of {} replies never came: {missing:?}", missing.len(), queued.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The record that the citizen's replies answer.
fn first_record(gateway: &Gateway, api: &Api) -> String {
    let mut client = support::client::Client::connect(gateway.smtp_port).unwrap();
    let letter = b"From: other@hel.example\r\nMessage-ID: <first@hel.example>\r\nSubject: x\r\n\r\nx\r\n";
    let to = ["carla.nyman@konto.example"];
    let answer = client.send("other@hel.example", &to, letter).unwrap();
    assert!(answer.is_yes(), "{}", answer.text());
    api.inbox()[0]["id"].as_str().unwrap().to_owned()
}

fn killed_under_load(database: Option<String>) {
    let (run, sink) = (new_run(), Sink::start(7));
    let setup = Setup { relay: format!("smtp://127.0.0.1:{}", sink.port), database, ..Setup::default() };
    let mut gateway = Gateway::start(setup);
    let (anna, carla) = (gateway.api("anna"), gateway.api("carla"));
    let record = first_record(&gateway, &carla);
    let enclosed = file(gateway.folder(), "file.bin", &[0x5a; 3000]);
    let mut dice = Dice::new(run);

    let senders = Senders::start(load(&gateway, run));
    let citizen = Citizen::start(carla, record, enclosed);
    let rounds = rounds(100);
    for round in 0..rounds {
        // Now and then before the first letter is in, mostly in the thick of it.
        std::thread::sleep(Duration::from_millis(dice.next() % 250));
        gateway.kill9();
        gateway.serve();
        if round % 100 == 99 {
            println!("round {}: {} promised", round + 1, senders.ledger().promised());
        }
    }
    let queued = citizen.finish();
    let ledger = senders.finish();
    println!("{rounds} kills: {} letters promised, {} sent again", ledger.promised(), ledger.repeated());
    assert!(ledger.promised() > rounds as usize / 4, "the gateway did not live long enough to prove anything");
    ledger.check(&anna, gateway.folder());
    check_replies(&sink, &queued);
    assert!(gateway.stop().success());
}

#[test]
fn kill_9_sqlite() {
    killed_under_load(None);
}

#[test]
fn kill_9_postgres() {
    let Some(url) = peers::new_database() else {
        println!("skipped: BREVBRO_TEST_POSTGRES names no server; tests/run starts one");
        return;
    };
    killed_under_load(Some(url));
}

/// The database dies and comes back; the gateway lives on.
#[test]
fn database_crashes_under_load() {
    let postgres = Postgres::start();
    let (run, sink) = (new_run(), Sink::start(0));
    let relay = format!("smtp://127.0.0.1:{}", sink.port);
    let mut gateway = Gateway::start(Setup { relay, database: Some(postgres.url.clone()), ..Setup::default() });
    let (anna, carla) = (gateway.api("anna"), gateway.api("carla"));
    let record = first_record(&gateway, &carla);
    let enclosed = file(gateway.folder(), "file.bin", &[0x5a; 3000]);
    let mut dice = Dice::new(run);

    let senders = Senders::start(load(&gateway, run));
    let citizen = Citizen::start(carla, record, enclosed);
    for _ in 0..rounds(100).div_ceil(10).min(50) {
        std::thread::sleep(Duration::from_millis(dice.next() % 400));
        postgres.go_away();
        std::thread::sleep(Duration::from_millis(dice.next() % 300));
        postgres.again();
    }
    std::thread::sleep(Duration::from_millis(500));
    let (queued, ledger) = (citizen.finish(), senders.finish());
    println!("{} letters promised, {} sent again, {:?}", ledger.promised(), ledger.repeated(), ledger.refused());
    assert!(ledger.refused().keys().all(|code| *code == 451), "another answer than 451: {:?}", ledger.refused());
    ledger.check(&anna, gateway.folder());
    check_replies(&sink, &queued);
    assert!(gateway.stop().success());
}

/// A small file system in memory; gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = peers::folder("disk");
        let size = format!("size={megabytes}m,mode=0777");
        let words = ["mount", "-t", "tmpfs", "-o", &size, "tmpfs", folder.path().to_str().unwrap()];
        let words = if peers::is_root() { words.to_vec() } else { [&["sudo", "-n"], &words[..]].concat() };
        let mounted = Command::new(words[0]).args(&words[1..]).status().is_ok_and(|status| status.success());
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let words = ["umount", "-l", self.path().to_str().unwrap()];
        let words = if peers::is_root() { words.to_vec() } else { [&["sudo", "-n"], &words[..]].concat() };
        let _ = Command::new(words[0]).args(&words[1..]).status();
    }
}

/// The disk fills up: 452, and nothing that got 250 is harmed. Space comes back: mail is taken again, without a restart.
#[test]
fn disk_full_and_free_again() {
    let Some(disk) = SmallDisk::mount(48) else {
        println!("skipped: no file system may be mounted here, so none can be filled");
        return;
    };
    let run = new_run();
    let mut gateway = Gateway::start(Setup { data: Some(disk.path().join("data")), ..Setup::default() });
    let anna = gateway.api("anna");
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![0; 24 << 20]).unwrap();

    let senders = Senders::start(load(&gateway, run));
    let full = Instant::now() + Duration::from_secs(60);
    while senders.ledger().refused().is_empty() {
        assert!(Instant::now() < full, "the disk did not fill up");
        std::thread::sleep(Duration::from_millis(20));
    }
    // Full for a while, so that every part of the gateway meets it.
    std::thread::sleep(Duration::from_secs(2));
    let promised = senders.ledger().promised();
    let refused = senders.ledger().refused();
    println!("full after {promised} letters: {refused:?}");
    assert!(refused.keys().all(|code| *code == 452), "another answer than 452: {refused:?}");
    assert!(refused[&452].1.contains("4.3.1"), "{refused:?}");

    fs::remove_file(&ballast).unwrap();
    let again = Instant::now() + Duration::from_secs(30);
    while senders.ledger().promised() < promised + 20 {
        assert!(Instant::now() < again, "it does not recover: {:?}", senders.ledger().refused());
        std::thread::sleep(Duration::from_millis(5));
    }
    let ledger = senders.finish();
    ledger.check(&anna, gateway.folder());
    gateway.kill9();
    gateway.serve();
    ledger.check(&anna, gateway.folder());
    assert!(gateway.stop().success());
}
