//! The walk out, from a store to a server: notices and replies, losses, and being stopped.

use std::sync::Arc;
use std::time::Duration;

use brevbro::clock::{Clock, Ids};
use brevbro::domain::account::{Account, AccountState};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::arrival::{Arrival, NewRecord, Placement, Raw, Summary};
use brevbro::domain::envelope::{Defaults, Destination, Route, Sender, ToCitizen};
use brevbro::domain::ids::{AccountId, ArrivalId, OfficeId, RecordId, ReplyId};
use brevbro::domain::keys::Keys;
use brevbro::domain::language::{Language, Names};
use brevbro::domain::office::{
    Office, Peer as Client, Proof, RelayRule, RelayTls, ReplyRoute, TlsDemand, TrustRule, TrustedOffice,
};
use brevbro::domain::record::{Kind, Person, Tags};
use brevbro::domain::reply::{CitizenReply, OutboxState, ReplyFile};
use brevbro::domain::schedule::Schedule;
use brevbro::domain::wanted::{Wanted, WantedAccount};
use brevbro::outbound::Outbound;
use brevbro::relay::Identity;
use brevbro::store::{Settings, Store};
use mail_parser::MessageParser;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::peer::{Do, Peer, Plan};
use crate::world::{Authority, HOST, relay, rule};

struct House {
    _folder: TempDir,
    authority: Authority,
    store: Store,
    keys: Keys,
    ids: Ids,
    clock: Clock,
}

impl House {
    /// An office whose server is `peer`, and a citizen who wants to be told.
    async fn with_office_at(peer: &Peer, authority: Authority) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, keys) = (Clock::system(), Keys::derive(&[7; 32]));
        let ids = Ids::system(clock.clone());
        let settings = Settings {
            url: format!("sqlite:{}", folder.path().join("db").display()),
            blobs: folder.path().join("blobs"),
            node: "gateway.konto.example".to_owned(),
            inline_limit: 100_000,
        };
        let store = Store::open(settings, keys.clone(), clock.clone(), ids.clone()).await.unwrap();
        let account = Account {
            id: anna(),
            name: "Anna Virtanen".to_owned(),
            state: AccountState::Active,
            language: Language::Sv,
            notices: vec![Mailbox::parse("anna@mail.example").unwrap()],
        };
        let account = WantedAccount { account, identity: None, aliases: Vec::new(), opaque: Vec::new() };
        let wanted =
            Wanted { offices: vec![office(rule(peer, RelayTls::Verified))], accounts: vec![account], services: vec![] };
        store.apply(&wanted, false).await.unwrap();
        Self { _folder: folder, authority, store, keys, ids, clock }
    }

    /// A message of the office comes in, and with it a notice into the outbox, if the citizen wants one.
    async fn receive(&self, notices: Vec<Mailbox>) -> RecordId {
        let directory = self.store.directory().await.unwrap();
        let office = Arc::clone(directory.office(&hel()).unwrap());
        let id = self.ids.next(RecordId::new);
        let defaults = Defaults { kind: Kind::Message, reply_allowed: true, case_prefix: None, tags: Tags::default() };
        let to = ToCitizen { account: anna(), notices, language: Language::Sv, conversation: None, defaults };
        let record = NewRecord {
            id,
            route: Route::decided(Destination::Citizen(to)),
            addressed: String::new(),
            notify: true,
            kind: Kind::Message,
            due: None,
            reply_allowed: true,
            case_reference: Some("HEL 7".to_owned()),
        };
        let arrival = Arrival {
            id: self.ids.next(ArrivalId::new),
            received: self.clock.now(),
            reverse_path: ReversePath::Mailbox(Mailbox::parse("clerk@hel.example").unwrap()),
            sender: Sender::Office(TrustedOffice::attest(office, vec![Proof::Network], "")),
            peer: Client { ip: "127.0.0.1".parse().unwrap(), helo: "x".to_owned(), tls: None, login: None },
            raw: Raw::Memory("Subject: Beslut\r\n\r\nhemligt\r\n".into()),
            sha256: self.ids.bytes(),
            signature: None,
            signatures: Vec::new(),
            trace: String::new(),
            seals: Default::default(),
            proofs: String::new(),
            summary: Summary {
                subject: "Beslut".to_owned(),
                from: Person { name: None, address: "clerk@hel.example".to_owned() },
                message_id: Some(format!("{id}@hel.example")),
                answers: vec!["older@hel.example".to_owned()],
                ..Summary::default()
            },
            placements: vec![Placement::Record(Box::new(record))],
        };
        self.store.keep(arrival).await.unwrap();
        id
    }

    async fn answer(&self, to: RecordId, text: &str) -> ReplyId {
        let id = self.ids.next(ReplyId::new);
        let file = ReplyFile {
            filename: "intyg.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: "%PDF".into(),
        };
        let reply = CitizenReply { id, to, text: text.to_owned(), files: vec![file] };
        let office = vec![Mailbox::parse("registrator@hel.example").unwrap()];
        self.store.queue_reply(&anna(), reply, office).await.unwrap().unwrap();
        id
    }

    async fn open(&self, peer: &Peer) -> (CancellationToken, JoinHandle<()>) {
        let walk = Outbound {
            store: self.store.clone(),
            relay: relay(self.authority.settings()).await,
            keys: self.keys.clone(),
            identity: Identity {
                domain: Domain::parse("konto.example").unwrap(),
                name: Names { sv: Some("Brevlådan".to_owned()), ..Names::default() },
                portal: "https://konto.example/".to_owned(),
            },
            notices: rule(peer, RelayTls::Verified),
            schedule: Schedule { first: Duration::ZERO, ..Schedule::default() },
            at_once: 4,
        };
        let stop = CancellationToken::new();
        (stop.clone(), tokio::spawn(walk.run(stop)))
    }

    async fn states(&self) -> Vec<OutboxState> {
        self.store.outbox_list(None, 1000).await.unwrap().iter().map(|item| item.state).collect()
    }

    /// Waits until no item is on its way.
    async fn settle(&self) -> Vec<OutboxState> {
        for _ in 0..500 {
            let states = self.states().await;
            if states.iter().all(|state| !matches!(state, OutboxState::Waiting | OutboxState::Sending)) {
                return states;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("still on the way: {:?}", self.store.outbox_list(None, 1000).await);
    }
}

fn anna() -> AccountId {
    "anna".parse().unwrap()
}

fn hel() -> OfficeId {
    "hel".parse().unwrap()
}

fn office(relay: RelayRule) -> Office {
    Office {
        id: hel(),
        name: Names { sv: Some("Helsingfors".to_owned()), ..Names::default() },
        language: Language::Sv,
        senders: Vec::new(),
        trust: vec![TrustRule(vec![Proof::Network])],
        networks: Vec::new(),
        certificates: Vec::new(),
        signing_certificates: Vec::new(),
        tls: TlsDemand::Optional,
        replies_allowed: true,
        kind: Kind::Message,
        reply_routes: vec![ReplyRoute::Sender],
        relay,
        max_message: 1 << 20,
    }
}

#[tokio::test]
async fn notices_and_replies_leave() {
    let authority = Authority::new();
    let peer = Plan::new(&["PIPELINING", "CHUNKING"]).starttls(authority.acceptor(HOST)).start().await;
    let house = House::with_office_at(&peer, authority).await;
    let (stop, run) = house.open(&peer).await;
    let record = house.receive(vec![Mailbox::parse("anna@mail.example").unwrap()]).await;
    house.answer(record, "Tack!").await;
    assert_eq!(house.settle().await, [OutboxState::Sent; 2]);
    let messages = peer.seen(|seen| seen.messages.clone());
    let read: Vec<_> = messages.iter().map(|bytes| MessageParser::default().parse(bytes).unwrap()).collect();
    let reply = read.iter().find(|m| m.subject() == Some("Re: Beslut [dnr HEL 7]")).unwrap();
    assert_eq!(reply.from().unwrap().first().unwrap().name(), Some("Anna Virtanen"));
    assert_eq!(reply.in_reply_to().unwrap().first(), Some(&*format!("{record}@hel.example")));
    let references: Vec<_> = reply.references().unwrap().iter().collect();
    assert_eq!(references, ["older@hel.example", &*format!("{record}@hel.example")]);
    assert_eq!(reply.attachments().next().unwrap().attachment_name(), Some("intyg.pdf"));
    let at = read.iter().position(|m| m.subject() == Some("Du har fått ett nytt meddelande")).unwrap();
    assert!(read[at].body_text(0).unwrap().contains("Helsingfors"));
    let octets = String::from_utf8_lossy(&messages[at]);
    for secret in ["Beslut", "hemligt", "HEL 7", "Anna", &record.to_string()] {
        assert!(!octets.contains(secret), "{octets}");
    }
    stop.cancel();
    run.await.unwrap();
}

#[tokio::test]
async fn what_may_have_arrived_goes_again_with_the_same_octets() {
    let authority = Authority::new();
    let plan = Plan::new(&["PIPELINING", "CHUNKING"]).starttls(authority.acceptor(HOST));
    let peer = plan.on("END", Do::Drop).start().await;
    let house = House::with_office_at(&peer, authority).await;
    let record = house.receive(Vec::new()).await;
    house.answer(record, "Tack!").await;
    let (stop, run) = house.open(&peer).await;
    while house.states().await != [OutboxState::Sent] {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    peer.seen(|seen| {
        assert_eq!(seen.messages.len(), 2);
        assert_eq!(seen.messages[0], seen.messages[1]);
    });
    assert_eq!(house.store.outbox_list(None, 1).await.unwrap()[0].attempts, 2);
    stop.cancel();
    run.await.unwrap();
}

#[tokio::test]
async fn a_backlog_goes_a_few_at_a_time() {
    let authority = Authority::new();
    let peer = Plan::new(&["PIPELINING", "CHUNKING"]).starttls(authority.acceptor(HOST)).start().await;
    let house = House::with_office_at(&peer, authority).await;
    for _ in 0..40 {
        let record = house.receive(Vec::new()).await;
        house.answer(record, "Tack!").await;
    }
    let (stop, run) = house.open(&peer).await;
    assert_eq!(house.settle().await, [OutboxState::Sent; 40]);
    assert_eq!(peer.seen(|seen| seen.messages.len()), 40);
    assert!(peer.seen(|seen| seen.connections) <= 4, "at most at_once, and used again");
    stop.cancel();
    run.await.unwrap();
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_leaving() {
    let authority = Authority::new();
    let peer = Plan::new(&["PIPELINING", "CHUNKING"]).starttls(authority.acceptor(HOST)).start().await;
    let house = House::with_office_at(&peer, authority).await;
    let (stop, run) = house.open(&peer).await;
    let record = house.receive(Vec::new()).await;
    house.answer(record, "Tack!").await;
    while house.states().await == [OutboxState::Waiting] {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.cancel();
    run.await.unwrap();
    assert_eq!(house.states().await, [OutboxState::Sent]);
    // Nothing leaves any more.
    house.answer(record, "En sak till").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(house.states().await[0], OutboxState::Waiting);
}
