//! An event's detail, taken apart for people: `key=value` words, the cause of a refusal, and each proof that was asked.

/// A detail in its pieces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    /// The words that are neither.
    pub(super) words: String,
    /// Why something was refused.
    pub(super) cause: Option<String>,
    /// `yes    hel-social: network (192.0.2.1 is in 192.0.2.0/24)`.
    pub(super) proofs: Vec<String>,
}

/// Takes it apart. What was cut short, as long details are, is shown as far as it goes.
pub(super) fn read(detail: &str) -> Detail {
    let (words, cause) = match detail.split_once("cause=\"") {
        Some((words, cause)) => (words.trim_end().to_owned(), Some(unescaped(cause).0)),
        None => (detail.to_owned(), None),
    };
    let (words, mut proofs) = without_proofs(&words);
    let cause = cause.map(|cause| {
        let (cause, more) = without_proofs(&cause);
        proofs.extend(more);
        cause.trim_end_matches([' ', ';']).to_owned()
    });
    Detail { words, cause, proofs }
}

/// The text without `office:rule=verdict("reason")`, and those.
fn without_proofs(text: &str) -> (String, Vec<String>) {
    let (mut rest, mut proofs) = (String::new(), Vec::new());
    let mut left = text;
    while let Some((at, verdict, opening)) = next_verdict(left) {
        let (before, asked) = left[..at].rsplit_once(' ').unwrap_or(("", &left[..at]));
        let (reason, length) = unescaped(&left[at + opening..]);
        rest.push_str(before);
        rest.push(' ');
        let (office, rule) = asked.split_once(':').unwrap_or(("", asked));
        proofs.push(format!("{verdict:<5}  {office}: {rule} ({reason})"));
        let after = &left[at + opening + length..];
        left = after.strip_prefix(')').unwrap_or(after).trim_start();
    }
    rest.push_str(left);
    (rest.trim().to_owned(), proofs)
}

/// Where the next proof's verdict stands, which it is, and how long `=yes("` is.
fn next_verdict(text: &str) -> Option<(usize, &'static str, usize)> {
    let find = |(verdict, opening): (&'static str, &str)| Some((text.find(opening)?, verdict, opening.len()));
    [("yes", "=yes(\""), ("no", "=no(\""), ("later", "=later(\"")].into_iter().filter_map(find).min()
}

/// A quoted text from behind its first quotation mark, and how many octets of it that was, the last mark counted.
fn unescaped(text: &str) -> (String, usize) {
    let (mut out, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices() {
        match c {
            c if escaped => {
                escaped = false;
                out.push(c);
            }
            '\\' => escaped = true,
            '"' => return (out, at + 1),
            c => out.push(c),
        }
    }
    (out, text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn proofs_stand_apart() {
        let detail = "arrival=06b office=hel size=7 hel:senders=yes(\"a sender\") hel:network+dmarc=later(\"in \\\"x\\\"; ask\")";
        assert_eq!(
            read(detail),
            Detail {
                words: "arrival=06b office=hel size=7".to_owned(),
                cause: None,
                proofs: vec![
                    "yes    hel: senders (a sender)".to_owned(),
                    "later  hel: network+dmarc (in \"x\"; ask)".to_owned()
                ],
            }
        );
        let refused =
            format!("class=spf step=body ip=::1 cause={:?}", "no rule holds; hel:dmarc=no(\"it \\\"says\\\" no\")");
        let read = read(&refused);
        assert_eq!((&*read.words, read.cause.as_deref()), ("class=spf step=body ip=::1", Some("no rule holds")));
        assert_eq!(read.proofs, ["no     hel: dmarc (it \"says\" no)"]);
        assert_eq!(super::read("queue=hold").words, "queue=hold");
        assert_eq!(super::read("a=1 cause=\"cut sho").cause.as_deref(), Some("cut sho"));
    }

    proptest! {
        #[test]
        fn any_detail_is_shown(text in ".{0,200}", at in 0..100usize) {
            let _ = read(&text);
            let whole = format!("a=1 hel:dmarc=no({text:?}) x=2 cause={text:?}");
            let _ = read(&whole);
            let _ = read(&whole[..whole.floor_char_boundary(at)]);
        }
    }
}
