//! Senders that behave like mail servers under a gateway that dies: what got no 250 is sent again, octet by octet, until
//! it gets one. The ledger knows what was promised.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::api::Api;
use super::client::{Answer, Client};
use super::mailbox::as_it_came;
use super::{hash, letters};

/// What was said and heard.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Message-ID → SHA-256 of what was promised to be kept.
    promised: Mutex<HashMap<String, String>>,
    /// Answers that were a no, by code.
    refused: Mutex<HashMap<u16, (u64, String)>>,
    /// Letters that had to be sent again after a connection was lost.
    repeated: AtomicU64,
}

impl Ledger {
    /// How many have got their 250.
    pub fn promised(&self) -> usize {
        self.promised.lock().unwrap().len()
    }

    /// How many were sent more than once.
    pub fn repeated(&self) -> u64 {
        self.repeated.load(Ordering::Relaxed)
    }

    /// Every code that was answered instead, how often, and its last wording.
    pub fn refused(&self) -> HashMap<u16, (u64, String)> {
        self.refused.lock().unwrap().clone()
    }

    /// The mailbox holds what was promised, each once, octet by octet, and nothing else.
    pub fn check(&self, api: &Api, scratch: &Path) {
        let promised = self.promised.lock().unwrap();
        let records: Vec<String> = api.inbox().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
        let folder = tempfile::tempdir_in(scratch).unwrap();
        api.raw_into(&records, folder.path());
        let mut kept: HashMap<String, String> = HashMap::new();
        for record in records {
            let copy = std::fs::read(folder.path().join(&record)).unwrap();
            let octets = as_it_came(&copy);
            let message_id = message_id(octets);
            if let Some(promise) = promised.get(&message_id) {
                assert_eq!(*promise, hash::sha256(octets), "{message_id} has other octets");
            }
            if let Some(twin) = kept.insert(message_id.clone(), record.clone()) {
                panic!("{message_id} is there twice: {twin} and {record}");
            }
        }
        let lost: Vec<_> = promised.keys().filter(|id| !kept.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{} of {} got 250 and are gone: {lost:?}", lost.len(), promised.len());
        let strange: Vec<_> = kept.keys().filter(|id| !promised.contains_key(*id)).collect();
        assert!(strange.is_empty(), "kept, and never acknowledged at the end: {strange:?}");
    }
}

fn message_id(octets: &[u8]) -> String {
    let head = String::from_utf8_lossy(&octets[..octets.len().min(2000)]);
    let (_, rest) = head.split_once("Message-ID: <").expect("our letters have one early on");
    rest.split('>').next().unwrap_or_default().to_owned()
}

/// Senders at work.
pub struct Senders {
    ledger: Arc<Ledger>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// What senders send.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Of the gateway.
    pub port: u16,
    /// Connections at once.
    pub connections: u64,
    /// Tells this run's letters from another's.
    pub run: u64,
    /// Of most letters; one in sixteen is large enough to lie outside the database.
    pub size: usize,
}

impl Senders {
    /// Begins.
    pub fn start(load: Load) -> Self {
        let (ledger, stop) = (Arc::new(Ledger::default()), Arc::new(AtomicBool::new(false)));
        let next = Arc::new(AtomicU64::new(0));
        let threads = (0..load.connections)
            .map(|_| {
                let (ledger, stop, next) = (ledger.clone(), stop.clone(), next.clone());
                std::thread::spawn(move || work(load, &ledger, &stop, &next))
            })
            .collect();
        Self { ledger, stop, threads }
    }

    /// What was promised so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Begins no new letter, and waits until every one that was begun has its 250.
    pub fn finish(mut self) -> Arc<Ledger> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("a sender gave up");
        }
        self.ledger.clone()
    }
}

fn work(load: Load, ledger: &Ledger, stop: &AtomicBool, next: &AtomicU64) {
    let mut client = None;
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let size = if number % 16 == 15 { 400 << 10 } else { load.size };
        let letter = letters::letter(load.run, number, size);
        let digest = hash::sha256(&letter);
        // A gateway that is away for two minutes is not coming back.
        let end = Instant::now() + Duration::from_secs(120);
        let mut attempts = 0;
        loop {
            attempts += 1;
            assert!(Instant::now() < end, "letter {number} got no 250 in two minutes: {:?}", ledger.refused());
            if attempts == 2 {
                ledger.repeated.fetch_add(1, Ordering::Relaxed);
            }
            match attempt(&mut client, load.port, &letter) {
                Ok(answer) if answer.is_yes() => break,
                Ok(answer) => {
                    assert!(answer.code < 500, "refused for good: {}", answer.text());
                    let mut refused = ledger.refused.lock().unwrap();
                    let entry = refused.entry(answer.code).or_default();
                    *entry = (entry.0 + 1, answer.text());
                    drop(refused);
                    // 421 closes, and a transaction that was refused half-way is best forgotten.
                    client = None;
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(_) => {
                    client = None;
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        ledger.promised.lock().unwrap().insert(letters::message_id(load.run, number), digest);
    }
}

fn attempt(client: &mut Option<Client>, port: u16, letter: &[u8]) -> std::io::Result<Answer> {
    let mut open = match client.take() {
        Some(open) => open,
        None => Client::connect(port)?,
    };
    let answer = open.send("registry@hel.example", &["anna.virtanen@konto.example"], letter)?;
    *client = Some(open);
    Ok(answer)
}
