//! What is in the message that may not be kept: the policy's word on each part, and the scanner's.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{Inbound, READ_ASIDE, unavailable};
use crate::domain::status::{Class, Refusal};
use crate::intake::{Leaf, Opened};
use crate::scanner::policy::Objection;
use crate::scanner::{Figures, Part, Policy, Scanner, Verdict};

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
    pub(super) async fn look_through(&self, message: &Bytes) -> Result<(), Refusal> {
        let Looking { policy, scanner } = self.looking.clone();
        let (bytes, limits, keyring) = (message.clone(), self.limits.clone(), self.sealing.keyring.clone());
        let Some(scanner) = scanner else {
            let look = move || {
                let mut found = None;
                Opened::of(&bytes, &limits, &keyring).leaves(|leaf| {
                    found = objection(&policy, &leaf);
                    if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                found
            };
            let aside = message.len() > READ_ASIDE;
            let found = if aside { tokio::task::spawn_blocking(look).await.map_err(unavailable)? } else { look() };
            return found.map_or(Ok(()), Err);
        };
        // One part waits while others are scanned: never all of them at once.
        let (to, from) = mpsc::channel(1);
        let look = move || {
            let mut found = None;
            Opened::of(&bytes, &limits, &keyring).leaves(|leaf| {
                found = objection(&policy, &leaf);
                let Leaf { part, filename, octets, .. } = leaf;
                let part = Part {
                    number: part.to_owned(),
                    name: filename,
                    octets: Bytes::from(octets.into_owned()),
                    as_whole: false,
                };
                // Nobody takes it any more once something was found.
                if found.is_some() || to.blocking_send(part).is_err() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            if found.is_none() {
                // What another program makes of it: the citizen can fetch it as it came.
                let name = "message.eml".to_owned();
                let _ = to.blocking_send(Part { number: "0".to_owned(), name, octets: bytes, as_whole: true });
            }
            found
        };
        let (found, scanned) = tokio::join!(tokio::task::spawn_blocking(look), scanner.scan(from));
        if let Some(refusal) = found.map_err(unavailable)? {
            return Err(refusal);
        }
        match scanned {
            Ok(Verdict::Clean) => Ok(()),
            Ok(Verdict::Found { number, name, signature }) => {
                Err(Refusal::new(Class::Malware { part: name }, format!("part {number}: {signature}")))
            }
            Ok(Verdict::TooLarge { number, name, size, limit }) => {
                let cause = format!("part {number} of {size} octets is too large for the scanner");
                Err(Refusal::new(Class::NotScanned { part: name, size, limit }, cause))
            }
            Err(away) => Err(Refusal::new(Class::Unavailable, format!("no scanner answers: {away}"))),
        }
    }
}

fn objection(policy: &Policy, leaf: &Leaf<'_>) -> Option<Refusal> {
    let Objection { why, entry, cause } = policy.object(&leaf.filename, &leaf.media_type, &leaf.octets)?;
    let inside = if entry.is_some() { ", inside an archive" } else { "" };
    let cause = format!("part {}{inside}: {cause}", leaf.part);
    Some(Refusal::new(Class::Attachment { why, part: leaf.filename.clone(), entry }, cause))
}
