//! Codes in the words of servers: `550 5.1.1 User unknown`.

/// The first enhanced code (RFC 3463 §2), such as `5.1.1`. An IP address and a version of four numbers are none.
pub(super) fn enhanced(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let number = |from: usize| (from..from + 3).take_while(|at| is_digit(*at)).count();
    let at = |at: usize, c: u8| bytes.get(at) == Some(&c);
    (0..bytes.len()).find_map(|start| {
        let begins = matches!(bytes[start], b'2' | b'4' | b'5') && at(start + 1, b'.');
        let free = start == 0 || !matches!(bytes[start - 1], b'.' | b'_') && !bytes[start - 1].is_ascii_alphanumeric();
        if !begins || !free {
            return None;
        }
        let subject = number(start + 2);
        let dot = start + 2 + subject;
        let detail = number(dot + 1);
        let end = dot + 1 + detail;
        let good =
            subject > 0 && at(dot, b'.') && detail > 0 && !is_digit(end) && !(at(end, b'.') && is_digit(end + 1));
        good.then(|| text.get(start..end))?
    })
}

/// The first reply code of a refusal (RFC 5321 §4.2) that stands where servers put one: before an enhanced code, at the
/// beginning, or behind a mark. `a message of 512 kB` has none.
pub(super) fn smtp(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|start| {
        let digits = bytes.get(start..start + 3)?;
        let is_code =
            matches!(digits[0], b'4' | b'5') && matches!(digits[1], b'0'..=b'5') && digits[2].is_ascii_digit();
        let ends = matches!(bytes.get(start + 3), None | Some(b' ' | b'-' | b'\n' | b';' | b','));
        if !is_code || !ends || (start > 0 && bytes[start - 1].is_ascii_alphanumeric()) {
            return None;
        }
        let before = text.get(..start)?.trim_end_matches(' ');
        let behind = text.get(start + 3..)?;
        let next = behind.trim_start_matches([' ', '-', '#']);
        let coded = enhanced(next).is_some_and(|code| next.starts_with(code));
        let marked = before.is_empty()
            || before.ends_with([':', ';', '\'', '"', '#', '<', '>', '(', '\n'])
            || ["error", "code", "returned", "reason", "status", "smtp"].iter().any(|word| before.ends_with(word));
        (coded || marked).then(|| text.get(start..start + 3)?.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_where_servers_put_them() {
        for (text, wanted) in [
            ("550 5.1.1 User unknown", (Some(550), Some("5.1.1"))),
            ("smtp;550-5.7.26 x", (Some(550), Some("5.7.26"))),
            ("host mx.hel.example[192.0.2.1] said: 452 4.2.2 full", (Some(452), Some("4.2.2"))),
            ("<mx.hel.example #5.1.1 smtp;550 5.1.1 x>", (Some(550), Some("5.1.1"))),
            ("(reason: 550 Requested action not taken)", (Some(550), None)),
            ("Remote Server returned '554 5.4.14 Hop count exceeded'", (Some(554), Some("5.4.14"))),
            ("<<< 553 sorry (#5.7.1)", (Some(553), Some("5.7.1"))),
            ("#550 5.1.10 RESOLVER.ADR.RecipientNotFound; x ##", (Some(550), Some("5.1.10"))),
            ("a message of 512 kB, version 5.1.1.2, 4.4.4.4 and 2026.5.1.1", (None, None)),
            ("x5.1.1 5.1 5.. 5.1.", (None, None)),
            ("", (None, None)),
        ] {
            assert_eq!((smtp(text), enhanced(text)), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "(\\PC|[245]\\.|550|[. #;:-]){0,40}") {
            let _ = (smtp(&text), enhanced(&text));
        }
    }
}
