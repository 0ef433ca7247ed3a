//! Any bytes as a delivery report, a receipt or an absence note. Seeds: `testdata/mail`.
#![no_main]

use brevbro::domain::arrival::Finding;
use brevbro::intake::{Limits, report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let told = report::read(raw, &Limits::default());
    if let Finding::Failed { detail, .. } | Finding::Delayed { detail } = &told.finding {
        assert!(!detail.contains('@') && detail.chars().count() <= 301);
    }
    for of in told.report.iter().flat_map(|report| &report.recipients) {
        let diagnostic = of.diagnostic.as_deref().unwrap_or_default();
        assert!(!diagnostic.contains('@') && diagnostic.chars().count() <= 301);
    }
});
