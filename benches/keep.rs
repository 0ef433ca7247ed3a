//! The door: messages a second that are committed and synced, 10 KiB each, from twenty connections that each wait for
//! their receipt; and an inbox page of an account with 10,000 records. On SQLite, and on PostgreSQL when
//! `BREVBRO_TEST_POSTGRES` names a server.
//!
//! `BREVBRO_BENCH_FOLDER` is where SQLite's file lies (a folder of the disk to be measured; default: the temporary one).

#![allow(missing_docs)] // criterion's macros make items without

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use brevbro::clock::{Clock, Ids};
use brevbro::domain::account::{Account, AccountState};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::arrival::{Arrival, NewRecord, Placement, Raw, Summary};
use brevbro::domain::envelope::{Defaults, Destination, Route, Sender, ToCitizen};
use brevbro::domain::ids::{ArrivalId, RecordId};
use brevbro::domain::keys::Keys;
use brevbro::domain::language::{Language, Names};
use brevbro::domain::office::{
    Office, Peer, Proof, RelayRule, RelayTls, RelayTo, SenderRule, TlsDemand, TrustRule, TrustedOffice,
};
use brevbro::domain::record::{Classification, Kind, Person, Tags};
use brevbro::domain::wanted::{Wanted, WantedAccount};
use brevbro::store::{Settings, Store};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sqlx::{Connection, Executor};

const KEEPERS: u64 = 20;
const ACCOUNTS: u64 = 1000;
const OCTETS: usize = 10 * 1024;

struct Bench {
    store: Store,
    ids: Ids,
    clock: Clock,
    sender: TrustedOffice,
    raw: Vec<u8>,
    number: AtomicU64,
    _folder: tempfile::TempDir,
}

fn office() -> Office {
    Office {
        id: "hel-social".parse().unwrap(),
        name: Names { en: Some("Social Services".to_owned()), ..Names::default() },
        language: Language::Sv,
        senders: vec![SenderRule::Domain(Domain::parse("hel.example").unwrap())],
        trust: vec![TrustRule(vec![Proof::Network])],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: Vec::new(),
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 50 << 20,
    }
}

impl Bench {
    async fn open(url: Option<String>) -> Arc<Self> {
        let folder = match std::env::var("BREVBRO_BENCH_FOLDER") {
            Ok(folder) => tempfile::tempdir_in(folder).unwrap(),
            Err(_) => tempfile::tempdir().unwrap(),
        };
        let url = url.unwrap_or_else(|| format!("sqlite:{}", folder.path().join("bench.db").display()));
        let settings =
            Settings { url, blobs: folder.path().join("blobs"), node: "bench".to_owned(), inline_limit: 65536 };
        let clock = Clock::system();
        let ids = Ids::system(clock.clone());
        let store = Store::open(settings, Keys::derive(&[1; 32]), clock.clone(), ids.clone()).await.unwrap();
        let account = |n| WantedAccount {
            account: Account {
                id: format!("citizen{n}").parse().unwrap(),
                name: "A Citizen".to_owned(),
                state: AccountState::Active,
                language: Language::Fi,
                notices: Vec::new(),
            },
            identity: None,
            aliases: Vec::new(),
            opaque: Vec::new(),
        };
        let accounts = (0..ACCOUNTS).map(account).collect();
        store.apply(&Wanted { offices: vec![office()], accounts, services: Vec::new() }, false).await.unwrap();
        // Octets that no database can squeeze.
        let raw = (0..OCTETS / 32).flat_map(|_| ids.bytes::<32>()).collect();
        let sender = TrustedOffice::attest(Arc::new(office()), vec![Proof::Network], "");
        Arc::new(Self { store, ids, clock, sender, raw, number: AtomicU64::new(0), _folder: folder })
    }

    fn message(&self, account: Option<u64>) -> Arrival {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut raw = self.raw.clone();
        raw[..8].copy_from_slice(&number.to_be_bytes());
        let now = self.clock.now();
        Arrival {
            id: self.ids.next(ArrivalId::new),
            received: now,
            reverse_path: ReversePath::Mailbox(Mailbox::parse("clerk@hel.example").unwrap()),
            sender: Sender::Office(self.sender.clone()),
            peer: Peer {
                ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
                helo: "mail.hel.example".to_owned(),
                tls: None,
                login: None,
            },
            sha256: self.ids.bytes(),
            signature: None,
            signatures: Vec::new(),
            trace: String::new(),
            seals: Default::default(),
            proofs: String::new(),
            raw: Raw::Memory(raw.into()),
            summary: Summary {
                subject: "Beslut om utkomststöd, begäran om tilläggsuppgifter".to_owned(),
                from: Person { name: Some("Clerk at Work".to_owned()), address: "clerk@hel.example".to_owned() },
                date: Some(now),
                message_id: Some(format!("{number}.{}@hel.example", now.as_nanosecond())),
                answers: Vec::new(),
                attachments: 1,
                classification: Classification::default(),
            },
            placements: vec![Placement::Record(Box::new(NewRecord {
                id: self.ids.next(RecordId::new),
                route: Route::decided(Destination::Citizen(ToCitizen {
                    account: format!("citizen{}", account.unwrap_or(number * 7919 % ACCOUNTS)).parse().unwrap(),
                    notices: Vec::new(),
                    language: Language::Fi,
                    conversation: None,
                    defaults: Defaults {
                        kind: Kind::Message,
                        reply_allowed: true,
                        case_prefix: None,
                        tags: Tags::default(),
                    },
                })),
                addressed: String::new(),
                notify: true,
                kind: Kind::Message,
                due: None,
                reply_allowed: true,
                case_reference: None,
            }))],
        }
    }

    /// Keeps so many messages from twenty at once: how long that took.
    async fn keep(self: &Arc<Self>, messages: u64, account: Option<u64>) -> Duration {
        let begin = Instant::now();
        let keepers: Vec<_> = (0..KEEPERS)
            .map(|keeper| {
                let this = Arc::clone(self);
                let share = messages / KEEPERS + u64::from(keeper < messages % KEEPERS);
                tokio::spawn(async move {
                    for _ in 0..share {
                        this.store.keep(this.message(account)).await.unwrap();
                    }
                })
            })
            .collect();
        for keeper in keepers {
            keeper.await.unwrap();
        }
        begin.elapsed()
    }
}

/// From handing in to receipt, at a tenth of full load: a thousand messages a second for five seconds.
async fn waits(bench: &Arc<Bench>) -> Vec<Duration> {
    let begin = tokio::time::Instant::now();
    let mut keeping = Vec::new();
    for n in 0..5000_u64 {
        tokio::time::sleep_until(begin + Duration::from_millis(n)).await;
        let (this, message) = (Arc::clone(bench), bench.message(None));
        keeping.push(tokio::spawn(async move {
            let begin = Instant::now();
            this.store.keep(message).await.unwrap();
            begin.elapsed()
        }));
    }
    let mut waits = Vec::new();
    for keeping in keeping {
        waits.push(keeping.await.unwrap());
    }
    waits.sort_unstable();
    waits
}

async fn clear() -> Option<(String, sqlx::PgConnection)> {
    let server = std::env::var("BREVBRO_TEST_POSTGRES").ok()?;
    let mut admin = sqlx::PgConnection::connect(&server).await.unwrap();
    admin.execute("DROP DATABASE IF EXISTS brevbro_bench WITH (FORCE)").await.unwrap();
    Some((server, admin))
}

async fn postgres() -> Option<String> {
    let (server, mut admin) = clear().await?;
    admin.execute("CREATE DATABASE brevbro_bench").await.unwrap();
    Some(format!("{}/brevbro_bench", server.trim_end_matches("/postgres")))
}

fn door(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut group = criterion.benchmark_group("keep");
    group.throughput(Throughput::Elements(1)).sample_size(10).warm_up_time(Duration::from_secs(1));
    group.measurement_time(Duration::from_secs(10));
    for engine in ["sqlite", "postgres"] {
        let url = if engine == "sqlite" { None } else { runtime.block_on(postgres()) };
        if engine == "postgres" && url.is_none() {
            eprintln!("skipped on PostgreSQL: BREVBRO_TEST_POSTGRES is not set");
            continue;
        }
        let bench = runtime.block_on(Bench::open(url));
        group.bench_function(BenchmarkId::new("10KiB-from-20", engine), |b| {
            b.iter_custom(|messages| runtime.block_on(bench.keep(messages, None)));
        });
        let (messages, syncs) = bench.store.messages_and_syncs();
        #[allow(clippy::cast_precision_loss)]
        let shared = messages as f64 / syncs as f64;
        eprintln!("{engine}: {messages} messages, {shared:.1} to a sync");
        let waits = runtime.block_on(self::waits(&bench));
        let (p50, p99, p999) = (waits[2500], waits[4950], waits[4995]);
        eprintln!("{engine}: at 1,000 a second a message waits {p50:?} (p50), {p99:?} (p99), {p999:?} (p99.9)");
        runtime.block_on(bench.keep(10_000, Some(7)));
        let account = "citizen7".parse().unwrap();
        group.bench_function(BenchmarkId::new("inbox-page-of-10000", engine), |b| {
            b.iter(|| runtime.block_on(bench.store.inbox(&account, None, 50)).unwrap());
        });
        let mut waits: Vec<_> = (0..1000)
            .map(|_| {
                let begin = Instant::now();
                runtime.block_on(bench.store.inbox(&account, None, 50)).unwrap();
                begin.elapsed()
            })
            .collect();
        waits.sort_unstable();
        eprintln!("{engine}: inbox page of 10,000 records, p50 {:?}, p99 {:?}", waits[500], waits[990]);
        runtime.block_on(bench.store.close());
    }
    runtime.block_on(clear());
    group.finish();
}

criterion_group!(benches, door);
criterion_main!(benches);
