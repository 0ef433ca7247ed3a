//! One message over one connection (RFC 5321 §3.3, RFC 3030, RFC 2920).
//!
//! What may be said in one flight goes in one write. A small message goes with its commands, unless the connection has
//! been silent for a while: then the answers to MAIL and RCPT must first show that it lives, so that its loss cannot be
//! taken for the loss of the message.

use std::fmt::Write;
use std::time::Duration;

use memchr::memmem;

use crate::domain::reply::Composed;
use crate::domain::status::Status;
use crate::relay::connection::{Connection, unexpected};
use crate::relay::dots::stuffed;
use crate::relay::fault::{Fault, Phase};
use crate::relay::settings::Timeouts;
use crate::smtp::reply::ServerReply;

/// Octets handed to the socket at once, and the largest message that goes with its commands.
const BLOCK: usize = 64 * 1024;
/// An answer as young as this proves that the connection lives.
const YOUNG: Duration = Duration::from_secs(2);

/// Sends the message; the answer is the 2xx to it. After an error the connection may serve on where
/// [`Connection::half_way`] says so, and must be dropped otherwise.
pub(super) async fn send(on: &mut Connection, message: &Composed, limits: &Timeouts) -> Result<ServerReply, Fault> {
    let commands = Commands {
        reset: on.half_way,
        mail: mail_command(on, message)?,
        rcpt: format!("RCPT TO:<{}>\r\n", message.to.wire()),
    };
    // Until all is answered the connection is fit for nothing else.
    on.half_way = false;
    on.messages += 1;
    match (on.offer.pipelining, on.offer.chunking) {
        (false, _) => one_by_one(on, &commands, &message.bytes, limits).await,
        (true, false) => by_data(on, &commands, &message.bytes, limits).await,
        (true, true) => by_chunk(on, &commands, &message.bytes, limits).await,
    }
}

/// What comes before the message.
struct Commands {
    /// RSET first.
    reset: bool,
    mail: String,
    rcpt: String,
}

impl Commands {
    fn flight(&self) -> String {
        [if self.reset { "RSET\r\n" } else { "" }, &self.mail, &self.rcpt].concat()
    }
}

/// To a server without PIPELINING.
async fn one_by_one(
    on: &mut Connection,
    commands: &Commands,
    message: &[u8],
    limits: &Timeouts,
) -> Result<ServerReply, Fault> {
    if commands.reset {
        match say(on, "RSET\r\n", Phase::Mail, limits.command).await {
            // A server that refuses RSET will say at MAIL what is the matter.
            Err(Fault::Answered { answer, .. }) if answer.code != 421 => {}
            said => said?,
        }
    }
    say(on, &commands.mail, Phase::Mail, limits.command).await?;
    say(on, &commands.rcpt, Phase::Recipient, limits.recipient).await?;
    if on.offer.chunking {
        write_chunk(on, Vec::new(), message, limits).await?;
        return settled(on, limits).await;
    }
    on.write(Phase::Data, b"DATA\r\n", limits.command).await?;
    let ready = on.answer(Phase::Data, limits.data).await?;
    write_data(on, ready, message, limits).await
}

/// The commands and DATA in one flight, then the message.
async fn by_data(
    on: &mut Connection,
    commands: &Commands,
    message: &[u8],
    limits: &Timeouts,
) -> Result<ServerReply, Fault> {
    let flight = commands.flight() + "DATA\r\n";
    on.write(Phase::Mail, flight.as_bytes(), limits.command).await?;
    let refused = envelope_answers(on, commands.reset, limits).await?;
    let ready = on.answer(Phase::Data, limits.data).await;
    match (refused, ready) {
        (None, ready) => write_data(on, ready?, message, limits).await,
        (Some(fault), Ok(ready)) => {
            on.half_way = (ready.code >= 400 && ready.code != 421) || take_back_data(on, limits).await;
            Err(fault)
        }
        (Some(fault), Err(_)) => Err(fault),
    }
}

/// The commands and, where it may go with them, the message in one flight.
async fn by_chunk(
    on: &mut Connection,
    commands: &Commands,
    message: &[u8],
    limits: &Timeouts,
) -> Result<ServerReply, Fault> {
    let flight = commands.flight().into_bytes();
    if message.len() > BLOCK || on.answered.elapsed() >= YOUNG {
        on.write(Phase::Mail, &flight, limits.command).await?;
        if let Some(fault) = envelope_answers(on, commands.reset, limits).await? {
            on.half_way = true;
            return Err(fault);
        }
        write_chunk(on, Vec::new(), message, limits).await?;
        return settled(on, limits).await;
    }
    write_chunk(on, flight, message, limits).await?;
    let refused = envelope_answers(on, commands.reset, limits).await.map_err(perhaps_whole)?;
    let answer = settled(on, limits).await;
    match refused {
        None => answer,
        // The chunk's own answer then says only that there was no recipient for it.
        Some(fault) => {
            on.half_way |= answer.is_ok();
            Err(fault)
        }
    }
}

/// MAIL with the parameters that the message needs and the server offers, or why the server will not take it.
fn mail_command(on: &Connection, message: &Composed) -> Result<String, Fault> {
    let size = message.bytes.len() as u64;
    if let Some(limit) = on.offer.size.filter(|&limit| limit > 0 && size > limit) {
        return Err(Fault::Unfit {
            status: Status { code: 552, enhanced: (5, 3, 4) },
            cause: format!("the message has {size} octets and {limit} are taken"),
        });
    }
    let path = message.reverse_path.wire();
    let ascii = message.bytes.is_ascii();
    let fields = if ascii { 0 } else { memmem::find(&message.bytes, b"\r\n\r\n").unwrap_or(message.bytes.len()) };
    let smtputf8 = !path.is_ascii() || message.to.needs_smtputf8() || !message.bytes[..fields].is_ascii();
    if smtputf8 && !on.offer.smtputf8 {
        let cause = "SMTPUTF8 is not offered, and the address needs it".to_owned();
        return Err(Fault::Unfit { status: Status { code: 553, enhanced: (5, 6, 7) }, cause });
    }
    if !ascii && !on.offer.eight_bit {
        let cause = "8BITMIME is not offered, and the message needs it".to_owned();
        return Err(Fault::Unfit { status: Status { code: 554, enhanced: (5, 6, 3) }, cause });
    }
    let mut command = format!("MAIL FROM:<{path}>");
    if on.offer.size.is_some() {
        let _ = write!(command, " SIZE={size}");
    }
    if !ascii {
        command.push_str(" BODY=8BITMIME");
    }
    if smtputf8 {
        command.push_str(" SMTPUTF8");
    }
    command.push_str("\r\n");
    Ok(command)
}

/// One command and its 2xx.
async fn say(on: &mut Connection, line: &str, phase: Phase, limit: Duration) -> Result<(), Fault> {
    on.write(phase, line.as_bytes(), limit).await?;
    match on.answer(phase, limit).await? {
        answer if answer.is_positive() => Ok(()),
        answer => {
            on.half_way = answer.code != 421;
            Err(not_yes(phase, answer))
        }
    }
}

/// The answers to MAIL and RCPT, and to RSET before them, all read; the first that is no yes. A 421 ends it at once.
async fn envelope_answers(on: &mut Connection, reset: bool, limits: &Timeouts) -> Result<Option<Fault>, Fault> {
    let mut refused = None;
    let asked = [
        reset.then_some((Phase::Mail, limits.command)),
        Some((Phase::Mail, limits.command)),
        Some((Phase::Recipient, limits.recipient)),
    ];
    for (at, (phase, limit)) in asked.into_iter().flatten().enumerate() {
        match on.answer(phase, limit).await {
            // A server that refuses RSET will say at MAIL what is the matter.
            Ok(answer) if answer.is_positive() || (at == 0 && reset && answer.code != 421) => {}
            Ok(answer) if answer.code == 421 => return Err(Fault::Answered { phase, answer }),
            Ok(answer) => refused = refused.or(Some(not_yes(phase, answer))),
            // What was refused stays refused.
            Err(lost) => return Err(refused.unwrap_or(lost)),
        }
    }
    Ok(refused)
}

fn not_yes(phase: Phase, answer: ServerReply) -> Fault {
    if answer.code >= 400 { Fault::Answered { phase, answer } } else { unexpected(phase, &answer) }
}

/// DATA was sent with the commands, and the server wants the message though nobody is to have it: an empty one
/// (RFC 2920 §3.1). Whether the connection can be used on.
async fn take_back_data(on: &mut Connection, limits: &Timeouts) -> bool {
    on.write(Phase::Message, b".\r\n", limits.block).await.is_ok()
        && on.answer(Phase::Message, limits.message).await.is_ok_and(|answer| answer.code != 421)
}

/// The message after DATA's answer (RFC 5321 §4.1.1.4).
async fn write_data(
    on: &mut Connection,
    ready: ServerReply,
    message: &[u8],
    limits: &Timeouts,
) -> Result<ServerReply, Fault> {
    if ready.code != 354 {
        on.half_way = ready.code >= 400 && ready.code != 421;
        return Err(not_yes(Phase::Data, ready));
    }
    let stuffed = stuffed(message);
    let end: &[u8] = if message.is_empty() || message.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" };
    let last = stuffed.len().saturating_sub(1) / BLOCK * BLOCK;
    write_blocks(on, &stuffed[..last], limits).await?;
    let last = [&stuffed[last..], end].concat();
    on.write(Phase::Message, &last, limits.block).await.map_err(perhaps_whole)?;
    settled(on, limits).await
}

/// `before`, then the whole message as the last chunk (RFC 3030 §2).
async fn write_chunk(on: &mut Connection, before: Vec<u8>, message: &[u8], limits: &Timeouts) -> Result<(), Fault> {
    let mut first = before;
    first.extend_from_slice(format!("BDAT {} LAST\r\n", message.len()).as_bytes());
    // The command takes the first piece with it; the last piece is whatever is left.
    let (with, rest) = message.split_at(message.len().min(BLOCK));
    first.extend_from_slice(with);
    if rest.is_empty() {
        return on.write(Phase::Message, &first, limits.block).await.map_err(perhaps_whole);
    }
    on.write(Phase::Data, &first, limits.block).await?;
    let last = (rest.len() - 1) / BLOCK * BLOCK;
    write_blocks(on, &rest[..last], limits).await?;
    on.write(Phase::Message, &rest[last..], limits.block).await.map_err(perhaps_whole)
}

async fn write_blocks(on: &mut Connection, octets: &[u8], limits: &Timeouts) -> Result<(), Fault> {
    for block in octets.chunks(BLOCK) {
        on.write(Phase::Data, block, limits.block).await?;
    }
    Ok(())
}

/// The answer to the whole message. Without a readable one nobody knows.
async fn settled(on: &mut Connection, limits: &Timeouts) -> Result<ServerReply, Fault> {
    match on.answer(Phase::Message, limits.message).await.map_err(perhaps_whole)? {
        answer if answer.is_positive() => Ok(answer),
        answer if answer.code >= 400 => {
            on.half_way = answer.code != 421;
            Err(Fault::Answered { phase: Phase::Message, answer })
        }
        answer => Err(Fault::Unsure { cause: format!("the answer {} has no meaning here", answer.code) }),
    }
}

/// A loss after the last octets were handed to the socket, all of them perhaps.
fn perhaps_whole(fault: Fault) -> Fault {
    match fault {
        Fault::Lost { cause, .. } | Fault::Broken { cause, .. } => Fault::Unsure { cause },
        other => other,
    }
}
