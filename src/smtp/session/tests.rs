mod login;

use proptest::prelude::*;

use super::*;
use crate::domain::envelope::Defaults;
use crate::domain::envelope::Destination;
use crate::domain::ids::ArrivalId;
use crate::domain::record::{Kind, Tags};
use crate::domain::status::{Class, Occasion};

fn settings() -> Settings {
    Settings {
        hostname: Domain::parse("mail.konto.example").unwrap(),
        max_message: 1000,
        max_recipients: 3,
        starttls: true,
        login: LoginDemand::Offered,
        limits: Limits { commands: 60, junk: 20, faults: 10 },
    }
}

fn tls() -> TlsFacts {
    TlsFacts { version: "TLSv1.3".into(), cipher: "TLS_AES_128_GCM_SHA256".into(), certificate: None }
}

fn refusal(class: Class) -> Refusal {
    Refusal::new(class, "test")
}

fn receipt() -> Receipt {
    Receipt::issued(ArrivalId::new(0, [0; 10]), false)
}

fn postmaster() -> Route {
    Route::decided(Destination::Postmaster)
}

/// A session, and what it did, in words: `250`, `read`, `discard`…
struct Played {
    state: State,
    log: Vec<String>,
}

impl Played {
    fn new() -> Self {
        Self { state: State::new(), log: Vec::new() }.then(Event::Opened)
    }

    fn then(self, event: Event<'_>) -> Self {
        self.then_with(event, &settings())
    }

    fn then_with(mut self, event: Event<'_>, settings: &Settings) -> Self {
        let (state, actions) = self.state.step(event, settings);
        self.state = state;
        self.log.extend(actions.iter().map(|action| match action {
            Action::Reply(reply) => reply.code().to_string(),
            Action::StartTls => "tls".into(),
            Action::AskSender { .. } => "sender?".into(),
            Action::AskRecipient { .. } => "recipient?".into(),
            Action::Login(_) => "login?".into(),
            Action::ReadData => "read".into(),
            Action::ReadChunk { size, last, keep } => {
                format!("chunk {size}{}{}", if *last { " last" } else { "" }, if *keep { "" } else { " away" })
            }
            Action::Keep(envelope) => format!("keep {}", envelope.recipients().count()),
            Action::Discard => "discard".into(),
            Action::Close => "close".into(),
        }));
        self
    }

    fn says(self, line: &str) -> Self {
        self.then(Event::Line(Ok(line.as_bytes())))
    }

    fn at_ready() -> Self {
        Self::new().says("EHLO a.example")
    }

    fn at_recipients() -> Self {
        Self::at_ready()
            .says("MAIL FROM:<>")
            .then(Event::Sender(Ok(Sender::Stranger)))
            .says("RCPT TO:<postmaster>")
            .then(Event::Recipient(Ok(postmaster())))
    }

    /// What was done since this many things were done.
    fn since(&self, from: usize) -> String {
        self.log[from..].join(", ")
    }
}

#[test]
fn the_whole_way() {
    let played =
        Played::at_recipients().says("DATA").then(Event::Body(Ok(10))).then(Event::Kept(Ok(receipt()))).says("QUIT");
    assert_eq!(played.since(0), "220, 250, sender?, 250, recipient?, 250, 354, read, keep 1, 250, 221, close");
    assert!(played.state.is_closed());
    assert_eq!(played.says("NOOP").since(12), "", "nothing is said after the end");
}

#[test]
fn chunks_the_whole_way() {
    let played = Played::at_recipients()
        .says("BDAT 5")
        .then(Event::Body(Ok(5)))
        .says("BDAT 0 LAST")
        .then(Event::Body(Ok(5)))
        .then(Event::Kept(Ok(receipt())));
    assert_eq!(played.since(6), "chunk 5, 250, chunk 0 last, keep 1, 250");
}

#[test]
fn whoever_leads_to_the_same_mailbox_stands_there_once() {
    let played = Played::at_recipients()
        .says("RCPT TO:<postmaster@konto.example>")
        .then(Event::Recipient(Ok(postmaster())))
        .says("DATA")
        .then(Event::Body(Ok(1)));
    assert_eq!(played.since(6), "recipient?, 250, 354, read, keep 1");
}

#[test]
fn a_refused_body_is_dropped_and_its_transaction_with_it() {
    let line_ends = || Event::Body(Err(refusal(Class::LineEnds)));
    assert_eq!(Played::at_recipients().says("DATA").then(line_ends()).says("DATA").since(8), "discard, 554, 503");
    let chunks = Played::at_recipients().says("BDAT 5").then(line_ends()).says("BDAT 5 LAST").then(Event::Body(Ok(0)));
    assert_eq!(chunks.since(6), "chunk 5, discard, 554, chunk 5 away, 503");
    let kept = Played::at_recipients()
        .says("DATA")
        .then(Event::Body(Ok(1)))
        .then(Event::Kept(Err(refusal(Class::StorageFull))));
    assert_eq!(kept.since(8), "keep 1, discard, 452");
}

#[test]
fn too_much_is_refused_wherever_it_shows() {
    let mail = |line| Played::at_ready().says(line).then(Event::Sender(Ok(Sender::Stranger)));
    assert_eq!(mail("MAIL FROM:<> SIZE=1000").since(2), "sender?, 250");
    assert_eq!(mail("MAIL FROM:<> SIZE=1001").since(2), "sender?, 552");
    assert_eq!(mail("MAIL FROM:<> SIZE=18446744073709551616").since(2), "sender?, 552");
    assert_eq!(Played::at_recipients().says("DATA").then(Event::Body(Ok(1001))).since(8), "discard, 552");
    let chunks = Played::at_recipients().says("BDAT 600").then(Event::Body(Ok(600)));
    assert_eq!(
        chunks.says("BDAT 401").then(Event::Body(Ok(0))).since(6),
        "chunk 600, 250, discard, chunk 401 away, 552"
    );
    let huge = Played::at_recipients().says("BDAT 3999 LAST").then(Event::Body(Ok(0)));
    assert_eq!(huge.since(6), "chunk 3999 away, 552");
}

/// Each refusal says at which step it was made, and of whom: whoever notes it needs nothing else.
#[test]
fn a_refusal_carries_its_occasion() {
    let occasion = |state: State, event: Event<'_>| {
        let (_, actions) = state.step(event, &settings());
        let told = actions.iter().find_map(|action| match action {
            Action::Reply(reply) => reply.refusal().map(|(refusal, on)| (refusal.class.key(), on.clone())),
            _ => None,
        });
        let (class, Occasion { step, office, from, to }) = told.expect("a refusal");
        assert_eq!(office, None, "a stranger");
        (class, step, from.map(|path| path.wire()), to.map(|path| path.wire()))
    };
    let mail = "MAIL FROM:<a@b.example>";
    let (from, to) = (Some("a@b.example".to_owned()), Some("postmaster".to_owned()));
    let asked = Played::at_ready().says(mail).state;
    let told = occasion(asked, Event::Sender(Err(refusal(Class::TlsNeeded))));
    assert_eq!(told, ("tls-needed", "mail", from.clone(), None));
    let asked = Played::at_ready().says("MAIL FROM:<a@b.example> SIZE=1001").state;
    let told = occasion(asked, Event::Sender(Ok(Sender::Stranger)));
    assert_eq!(told, ("too-large", "mail", from.clone(), None));
    let opened =
        || Played::at_ready().says(mail).then(Event::Sender(Ok(Sender::Stranger))).says("RCPT TO:<postmaster>");
    let told = occasion(opened().state, Event::Recipient(Err(refusal(Class::TooFast))));
    assert_eq!(told, ("too-fast", "rcpt", from.clone(), to.clone()));
    let data = || opened().then(Event::Recipient(Ok(postmaster()))).says("DATA");
    let told = occasion(data().state, Event::Body(Err(refusal(Class::LineEnds))));
    assert_eq!(told, ("line-ends", "body", from.clone(), to.clone()));
    let told = occasion(data().then(Event::Body(Ok(10))).state, Event::Kept(Err(refusal(Class::Loop))));
    assert_eq!(told, ("loop", "body", from, to));
}

#[test]
fn tls_forgets_everything() {
    let played = Played::at_ready().says("STARTTLS");
    assert!(!played.state.awaits_line());
    let played = played.then(Event::Encrypted(tls()));
    assert_eq!(played.since(2), "220, tls");
    let played = played.says("MAIL FROM:<>").says("EHLO a").says("STARTTLS");
    assert_eq!(played.since(4), "503, 250, 503");
}

#[test]
fn ten_faults_close() {
    let mut played = Played::at_ready();
    for _ in 0..9 {
        played = played.says("XYZZY");
    }
    assert_eq!(played.then(Event::Line(Err(LineFault::Nul))).since(10), "500, 421, close");
    let mut played = Played::at_recipients();
    for _ in 0..9 {
        played = played.says("XYZZY");
    }
    let played = played.says("DATA").then(Event::Body(Ok(1))).then(Event::Kept(Ok(receipt()))).says("XYZZY");
    assert!(!played.state.is_closed(), "a message that was kept forgives");
}

#[test]
fn a_chunk_without_end_closes_and_drops() {
    let played = Played::at_recipients().says("BDAT 5").then(Event::Body(Ok(5))).says("BDAT x");
    assert_eq!(played.since(8), "discard, 421, close");
}

#[test]
fn time_runs_out() {
    assert_eq!(Played::new().then(Event::TimedOut).since(1), "421, close");
    assert_eq!(Played::at_recipients().then(Event::TimedOut).since(6), "421, close");
    assert_eq!(Played::at_recipients().says("DATA").then(Event::TimedOut).since(8), "discard, 421, close");
}

#[test]
fn stopping_waits_for_what_is_outstanding() {
    assert_eq!(Played::new().then(Event::Stop).since(1), "421, close");
    assert_eq!(Played::at_recipients().then(Event::Stop).since(6), "421, close");
    let body = Played::at_recipients().says("DATA").then(Event::Stop);
    assert_eq!(body.since(8), "");
    let body = body.then(Event::Body(Ok(1)));
    assert_eq!(body.since(8), "keep 1");
    assert_eq!(body.then(Event::Kept(Ok(receipt()))).since(9), "250, 421, close");
    let asked = Played::at_ready().says("MAIL FROM:<>").then(Event::Stop).then(Event::Sender(Ok(Sender::Stranger)));
    assert_eq!(asked.since(3), "250, 421, close");
    let chunk = Played::at_recipients().says("BDAT 5").then(Event::Stop).then(Event::Body(Ok(5)));
    assert_eq!(chunk.since(7), "250, discard, 421, close");
}

#[test]
fn a_refusal_of_421_closes() {
    let played = Played::at_ready().says("MAIL FROM:<>").then(Event::Sender(Err(refusal(Class::ShuttingDown))));
    assert_eq!(played.since(3), "421, close");
}

#[test]
fn answers_to_nothing_close() {
    assert_eq!(Played::at_ready().then(Event::Kept(Ok(receipt()))).since(2), "421, close");
    assert_eq!(Played::at_ready().then(Event::Opened).since(2), "421, close");
    let outstanding = Played::at_recipients().says("DATA").says("RSET");
    assert_eq!(outstanding.since(8), "discard, 421, close");
}

#[test]
fn a_connection_ends_that_brings_nothing() {
    let times = |played: Played, line: &str, times| (0..times).fold(played, |played, _| played.says(line));
    assert_eq!(times(Played::at_ready(), "NOOP", 20).since(20), "250, 421, close");
    assert_eq!(times(Played::at_recipients(), "RSET", 25).since(24), "250, 421, close");
    let kept = |played: Played| played.says("DATA").then(Event::Body(Ok(1))).then(Event::Kept(Ok(receipt())));
    let again = |played: Played| {
        played.says("MAIL FROM:<>").then(Event::Sender(Ok(Sender::Stranger))).says("RCPT TO:<postmaster>")
    };
    let after = kept(times(Played::at_recipients(), "NOOP", 19));
    assert!(!times(after, "NOOP", 19).state.is_closed(), "what is kept sets it back");
    let refused = |played: Played| played.says("MAIL FROM:<>").then(Event::Sender(Err(refusal(Class::NotAnOffice))));
    assert_eq!((0..20).fold(Played::at_ready(), |played, _| refused(played)).since(40), "sender?, 421, close");
    let chunks = |played: Played| played.says("BDAT 0").then(Event::Body(Ok(0)));
    let chunked = (0..20).fold(Played::at_recipients(), |played, _| chunks(played));
    assert_eq!(chunked.since(chunked.log.len() - 3), "discard, 421, close");

    // Fifty-eight commands, and four of a message that goes to its end.
    let next = |played: Played| again(played).then(Event::Recipient(Ok(postmaster())));
    let messages = (0..18).fold(kept(Played::at_recipients()), |played, _| kept(next(played)));
    let said = messages.log.len();
    let last = next(messages).says("RCPT TO:<postmaster>").then(Event::Recipient(Ok(postmaster())));
    let last = kept(last).says("MAIL FROM:<>");
    let whole = "sender?, 250, recipient?, 250, recipient?, 250, 354, read, keep 1, 250, 421, close";
    assert_eq!(last.since(said), whole);
}

#[test]
fn whoever_does_not_speak_smtp_hears_it_once() {
    for line in ["GET / HTTP/1.1", "POST /x HTTP/1.0", "PRI * HTTP/2.0"] {
        assert_eq!(Played::new().says(line).says("EHLO a").since(1), "554, close", "{line}");
    }
    assert_eq!(Played::new().then(Event::Line(Err(LineFault::Tls))).since(1), "554, close");
    assert_eq!(Played::new().then(Event::Line(Err(LineFault::Endless))).since(1), "421, close");
    let early = Played { state: State::new(), log: Vec::new() }.then(Event::SpokeFirst);
    assert_eq!(early.since(0), "554, close");
    assert_eq!(Played::at_ready().then(Event::SpokeFirst).since(2), "421, close");
}

#[test]
fn a_chunk_without_hope_is_not_awaited() {
    let size = u64::MAX - 1;
    assert_eq!(Played::at_recipients().says(&format!("BDAT {size} LAST")).since(6), "552, close");
    assert_eq!(Played::at_ready().says(&format!("BDAT {size}")).since(2), "503, close");
    let amid = Played::at_recipients().says("BDAT 5").then(Event::Body(Ok(5))).says("BDAT 4001");
    assert_eq!(amid.since(8), "discard, 552, close");
}

/// One whom the subject names is decided on after the body: a no to it must be no no to others.
#[test]
fn one_whom_the_subject_names_comes_alone() {
    let by_subject = || {
        let defaults = Defaults { kind: Kind::Message, reply_allowed: true, case_prefix: None, tags: Tags::default() };
        Event::Recipient(Ok(Route::decided(Destination::CitizenBySubject(defaults))))
    };
    let after_another = Played::at_recipients().says("RCPT TO:<svc@konto.example>").then(by_subject());
    assert_eq!(after_another.log.last().unwrap(), "452");
    let sender = Event::Sender(Ok(Sender::Stranger));
    let first =
        Played::at_ready().says("MAIL FROM:<>").then(sender).says("RCPT TO:<svc@konto.example>").then(by_subject());
    assert_eq!(first.log.last().unwrap(), "250");
    let before_another = first.says("RCPT TO:<postmaster>").then(Event::Recipient(Ok(postmaster())));
    assert_eq!(before_another.log.last().unwrap(), "452");
}

/// Anything that can happen, in any order.
fn events() -> impl Strategy<Value = Vec<(u8, String)>> {
    let line = prop_oneof![
        Just("EHLO a"),
        Just("HELO a"),
        Just("MAIL FROM:<>"),
        Just("MAIL FROM:<> SIZE=9999"),
        Just("RCPT TO:<postmaster>"),
        Just("DATA"),
        Just("BDAT 5"),
        Just("BDAT 5 LAST"),
        Just("BDAT 2000"),
        Just("BDAT 18446744073709551614 LAST"),
        Just("BDAT x"),
        Just("RSET"),
        Just("NOOP"),
        Just("STARTTLS"),
        Just("QUIT"),
        Just("XYZZY"),
        Just("VRFY a"),
        Just("EXPN a"),
        Just("HELP"),
        Just("AUTH PLAIN"),
        Just("AUTH PLAIN AGEAYg=="),
        Just("*"),
        Just("AGEAYg=="),
    ];
    proptest::collection::vec((0..40u8, line.prop_map(str::to_owned)), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whatever happens: no panic; a line gets one answer now, or leaves something outstanding; a body that was begun is
    /// kept or dropped, never both, never neither; nothing follows a close.
    #[test]
    fn whatever_happens(events in events()) {
        let mut state = State::new();
        let mut holding = false;
        for (kind, line) in events {
            let awaited = state.awaits_line();
            let closed = state.is_closed();
            let is_line = kind >= 14;
            let event = match kind {
                0 => Event::Opened,
                1 => Event::Line(Err(LineFault::LineEnds)),
                2 => Event::Sender(Err(refusal(Class::TlsNeeded))),
                3 => Event::Recipient(Err(refusal(Class::NotAnOffice))),
                4 => Event::Body(Err(refusal(Class::LineEnds))),
                5 => Event::Kept(Err(refusal(Class::Unavailable))),
                6 => Event::Kept(Ok(receipt())),
                7 => Event::Encrypted(tls()),
                8 => Event::Stop,
                9 => Event::TimedOut,
                10 if line.len() % 2 == 0 => Event::Login(Ok(Step::Done(login::anybody()))),
                10 => Event::Sender(Ok(Sender::Stranger)),
                11 => Event::Recipient(Ok(postmaster())),
                12 | 13 => Event::Body(Ok(3)),
                _ if !awaited => match kind % 4 {
                    0 => Event::Sender(Ok(Sender::Stranger)),
                    1 => Event::Recipient(Ok(postmaster())),
                    2 => Event::Body(Ok(3)),
                    _ if line.len() % 3 == 0 => login::proved(),
                    _ if line.len() % 3 == 1 => Event::Login(Ok(Step::Done(login::anybody()))),
                    _ => Event::Kept(Ok(receipt())),
                },
                _ => Event::Line(Ok(line.as_bytes())),
            };
            let (next, actions) = state.step(event, &settings());
            state = next;
            prop_assert!(!closed || actions.is_empty());
            let replies = actions.iter().filter(|a| matches!(a, Action::Reply(_))).count();
            if awaited && is_line {
                let outstanding = !state.awaits_line() && !state.is_closed();
                prop_assert!(replies == 1 || (replies == 0 && outstanding));
            }
            for (index, action) in actions.iter().enumerate() {
                match action {
                    Action::ReadData | Action::ReadChunk { keep: true, .. } => holding = true,
                    Action::Discard => {
                        prop_assert!(holding);
                        holding = false;
                    }
                    Action::Close => prop_assert_eq!(index + 1, actions.len()),
                    Action::Reply(reply) if reply.code() == 250 && reply.lines().any(|l| l.starts_with("Kept")) => {
                        prop_assert!(holding);
                        holding = false;
                    }
                    _ => {}
                }
            }
            prop_assert_eq!(state.is_closed(), actions.iter().any(|a| matches!(a, Action::Close)) || closed);
            prop_assert!(!(state.is_closed() && holding), "a closed session has dropped its body");
        }
    }
}
