//! One letter to several citizens: each has a record of their own, which shows nobody else; every recipient is answered
//! for itself.

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::client::Client;
use support::gateway::{Gateway, Setup, file, said};
use support::mailbox::as_it_came;

const ANNA: &str = "anna.virtanen@konto.example";
const CARLA: &str = "carla.nyman@konto.example";
const BERTA: &str = "b.berg@konto.example";
const CODE: &str = "131052-308T@hetu.konto.example";

/// With a third citizen whose mailbox is in use.
fn gateway() -> Gateway {
    let gateway = Gateway::start(Setup::default());
    let more = "[[account]]\nid = \"berta\"\nname = \"Berta Berg\"\nstate = \"active\"\naliases = [\"b.berg@konto.example\"]\n";
    let more = file(gateway.folder(), "more.toml", more.as_bytes());
    let applied = gateway.run(&["apply", more.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    gateway
}

/// The one record of an account, and the citizen's copy.
fn only(gateway: &Gateway, account: &str) -> (Value, String) {
    let api = gateway.api(account);
    let inbox = api.inbox();
    assert_eq!(inbox.len(), 1, "{account}: {inbox:?}");
    let id = inbox[0]["id"].as_str().unwrap();
    let copy = api.get(&format!("messages/{id}/raw")).body;
    (api.get(&format!("messages/{id}")).json(), String::from_utf8(copy).unwrap())
}

fn shows_nobody_but(gateway: &Gateway, account: &str, own: &str) {
    let (record, copy) = only(gateway, account);
    for other in ["anna.virtanen", "carla.nyman", "b.berg", "berit.nyman", "nobody", "131052-308T"] {
        if !own.contains(other) {
            assert!(!copy.contains(other), "{account} is shown {other}:\n{copy}");
            assert!(!record.to_string().contains(other), "{account} is shown {other}: {record}");
        }
    }
    assert!(copy.starts_with("Authentication-Results: mail1.konto.example;"), "{copy}");
    assert!(copy.contains("\r\n\tby mail1.konto.example with ESMTP"), "{copy}");
}

/// A letter to three, one of them closed and one unknown: swaks is told for each, and goes on with the rest.
#[test]
fn mixed_recipients_by_swaks() {
    let gateway = gateway();
    let all = [ANNA, "berit.nyman@konto.example", "nobody@konto.example", CARLA, BERTA];
    let letter = format!(
        "From: clerk@hel.example\r\nTo: {ANNA}, Berit <berit.nyman@konto.example>,\r\n nobody@konto.example\r\n\
         Cc: {CARLA}\r\nSubject: Beslut\r\nMessage-ID: <mixed@hel.example>\r\n\r\nGod dag.\r\n"
    );
    let letter = file(gateway.folder(), "letter.eml", letter.trim_end().as_bytes());
    let output = Command::new("swaks")
        .args([
            "--server",
            &format!("127.0.0.1:{}", gateway.smtp_port),
            "--helo",
            "mail.hel.example",
            "--force-getpwuid",
        ])
        .args(["--from", "clerk@hel.example", "--to", &all.join(","), "--data", &format!("@{}", letter.display())])
        .output()
        .unwrap();
    let talk = said(&output);
    assert!(output.status.success(), "{talk}");
    let refused: Vec<&str> = talk.lines().filter(|line| line.contains("550 5.")).collect();
    assert_eq!(refused.len(), 2, "{talk}");
    assert!(refused[0].contains("5.2.1") && refused[1].contains("5.1.1"), "{refused:?}");
    assert!(refused.iter().all(|line| line.contains(" Reference: ")), "{refused:?}");
    shows_nobody_but(&gateway, "anna", ANNA);
    shows_nobody_but(&gateway, "carla", CARLA);
    shows_nobody_but(&gateway, "berta", BERTA);
    assert_eq!(only(&gateway, "anna").0["to"], json!([{ "name": null, "address": ANNA }]));
    assert_eq!(only(&gateway, "carla").0["to"], json!([{ "name": null, "address": CARLA }]));
    // Bcc: in no field, and here all the same.
    assert_eq!(only(&gateway, "berta").0["to"], json!([]));
    assert_eq!(only(&gateway, "berta").0["text"], "God dag.");
}

/// smtplib tells of those that were refused, and delivers to the rest, with Bcc and an identity code among them.
#[test]
fn mixed_recipients_by_smtplib() {
    let gateway = gateway();
    let program = format!(
        r#"
import smtplib, sys
from email.message import EmailMessage
letter = EmailMessage()
letter["From"] = "clerk@hel.example"
letter["To"] = '"Anna V" <{CODE}>, "Bo Ek" <{CARLA}>'
letter["Cc"] = "carl.lindqvist@konto.example"
letter["Bcc"] = "{BERTA}"
letter["Subject"] = "Päätös"
letter["Delivered-To"] = "{CARLA}"
letter["Received"] = "from a by b for <{CODE}>; Mon, 23 Nov 2026 10:00:00 +0200"
letter["Authentication-Results"] = "mail1.konto.example; dmarc=pass header.from=hel.example"
letter.set_content("Hei.")
smtp = smtplib.SMTP("127.0.0.1", {port})
refused = smtp.sendmail("clerk@hel.example", ["{CODE}", "{CARLA}", "carl.lindqvist@konto.example", "{BERTA}"], letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")))
assert list(refused) == ["carl.lindqvist@konto.example"], refused
code, text = refused["carl.lindqvist@konto.example"]
assert code == 550 and b"5.2.1" in text and b"Reference: " in text, text
smtp.quit()
"#,
        port = gateway.smtp_port,
    );
    let output = Command::new("python3").args(["-c", &program]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    shows_nobody_but(&gateway, "anna", CODE);
    shows_nobody_but(&gateway, "carla", CARLA);
    shows_nobody_but(&gateway, "berta", BERTA);
    let (record, copy) = only(&gateway, "anna");
    assert!(!copy.contains("Bo Ek") && !record.to_string().contains("Bo Ek"), "{copy}");
    assert_eq!(record["to"][0]["address"], CODE, "{record}");
    assert_eq!(copy.matches("Authentication-Results:").count(), 1, "{copy}");
    assert!(!copy.contains("dmarc=pass"), "{copy}");
    assert!(as_it_came(copy.as_bytes()).ends_with(b"\r\n\r\nHei.\r\n"), "{copy}");
}

/// Whatever else mail programs and servers write of the recipients, those in Bcc among them.
#[test]
fn no_field_names_another() {
    let gateway = gateway();
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let letter = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; d=hel.example; s=x; h=To; z=To:{ANNA}|Cc:\r\n\tcarla.nyman=40konto.example; \
         bh=AA; b=AA\r\nMail-Followup-To: clerk@hel.example, {CARLA}\r\nX-To: {BERTA}\r\nDowngraded-Cc: <{CARLA}>\r\n\
         X-MS-Exchange-Organization-Recipients: {ANNA};\r\n {CARLA}; {CODE}\r\nReply-To: {BERTA}, social@hel.example\r\n\
         Return-Path: <bounce-b.berg=konto.example@hel.example>\r\nX-Code: 131052-308T\r\nX-Case: 7\r\n\
         From: \"carla.nyman@konto.example\" <clerk@hel.example>\r\nTo: {ANNA}\r\nCc: {CARLA}\r\n\
         Subject: =?utf-8?Q?P=C3=A4=C3=A4t=C3=B6s_carla.nyman=40konto.example?=\r\nMessage-ID: <any@hel.example>\r\n\r\nx\r\n"
    );
    assert!(client.send("clerk@hel.example", &[ANNA, CARLA, BERTA], letter.as_bytes()).unwrap().is_yes());
    let (_, copy) = only(&gateway, "anna");
    for other in ["carla.nyman", "b.berg", "131052-308", "DKIM-Signature"] {
        assert!(!copy.contains(other), "{other} in\n{copy}");
    }
    for stays in ["\r\nReply-To: <social@hel.example>\r\n", "\r\nX-Case: 7\r\n", "\r\nFrom: <clerk@hel.example>\r\n"] {
        assert!(copy.contains(stays), "{stays} in\n{copy}");
    }
    assert!(!only(&gateway, "berta").1.contains("anna.virtanen"));
}

/// Over the limit of messages to one citizen: that recipient waits, the others do not.
#[test]
fn too_many_to_one_citizen() {
    let over = vec![("LIMITS__MESSAGES_PER_PAIR", "2".to_owned()), ("LIMITS__MESSAGES_PER_OFFICE", "4".to_owned())];
    let gateway = Gateway::start(Setup { over, ..Setup::default() });
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    let letter = |n: u32| format!("From: clerk@hel.example\r\nMessage-ID: <{n}@hel.example>\r\n\r\nx\r\n").into_bytes();
    for n in 0..2 {
        assert!(client.send("clerk@hel.example", &[ANNA], &letter(n)).unwrap().is_yes());
    }
    client.command("MAIL FROM:<clerk@hel.example>").unwrap();
    let over = client.command(&format!("RCPT TO:<{ANNA}>")).unwrap().text();
    assert!(over.starts_with("450 4.7.0 ") && over.contains(" Reference: "), "{over}");
    assert!(client.command(&format!("RCPT TO:<{CARLA}>")).unwrap().is_yes());
    assert!(client.command("DATA").unwrap().code == 354 && client.body(&letter(2)).unwrap().is_yes());
    assert!(client.send("other@hel.example", &[ANNA], &letter(3)).unwrap().is_yes(), "another sender");
    // The office has written its four: told after one body more, then before.
    let told = client.send("third@hel.example", &[ANNA], &letter(4)).unwrap().text();
    assert!(told.starts_with("450 4.7.0 "), "{told}");
    let told = client.command("MAIL FROM:<fourth@hel.example>").unwrap().text();
    assert!(told.starts_with("450 4.7.0 "), "{told}");
    assert!(client.command("MAIL FROM:<someone@elsewhere.example>").unwrap().is_yes());
    assert_eq!(gateway.api("anna").inbox().len(), 3);
    assert_eq!(gateway.api("carla").inbox().len(), 1);
}
