//! Who was just asked after. A clerk's system that sends to one citizen again and again, and an office that sends to
//! many over many connections, ask the same questions within moments; the store is spared the repeats.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::lookup::{Found, Lookup};

/// How old an answer may be: as old as the offices may be that a gateway has in memory. A consent that was withdrawn
/// meanwhile is seen at the door of the store, in the transaction that keeps the message.
const FRESH: Duration = Duration::from_secs(1);
/// Answers at once; more are not remembered.
const MOST: usize = 4096;

/// Answers of the last moment. Only those that found an account: whoever is new is found at once.
#[derive(Default)]
pub struct Recent(Mutex<Option<Answers>>);

struct Answers {
    since: Instant,
    found: HashMap<Lookup, Found>,
}

impl Recent {
    /// The answer, if it is fresh.
    pub fn get(&self, lookup: &Lookup, now: Instant) -> Option<Found> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.as_ref().filter(|answers| now.duration_since(answers.since) < FRESH)?.found.get(lookup).cloned()
    }

    /// Remembers an answer for what is left of the moment.
    pub fn put(&self, lookup: Lookup, found: &Found, now: Instant) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = match &mut *held {
            Some(answers) if now.duration_since(answers.since) < FRESH => answers,
            old => old.insert(Answers { since: now, found: HashMap::new() }),
        };
        if answers.found.len() < MOST {
            answers.found.insert(lookup, found.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::{Account, AccountState};
    use crate::domain::language::Language;

    #[test]
    fn an_answer_is_remembered_for_a_moment() {
        let lookup = Lookup::Opaque("k7m2xq4d9tfa".to_owned());
        let account = Account {
            id: "anna".parse().unwrap(),
            name: "Anna".to_owned(),
            state: AccountState::Active,
            language: Language::Sv,
            notices: Vec::new(),
        };
        let found = Found { account, office: None };
        let (recent, start) = (Recent::default(), Instant::now());
        assert_eq!(recent.get(&lookup, start), None);
        recent.put(lookup.clone(), &found, start);
        assert_eq!(recent.get(&lookup, start + FRESH / 2), Some(found.clone()));
        // An answer that came late in the moment does not make the moment longer.
        let other = Lookup::Opaque("another".to_owned());
        recent.put(other.clone(), &found, start + FRESH / 2);
        assert_eq!(recent.get(&other, start + FRESH), None);
        assert_eq!(recent.get(&lookup, start + FRESH), None);
    }
}
