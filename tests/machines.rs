//! What machines write of a citizen's reply, and what tags ask: case by case, from the SMTP answer to what is kept.

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::client::{Answer, Client};
use support::gateway::{Gateway, Setup, said};
use support::sink::Sink;

const ANNA: &str = "anna.virtanen@konto.example";
const CLERK: &str = "clerk@hel.example";

/// A gateway, and a reply of Anna's that has left it.
struct World {
    gateway: Gateway,
    /// `b-…@…`
    return_path: String,
    /// `re-…@…`
    conversation: String,
    message_id: String,
    /// The outbox item's id.
    item: String,
    /// The reply's id.
    reply: String,
}

impl World {
    fn new() -> Self {
        let sink = Sink::start(0);
        let gateway = Gateway::start(Setup { relay: format!("smtp://127.0.0.1:{}", sink.port), ..Setup::default() });
        let letter = format!("From: {CLERK}\r\nSubject: Beslut\r\nMessage-ID: <1@hel.example>\r\n\r\nHej.\r\n");
        assert!(send(&gateway, CLERK, ANNA, letter.as_bytes()).is_yes());
        let api = gateway.api("anna");
        let record = api.inbox()[0]["id"].as_str().unwrap().to_owned();
        let kept = api.reply(&record, None, "Tack.", &[]).unwrap();
        assert_eq!(kept.status, 201);
        let id = kept.json()["id"].as_str().unwrap().to_owned();
        let end = Instant::now() + Duration::from_secs(20);
        while sink.came().is_empty() {
            assert!(Instant::now() < end, "the reply did not leave");
            std::thread::sleep(Duration::from_millis(20));
        }
        let came = sink.came().remove(0);
        let reply = String::from_utf8(came.octets).unwrap();
        let within = |start: &str, end: char| {
            let at = reply.find(start).unwrap_or_else(|| panic!("no {start} in {reply}")) + start.len();
            reply[at..at + reply[at..].find(end).unwrap()].to_owned()
        };
        let conversation = format!("re-{}", within("<re-", '>'));
        let message_id = within("Message-ID: <", '>');
        let item = message_id.split('@').next().unwrap().to_owned();
        Self { gateway, return_path: came.from, conversation, message_id, item, reply: id }
    }

    /// A message of the corpus, about this reply.
    fn corpus(&self, name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/mail/{name}.eml"));
        let raw = fs::read(path).unwrap();
        // In one octet a character: what is replaced is ASCII, and the rest stays as it is.
        let text: String = raw.iter().copied().map(char::from).collect();
        let text = text
            .replace("06h0pv64qvmfj5wgt11vjhhhhw@konto.example", &self.message_id)
            .replace("b-token@konto.example", &self.return_path)
            .replace("re-token@konto.example", &self.conversation);
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    }

    fn records(&self) -> usize {
        self.gateway.api("anna").inbox().len()
    }

    fn trace(&self) -> String {
        let output = self.gateway.run(&["trace", &self.item]);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The reply as the citizen sees it.
    fn reply(&self) -> Value {
        let api = self.gateway.api("anna");
        api.get(&format!("replies/{}", self.reply)).json()
    }

    fn state(&self) -> String {
        let output = self.gateway.run(&["queue", "list", "--json"]);
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        let items = list.as_array().cloned().unwrap_or_else(|| list["items"].as_array().unwrap().clone());
        let item = items.iter().find(|item| item["id"] == self.item.as_str()).unwrap();
        item["state"].as_str().unwrap().to_owned()
    }
}

fn send(gateway: &Gateway, from: &str, to: &str, letter: &[u8]) -> Answer {
    Client::connect(gateway.smtp_port).unwrap().send(from, &[to], letter).unwrap()
}

/// From whom it comes, and where it goes.
#[derive(Clone, Copy)]
enum Way {
    /// The null path, to the return path.
    ReturnPath,
    /// The null path, to the conversation.
    NullToConversation,
    /// The clerk, to the conversation.
    ClerkToConversation,
    /// The clerk, to Anna's own address.
    ClerkToAnna,
}

/// What comes of it.
enum End {
    /// Noted at the reply, with these words.
    Noted(&'static str),
    /// A record.
    Kept,
    /// This answer.
    Refused(&'static str),
}

#[test]
fn what_machines_write_is_noted_and_no_record() {
    use End::{Kept, Noted, Refused};
    use Way::{ClerkToAnna, ClerkToConversation, NullToConversation, ReturnPath};
    let world = World::new();
    let mut records = world.records();
    let mut noted = 0;
    let cases = [
        // To the return path: whatever it is, it is about that reply.
        ("report-exim-delayed", ReturnPath, Noted("finding=delayed 4.3.2; 421 4.3.2 Service not available")),
        ("report-sendmail-delayed", ReturnPath, Noted("finding=delayed Deferred: Connection timed out")),
        ("report-relayed", ReturnPath, Noted("finding=delivered")),
        ("report-of-complaint", ReturnPath, Noted("finding=unreadable")),
        ("absence-sieve", ReturnPath, Noted("finding=away")),
        ("answer-received-fi", ReturnPath, Noted("finding=answered")),
        ("receipt-thunderbird-fi", ReturnPath, Noted("finding=displayed")),
        ("letter-named-read-en", ReturnPath, Noted("finding=unreadable")),
        // To the conversation, as Exchange answers.
        ("absence-outlook-fi", NullToConversation, Noted("finding=away")),
        ("absence-notes-en", NullToConversation, Noted("finding=away")),
        ("receipt-deleted-unread", NullToConversation, Noted("finding=receipt deleted")),
        ("receipt-outlook-words-fi", NullToConversation, Noted("finding=displayed")),
        ("letter-from-clerk-on-leave-fi", NullToConversation, Refused("550 5.7.1")),
        // A failure that does not say of what is believed only at the return path.
        ("report-notes", NullToConversation, Refused("554 5.6.1")),
    ];
    let clerks = [
        ("absence-outlook-sv", ClerkToConversation, Noted("finding=away")),
        ("absence-outlook-html-en", ClerkToConversation, Noted("finding=away")),
        ("receipt-outlook-sv", ClerkToConversation, Noted("finding=displayed")),
        ("absence-outlook-sv", ClerkToAnna, Noted("finding=away")),
        // Of nothing that was sent from here, or not said of what.
        ("absence-outlook-html-en", ClerkToAnna, Refused("554 5.6.1")),
        ("receipt-notes-words", ClerkToAnna, Refused("554 5.6.1")),
        ("report-exchange-2003-en", ClerkToAnna, Refused("554 5.6.1")),
        ("report-of-complaint", ClerkToAnna, Noted("finding=unreadable")),
        // People, and systems that write letters.
        ("letter-about-absence-sv", ClerkToAnna, Kept),
        ("letter-from-clerk-on-leave-fi", ClerkToConversation, Kept),
        ("letter-answers-an-absence-note-sv", ClerkToConversation, Kept),
        ("letter-with-a-returned-mail-sv", ClerkToAnna, Kept),
        ("letter-from-a-postmaster", ClerkToAnna, Kept),
        ("letter-named-read-en", ClerkToAnna, Kept),
        ("letter-of-a-case-system", ClerkToAnna, Kept),
        ("list-mailman-sv", ClerkToAnna, Kept),
        ("list-majordomo", ClerkToAnna, Kept),
        // Last, since the reply has failed then.
        ("report-qmail", NullToConversation, Noted("finding=failed 5.1.1; Sorry, no mailbox here by that name.")),
    ];
    for (name, way, end) in cases.into_iter().chain(clerks) {
        let (from, to) = match way {
            ReturnPath => ("", &*world.return_path),
            NullToConversation => ("", &*world.conversation),
            ClerkToConversation => (CLERK, &*world.conversation),
            ClerkToAnna => (CLERK, ANNA),
        };
        // Each once more under its own Message-ID: the same message twice is one.
        noted += 1;
        let letter = with_author(&world.corpus(name), from, noted);
        let answer = send(&world.gateway, from, to, &letter).text();
        match end {
            Noted(words) => {
                assert!(answer.starts_with("250 "), "{name}: {answer}");
                let trace = world.trace();
                assert!(trace.contains(words), "{name}: {words} in {trace}");
                let news = ["delayed", "displayed", "away", "answered"].into_iter().find(|n| words.contains(n));
                let told = world.reply();
                assert!(news.is_none_or(|news| told["news"] == news), "{name}: {told}");
            }
            Kept => {
                assert!(answer.starts_with("250 "), "{name}: {answer}");
                records += 1;
            }
            Refused(code) => assert!(answer.starts_with(code), "{name}: {answer}"),
        }
        assert_eq!(world.records(), records, "{name}");
        let failed = name == "report-qmail";
        assert_eq!(world.state(), if failed { "failed" } else { "sent" }, "{name}");
    }
    let log = world.gateway.log();
    assert!(!log.contains("clerk@oulu.example") && !world.trace().contains('@'), "addresses are in no event");
}

/// With a Message-ID of its own; where an office sends it, the author is of that office.
fn with_author(letter: &[u8], from: &str, number: u32) -> Vec<u8> {
    let text: String = letter.iter().copied().map(char::from).collect();
    let (header, body) = text.split_once("\r\n\r\n").unwrap();
    let mut fields: Vec<String> = Vec::new();
    for line in header.split("\r\n") {
        match fields.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => *last = format!("{last}\r\n{line}"),
            _ => fields.push(line.to_owned()),
        }
    }
    fields.retain(|field| !field.to_ascii_lowercase().starts_with("message-id:"));
    fields.push(format!("Message-ID: <{number}@machines.example>"));
    for field in fields.iter_mut().filter(|field| !from.is_empty() && field.starts_with("From:")) {
        let (before, domain) = field.rsplit_once('@').unwrap();
        let end = domain.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(domain.len());
        *field = format!("{before}@hel.example{}", &domain[end..]);
    }
    let text = format!("{}\r\n\r\n{body}", fields.join("\r\n"));
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// A failure in words fails the reply as one in codes does, and the citizen is told why.
#[test]
fn every_servers_failure_fails_the_reply_with_its_code() {
    for (name, words, status) in [
        ("report-exchange-words-en", "finding=failed 5.1.10; #550 5.1.10 RESOLVER.ADR.RecipientNotFound", "550 5.1.10"),
        ("report-notes", "finding=failed not listed in Domino Directory", "554 5.0.0"),
    ] {
        let world = World::new();
        let answer = send(&world.gateway, "", &world.return_path, &world.corpus(name));
        assert!(answer.is_yes(), "{name}: {}", answer.text());
        let trace = world.trace();
        assert!(trace.contains(words), "{name}: {words} in {trace}");
        assert_eq!(world.state(), "failed", "{name}");
        assert_eq!(world.records(), 1, "{name}");
        assert_eq!(world.reply()["last_status"], status, "{name}");
    }
}

#[test]
fn what_tags_ask_is_done_or_said_to_the_sender() {
    let gateway = Gateway::start(Setup::default());
    // Days from now, so that the test grows no older.
    let today: jiff::civil::Date = brevbro::clock::Clock::system().now().to_string()[..10].parse().unwrap();
    let day = |days: i64| today + jiff::Span::new().days(days);
    let (soon, over, far) = (day(30), day(-2), day(7 * 365));
    let mut number = 0;
    let mut answer = |to: &str, subject: &str| {
        number += 1;
        let letter =
            format!("From: {CLERK}\r\nSubject: {subject}\r\nMessage-ID: <t{number}@hel.example>\r\n\r\nHej.\r\n");
        send(&gateway, CLERK, to, letter.as_bytes()).text()
    };
    for (to, subject, words) in [
        (ANNA.to_owned(), format!("[begaran {over}] X"), format!("554 5.6.1 Sista dagen {over} har redan varit.")),
        (ANNA.to_owned(), format!("[request {far}] X"), format!("554 5.6.1 Sista dagen {far} ligger mer än 5 år")),
        (ANNA.to_owned(), "[request 31.12.] X".to_owned(), "554 5.6.1 Sista dagen \"31.12.\" kan inte".to_owned()),
        (ANNA.to_owned(), "[request 03/04/2030] X".to_owned(), "554 5.6.1 Sista dagen \"03/04/2030\"".to_owned()),
        (
            ANNA.to_owned(),
            format!("[beslut {soon}] X"),
            format!("554 5.6.1 Bara en begäran kan ha en sista dag; här står \"{soon}\""),
        ),
        (
            ANNA.to_owned(),
            "[beslut] [request] X".to_owned(),
            "554 5.6.1 Meddelandet säger både \"beslut\" och \"begäran\"".to_owned(),
        ),
        (
            "anna.virtanen+beslut@konto.example".to_owned(),
            "[notice] X".to_owned(),
            "554 5.6.1 Meddelandet säger både \"beslut\" och \"meddelande\"".to_owned(),
        ),
        (
            ANNA.to_owned(),
            "[dnr 1/2026] [dnr 2/2026] X".to_owned(),
            "554 5.6.1 Meddelandet säger både \"dnr 1/2026\" och \"dnr 2/2026\"".to_owned(),
        ),
        // Of the address alone: at RCPT.
        (
            format!("anna.virtanen+begaran-{over}@konto.example"),
            "X".to_owned(),
            format!("554 5.6.1 Sista dagen {over} har redan varit."),
        ),
        (
            "anna.virtanen+beslut+begaran@konto.example".to_owned(),
            "X".to_owned(),
            "554 5.6.1 Meddelandet säger både".to_owned(),
        ),
    ] {
        let said = answer(&to, &subject);
        // Without SMTPUTF8 the answer is in ASCII.
        let plain = words.replace(['å', 'ä'], "a").replace('ö', "o");
        assert!(said.starts_with(&plain), "{to} {subject}: {said}\nwanted {plain}");
    }
    assert!(
        answer(&format!("anna.virtanen+begaran-{soon}@konto.example"), "[dnr 7/2026] [ej svar] A").starts_with("250 ")
    );
    assert!(
        answer(ANNA, &format!("Sv: [lisatietopyynto viimeistaan {}] B", soon.strftime("%-d.%-m.%Y")))
            .starts_with("250 ")
    );
    let api = gateway.api("anna");
    let inbox = api.inbox();
    assert_eq!(inbox.len(), 2);
    let of = |at: usize| api.get(&format!("messages/{}", inbox[at]["id"].as_str().unwrap())).json();
    let (second, first) = (of(0), of(1));
    assert_eq!(
        (&first["kind"], &first["due"], &first["case_reference"]),
        (&"request".into(), &soon.to_string().into(), &"7/2026".into())
    );
    assert_eq!((&first["reply_allowed"], &first["subject"]), (&false.into(), &"A".into()));
    assert_eq!(
        (&second["kind"], &second["due"], &second["subject"]),
        (&"request".into(), &soon.to_string().into(), &"Sv: B".into())
    );
}
