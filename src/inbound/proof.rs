//! After the body: what DNS and signatures say of it, and who it is from.

use bytes::Bytes;

use super::{Inbound, terms};
use crate::authentication::Need;
use crate::domain::address::ForwardPath;
use crate::domain::authentication::Authentication;
use crate::domain::envelope::{Claim, Envelope, Sender};
use crate::domain::office::Peer;
use crate::domain::status::Refusal;
use crate::intake::{self, Glance};
use crate::trust::message::{self, Message};
use crate::trust::sender;

/// Whose message it is, for good.
pub(super) struct Proof {
    /// An office, proved; or a stranger.
    pub sender: Sender,
    /// Nothing but this signature proves it.
    pub by_signature_alone: Option<[u8; 32]>,
    /// For Authentication-Results.
    pub authentication: Authentication,
    /// Every proof asked, for the event.
    pub words: String,
}

impl Inbound {
    /// Asks what is to be known of the message, and lets `trust` judge a claim.
    pub(super) async fn prove(
        &self,
        peer: &Peer,
        envelope: &Envelope,
        glance: &Glance,
        bytes: Bytes,
    ) -> Result<Proof, Refusal> {
        let (need, spf) = match &envelope.sender {
            Sender::Claimed(claim) => (Need::Proof, claim.spf().cloned()),
            Sender::Office(_) | Sender::Stranger => (Need::Evidence, None),
        };
        let spf = match spf {
            Some(spf) => spf,
            None => self.authenticator.spf(peer, &envelope.reverse_path, need).await,
        };
        let authentication = self.authenticator.message(bytes.clone(), spf, need).await;
        match &envelope.sender {
            Sender::Claimed(claim) => match self.judge(peer, envelope, claim, glance, &authentication, &bytes) {
                Ok((sender, by_signature_alone, words)) => {
                    Ok(Proof { sender, by_signature_alone, authentication, words })
                }
                // To the postmaster anybody may write, also who cannot prove what it says to be.
                Err(refusal) if !envelope.recipients().any(|to| terms::may_be_citizen(&to.route)) => {
                    let words = refusal.cause;
                    Ok(Proof { sender: Sender::Stranger, by_signature_alone: None, authentication, words })
                }
                Err(refusal) => Err(refusal),
            },
            Sender::Office(trusted) => {
                let words = trusted.asked().to_owned();
                Ok(Proof { sender: envelope.sender.clone(), by_signature_alone: None, authentication, words })
            }
            Sender::Stranger => {
                Ok(Proof { sender: Sender::Stranger, by_signature_alone: None, authentication, words: String::new() })
            }
        }
    }

    fn judge(
        &self,
        peer: &Peer,
        envelope: &Envelope,
        claim: &Claim,
        glance: &Glance,
        authentication: &Authentication,
        bytes: &[u8],
    ) -> Result<(Sender, Option<[u8; 32]>, String), Refusal> {
        let stated = intake::stated(bytes, &self.limits);
        let recipients: Vec<&ForwardPath> = envelope.recipients().map(|recipient| &recipient.path).collect();
        let message = Message {
            from: &glance.from,
            addressed: &stated.addressed,
            date: glance.date,
            fields: &stated.fields,
            authentication,
            recipients: &recipients,
        };
        let (proved, asked) = message::proved(claim, peer, &message, self.clock.now());
        match proved {
            Ok(proved) => {
                let words = proved.office.asked().to_owned();
                Ok((Sender::Office(proved.office), proved.by_signature_alone, words))
            }
            Err(mut refusal) => {
                refusal.cause = format!("{}; {}", refusal.cause, sender::words(&asked));
                Err(refusal)
            }
        }
    }
}
