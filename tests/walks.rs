//! The whole way, with real parts: a clerk's mail program, the binary, the API, and the office's Postfix and Dovecot.

mod support;

use std::path::{Path, PathBuf};

use serde_json::Value;
use support::clerk::Letter;
use support::gateway::{Gateway, Setup, file};
use support::mailbox;
use support::peers::OfficeServer;

const CODE: &str = "131052-308T";
const ANNA: &str = "anna.virtanen@konto.example";

fn message(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/mail").join(name)
}

/// Without the line that names the recipient.
fn without_to(letter: &[u8]) -> Vec<u8> {
    letter
        .split_inclusive(|octet| *octet == b'\n')
        .filter(|line| !line.starts_with(b"To: "))
        .flatten()
        .copied()
        .collect()
}

struct World {
    office: OfficeServer,
    gateway: Gateway,
}

impl World {
    fn new() -> Self {
        let office = OfficeServer::start();
        let setup = Setup {
            relay: format!("smtp://localhost:{}", office.smtp_port),
            relay_tls: "verified",
            tls: "required",
            certificates: Some(office.certificates().to_owned()),
            ..Setup::default()
        };
        Self { gateway: Gateway::start(setup), office }
    }

    /// The one walk: there, read, answered, back, answered again.
    fn walk(&self, name: &str, from: &str, to: &str) {
        let path = message(&format!("{name}.eml"));
        let expected: Value =
            serde_json::from_slice(&std::fs::read(message(&format!("{name}.expect"))).unwrap()).unwrap();
        self.walk_with(&path, &expected, from, to);
    }

    fn walk_with(&self, path: &Path, expected: &Value, from: &str, to: &str) {
        Letter { from, to, file: path }.send(&self.gateway);
        let record = self.only_record(path, expected, to);
        let id = record["id"].as_str().unwrap();

        let octets: Vec<u8> = (0..=255).cycle().take(40_000).collect();
        let enclosed = file(self.gateway.folder(), "Todistus työajasta.pdf", &octets);
        let api = self.gateway.api("anna");
        let reply = api.reply(id, None, "Hei, kiitos. Här är intyget.\n.\n..\nAnna", &[&enclosed]).unwrap();
        assert!((200..300).contains(&reply.status), "{} {}", reply.status, String::from_utf8_lossy(&reply.body));

        let came = self.office.mailbox().wait_for(1);
        let address = self.check_reply(&came, &record, from, &octets);
        let sent = reply.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("replies/{sent}")).json()["state"], "sent");
        self.answer_again(&came, &record, from, &address);
        self.no_secrets_in_the_log(&record);
    }

    /// The record over the API, octet by octet and field by field.
    fn only_record(&self, path: &Path, expected: &Value, to: &str) -> Value {
        let api = self.gateway.api("anna");
        let inbox = api.inbox();
        assert_eq!(inbox.len(), 1, "{inbox:?}");
        let id = inbox[0]["id"].as_str().unwrap();
        let record = api.get(&format!("messages/{id}")).json();
        for field in ["subject", "from", "message_id", "in_reply_to", "references", "text", "attachments", "defects"] {
            assert_eq!(record[field], expected[field], "{field}");
        }
        assert_eq!(record["office"], "hel-social");
        let copy = api.get(&format!("messages/{id}/raw")).body;
        let came = mailbox::as_it_came(&copy);
        // To names the citizen's alias: written to by another address, that is another's.
        let shown = std::fs::read(path).unwrap();
        let shown = if to == ANNA { shown } else { without_to(&shown) };
        assert!(came == shown, "other octets are kept: {}", String::from_utf8_lossy(came));
        for attachment in record["attachments"].as_array().unwrap() {
            let octets = api.get(&format!("messages/{id}/attachments/{}", attachment["index"])).body;
            assert_eq!(attachment["sha256"], support::hash::sha256(&octets), "{attachment}");
        }
        record
    }

    /// The reply as it reached the office; the address that a clerk's answer goes to.
    fn check_reply(&self, came: &[u8], record: &Value, clerk: &str, enclosed: &[u8]) -> String {
        assert!(!String::from_utf8_lossy(came).contains(CODE), "the identity code left the house");
        let reply = mailbox::read(came);
        let address = reply["from"]["address"].as_str().unwrap().to_owned();
        assert!(address.starts_with("re-") && address.ends_with("@konto.example"), "{address}");
        assert!(address.split('@').next().unwrap().len() <= 64);
        assert_eq!(reply["from"]["name"], "Anna Virtanen");
        assert_eq!(reply["to"], serde_json::json!([clerk]));
        let answered = format!("<{}>", record["message_id"].as_str().unwrap());
        assert_eq!(reply["in_reply_to"], *answered);
        let references: Vec<&str> = record["references"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let mut thread: Vec<String> = references.iter().map(|id| format!("<{id}>")).collect();
        thread.push(answered);
        assert_eq!(reply["references"], serde_json::json!(thread));
        assert_eq!(reply["defects"], serde_json::json!([]));
        let text = reply["text"].as_str().unwrap().replace("\r\n", "\n");
        assert!(text.contains("Hei, kiitos. Här är intyget.\n.\n..\nAnna"), "{text}");
        let attachment = &reply["attachments"][0];
        assert_eq!(attachment["filename"], "Todistus työajasta.pdf");
        assert_eq!(attachment["sha256"], support::hash::sha256(enclosed));
        address
    }

    /// The clerk answers: the same conversation, whatever the subject.
    fn answer_again(&self, came: &[u8], record: &Value, from: &str, address: &str) {
        let id = mailbox::read(came)["message_id"].as_str().unwrap().to_owned();
        let answer = format!(
            "From: {from}\r\nTo: {address}\r\nDate: Tue, 24 Nov 2026 10:00:00 +0200\r\n\
             Message-ID: <answer.1@hel.example>\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\n\
             MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Subject: Tack\r\n\r\nTack. Vi återkommer.\r\n"
        );
        let path = file(self.gateway.folder(), "answer.eml", answer.as_bytes());
        Letter { from, to: address, file: &path }.send(&self.gateway);
        let inbox = self.gateway.api("anna").inbox();
        assert_eq!(inbox.len(), 2);
        let newest = inbox[0]["id"].as_str().unwrap();
        let newest = self.gateway.api("anna").get(&format!("messages/{newest}")).json();
        assert_eq!(newest["conversation"], record["conversation"]);
        assert_eq!(newest["subject"], "Tack");
    }

    fn no_secrets_in_the_log(&self, record: &Value) {
        let log = self.gateway.log();
        let subject = record["subject"].as_str().unwrap();
        for secret in [CODE, ANNA, "clerk@hel.example", subject] {
            assert!(!log.contains(secret), "the log says {secret}:\n{log}");
        }
    }
}

#[test]
fn plain() {
    World::new().walk("plain", "clerk@hel.example", ANNA);
}

#[test]
fn plain_to_an_identity_code() {
    World::new().walk("plain", "clerk@hel.example", &format!("{CODE}@hetu.konto.example"));
}

#[test]
fn html_with_inline_image() {
    World::new().walk("html-inline-image", "clerk@hel.example", ANNA);
}

#[test]
fn three_attachments() {
    World::new().walk("three-attachments", "clerk@hel.example", ANNA);
}

#[test]
fn format_flowed() {
    World::new().walk("format-flowed", "clerk@hel.example", ANNA);
}

#[test]
fn iso_8859_1() {
    World::new().walk("iso-8859-1", "clerk@hel.example", ANNA);
}

#[test]
fn forwarded_message() {
    World::new().walk("forwarded-eml", "clerk@hel.example", ANNA);
}

#[test]
fn smtputf8_sender() {
    let world = World::new();
    // The message asks for no answer; without that tag it is answered like the others.
    let (eml, expect) = (message("smtputf8-sender.eml"), message("smtputf8-sender.expect"));
    let text = String::from_utf8(std::fs::read(&eml).unwrap()).unwrap();
    let answerable = text.replace(" [ej svar]", "");
    assert_ne!(text, answerable, "the tag is there");
    let path = file(world.gateway.folder(), "answerable.eml", answerable.as_bytes());
    let expected: Value = serde_json::from_slice(&std::fs::read(expect).unwrap()).unwrap();
    world.walk_with(&path, &expected, "åsa@hel.example", ANNA);
}

#[test]
fn no_answer_where_none_is_wanted() {
    let world = World::new();
    let eml = message("smtputf8-sender.eml");
    Letter { from: "åsa@hel.example", to: ANNA, file: &eml }.send(&world.gateway);
    let api = world.gateway.api("anna");
    let inbox = api.inbox();
    let record = api.get(&format!("messages/{}", inbox[0]["id"].as_str().unwrap())).json();
    assert_eq!(record["reply_allowed"], false);
    let refused = api.reply(record["id"].as_str().unwrap(), None, "Hej", &[]).unwrap();
    assert!((400..500).contains(&refused.status), "{}", refused.status);
    assert!(world.office.mailbox().numbers().is_empty());
}
