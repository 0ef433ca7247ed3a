//! Any bytes: both readings and each attachment, which must agree. Seeds: `testdata/mail/*.eml`.
#![no_main]

use brevbro::intake::{self, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let limits = Limits::default();
    let (glance, content) = (intake::glance(raw, &limits), intake::read(raw, &limits));
    assert_eq!(glance.subject, content.subject);
    assert_eq!(glance.from, content.from);
    assert_eq!(glance.message_id, content.message_id);
    assert_eq!(glance.attachments as usize, content.attachments.len());
    let explained = intake::explain::parts(raw, &limits, brevbro::domain::seal::Seals::default());
    assert_eq!(explained.len(), content.parts.len());
    assert!(content.enclosed.iter().all(|at| content.text.is_char_boundary(*at)));
    for expected in content.attachments.iter().take(8) {
        let (attachment, bytes) = intake::attachment(raw, expected.index).expect("counted");
        assert_eq!(&attachment, expected);
        assert_eq!(bytes.len() as u64, expected.size);
    }
    assert!(!content.text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    if let Some(html) = content.html {
        let lower = html.to_ascii_lowercase();
        assert!(!lower.contains("<script") && !lower.contains("<iframe") && !lower.contains("<style"));
    }
});
