//! Nothing goes round: what comes back to us is refused, and what a machine wrote is answered by none of ours.

mod support;

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::client::{Answer, Client};
use support::gateway::{Gateway, Setup, file, said};
use support::sink::Sink;

const ANNA: &str = "anna.virtanen@konto.example";
const CLERK: &str = "clerk@hel.example";

/// Anna is told of what comes, at this address.
fn with_notices(gateway: &Gateway, address: &str) {
    let account = format!(
        "[[account]]\nid = \"anna\"\nidentity = \"hetu:131052-308T\"\nname = \"Anna Virtanen\"\nstate = \"active\"\n\
         aliases = [\"{ANNA}\"]\nlanguage = \"sv\"\nnotices = [\"{address}\"]\n"
    );
    apply(gateway, &account);
}

fn apply(gateway: &Gateway, text: &str) {
    let path = file(gateway.folder(), "more.toml", text.as_bytes());
    let applied = gateway.run(&["apply", path.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", said(&applied));
    // A serving gateway looks once a second.
    std::thread::sleep(Duration::from_millis(1500));
}

fn queue(gateway: &Gateway) -> Vec<Value> {
    let output = gateway.run(&["queue", "list", "--json"]);
    let list: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    list.as_array().cloned().unwrap_or_else(|| list["items"].as_array().unwrap().clone())
}

fn send(gateway: &Gateway, from: &str, to: &str, letter: &str) -> Answer {
    let mut client = Client::connect(gateway.smtp_port).unwrap();
    client.send(from, &[to], letter.as_bytes()).unwrap()
}

/// Waits until so many have come.
fn came(sink: &Sink, many: usize) -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let came = sink.came();
        if came.len() >= many {
            assert_eq!(came.len(), many, "more than was sent");
            return came.iter().map(|one| String::from_utf8_lossy(&one.octets).into_owned()).collect();
        }
        assert!(Instant::now() < end, "{} of {many} came", came.len());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A field's value.
fn field<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find(|line| line.starts_with(&format!("{name}: ")));
    line.unwrap_or_else(|| panic!("no {name} in {message}")).split_once(": ").unwrap().1
}

/// What we have sent comes back with another author, another Message-ID and in a new envelope: refused by its mark.
#[test]
fn our_own_mail_does_not_come_back() {
    let sink = Sink::start(0);
    let gateway = Gateway::start(Setup { relay: format!("smtp://127.0.0.1:{}", sink.port), ..Setup::default() });
    let first = "From: clerk@hel.example\r\nSubject: Beslut\r\nMessage-ID: <1@hel.example>\r\n\r\nHej.\r\n";
    assert!(send(&gateway, CLERK, ANNA, first).is_yes());
    let api = gateway.api("anna");
    let record = api.inbox()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(api.reply(&record, None, "Tack.", &[]).unwrap().status, 201);
    let reply = came(&sink, 1).remove(0);
    let mark = field(&reply, "Brevbro-Sent");
    assert_eq!(mark.len(), 42, "{reply}");
    let (_, body) = reply.split_once("\r\n\r\n").unwrap();
    let again = |name: &str, mark: &str| {
        format!("From: {CLERK}\r\nMessage-ID: <{name}@hel.example>\r\nSubject: Re\r\n{mark}\r\n\r\n{body}")
    };
    let conversation = field(&reply, "From").rsplit_once('<').map_or_else(
        || reply.lines().find(|line| line.starts_with(" <re-")).unwrap().trim().trim_matches(['<', '>']).to_owned(),
        |(_, address)| address.trim_end_matches('>').to_owned(),
    );
    for to in [ANNA, &conversation] {
        let answer = send(&gateway, CLERK, to, &again("loop", &format!("Brevbro-Sent: {mark}")));
        assert!(answer.text().starts_with("554 5.4.6 "), "{}", answer.text());
    }
    assert_eq!(api.inbox().len(), 1);
    // A mark that is none of ours, and our mail enclosed in a clerk's, are no loop.
    assert!(send(&gateway, CLERK, ANNA, &again("other", "Brevbro-Sent: x")).is_yes());
    let enclosed = format!(
        "From: {CLERK}\r\nMessage-ID: <fw@hel.example>\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n{reply}"
    );
    assert!(send(&gateway, CLERK, ANNA, &enclosed).is_yes());
    // Reports of it, which enclose it or its header, still reach the postmaster.
    assert!(send(&gateway, "someone@elsewhere.example", "postmaster@konto.example", &reply).is_yes());
    let hops = format!("{}From: {CLERK}\r\n\r\nx\r\n", "Received: from a by b; date\r\n".repeat(101));
    assert!(send(&gateway, CLERK, ANNA, &hops).text().starts_with("554 5.4.6 "));
    assert_eq!(api.inbox().len(), 3);
}

/// An absence note to the citizen's reply is noted at the reply and is no record; what only bears a machine's mark is one,
/// and tells nobody by e-mail; what answers a notice of ours, with marks of a machine or without, makes us send nothing.
#[test]
fn machines_that_answer_us_are_answered_by_nobody() {
    let sink = Sink::start(0);
    let gateway = Gateway::start(Setup { relay: format!("smtp://127.0.0.1:{}", sink.port), ..Setup::default() });
    with_notices(&gateway, "anna@mail.example");
    let generated = "From: clerk@hel.example\r\nSubject: Beslut\r\nMessage-ID: <1@hel.example>\r\n\
                     Auto-Submitted: auto-generated\r\n\r\nHej.\r\n";
    assert!(send(&gateway, CLERK, ANNA, generated).is_yes());
    let notice = came(&sink, 1).remove(0);
    assert_eq!(field(&notice, "Auto-Submitted"), "auto-generated", "a case system's decision is told of");
    assert_eq!(field(&notice, "X-Auto-Response-Suppress"), "All");
    let api = gateway.api("anna");
    let record = api.inbox()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(api.reply(&record, None, "Tack.", &[]).unwrap().status, 201);
    let reply = came(&sink, 2).remove(1);
    let at = reply.find("<re-").expect("the conversation's address");
    let conversation = &reply[at + 1..at + reply[at..].find('>').unwrap()];
    let away = |header: &str, name: &str| {
        format!(
            "From: {CLERK}\r\nTo: {conversation}\r\nSubject: Jag är borta\r\nMessage-ID: <{name}@hel.example>\r\n\
             In-Reply-To: {}\r\n{header}\r\n\r\nJag är åter på måndag.\r\n",
            field(&reply, "Message-ID"),
        )
    };
    for (name, header) in [("a", "Auto-Submitted: auto-replied"), ("b", "X-Auto-Response-Suppress: All")] {
        assert!(send(&gateway, CLERK, conversation, &away(header, name)).is_yes());
    }
    assert!(send(&gateway, CLERK, ANNA, &away("Auto-Submitted: auto-replied", "c")).is_yes());
    assert_eq!(api.inbox().len(), 1);
    let registered = away("Auto-Submitted: auto-generated", "d")
        .replace("Jag är borta", "Registrerat")
        .replace("Jag är åter på måndag", "Ärendet är registrerat");
    assert!(send(&gateway, CLERK, conversation, &registered).is_yes());
    let inbox = api.inbox();
    assert_eq!(inbox.len(), 2);
    assert!(inbox.iter().all(|record| record["auto_submitted"] == true), "{inbox:?}");
    // The citizen's mail answers the notice: to its return path, and to its author.
    let items = queue(&gateway);
    assert_eq!(items.len(), 2, "{items:?}");
    let answers = "From: anna@mail.example\r\nSubject: Borta\r\n\r\nJag har semester.\r\n";
    assert!(send(&gateway, "anna@mail.example", "postmaster@konto.example", answers).is_yes());
    let sent = sink.came();
    assert_eq!(sent[0].to, ["anna@mail.example"]);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(queue(&gateway).len(), 2);
    assert_eq!(sink.came().len(), 2);
}

/// Two gateways, each the other's office, and each citizen told of new mail at the other's address: it ends.
#[test]
fn two_gateways_that_tell_each_other_end() {
    let mut theirs = Gateway::prepare(Setup::default());
    let relay = |gateway: &Gateway| format!("smtp://127.0.0.1:{}", gateway.smtp_port);
    let mut ours = Gateway::prepare(Setup { relay: relay(&theirs), ..Setup::default() });
    let config = fs::read_to_string(theirs.path("brevbro.toml")).unwrap();
    let config = config.replace("konto.example", "post.example").replace("smtp://127.0.0.1:9", &relay(&ours));
    fs::write(theirs.path("brevbro.toml"), config).unwrap();
    // Another installation: another secret.
    fs::write(theirs.path("brevbro.key"), [8; 32]).unwrap();
    let office = |domain: &str| {
        format!(
            "[[office]]\nid = \"the-other\"\nname = {{ en = \"The other\" }}\nlanguage = \"en\"\nsenders = [\"{domain}\"]\n\
             trust = [\"network\"]\nnetworks = [\"127.0.0.0/8\"]\ntls = \"optional\"\nreplies = \"allowed\"\n\
             reply_routes = [\"sender\"]\nrelay = {{ to = \"smtp://127.0.0.1:9\", tls = \"clear\" }}\n\n"
        )
    };
    let account = |alias: &str, notices: &str| {
        format!(
            "[[account]]\nid = \"anna\"\nname = \"Anna\"\nstate = \"active\"\naliases = [\"{alias}\"]\nlanguage = \"en\"\n\
             notices = [\"{notices}\"]\n"
        )
    };
    fs::write(theirs.path("offices.toml"), office("konto.example") + &account("anna@post.example", ANNA)).unwrap();
    let mine = office("post.example")
        + &office("hel.example").replace("the-other", "hel")
        + &account(ANNA, "anna@post.example");
    fs::write(ours.path("offices.toml"), mine).unwrap();
    for gateway in [&mut theirs, &mut ours] {
        let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
        assert!(applied.status.success(), "{}", said(&applied));
        gateway.serve();
    }
    let letter = "From: clerk@hel.example\r\nSubject: x\r\nMessage-ID: <1@hel.example>\r\n\r\nx\r\n";
    assert!(send(&ours, CLERK, ANNA, letter).is_yes());
    let end = Instant::now() + Duration::from_secs(20);
    while theirs.api("anna").inbox().is_empty() {
        assert!(Instant::now() < end, "the notice did not come: {:?}", queue(&ours));
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(theirs.api("anna").inbox().len(), 1);
    assert_eq!(ours.api("anna").inbox().len(), 1);
    assert!(queue(&theirs).is_empty(), "{:?}", queue(&theirs));
    assert_eq!(queue(&ours).len(), 1);
}
