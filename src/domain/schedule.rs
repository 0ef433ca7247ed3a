//! When an outbox item is tried again (RFC 5321 §4.5.4.1): a pure function, so that days of retries are tested at once.

use std::time::Duration;

use jiff::Timestamp;

/// Waits between attempts, and when to give up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// After the first attempt; it doubles with each further one.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// From queueing to giving up.
    pub give_up: Duration,
}

impl Default for Schedule {
    /// One minute at first, so that a restart of the peer goes unnoticed; four hours at most; four days in all, the
    /// lower end of what RFC 5321 advises, since a citizen waits to hear.
    fn default() -> Self {
        Self { first: Duration::from_mins(1), longest: Duration::from_hours(4), give_up: Duration::from_hours(96) }
    }
}

impl Schedule {
    /// The time of the next attempt, after `attempts` (from 1) have ended, the last at `now`. `None`: give up.
    #[must_use]
    pub fn next(&self, queued: Timestamp, attempts: u32, now: Timestamp) -> Option<Timestamp> {
        let doublings = attempts.saturating_sub(1).min(31);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        let end = queued.checked_add(self.give_up).ok()?;
        // The last attempt falls on the end itself, not short of it.
        (now < end).then(|| now.checked_add(wait).map_or(end, |at| at.min(end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_days_of_retries() {
        let schedule = Schedule::default();
        let queued = Timestamp::UNIX_EPOCH;
        let (mut now, mut attempts, mut waits) = (queued, 1, Vec::new());
        while let Some(next) = schedule.next(queued, attempts, now) {
            waits.push(next.duration_since(now).as_secs() / 60);
            now = next;
            attempts += 1;
        }
        assert_eq!(waits[..10], [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]);
        assert_eq!(now, queued + Duration::from_hours(96));
        assert_eq!(attempts, 32);
    }
}
