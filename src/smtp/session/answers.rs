//! What follows from the answers to what was asked.

use std::sync::Arc;

use super::stage::{
    Opened, Reading, Stage, Transaction, Turn, refused_message, refused_recipient, refused_sender, too_large,
};
use super::{Action, Settings};
use crate::domain::arrival::Receipt;
use crate::domain::envelope::{Destination, Route, Sender};
use crate::domain::status::{Class, Refusal};
use crate::smtp::reply::Reply;

/// Who the sender is. The size is judged here and not before, for only now are the limit and the language known.
pub fn sender(stage: Stage, answer: Result<Sender, Refusal>, settings: &Settings) -> Turn {
    let Stage::SenderAsked(hello, opening) = stage else { return confused(&stage) };
    let sender = match answer {
        Ok(sender) => sender,
        Err(refusal) => {
            return Turn::to(Stage::Ready(hello)).reply(refused_sender(refusal, opening, None)).junk();
        }
    };
    if let Some(refusal) = opening.size.and_then(|size| too_large(size, &sender, settings)) {
        return Turn::to(Stage::Ready(hello)).reply(refused_sender(refusal, opening, Some(&sender)));
    }
    let opened = Opened { path: opening.path, sender, smtputf8: opening.smtputf8 };
    Turn::to(Stage::Sender(hello, opened)).reply(Reply::sender_ok())
}

/// Where the recipient leads.
pub fn recipient(stage: Stage, answer: Result<Route, Refusal>) -> Turn {
    let Stage::RecipientAsked(hello, transaction, path) = stage else { return confused(&stage) };
    match answer.and_then(|route| apart(&transaction, route)) {
        Ok(route) => Turn::to(Stage::Recipients(hello, transaction.with(path, route))).reply(Reply::recipient_ok()),
        Err(refusal) => {
            let reply = refused_recipient(refusal, &transaction, path);
            Turn::to(transaction.stage(hello)).reply(reply).junk()
        }
    }
}

/// A recipient whom the subject names is decided on after the body, where one no is a no to all: it comes in a message
/// of its own, and the others in another.
fn apart(transaction: &Transaction, route: Route) -> Result<Route, Refusal> {
    let by_subject = |route: &Route| matches!(route.destination(), Destination::CitizenBySubject(_));
    match transaction {
        Transaction::Addressed(envelope) if by_subject(&envelope.first.route) != by_subject(&route) => {
            Err(Refusal::new(Class::TooManyRecipients, "one whom the subject names, and one whom the address names"))
        }
        _ => Ok(route),
    }
}

/// What came of reading a body, or a chunk of one.
pub fn body(stage: Stage, answer: Result<u64, Refusal>, settings: &Settings) -> Turn {
    let (reading, last) = match stage {
        Stage::Data(reading) => (reading, true),
        Stage::Chunk { reading, last } => (reading, last),
        Stage::Refused { back, reply, fault } => return Turn { is_fault: fault, ..Turn::to(*back).reply(reply) },
        _ => return confused(&stage),
    };
    let Reading { hello, envelope } = reading;
    let size = answer.and_then(|size| match too_large(size, &envelope.sender, settings) {
        Some(refusal) => Err(refusal),
        None => Ok(size),
    });
    match size {
        Ok(_) if last => {
            let envelope = Arc::from(envelope);
            Turn::to(Stage::Keeping { hello, envelope: Arc::clone(&envelope) }).act(Action::Keep(envelope))
        }
        Ok(size) => Turn::to(Stage::Chunks { reading: Reading { hello, envelope }, size }).reply(Reply::chunk_ok(size)),
        // The transaction is over: the chunks that are still to come meet 503.
        Err(refusal) => {
            let reply = refused_message(refusal, &envelope);
            Turn::to(Stage::Ready(hello)).act(Action::Discard).reply(reply)
        }
    }
}

/// Whether the message is in the store.
pub fn kept(stage: Stage, answer: Result<Receipt, Refusal>) -> Turn {
    let Stage::Keeping { hello, envelope } = stage else { return confused(&stage) };
    let turn = Turn::to(Stage::Ready(hello));
    match answer {
        Ok(receipt) => turn.reply(Reply::accepted(&receipt)),
        Err(refusal) => turn.act(Action::Discard).reply(refused_message(refusal, &envelope)),
    }
}

/// An answer to something that was not asked.
fn confused(stage: &Stage) -> Turn {
    Turn::close(Reply::confused(), stage.holds_body())
}
