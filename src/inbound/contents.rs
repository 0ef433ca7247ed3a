//! What is in the message that may not be kept: the policy's word on each part, and the scanner's.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Inbound, READ_ASIDE, unavailable};
use crate::domain::status::{Class, Refusal};
use crate::intake::{Leaf, Limits, Opened};
use crate::scanner::policy::Objection;
use crate::scanner::{Away, Figures, Part, Policy, Scanner, Verdict};
use crate::smime::Keyring;

/// How a message is looked through.
#[derive(Clone)]
pub struct Looking {
    /// Which attachments are wanted.
    pub policy: Arc<Policy>,
    /// Who looks for malware; `None`: nobody.
    pub scanner: Option<Scanner>,
}

impl Inbound {
    /// From now on the figures are of this way in's clamds.
    pub fn show_scanner(&self, figures: &Figures) {
        match &self.looking.scanner {
            Some(scanner) => scanner.show(),
            None => figures.show_none(),
        }
    }

    /// Looks through every part, one after another as it is decoded, until one is found that may not be kept.
    ///
    /// # Errors
    /// What was found; or that the scanner does not answer.
    pub(super) async fn look_through(&self, message: &Bytes, attachments: u32) -> Result<(), Refusal> {
        let Looking { policy, scanner } = self.looking.clone();
        if scanner.is_none() && attachments == 0 {
            // All of it is text that is shown.
            return Ok(());
        }
        let (bytes, limits, keyring) = (message.clone(), self.limits.clone(), self.sealing.keyring.clone());
        let Some(scanner) = scanner else {
            let look = move || leaves(&bytes, &limits, &keyring, &policy, |_| ControlFlow::Continue(()));
            let aside = message.len() > READ_ASIDE;
            let found = if aside { tokio::task::spawn_blocking(look).await.map_err(unavailable)? } else { look() };
            return found.map_or(Ok(()), Err);
        };
        let _turn = scanner.turn().await.map_err(|away| no_scanner(&away))?;
        // One part waits while others are scanned: never all of them at once.
        let (to, from) = mpsc::channel(1);
        let look = move || {
            let send = |number: &str, name, octets, as_whole| {
                let part = Part { number: number.to_owned(), name, octets, as_whole };
                // Nobody takes it any more once the scanner knows enough.
                if to.blocking_send(part).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            let found = leaves(&bytes, &limits, &keyring, &policy, |Leaf { part, filename, octets, .. }| {
                send(part, filename, Bytes::from(octets.into_owned()), false)
            });
            if found.is_none() {
                // What another program makes of it: the citizen can fetch it as it came.
                let _ = send("0", "message.eml".to_owned(), bytes, true);
            }
            found
        };
        let (looked, verdict) = tokio::join!(tokio::task::spawn_blocking(look), scanner.scan(from));
        if let Some(refusal) = looked.map_err(unavailable)? {
            return Err(refusal);
        }
        match verdict {
            Ok(Verdict::Clean) => Ok(()),
            Ok(Verdict::Found { number, name, signature }) => {
                Err(Refusal::new(Class::Malware { part: name }, format!("part {number}: {signature}")))
            }
            Ok(Verdict::TooLarge { number, name, size, limit }) => {
                let cause = format!("part {number} of {size} octets is too large for the scanner");
                Err(Refusal::new(Class::NotScanned { part: name, size, limit }, cause))
            }
            Err(away) => Err(no_scanner(&away)),
        }
    }
}

fn no_scanner(away: &Away) -> Refusal {
    Refusal::new(Class::Unavailable, format!("no scanner answers: {away}"))
}

/// Each part as it is decoded, until the policy does not want one, which is told, or `look` breaks off.
fn leaves(
    message: &[u8],
    limits: &Limits,
    keyring: &Keyring,
    policy: &Policy,
    mut look: impl FnMut(Leaf<'_>) -> ControlFlow<()>,
) -> Option<Refusal> {
    let mut found = None;
    Opened::of(message, limits, keyring).leaves(|leaf| {
        found = objection(policy, &leaf);
        if found.is_some() { ControlFlow::Break(()) } else { look(leaf) }
    });
    found
}

fn objection(policy: &Policy, leaf: &Leaf<'_>) -> Option<Refusal> {
    let alias = || policy.object_to_name(leaf.alias.as_deref()?);
    let objection = policy.object(&leaf.filename, &leaf.media_type, &leaf.octets).or_else(alias)?;
    let Objection { why, entry, cause } = objection;
    let inside = if entry.is_some() { ", inside an archive" } else { "" };
    let cause = format!("part {}{inside}: {cause}", leaf.part);
    Some(Refusal::new(Class::Attachment { why, part: leaf.filename.clone(), entry }, cause))
}
