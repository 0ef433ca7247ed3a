//! Logins that failed, lately: how long the next one that fails is kept waiting, and who is not listened to.
//!
//! A wrong password is answered late, the later the more of them came from the same network or under the same name. One
//! that is right never waits, whoever else has been guessing at it. Not listened to is a network, or a name from one
//! network: nobody can lock an office's program out from elsewhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After so long without a failure, all is forgotten.
const MEMORY: Duration = Duration::from_mins(15);
/// The first wait; each is twice the one before, up to the last.
const WAITS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(8));
/// Counts at once. A flood from everywhere is not remembered further: Argon2's few places bound it.
const MOST: usize = 65_536;
/// Between two looks for what may be forgotten, when there is room for no more.
const SWEEP: Duration = Duration::from_mins(1);

/// Failures that are answered, within a quarter of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedLogins {
    /// Of one name from one network.
    pub per_name: u32,
    /// Of one network.
    pub per_network: u32,
}

/// Who failed: a network, a name's hash, or both together.
type Who = (Option<IpAddr>, Option<Box<str>>);

#[derive(Default)]
pub(super) struct Attempts(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    failures: HashMap<Who, Failures>,
    swept: Option<Instant>,
}

struct Failures {
    many: u32,
    last: Instant,
}

impl Attempts {
    /// Whether nothing more from there is looked at.
    pub(super) fn are_too_many(&self, network: IpAddr, name: &str, most: FailedLogins) -> bool {
        self.are_too_many_at(network, name, most, Instant::now())
    }

    fn are_too_many_at(&self, network: IpAddr, name: &str, most: FailedLogins, now: Instant) -> bool {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let many = |who: &Who| counts.failures.get(who).filter(|f| is_fresh(f, now)).map_or(0, |f| f.many);
        many(&(Some(network), None)) >= most.per_network || many(&(Some(network), Some(name.into()))) >= most.per_name
    }

    /// Counts one, and says how long it is to be kept waiting.
    pub(super) fn count(&self, network: IpAddr, name: Option<&str>) -> Duration {
        self.count_at(network, name, Instant::now())
    }

    fn count_at(&self, network: IpAddr, name: Option<&str>, now: Instant) -> Duration {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Counts { failures, swept } = &mut *counts;
        if failures.len() + 3 > MOST && swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP) {
            failures.retain(|_, failures| is_fresh(failures, now));
            *swept = Some(now);
        }
        let mut who: Vec<Who> = vec![(Some(network), None)];
        if let Some(name) = name {
            who.push((None, Some(name.into())));
            who.push((Some(network), Some(name.into())));
        }
        let mut most = 1;
        for who in who {
            if failures.len() >= MOST && !failures.contains_key(&who) {
                return WAITS.1;
            }
            let failures = failures.entry(who).or_insert(Failures { many: 0, last: now });
            failures.many = if is_fresh(failures, now) { failures.many.saturating_add(1) } else { 1 };
            failures.last = now;
            most = most.max(failures.many);
        }
        WAITS.0.saturating_mul(1 << (most - 1).min(16)).min(WAITS.1)
    }

    /// The name's password came from there: whoever mistyped it has found it.
    pub(super) fn forget(&self, network: IpAddr, name: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.failures.remove(&(Some(network), Some(name.into())));
    }
}

fn is_fresh(failures: &Failures, now: Instant) -> bool {
    now.duration_since(failures.last) < MEMORY
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST_FAILED: FailedLogins = FailedLogins { per_name: 10, per_network: 50 };

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn waits_grow_and_end() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let waits: Vec<u128> =
            (0..8).map(|_| attempts.count_at(ip("192.0.2.1"), Some("a"), start).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
        // Under the same name from elsewhere: as late. Another name from elsewhere: as new.
        assert_eq!(attempts.count_at(ip("192.0.2.2"), Some("a"), start).as_millis(), 8000);
        assert_eq!(attempts.count_at(ip("192.0.2.3"), Some("b"), start).as_millis(), 250);
        assert_eq!(attempts.count_at(ip("192.0.2.1"), Some("a"), start + MEMORY).as_millis(), 250);
    }

    #[test]
    fn a_network_is_not_listened_to_and_no_name_is_locked_out() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        let (here, there) = (ip("192.0.2.1"), ip("192.0.2.2"));
        for _ in 0..MOST_FAILED.per_name {
            assert!(!attempts.are_too_many_at(here, "a", MOST_FAILED, start));
            attempts.count_at(here, Some("a"), start);
        }
        assert!(attempts.are_too_many_at(here, "a", MOST_FAILED, start));
        assert!(!attempts.are_too_many_at(here, "b", MOST_FAILED, start), "the office's other programs go on");
        assert!(!attempts.are_too_many_at(there, "a", MOST_FAILED, start), "so does the same one from elsewhere");
        for at in MOST_FAILED.per_name..MOST_FAILED.per_network {
            attempts.count_at(here, Some(&at.to_string()), start);
        }
        assert!(attempts.are_too_many_at(here, "b", MOST_FAILED, start));
        assert!(!attempts.are_too_many_at(here, "b", MOST_FAILED, start + MEMORY));
        attempts.forget(there, "a");
        assert!(attempts.0.lock().unwrap().failures.len() < 100);
    }

    #[test]
    fn memory_is_bounded() {
        let (attempts, start) = (Attempts::default(), Instant::now());
        for at in 0..60_000_u32 {
            attempts.count_at(IpAddr::from(at.to_be_bytes()), Some("a"), start);
        }
        assert!(attempts.0.lock().unwrap().failures.len() <= MOST);
    }
}
