//! Any bytes as `winmail.dat`: whatever is opened, both readings agree, and nothing more comes of it than there is room
//! for. Seeds: `testdata/tnef`.
#![no_main]

use brevbro::intake::{self, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|tnef: &[u8]| {
    let header = b"From: a@hel.example\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    let raw = [&header[..], b"\x78\x9f\x3e\x22\x01\x00", tnef.get(6..).unwrap_or_default()].concat();
    let limits = Limits { opened_bytes: 1 << 20, ..Limits::default() };
    let (glance, content) = (intake::glance(&raw, &limits), intake::read(&raw, &limits));
    assert_eq!(glance.attachments as usize, content.attachments.len());
    let sizes: u64 = content.attachments.iter().map(|attachment| attachment.size).sum();
    assert!(sizes <= (2 << 20) + 2 * raw.len() as u64);
    assert!(!content.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
});
