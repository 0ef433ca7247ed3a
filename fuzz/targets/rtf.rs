//! Any bytes as RTF: reading ends, and what comes out is in proportion to what went in. Seeds: `testdata/rtf`.
#![no_main]

use brevbro::intake::rtf::{self, Rich};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    match rtf::read(octets) {
        Some(Rich::Html(html)) => assert!(html.len() <= (256 << 10) + 64 * octets.len()),
        Some(Rich::Text(text)) => assert!(text.len() <= 4 * (octets.len() + 1)),
        None => {}
    }
});
