//! A store with two offices and three people, and the portal served over it on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use brevbro::admin;
use brevbro::clock::{Clock, Ids};
use brevbro::domain::account::{Account, AccountState};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::arrival::{Arrival, NewRecord, Placement, Raw, Summary};
use brevbro::domain::directory::Served;
use brevbro::domain::envelope::{Defaults, Destination, Sender, ToCitizen};
use brevbro::domain::ids::{ArrivalId, ConversationId, RecordId};
use brevbro::domain::keys::Keys;
use brevbro::domain::language::{Language, Names};
use brevbro::domain::office::{
    Office, Peer, Proof, RelayRule, RelayTls, RelayTo, ReplyRoute, SenderRule, TlsDemand, TrustRule,
};
use brevbro::domain::record::{Kind, Tags};
use brevbro::domain::reply::SentReply;
use brevbro::domain::wanted::{Wanted, WantedAccount};
use brevbro::domain::{Route, TrustedOffice};
use brevbro::health::{self, Health};
use brevbro::intake;
use brevbro::portal::{self, Limits, Login, PortalState, Settings};
use brevbro::store::{self, Principal, Store};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::http::Client;

/// By which address letters come to Anna.
pub const ANNA: &str = "anna.virtanen@konto.example";

fn keys() -> Keys {
    Keys::derive(&[7; 32])
}

/// What is ours there.
pub fn served() -> Served {
    Served { domains: vec![Domain::parse("konto.example").unwrap()], identity_domains: Vec::new() }
}

/// All of it; gone when dropped.
pub struct House {
    pub address: SocketAddr,
    pub store: Store,
    pub health: Health,
    clock: Arc<AtomicI64>,
    ids: Ids,
    _folder: tempfile::TempDir,
}

/// What is particular to a message.
pub struct Letter {
    pub to: &'static str,
    pub office: &'static str,
    pub kind: Kind,
    pub due: Option<&'static str>,
    pub reply_allowed: bool,
    pub conversation: Option<ConversationId>,
}

impl Default for Letter {
    fn default() -> Self {
        let kind = Kind::Message;
        Self { to: "anna", office: "hel-social", kind, due: None, reply_allowed: true, conversation: None }
    }
}

impl House {
    /// With the limits of the product.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With settings changed.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-11-23T19:48:00Z".parse().unwrap();
        let time = Arc::new(AtomicI64::new(start.as_millisecond()));
        let clock = Clock::of({
            let time = Arc::clone(&time);
            move || Timestamp::from_millisecond(time.load(Ordering::Relaxed)).unwrap()
        });
        let ids = Ids::system(clock.clone());
        let keys = keys();
        let kept = store::Settings {
            url: format!("sqlite:{}", folder.path().join("brevbro.db").display()),
            blobs: folder.path().join("blobs"),
            node: "gateway.example".to_owned(),
            inline_limit: 64 << 10,
        };
        let store = Store::open(kept, keys.clone(), clock.clone(), ids.clone()).await.unwrap();
        store.apply(&wanted(), false).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut settings = Settings {
            public_url: format!("http://{address}"),
            listen: address,
            login: Login::Demo,
            time_zone: TimeZone::get("Europe/Helsinki").unwrap(),
            limits: Limits::default(),
            served: served(),
        };
        change(&mut settings);
        let state = PortalState::new(settings, store.clone(), keys, clock, ids.clone());
        let health = Health::new(store.clone(), state.clock.clone(), Vec::new(), Vec::new());
        let routes = portal::router(state.clone())
            .merge(admin::router(state))
            .merge(health::router(health.clone()))
            .merge(health::metrics(health.clone()));
        let service = routes.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, store, health, clock: time, ids, _folder: folder }
    }

    /// Sets the clock.
    pub fn at(&self, time: &str) {
        self.clock.store(time.parse::<Timestamp>().unwrap().as_millisecond(), Ordering::Relaxed);
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1000, Ordering::Relaxed);
    }

    /// Puts a message in a mailbox by the store's door.
    pub async fn deliver(&self, letter: Letter, raw: &[u8]) -> RecordId {
        self.wait(1);
        let directory = self.store.directory().await.unwrap();
        let office = directory.office(&letter.office.parse().unwrap()).unwrap().clone();
        let account = self.store.account(&letter.to.parse().unwrap()).await.unwrap().unwrap();
        let glance = intake::glance(raw, &intake::Limits::default());
        let defaults = Defaults {
            kind: letter.kind,
            reply_allowed: letter.reply_allowed,
            case_prefix: None,
            tags: Tags::default(),
        };
        let to = ToCitizen {
            account: account.id,
            notices: account.notices,
            language: account.language,
            conversation: letter.conversation,
            defaults,
        };
        let id = self.ids.next(RecordId::new);
        let record = NewRecord {
            id,
            route: Route::decided(Destination::Citizen(to)),
            addressed: keys().trace_hash(ANNA),
            notify: true,
            kind: glance.tags.kind.unwrap_or(letter.kind),
            due: letter.due.map(|due| due.parse().unwrap()),
            reply_allowed: letter.reply_allowed,
            case_reference: glance.tags.case_reference,
        };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, raw);
        let arrival = Arrival {
            id: self.ids.next(ArrivalId::new),
            received: Timestamp::from_millisecond(self.clock.load(Ordering::Relaxed)).unwrap(),
            reverse_path: ReversePath::Null,
            sender: Sender::Office(TrustedOffice::attest(office, vec![Proof::Network], "")),
            peer: Peer { ip: "127.0.0.1".parse().unwrap(), helo: "test".to_owned(), tls: None, login: None },
            raw: Raw::Memory(raw.to_vec().into()),
            sha256: digest.as_ref().try_into().unwrap(),
            signature: None,
            signatures: Vec::new(),
            trace: String::new(),
            seals: Default::default(),
            proofs: String::new(),
            summary: Summary {
                subject: glance.subject,
                from: glance.from.into_iter().next().unwrap_or_default(),
                date: glance.date,
                message_id: glance.message_id,
                answers: glance.answers,
                attachments: glance.attachments,
                classification: glance.classification,
            },
            placements: vec![Placement::Record(Box::new(record))],
        };
        self.store.keep(arrival).await.unwrap();
        id
    }

    /// A plain message with this subject and text.
    pub async fn letter(&self, letter: Letter, subject: &str, text: &str) -> RecordId {
        self.deliver(letter, plain(subject, text).as_bytes()).await
    }

    /// A browser in which nobody is signed in.
    pub fn browser(&self) -> Client {
        Client::new(self.address)
    }

    /// A browser in which this account is signed in.
    pub async fn citizen(&self, account: &str) -> Client {
        self.browser().with("Cookie", &self.session(account).await)
    }

    /// A program with a bearer token of this account.
    pub async fn program(&self, account: &str) -> Client {
        let token = self.store.create_token(Principal::Citizen(account.parse().unwrap()), None).await.unwrap();
        self.browser().with("Authorization", &format!("Bearer {token}"))
    }

    /// The value of a Cookie field for a session.
    pub async fn session(&self, account: &str) -> String {
        let whose = Principal::Citizen(account.parse().unwrap());
        format!("brevbro_session={}", self.store.create_session(whose, Duration::from_secs(3600)).await.unwrap())
    }

    /// All replies to a record.
    pub async fn replies(&self, account: &str, record: RecordId) -> Vec<SentReply> {
        let account = account.parse().unwrap();
        let record = self.store.record(&account, record).await.unwrap().unwrap();
        self.store.conversation(&account, record.conversation).await.unwrap().1
    }
}

/// A plain message.
pub fn plain(subject: &str, text: &str) -> String {
    let text = text.replace('\n', "\r\n");
    format!(
        "From: Kerstin Ek <kerstin.ek@hel.example>\r\nTo: anna.virtanen@konto.example\r\nSubject: {subject}\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}

fn wanted() -> Wanted {
    let office = |id: &str, sv: &str, fi: &str, en: &str, domain: &str| Office {
        id: id.parse().unwrap(),
        name: Names { sv: Some(sv.to_owned()), fi: Some(fi.to_owned()), en: Some(en.to_owned()) },
        language: Language::Sv,
        senders: vec![SenderRule::Domain(Domain::parse(domain).unwrap())],
        trust: vec![TrustRule(vec![Proof::Network])],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: vec![
            ReplyRoute::Sender,
            ReplyRoute::Mailbox(Mailbox::parse(&format!("registry@{domain}")).unwrap()),
        ],
        relay: RelayRule { to: RelayTo::Mx, tls: RelayTls::Verified },
        max_message: 50 << 20,
    };
    let account = |id: &str, name: &str, state, language, notices: &[&str]| WantedAccount {
        account: Account {
            id: id.parse().unwrap(),
            name: name.to_owned(),
            state,
            language,
            notices: notices.iter().map(|n| Mailbox::parse(n).unwrap()).collect(),
        },
        identity: None,
        aliases: vec![Mailbox::parse(&format!("{id}@konto.example")).unwrap()],
        opaque: Vec::new(),
    };
    Wanted {
        offices: vec![
            office(
                "hel-social",
                "Helsingfors socialtjänst",
                "Helsingin sosiaalipalvelut",
                "Helsinki Social Services",
                "hel.example",
            ),
            office("skatt", "Skatteförvaltningen", "Verohallinto", "Tax Administration", "skatt.example"),
        ],
        accounts: vec![
            account("anna", "Anna Virtanen", AccountState::Active, Language::Sv, &["anna@mail.example"]),
            account("bo", "Bo Korhonen", AccountState::Active, Language::Fi, &[]),
            account("cilla", "Cilla Berg", AccountState::Waiting, Language::En, &[]),
            account("dag", "Dag Lind", AccountState::Closed, Language::Sv, &[]),
        ],
        services: Vec::new(),
    }
}
