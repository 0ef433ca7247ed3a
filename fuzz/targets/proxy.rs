//! A PROXY header has one extent however it is cut, none beyond what is taken, and reading it never fails otherwise than
//! with a fault.
#![no_main]

use brevbro::listener::proxy::{self, extent, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let _ = read(octets);
    let told = (0..=octets.len()).find_map(|n| extent(&octets[..n]).transpose().map(|told| (n, told)));
    let Some((at, Ok(whole))) = told else { return };
    assert!(at <= whole && whole <= proxy::MAX);
    assert!((at..=octets.len()).all(|n| extent(&octets[..n]) == Ok(Some(whole))));
    if let Some(header) = octets.get(..whole) {
        let _ = read(header);
    }
});
