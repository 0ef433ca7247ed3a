use proptest::prelude::*;

use super::*;

/// RFC 5321 §4.1.1.4 and §4.5.2, read slowly: the whole text at once, and no state. The body, whether a CR or LF
/// stands alone in it, and how many octets it took; `None` while the end has not come.
fn reference(input: &[u8]) -> Option<(Vec<u8>, bool, usize)> {
    let line_starts = |at: usize| at == 0 || input[..at].ends_with(b"\r\n");
    let end = (0..input.len()).find(|&at| line_starts(at) && input[at..].starts_with(b".\r\n"))?;
    let text = &input[..end];
    let lone = (0..end).any(|at| match text[at] {
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || text[at - 1] != b'\r',
        _ => false,
    });
    let body = (0..end).filter(|&at| !(line_starts(at) && text[at] == b'.')).map(|at| text[at]).collect();
    Some((body, lone, end + 3))
}

/// The reader's reading, piece by piece: body, fault, octets consumed, ended.
fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Option<BodyFault>, usize, bool) {
    let (mut reader, mut out, mut consumed) = (DataReader::default(), Vec::new(), 0);
    for piece in pieces {
        let progress = reader.read(piece, &mut out);
        consumed += progress.consumed;
        if progress.ended {
            return (out, reader.fault(), consumed, true);
        }
        assert_eq!(progress.consumed, piece.len());
    }
    (out, reader.fault(), consumed, false)
}

fn body(input: &[u8]) -> (Vec<u8>, Option<BodyFault>, usize) {
    let (out, fault, consumed, ended) = read([input]);
    assert!(ended, "{input:?}");
    (out, fault, consumed)
}

#[test]
fn bodies() {
    for (input, out, consumed) in [
        (&b".\r\n"[..], &b""[..], 3),
        (b".\r\nQUIT\r\n", b"", 3),
        (b"a\r\n.\r\n", b"a\r\n", 6),
        (b"..\r\n.\r\n", b".\r\n", 7),
        (b"...\r\n.\r\n", b"..\r\n", 8),
        (b".a\r\n.\r\n", b"a\r\n", 7),
        (b"\r\n.\r\n", b"\r\n", 5),
        (b"a.\r\n.\r\n", b"a.\r\n", 7),
        (b"a\0\xff\r\n.\r\n", b"a\0\xff\r\n", 8),
    ] {
        assert_eq!(body(input), (out.to_vec(), None, consumed), "{input:?}");
    }
}

#[test]
fn nothing_but_crlf_dot_crlf_ends_a_body() {
    use BodyFault::{LoneCr, LoneLf};
    for (smuggled, fault) in [
        (&b"a\n.\n"[..], LoneLf),
        (b"a\n.\r\n", LoneLf),
        (b"a\r.\r", LoneCr),
        (b"a\r.\r\n", LoneCr),
        (b"a\r\n.\n", LoneLf),
        (b"a\r\n.\r", LoneCr),
        (b"a\r\n.\r\r\n", LoneCr),
        (b"a\r\n\r.\r\n", LoneCr),
        (b"a\n\r.\r\n", LoneLf),
        (b"a\r\r\n.\rx", LoneCr),
        (b".\n", LoneLf),
        (b".\r.\r\n", LoneCr),
        (b"\n.\r\n", LoneLf),
    ] {
        let input = [smuggled, b"MAIL FROM:<x@y>\r\n.\r\nRSET\r\n"].concat();
        let (_, found, consumed) = body(&input);
        assert_eq!((found, consumed), (Some(fault), input.len() - b"RSET\r\n".len()), "{smuggled:?}");
    }
}

#[test]
fn after_a_fault_nothing_is_kept() {
    let (out, ..) = body(b"ok\r\nbad\nline\r\nmore\r\n.\r\n");
    assert!(b"ok\r\n".starts_with(&out[..]) || out.is_empty(), "{out:?}");
}

#[test]
fn a_refused_body_is_refused_for_its_line_ends() {
    assert_eq!(Refusal::from(BodyFault::LoneLf).class.status().code, 554);
}

#[test]
fn chunks() {
    use BodyFault::{LoneCr, LoneLf};
    let read = |chunks: &[&[u8]]| {
        let (mut reader, mut out) = (ChunkReader::default(), Vec::new());
        for chunk in chunks {
            reader.begin(chunk.len() as u64);
            let more = [chunk, &b"RSET\r\n"[..]].concat();
            assert_eq!(reader.read(&more, &mut out), DataProgress { consumed: chunk.len(), ended: true });
        }
        reader.finish();
        (out, reader.fault())
    };
    assert_eq!(read(&[b"a\r\n.\r\n", b"", b".b"]), (b"a\r\n.\r\n.b".to_vec(), None));
    assert_eq!(read(&[b"a\r", b"\nb\r\n"]), (b"a\r\nb\r\n".to_vec(), None));
    assert_eq!(read(&[b"a\r", b"", b"\nb\r\n"]), (b"a\r\nb\r\n".to_vec(), None));
    assert_eq!(read(&[b"a\r", b"b"]).1, Some(LoneCr));
    assert_eq!(read(&[b"a\r\r\n"]).1, Some(LoneCr));
    assert_eq!(read(&[b"a\r"]).1, Some(LoneCr));
    assert_eq!(read(&[b"\n"]).1, Some(LoneLf));
    assert_eq!(read(&[b"a\r\n", b"\n"]).1, Some(LoneLf));
}

/// Octets of which something goes wrong.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(&b"\r\n"[..]), 1 => Just(&b"\r"[..]), 1 => Just(&b"\n"[..]), 3 => Just(&b"."[..]),
        2 => Just(&b"a"[..]), 1 => Just(&b"\xe5\0"[..]), 1 => Just(&b"\r\n.\r\n"[..]),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Octets that could be a message's, stuffed as a client stuffs them.
fn message() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec("[.a ]{0,5}", 0..20)
        .prop_map(|lines| lines.into_iter().flat_map(|line| [line.into_bytes(), b"\r\n".to_vec()].concat()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_reader_reads_what_the_rfc_says(input in octets(), size in 1..20usize) {
        let (out, fault, consumed, ended) = read(input.chunks(size));
        match reference(&input) {
            None => prop_assert!(!ended),
            Some((body, lone, end)) => {
                prop_assert!(ended);
                prop_assert_eq!(consumed, end);
                prop_assert_eq!(fault.is_some(), lone);
                if !lone {
                    prop_assert_eq!(out, body);
                }
            }
        }
    }

    #[test]
    fn cutting_makes_no_difference(input in octets(), size in 1..20usize) {
        let (out, fault, consumed, ended) = read(input.chunks(size));
        let whole = read([&input[..]]);
        prop_assert_eq!((fault, consumed, ended), (whole.1, whole.2, whole.3));
        if fault.is_none() {
            prop_assert_eq!(out, whole.0);
        }
    }

    #[test]
    fn what_is_sent_is_what_arrives(message in message(), size in 1..20usize) {
        let mut sent = Vec::new();
        for line in message.split_inclusive(|&c| c == b'\n') {
            if line.starts_with(b".") {
                sent.push(b'.');
            }
            sent.extend_from_slice(line);
        }
        sent.extend_from_slice(b".\r\n");
        let consumed = sent.len();
        prop_assert_eq!(read(sent.chunks(size)), (message, None, consumed, true));
    }

    #[test]
    fn chunks_are_cut_anywhere(input in octets(), chunk in 1..20usize, size in 1..20usize) {
        let (mut reader, mut out) = (ChunkReader::default(), Vec::new());
        for chunk in input.chunks(chunk) {
            reader.begin(chunk.len() as u64);
            for piece in chunk.chunks(size) {
                prop_assert_eq!(reader.read(piece, &mut out).consumed, piece.len());
            }
        }
        reader.finish();
        let lone = (0..input.len()).any(|at| match input[at] {
            b'\r' => input.get(at + 1) != Some(&b'\n'),
            b'\n' => at == 0 || input[at - 1] != b'\r',
            _ => false,
        });
        prop_assert_eq!(reader.fault().is_some(), lone);
        if !lone {
            prop_assert_eq!(out, input);
        }
    }
}
