//! When to ask for the next certificate: early enough that some failures do not matter, and not all gateways at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Between two tries that fail: first and longest. Public authorities allow five failures an hour.
const AGAIN: (Duration, Duration) = (Duration::from_mins(15), Duration::from_hours(12));

/// At two thirds of its life, and up to a thirtieth later, as chance has it.
pub(super) fn renewal(begins: Timestamp, ends: Timestamp, chance: u64) -> Timestamp {
    let life = ends.duration_since(begins).as_secs().max(0);
    let later = i64::try_from(chance >> 1).unwrap_or_default() % (life / 30).max(1);
    begins.checked_add(SignedDuration::from_secs(life / 3 * 2 + later)).unwrap_or(begins)
}

/// After so many failures before this one: twice as long each time, and up to a quarter more.
pub(super) fn again(failures: u32, chance: u64) -> Duration {
    let wait = AGAIN.0.saturating_mul(1 << failures.min(16)).min(AGAIN.1);
    wait + Duration::from_secs(chance % (wait.as_secs() / 4).max(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_thirds_of_ninety_days() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (begins, ends) = (at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:00Z"));
        assert_eq!(renewal(begins, ends, 0), at("2026-03-02T00:00:00Z"));
        assert!(renewal(begins, ends, u64::MAX) < at("2026-03-05T00:00:00Z"));
        assert_eq!(again(0, 0), Duration::from_mins(15));
        assert_eq!(again(2, 0), Duration::from_hours(1));
        assert!(again(99, u64::MAX) <= Duration::from_hours(15));
    }

    proptest! {
        #[test]
        fn always_within_its_life(begins in 0..4_000_000_000_i64, life in 60..400_000_000_i64, chance: u64) {
            let at = |second| Timestamp::from_second(second).unwrap();
            let due = renewal(at(begins), at(begins + life), chance);
            prop_assert!(due > at(begins) && due < at(begins + life));
        }
    }
}
