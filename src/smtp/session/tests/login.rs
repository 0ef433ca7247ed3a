use super::*;
use crate::domain::office::Login;
use crate::domain::sasl::Exchange;
use crate::smtp::line::LineReader;

pub(super) fn anybody() -> Login {
    Login { office: "hel".parse().unwrap(), label: "case".to_owned() }
}

/// The client is to acknowledge our proof.
pub(super) fn proved() -> Event<'static> {
    Event::Login(Ok(Step::Challenge(b"v=x".to_vec(), Box::new(Exchange::Proved(anybody())))))
}

fn done() -> Event<'static> {
    Event::Login(Ok(Step::Done(anybody())))
}

fn secure() -> Played {
    Played { state: State::encrypted(&tls()), log: Vec::new() }.then(Event::Opened).says("EHLO a.example")
}

fn asks(settings: &Settings, state: State) -> String {
    let (_, actions) = state.step(Event::Line(Ok(b"EHLO a")), settings);
    match &actions[0] {
        Action::Reply(reply) => reply.lines().find(|line| line.starts_with("AUTH")).unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn offered_under_tls_alone() {
    let on = Settings { login: LoginDemand::Required, ..settings() };
    assert_eq!(asks(&on, State::new()), "");
    assert_eq!(asks(&on, State::encrypted(&tls())), "AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN");
    // Under TLS 1.2 there may be nothing to bind to.
    let old = TlsFacts { version: "TLSv1.2".into(), ..tls() };
    assert_eq!(asks(&on, State::encrypted(&old)), "AUTH SCRAM-SHA-256 PLAIN");
    assert_eq!(asks(&Settings { login: LoginDemand::Off, ..settings() }, State::encrypted(&tls())), "");
    assert_eq!(Played::at_ready().says("AUTH PLAIN AGEAYg==").since(2), "538");
    let starttls = Played::at_ready().says("STARTTLS").then(Event::Encrypted(tls())).says("EHLO a");
    assert_eq!(starttls.says("AUTH PLAIN AGEAYg==").then(done()).since(5), "login?, 235");
}

#[test]
fn with_and_without_initial_response() {
    assert_eq!(secure().says("AUTH PLAIN AGEAYg==").then(done()).since(2), "login?, 235");
    assert_eq!(secure().says("AUTH PLAIN").says("AGEAYg==").then(done()).since(2), "334, login?, 235");
    let scram = secure().says("AUTH scram-sha-256 biws").then(proved()).says("").then(done());
    assert_eq!(scram.since(2), "login?, 334, login?, 235");
    // A line that stands for nothing is no command, and no command is obeyed within.
    assert_eq!(secure().says("AUTH PLAIN").says("QUIT").since(2), "334, login?");
    assert_eq!(secure().says("AUTH PLAIN").says("NOOP here").since(2), "334, 501");
}

#[test]
fn an_exchange_ends_at_the_first_thing_wrong() {
    let ready = |played: Played| played.says("MAIL FROM:<>").log.last().unwrap().clone();
    let failed = || Event::Login(Err(refusal(Class::LoginFailed)));
    for played in [
        secure().says("AUTH PLAIN").says("*"),
        secure().says("AUTH PLAIN").says("a b"),
        secure().says("AUTH PLAIN").says("AGEAYg"),
        secure().says("AUTH PLAIN").then(Event::Line(Err(LineFault::TooLong))),
        secure().says("AUTH PLAIN AGEAYg==").then(failed()),
        secure().says("AUTH SCRAM-SHA-256 biws").then(proved()).says("*"),
    ] {
        assert_eq!(ready(played), "sender?");
    }
    assert_eq!(secure().says("AUTH PLAIN").says("*").since(2), "334, 501");
    assert_eq!(secure().says("AUTH PLAIN AGEAYg==").then(failed()).since(2), "login?, 535");
    let flood = secure().says("AUTH PLAIN AGEAYg==").then(Event::Login(Err(refusal(Class::TooManyLogins))));
    assert_eq!(flood.since(2), "login?, 421, close");
    let mut guesses = secure();
    for _ in 0..10 {
        guesses = guesses.says("AUTH PLAIN AGEAYg==").then(failed());
    }
    assert!(guesses.state.is_closed(), "ten guesses are ten faults");
}

#[test]
fn at_the_wrong_time() {
    for line in ["AUTH", "AUTH PLAIN a b", "AUTH a+b", "AUTH PLAIN  "] {
        let said = secure().says(line).since(2);
        assert_eq!(said, if line == "AUTH PLAIN  " { "334" } else { "501" }, "{line}");
    }
    assert_eq!(secure().says("AUTH LOGIN").since(2), "504");
    assert_eq!(secure().says("AUTH PLAIN ?").since(2), "501");
    assert_eq!(secure().says("AUTH PLAIN AGEAYg==").then(done()).says("AUTH PLAIN AGEAYg==").since(4), "503");
    assert_eq!(Played { state: State::encrypted(&tls()), log: Vec::new() }.says("AUTH PLAIN").since(0), "503");
    assert_eq!(secure().says("HELO a").says("AUTH PLAIN").since(3), "503");
    let amid = secure().says("MAIL FROM:<>").then(Event::Sender(Ok(Sender::Stranger))).says("AUTH PLAIN");
    assert_eq!(amid.since(4), "503");
    assert_eq!(secure().then(done()).since(2), "421, close", "nobody asked");
    let off = Settings { login: LoginDemand::Off, ..settings() };
    assert_eq!(secure().then_with(Event::Line(Ok(b"AUTH PLAIN")), &off).since(2), "502");
}

#[test]
fn a_submission_listener_takes_no_mail_before_a_login() {
    let on = Settings { login: LoginDemand::Required, ..settings() };
    let mail = || Event::Line(Ok(b"MAIL FROM:<>".as_slice()));
    assert_eq!(Played::at_ready().then_with(mail(), &on).since(2), "530");
    assert_eq!(secure().then_with(mail(), &on).since(2), "530");
    let login = secure().says("AUTH PLAIN AGEAYg==").then(done());
    let ended = || Event::Sender(Err(refusal(Class::LoginNeeded)));
    let played = login.then_with(mail(), &on).then(ended()).then_with(mail(), &on).says("AUTH PLAIN");
    assert_eq!(played.since(4), "sender?, 530, 530, 334", "a login ends with its password, and may come again");
}

#[test]
fn the_submitter_may_be_named_where_a_login_may_be() {
    let off = Settings { login: LoginDemand::Off, ..settings() };
    let line = || Event::Line(Ok(b"MAIL FROM:<a@b.example> AUTH=<>".as_slice()));
    assert_eq!(secure().then(line()).since(2), "sender?");
    assert_eq!(secure().then_with(line(), &off).since(2), "555");
}

#[test]
fn an_answer_may_be_longer_than_a_command() {
    let played = secure();
    assert_eq!(played.state.line_limit(), LineReader::MAX);
    let played = played.says("AUTH PLAIN");
    assert_eq!(played.state.line_limit(), LineReader::MAX_RESPONSE);
    assert_eq!(played.says("*").state.line_limit(), LineReader::MAX);
}
