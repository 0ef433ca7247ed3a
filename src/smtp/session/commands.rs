//! What each command does where.

use super::stage::{Hello, Opening, Reading, Stage, Transaction, Turn, refused_message, refused_recipient, too_large};
use super::{Action, Encryption, Facts, Settings, login};
use crate::domain::envelope::Sender;
use crate::domain::office::LoginDemand;
use crate::domain::status::{Class, Refusal};
use crate::smtp::command::{Command, CommandFault, Mail, Rcpt};
use crate::smtp::reply::Reply;

/// Obeys a command in a stage that awaits one.
pub fn obey(stage: Stage, command: Command, settings: &Settings, facts: Facts) -> Turn {
    let encrypted = facts.tls != Encryption::Clear;
    match command {
        Command::Ehlo(name) => {
            let Settings { hostname, max_message, max_recipients, .. } = settings;
            let (starttls, mechanisms) = (settings.starttls && !encrypted, login::offered(settings, facts));
            let reply = Reply::ehlo(hostname, *max_message, *max_recipients, starttls, mechanisms);
            let is_junk = !matches!(stage, Stage::Fresh);
            Turn { is_junk, ..abandon(stage, |_| Stage::Ready(Hello { name, extended: true })).reply(reply) }
        }
        Command::Helo(name) => {
            let reply = Reply::helo(&settings.hostname);
            let is_junk = !matches!(stage, Stage::Fresh);
            Turn { is_junk, ..abandon(stage, |_| Stage::Ready(Hello { name, extended: false })).reply(reply) }
        }
        Command::Auth { mechanism, initial } => login::auth(stage, mechanism, initial, settings, facts),
        Command::Mail(command) => mail(stage, command, settings, facts),
        Command::Rcpt(command) => rcpt(stage, command, settings),
        Command::Data => data(stage),
        Command::Bdat { size, last } => bdat(stage, size, last, settings),
        Command::StartTls => start_tls(stage, settings, encrypted),
        Command::Rset => abandon(stage, |hello| hello.map_or(Stage::Fresh, Stage::Ready)).reply(Reply::reset()).junk(),
        Command::Noop => Turn::to(stage).reply(Reply::noop()).junk(),
        Command::Help => Turn::to(stage).reply(Reply::help()).junk(),
        Command::Vrfy => Turn::to(stage).reply(Reply::not_verified()).junk(),
        Command::Expn => Turn::fault(stage, Reply::not_implemented()),
        Command::Quit => Turn::close(Reply::bye(), stage.holds_body()),
    }
}

/// Drops the transaction, if there is one, and goes on from what was said with EHLO.
fn abandon(stage: Stage, next: impl FnOnce(Option<Hello>) -> Stage) -> Turn {
    let holds_body = stage.holds_body();
    let hello = match stage {
        Stage::Ready(hello)
        | Stage::Sender(hello, _)
        | Stage::Recipients(hello, _)
        | Stage::Chunks { reading: Reading { hello, .. }, .. } => Some(hello),
        _ => None,
    };
    let turn = Turn::to(next(hello));
    if holds_body { turn.act(Action::Discard) } else { turn }
}

pub const HELLO_FIRST: &str = "EHLO first";
const MAIL_FIRST: &str = "MAIL first";
pub const AMID_CHUNKS: &str = "BDAT or RSET first: the message has begun";

fn mail(stage: Stage, mail: Mail, settings: &Settings, facts: Facts) -> Turn {
    match stage {
        Stage::Ready(hello) if mail.extended && !hello.extended => {
            Turn::fault(Stage::Ready(hello), Reply::parameters_need_ehlo())
        }
        Stage::Ready(_) if mail.submitter.is_some() && settings.login == LoginDemand::Off => {
            Turn::fault(stage, Reply::command_fault(&CommandFault::Parameter("AUTH".to_owned())))
        }
        Stage::Ready(_) if settings.login == LoginDemand::Required && !facts.logged_in => {
            let class = if facts.tls == Encryption::Clear { Class::TlsNeeded } else { Class::LoginNeeded };
            Turn::fault(stage, Reply::refused(&Refusal::new(class, "MAIL before a login"), mail.smtputf8))
        }
        Stage::Ready(hello) => {
            let ask = Action::AskSender { helo: hello.name.clone(), path: mail.path.clone(), size: mail.size };
            let opening = Opening { path: mail.path, smtputf8: mail.smtputf8, size: mail.size };
            Turn::to(Stage::SenderAsked(hello, opening)).act(ask)
        }
        Stage::Fresh => Turn::fault(stage, Reply::bad_sequence(HELLO_FIRST)),
        Stage::Chunks { .. } => Turn::fault(stage, Reply::bad_sequence(AMID_CHUNKS)),
        _ => Turn::fault(stage, Reply::bad_sequence("RSET first: a message has begun")),
    }
}

fn rcpt(stage: Stage, rcpt: Rcpt, settings: &Settings) -> Turn {
    let (hello, transaction) = match stage {
        Stage::Sender(hello, opened) => (hello, Transaction::Open(opened)),
        Stage::Recipients(hello, envelope) => (hello, Transaction::Addressed(envelope)),
        _ => return at_wrong_time(stage),
    };
    if rcpt.utf8 && !transaction.smtputf8() {
        let reply = Reply::command_fault(&CommandFault::Smtputf8Needed);
        return Turn::fault(transaction.stage(hello), reply);
    }
    // Whose recipients cannot be judged before the body gets one answer for all of them, and so one recipient each time.
    let most = match transaction.sender() {
        Sender::Claimed(claim) if !claim.is_vouched() => 1,
        _ => settings.max_recipients,
    };
    if let Transaction::Addressed(envelope) = &transaction
        && envelope.recipients().count() >= most
    {
        let refusal = Refusal::new(Class::TooManyRecipients, "over the limit of recipients");
        let reply = refused_recipient(refusal, &transaction, rcpt.path);
        return Turn::to(transaction.stage(hello)).reply(reply);
    }
    let ask = Action::AskRecipient {
        sender: transaction.sender().clone(),
        from: transaction.reverse_path().clone(),
        path: rcpt.path.clone(),
    };
    Turn::to(Stage::RecipientAsked(hello, transaction, rcpt.path)).act(ask)
}

fn data(stage: Stage) -> Turn {
    match stage {
        Stage::Recipients(hello, envelope) => {
            Turn::to(Stage::Data(Reading { hello, envelope })).reply(Reply::start_data()).act(Action::ReadData)
        }
        _ => at_wrong_time(stage),
    }
}

/// Whatever is answered, the octets are read: they are never commands (RFC 3030 §2).
fn bdat(stage: Stage, size: u64, last: bool, settings: &Settings) -> Turn {
    let (reading, before) = match stage {
        Stage::Recipients(hello, envelope) if hello.extended => (Reading { hello, envelope }, None),
        Stage::Chunks { reading, size } => (reading, Some(size)),
        Stage::Recipients(hello, envelope) => {
            let reply = Reply::bad_sequence(HELLO_FIRST);
            return refuse_chunk(Stage::Recipients(hello, envelope), size, reply, true, settings);
        }
        _ => {
            let reply = wrong_time(&stage);
            return refuse_chunk(stage, size, reply, true, settings);
        }
    };
    let envelope = &reading.envelope;
    if let Some(refusal) = too_large(before.unwrap_or(0).saturating_add(size), &envelope.sender, settings) {
        let reply = refused_message(refusal, envelope);
        let mut turn = refuse_chunk(Stage::Ready(reading.hello), size, reply, false, settings);
        if before.is_some() {
            turn.actions.insert(0, Action::Discard);
        }
        return turn;
    }
    let turn = Turn::to(Stage::Chunk { reading, last }).act(Action::ReadChunk { size, last, keep: true });
    Turn { is_junk: size == 0 && !last, ..turn }
}

/// Of so many messages' size, nobody waits for a chunk's octets only to refuse them.
const HOPELESS: u64 = 4;

fn refuse_chunk(back: Stage, size: u64, reply: Reply, fault: bool, settings: &Settings) -> Turn {
    if size > settings.max_message.saturating_mul(HOPELESS) {
        return Turn::close(reply, back.holds_body());
    }
    let stage = Stage::Refused { back: Box::new(back), reply, fault };
    Turn::to(stage).act(Action::ReadChunk { size, last: false, keep: false })
}

fn start_tls(stage: Stage, settings: &Settings, encrypted: bool) -> Turn {
    match stage {
        Stage::Fresh | Stage::Ready(_) if settings.starttls && !encrypted => {
            Turn::to(Stage::Handshake).reply(Reply::ready_for_tls()).act(Action::StartTls)
        }
        Stage::Fresh | Stage::Ready(_) => Turn::fault(stage, Reply::no_starttls(encrypted)),
        _ => Turn::fault(stage, Reply::bad_sequence("RSET first: a message has begun")),
    }
}

fn at_wrong_time(stage: Stage) -> Turn {
    let reply = wrong_time(&stage);
    Turn::fault(stage, reply)
}

/// To a command that needs a transaction that is further on, or not so far.
fn wrong_time(stage: &Stage) -> Reply {
    match stage {
        Stage::Fresh => Reply::bad_sequence(HELLO_FIRST),
        Stage::Sender(..) => Reply::no_recipients(),
        Stage::Chunks { .. } => Reply::bad_sequence(AMID_CHUNKS),
        _ => Reply::bad_sequence(MAIL_FIRST),
    }
}
