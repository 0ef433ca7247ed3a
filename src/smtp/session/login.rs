//! AUTH (RFC 4954): between two commands, lines that are none. Under TLS alone, after EHLO, outside a message, and once.
//! What is said is base64 and nothing more here: whose password it proves, whoever knows the passwords says.

use super::commands::{AMID_CHUNKS, HELLO_FIRST};
use super::stage::{Awaited, Stage, Turn};
use super::{Action, Encryption, Facts, Settings};
use crate::domain::office::LoginDemand;
use crate::domain::sasl::{Attempt, Mechanism, Response, Step};
use crate::domain::status::{Occasion, Refusal};
use crate::smtp::command::{CommandFault, response as read};
use crate::smtp::line::LineFault;
use crate::smtp::reply::Reply;

/// The mechanisms that EHLO names.
pub fn offered(settings: &Settings, facts: Facts) -> &'static [Mechanism] {
    match (settings.login, facts.tls) {
        (LoginDemand::Off, _) | (_, Encryption::Clear) => &[],
        (_, Encryption::Tls12) => &[Mechanism::ScramSha256, Mechanism::Plain],
        (_, Encryption::Tls13) => &Mechanism::ALL,
    }
}

pub fn auth(stage: Stage, mechanism: Mechanism, initial: Option<Response>, settings: &Settings, facts: Facts) -> Turn {
    if settings.login == LoginDemand::Off {
        return Turn::fault(stage, Reply::no_login());
    }
    let hello = match stage {
        Stage::Ready(hello) if hello.extended => hello,
        Stage::Fresh | Stage::Ready(_) => return Turn::fault(stage, Reply::bad_sequence(HELLO_FIRST)),
        Stage::Chunks { .. } => return Turn::fault(stage, Reply::bad_sequence(AMID_CHUNKS)),
        _ => return Turn::fault(stage, Reply::bad_sequence("RSET first: a message has begun")),
    };
    if facts.tls == Encryption::Clear {
        return Turn::fault(Stage::Ready(hello), Reply::login_needs_tls());
    }
    if facts.logged_in {
        return Turn::fault(Stage::Ready(hello), Reply::logged_in_already());
    }
    if !offered(settings, facts).contains(&mechanism) {
        return Turn::fault(Stage::Ready(hello), Reply::command_fault(&CommandFault::Mechanism));
    }
    match initial {
        Some(response) => Turn::to(Stage::LoginAsked(hello)).act(Action::Login(Attempt::Begin(mechanism, response))),
        // In all our mechanisms the client speaks first: there is nothing to say before it.
        None => Turn::to(Stage::LoginAwaited(hello, Awaited::First(mechanism))).reply(Reply::challenge(&[])),
    }
}

/// The client's next words, or `*`. Whatever is wrong with them, the exchange is over.
pub fn response(stage: Stage, line: Result<&[u8], LineFault>) -> Turn {
    let Stage::LoginAwaited(hello, awaited) = stage else { return Turn::close(Reply::confused(), stage.holds_body()) };
    let response = match line {
        Ok(b"*") => return Turn::fault(Stage::Ready(hello), Reply::login_cancelled()),
        Ok(line) => read(line),
        Err(fault) => return Turn::fault(Stage::Ready(hello), Reply::line_fault(fault)),
    };
    match response {
        Ok(response) => {
            let attempt = match awaited {
                Awaited::First(mechanism) => Attempt::Begin(mechanism, response),
                Awaited::Next(exchange) => Attempt::GoOn(exchange, response),
            };
            Turn::to(Stage::LoginAsked(hello)).act(Action::Login(attempt))
        }
        Err(fault) => Turn::fault(Stage::Ready(hello), Reply::command_fault(&fault)),
    }
}

/// What an attempt came to.
pub fn answer(stage: Stage, answer: Result<Step, Refusal>) -> Turn {
    let Stage::LoginAsked(hello) = stage else { return Turn::close(Reply::confused(), stage.holds_body()) };
    match answer {
        Ok(Step::Challenge(words, exchange)) => {
            Turn::to(Stage::LoginAwaited(hello, Awaited::Next(exchange))).reply(Reply::challenge(&words))
        }
        Ok(Step::Done(_)) => Turn::to(Stage::Ready(hello)).reply(Reply::logged_in()),
        Err(refusal) => {
            let is_fault = !refusal.class.is_transient();
            let reply = Reply::refused(&refusal, false).on(Occasion { step: "login", ..Occasion::default() });
            Turn { is_fault, ..Turn::to(Stage::Ready(hello)).reply(reply) }
        }
    }
}
