//! Any text as a calendar. Seeds: `testdata/mail/invitation-*.eml`, whose lines it reads as they stand.
#![no_main]

use brevbro::intake::calendar;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let found = calendar::appointments(&String::from_utf8_lossy(raw));
    assert!(found.len() <= 20);
    for appointment in &found {
        let lines = [&appointment.summary, &appointment.location];
        assert!(lines.into_iter().flatten().all(|line| !line.contains(char::is_control)));
        let _ = (appointment.start.map(|at| at.to_string()), appointment.end.map(|at| at.to_string()));
    }
});
