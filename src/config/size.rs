//! Sizes and durations with their units, as people write them: `50 MiB`, `30 s`.

use std::time::Duration;

/// Octets in a unit. Binary and decimal ones are told apart, as in IEC 80000-13.
const SIZES: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Milliseconds in a unit.
const TIMES: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// Octets. `None`: not a whole number and a unit, or beyond 64 bits.
#[must_use]
pub fn size(text: &str) -> Option<u64> {
    measured(text, &SIZES)
}

/// A time. `None`: not a whole number and a unit, or beyond 64 bits of milliseconds.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    measured(text, &TIMES).map(Duration::from_millis)
}

/// The size in the largest binary unit that leaves no rest; [`size`] reads it back.
#[must_use]
pub fn size_written(octets: u64) -> String {
    let (unit, octets_each) = SIZES
        .into_iter()
        .rev()
        .take(3)
        .find(|(_, each)| octets > 0 && octets.is_multiple_of(*each))
        .unwrap_or(SIZES[0]);
    format!("{} {unit}", octets / octets_each)
}

/// The duration in the largest unit that leaves no rest; [`duration`] reads it back, to the millisecond.
#[must_use]
pub fn duration_written(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (unit, each) =
        TIMES.into_iter().rev().find(|(_, each)| millis > 0 && millis.is_multiple_of(*each)).unwrap_or(TIMES[1]);
    format!("{} {unit}", millis / each)
}

fn measured(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, each) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(*each)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units() {
        assert_eq!(size("50 MiB"), Some(50 << 20));
        assert_eq!(size("10kB"), Some(10_000));
        assert_eq!(duration("5 min"), Some(Duration::from_mins(5)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        for bad in ["", "5", "MiB", "5 mib", "5.5 MiB", "-1 B", "99999999999 GiB", "5 m"] {
            assert_eq!((size(bad), duration(bad)), (None, None), "{bad}");
        }
        assert_eq!(size_written(50 << 20), "50 MiB");
        assert_eq!(duration_written(Duration::ZERO), "0 s");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(octets: u64, millis: u32) {
            prop_assert_eq!(size(&size_written(octets)), Some(octets));
            let time = Duration::from_millis(u64::from(millis));
            prop_assert_eq!(duration(&duration_written(time)), Some(time));
        }

        #[test]
        fn nothing_makes_it_fall(text in "\\PC*") {
            let _ = (size(&text), duration(&text));
        }
    }
}
