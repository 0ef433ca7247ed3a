//! Any bytes as a delivery report. Seeds: `testdata/mail/delivery-*.eml`.
#![no_main]

use brevbro::domain::arrival::Finding;
use brevbro::intake::report;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    if let Finding::Failed { detail, .. } | Finding::Delayed { detail } = report::finding(raw) {
        assert!(!detail.contains('@') && detail.chars().count() <= 301);
    }
});
