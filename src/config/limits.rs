//! `[limits]`: what one network, one connection and one message may ask of us.

use std::num::NonZeroU32;

use super::section::Section;
use super::values::{number, size, size_up_to};
use super::{Limits, Rates, defaults};

/// How much, and how often.
pub(super) fn of(mut section: Section<'_>) -> (Limits, Rates) {
    (limits(&mut section), rates(&mut section))
}

fn limits(section: &mut Section<'_>) -> Limits {
    let all = 1_000_000_000;
    let a_minute = section.or("connects_per_minute", defaults::CONNECTS_PER_MINUTE, number(1, all));
    Limits {
        connects_per_minute: NonZeroU32::new(a_minute).unwrap_or(NonZeroU32::MIN),
        commands: section.or("commands", defaults::COMMANDS, number(10, all)),
        junk_commands: section.or("junk_commands", defaults::JUNK_COMMANDS, number(10, all)),
        faults: section.or("faults", defaults::FAULTS, number(1, 1000)),
        failed_logins_per_name: section.or(
            "failed_logins_per_name",
            defaults::FAILED_LOGINS_PER_NAME,
            number(1, 1_000_000),
        ),
        failed_logins_per_network: section.or(
            "failed_logins_per_network",
            defaults::FAILED_LOGINS_PER_NETWORK,
            number(1, 1_000_000),
        ),
        min_rate: section.or("min_rate", defaults::MIN_RATE, size(1)),
        // No more than the pages read: what they could not show in full is refused at the door.
        header_size: section.or("header_size", defaults::HEADER_SIZE, size_up_to(1 << 10, defaults::HEADER_SIZE)),
        header_fields: section.or("header_fields", defaults::HEADER_FIELDS, number(10, defaults::HEADER_FIELDS))
            as usize,
        parts: section.or("parts", defaults::PARTS, number(1, defaults::PARTS)) as usize,
        depth: section.or("depth", defaults::DEPTH, number(1, defaults::DEPTH)) as usize,
    }
}

/// What is counted by the hour.
fn rates(section: &mut Section<'_>) -> Rates {
    let mut often = |key, default| {
        let number = section.or(key, default, number(1, 1_000_000_000));
        NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
    };
    Rates {
        messages_per_office: often("messages_per_office", defaults::MESSAGES_PER_OFFICE),
        messages_per_pair: often("messages_per_pair", defaults::MESSAGES_PER_PAIR),
        refusals_per_network: often("refusals_per_network", defaults::REFUSALS_PER_NETWORK),
    }
}
