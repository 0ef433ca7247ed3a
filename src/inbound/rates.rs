//! How many messages an hour: of an office, and of one sender to one citizen. What is over is told 450, and comes again.
//!
//! A pair is counted where a recipient is accepted, so that one of several may be over and the others not; an office
//! where a message is handed in whole, so that whoever only asks does not use it up. While an office is over, it is
//! told so at MAIL already, before it sends a body in vain.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::domain::address::ReversePath;
use crate::domain::ids::{AccountId, OfficeId};
use crate::domain::status::{Class, Refusal};

/// So many an hour, each at most at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerHour {
    /// Messages of one office.
    pub office: NonZeroU32,
    /// Messages of one sender to one account.
    pub pair: NonZeroU32,
}

/// Who has sent how much of late.
pub(super) struct Rates {
    offices: DefaultKeyedRateLimiter<OfficeId>,
    pairs: DefaultKeyedRateLimiter<(String, AccountId)>,
    /// Offices that are over, and until when.
    over: Mutex<HashMap<OfficeId, Instant>>,
}

impl Rates {
    pub(super) fn new(per_hour: PerHour) -> Self {
        Self {
            offices: RateLimiter::keyed(Quota::per_hour(per_hour.office)),
            pairs: RateLimiter::keyed(Quota::per_hour(per_hour.pair)),
            over: Mutex::default(),
        }
    }

    /// Whether this office may begin a message.
    pub(super) fn may_begin(&self, office: &OfficeId, now: Instant) -> Result<(), Refusal> {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        match over.get(office) {
            Some(until) if now < *until => Err(too_many_of(office)),
            Some(_) => {
                over.remove(office);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Counts a message of this office.
    pub(super) fn message(&self, office: &OfficeId, now: Instant) -> Result<(), Refusal> {
        let Err(not_until) = self.offices.check_key(office) else { return Ok(()) };
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        self.over.lock().unwrap_or_else(PoisonError::into_inner).insert(office.clone(), now + wait);
        Err(too_many_of(office))
    }

    /// Counts a message of this sender to this account.
    pub(super) fn pair(&self, from: &ReversePath, to: &AccountId) -> Result<(), Refusal> {
        let from = match from {
            ReversePath::Mailbox(mailbox) => mailbox.folded(),
            ReversePath::Null => String::new(),
        };
        let refusal = |_| Refusal::new(Class::TooFast, format!("over limits.messages_per_pair, to account {to}"));
        self.pairs.check_key(&(from, to.clone())).map_err(refusal)
    }

    /// Forgets who has sent nothing of late. Now and then.
    pub(super) fn forget(&self) {
        self.offices.retain_recent();
        self.pairs.retain_recent();
    }
}

fn too_many_of(office: &OfficeId) -> Refusal {
    Refusal::new(Class::TooFast, format!("over limits.messages_per_office, of {office}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::address::Mailbox;

    fn rates(office: u32, pair: u32) -> Rates {
        let number = |n| NonZeroU32::new(n).unwrap();
        Rates::new(PerHour { office: number(office), pair: number(pair) })
    }

    #[test]
    fn an_office_that_is_over_waits_and_others_do_not() {
        let (rates, now) = (rates(2, 9), Instant::now());
        let (hel, esp): (OfficeId, OfficeId) = ("hel".parse().unwrap(), "esp".parse().unwrap());
        for _ in 0..2 {
            rates.may_begin(&hel, now).unwrap();
            rates.message(&hel, now).unwrap();
        }
        rates.may_begin(&hel, now).unwrap();
        assert_eq!(rates.message(&hel, now).unwrap_err().class, Class::TooFast);
        assert_eq!(rates.may_begin(&hel, now).unwrap_err().class, Class::TooFast, "told before the body");
        rates.may_begin(&esp, now).unwrap();
        rates.message(&esp, now).unwrap();
        // Two an hour: one more in half an hour.
        assert!(rates.may_begin(&hel, now + Duration::from_mins(29)).is_err());
        rates.may_begin(&hel, now + Duration::from_mins(31)).unwrap();
    }

    #[test]
    fn a_pair_is_one_sender_and_one_citizen() {
        let rates = rates(9, 1);
        let from = |text| ReversePath::Mailbox(Mailbox::parse(text).unwrap());
        let (anna, bo): (AccountId, AccountId) = ("anna".parse().unwrap(), "bo".parse().unwrap());
        rates.pair(&from("clerk@hel.example"), &anna).unwrap();
        let over = rates.pair(&from("Clerk@HEL.example"), &anna).unwrap_err();
        assert_eq!(over.class, Class::TooFast);
        assert!(!over.cause.contains('@'), "{}", over.cause);
        rates.pair(&from("clerk@hel.example"), &bo).unwrap();
        rates.pair(&from("other@hel.example"), &anna).unwrap();
    }
}
