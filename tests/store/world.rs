//! A store of its own for each test, with an office, two citizens and a clock that stands still until it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use brevbro::clock::{Clock, Ids};
use brevbro::domain::account::{Account, AccountState};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::arrival::{Arrival, NewRecord, Placement, Raw, Summary};
use brevbro::domain::envelope::{Defaults, Destination, Route, Sender, ToCitizen};
use brevbro::domain::ids::{AccountId, ArrivalId, OfficeId, RecordId, ReplyId};
use brevbro::domain::keys::Keys;
use brevbro::domain::language::{Language, Names};
use brevbro::domain::office::{
    Office, Peer, Proof, RelayRule, RelayTls, RelayTo, ReplyRoute, SenderRule, TlsDemand, TrustRule, TrustedOffice,
};
use brevbro::domain::record::{Classification, Kind, Person, Tags};
use brevbro::domain::reply::{CitizenReply, ReplyFile};
use brevbro::domain::wanted::{Wanted, WantedAccount};
use brevbro::store::{Settings, Store};
use jiff::Timestamp;
use sqlx::{Connection, Executor};

pub const START: i64 = 1_790_000_000_000;
pub const INLINE: usize = 4096;

pub struct World {
    pub store: Store,
    pub settings: Settings,
    pub keys: Keys,
    pub clock: Clock,
    pub ids: Ids,
    pub time: Arc<AtomicI64>,
    pub folder: tempfile::TempDir,
}

/// Runs the test on both databases.
pub fn both(test: impl AsyncFn(&World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("data/brevbro.db").display());
        let world = World::new(folder, url).await;
        test(&world).await;
        world.store.close().await;
        postgres(&test).await;
    });
}

/// Runs the test on PostgreSQL alone.
pub fn on_postgres(test: impl AsyncFn(&World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(postgres(&test));
}

async fn postgres(test: &impl AsyncFn(&World)) {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let Ok(server) = std::env::var("BREVBRO_TEST_POSTGRES") else {
        eprintln!("skipped on PostgreSQL: BREVBRO_TEST_POSTGRES is not set");
        return;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("brevbro_test_{}_{number}", std::process::id());
    let mut admin = sqlx::PgConnection::connect(&server).await.unwrap();
    admin.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))).await.unwrap();
    admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let url = match server.split_once('?') {
        Some((base, rest)) => format!("{}/{name}?{rest}", base.rsplit_once('/').unwrap().0),
        None => format!("{}/{name}", server.trim_end_matches('/').trim_end_matches("/postgres")),
    };
    let world = World::new(tempfile::tempdir().unwrap(), url).await;
    test(&world).await;
    world.store.close().await;
    admin.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
}

impl World {
    async fn new(folder: tempfile::TempDir, url: String) -> Self {
        let settings = Settings {
            url,
            blobs: folder.path().join("blobs"),
            node: "mx1.konto.example".to_owned(),
            inline_limit: INLINE,
        };
        let time = Arc::new(AtomicI64::new(START));
        let told = Arc::clone(&time);
        let clock = Clock::of(move || Timestamp::from_millisecond(told.load(Ordering::Relaxed)).unwrap());
        let ids = Ids::system(clock.clone());
        let keys = Keys::derive(&[1; 32]);
        let store = Store::open(settings.clone(), keys.clone(), clock.clone(), ids.clone()).await.unwrap();
        let world = Self { store, settings, keys, clock, ids, time, folder };
        let wanted = Wanted {
            offices: vec![office("hel-social"), office("esp-social")],
            accounts: vec![citizen("anna"), citizen("bo")],
            services: Vec::new(),
        };
        world.store.apply(&wanted, false).await.unwrap();
        world
    }

    /// Another gateway on the same database.
    pub async fn another(&self, node: &str) -> Store {
        let settings = Settings { node: node.to_owned(), ..self.settings.clone() };
        Store::open(settings, self.keys.clone(), self.clock.clone(), self.ids.clone()).await.unwrap()
    }

    pub fn pass(&self, millis: i64) {
        self.time.fetch_add(millis, Ordering::Relaxed);
    }

    /// A message from the office to these citizens.
    pub fn message(&self, text: &str, to: &[&str]) -> Arrival {
        self.message_from("hel-social", text, to)
    }

    pub fn message_from(&self, from: &str, text: &str, to: &[&str]) -> Arrival {
        self.pass(1);
        let raw = bytes::Bytes::from(format!("Subject: {text}\r\n\r\n{text}\r\n"));
        Arrival {
            id: self.ids.next(ArrivalId::new),
            received: self.clock.now(),
            reverse_path: ReversePath::Mailbox(mailbox("clerk@hel.example")),
            sender: Sender::Office(TrustedOffice::attest(Arc::new(office(from)), vec![Proof::Network], "")),
            peer: Peer {
                ip: "127.0.0.1".parse().unwrap(),
                helo: "mail.hel.example".to_owned(),
                tls: None,
                login: None,
            },
            sha256: sha256(&raw),
            signature: None,
            signatures: Vec::new(),
            trace: String::new(),
            seals: Default::default(),
            proofs: String::new(),
            raw: Raw::Memory(raw),
            summary: Summary {
                subject: text.to_owned(),
                from: Person { name: Some("Clerk".to_owned()), address: "clerk@hel.example".to_owned() },
                date: Some(self.clock.now()),
                message_id: Some(format!("{}@hel.example", text.replace(' ', "."))),
                answers: Vec::new(),
                attachments: 0,
                classification: Classification::default(),
            },
            placements: to.iter().map(|to| self.place(to)).collect(),
        }
    }

    pub fn place(&self, account: &str) -> Placement {
        Placement::Record(Box::new(NewRecord {
            id: self.ids.next(RecordId::new),
            route: Route::decided(Destination::Citizen(ToCitizen {
                account: account.parse().unwrap(),
                notices: vec![mailbox(&format!("{account}@mail.example"))],
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
            kind: Kind::Request,
            due: Some("2026-12-31".parse().unwrap()),
            reply_allowed: true,
            case_reference: Some("HEL 2026-001234".to_owned()),
        }))
    }

    pub fn reply(&self, to: RecordId, files: &[&[u8]]) -> CitizenReply {
        let file = |bytes: &&[u8]| ReplyFile {
            filename: "kuitti.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: bytes::Bytes::copy_from_slice(bytes),
        };
        let id = self.ids.next(ReplyId::new);
        CitizenReply { id, to, text: "Hej, här är det.\n".to_owned(), files: files.iter().map(file).collect() }
    }

    /// Keeps a message for anna: the id of its record.
    pub async fn kept(&self, text: &str) -> RecordId {
        let arrival = self.message(text, &["anna"]);
        let id = record_id(&arrival, 0);
        self.store.keep(arrival).await.unwrap();
        id
    }
}

pub fn record_id(arrival: &Arrival, at: usize) -> RecordId {
    match &arrival.placements[at] {
        Placement::Record(record) => record.id,
        Placement::Report { .. } => panic!("a report"),
    }
}

pub fn anna() -> AccountId {
    "anna".parse().unwrap()
}

pub fn bo() -> AccountId {
    "bo".parse().unwrap()
}

pub fn mailbox(text: &str) -> Mailbox {
    Mailbox::parse(text).unwrap()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref().try_into().unwrap()
}

pub fn office(id: &str) -> Office {
    Office {
        id: id.parse::<OfficeId>().unwrap(),
        name: Names {
            sv: Some("Socialtjänsten".to_owned()),
            fi: Some("Sosiaalipalvelut".to_owned()),
            en: Some("Social Services".to_owned()),
        },
        language: Language::Sv,
        senders: vec![
            SenderRule::Domain(Domain::parse("hel.example").unwrap()),
            SenderRule::Mailbox(mailbox("registry@other.example")),
        ],
        trust: vec![TrustRule(vec![Proof::Network, Proof::Dmarc]), TrustRule(vec![Proof::ClientCertificate])],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Required,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: vec![ReplyRoute::Sender, ReplyRoute::Mailbox(mailbox("registry@hel.example"))],
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 50 << 20,
    }
}

pub fn citizen(id: &str) -> WantedAccount {
    WantedAccount {
        account: Account {
            id: id.parse().unwrap(),
            name: format!("{id} Virtanen"),
            state: AccountState::Active,
            language: Language::Fi,
            notices: vec![mailbox(&format!("{id}@mail.example"))],
        },
        identity: None,
        aliases: vec![mailbox(&format!("{id}.virtanen@konto.example"))],
        opaque: Vec::new(),
    }
}
