//! What machines write of a message that was sent before: delivery reports, receipts, absence notes, automatic answers.
//! None of it becomes a citizen's record, and none is answered: it is noted at the reply that it is about, for the
//! admins, and where it is about none of ours it is refused, so that a person who was taken for a machine learns of it.

use super::Inbound;
use crate::domain::arrival::{Finding, Placement};
use crate::domain::envelope::{Destination, Route, Sender};
use crate::domain::ids::OfficeId;
use crate::domain::status::{Class, Refusal};
use crate::intake::Glance;
use crate::intake::report::Told;
use crate::store::Among;

/// A message as far as it matters here.
pub(super) struct Written<'a> {
    pub(super) glance: &'a Glance,
    /// What it says of another, if it may do so.
    pub(super) told: Option<&'a Told>,
}

impl Inbound {
    /// Where this message goes, if it is a machine's word on another. `None`: it is a letter.
    pub(super) async fn noted(
        &self,
        sender: &Sender,
        route: &Route,
        message: &Written<'_>,
    ) -> Result<Option<Placement>, Refusal> {
        let letter = message.glance.classification.is_letter();
        match (route.destination(), sender) {
            (Destination::Report(outbox), _) => {
                let finding = message.told.map_or(Finding::Unreadable, |told| told.finding.clone());
                Ok(Some(Placement::Report { outbox: *outbox, finding }))
            }
            (Destination::Answer(..), _) if letter => {
                Err(Refusal::new(Class::NotAnOffice, "a letter under the null path, to a conversation"))
            }
            (Destination::Answer(conversation, office), _) => {
                self.noted_at(office, Among::Conversation(*conversation), message).await.map(Some)
            }
            (Destination::Citizen(to), Sender::Office(trusted)) if !letter => {
                let conversation = to.conversation.map(Among::Conversation);
                let among = conversation.unwrap_or(Among::Account(&to.account));
                self.noted_at(&trusted.office().id, among, message).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// At the reply that it is about. What says that a reply has failed must name it: an address is shown to many.
    async fn noted_at(&self, office: &OfficeId, among: Among<'_>, message: &Written<'_>) -> Result<Placement, Refusal> {
        let finding = message.told.map_or(Finding::Unreadable, |told| told.finding.clone());
        let about = message.told.map_or(&[][..], |told| &told.about);
        let named: Vec<String> = about.iter().chain(&message.glance.answers).cloned().collect();
        let newest = !matches!(finding, Finding::Failed { .. });
        let found = self.store.answered(office, among, &named, newest).await.map_err(|error| Refusal::from(&error))?;
        let sort = message.glance.classification.machine.map_or("automatic", |machine| machine.word());
        match found {
            Some(outbox) => Ok(Placement::Report { outbox, finding }),
            None => Err(Refusal::new(Class::AutomaticMail, format!("{sort}, about nothing that was sent from here"))),
        }
    }
}
