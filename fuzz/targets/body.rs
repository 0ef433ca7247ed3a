//! Bodies are the same however the octets come, and as a slow reading of RFC 5321 §4.5.2 has them.
#![no_main]

use brevbro::smtp::body::{ChunkReader, DataReader};
use libfuzzer_sys::fuzz_target;

/// The body, whether a CR or LF stands alone in it, and its end.
fn reference(input: &[u8]) -> Option<(Vec<u8>, bool, usize)> {
    let starts = |at: usize| at == 0 || input[..at].ends_with(b"\r\n");
    let end = (0..input.len()).find(|&at| starts(at) && input[at..].starts_with(b".\r\n"))?;
    let body = (0..end).filter(|&at| !(starts(at) && input[at] == b'.')).map(|at| input[at]).collect();
    Some((body, has_lone(&input[..end]), end + 3))
}

fn has_lone(text: &[u8]) -> bool {
    (0..text.len()).any(|at| match text[at] {
        b'\r' => text.get(at + 1) != Some(&b'\n'),
        b'\n' => at == 0 || text[at - 1] != b'\r',
        _ => false,
    })
}

fuzz_target!(|octets: &[u8]| {
    let Some((&size, octets)) = octets.split_first() else { return };
    let size = usize::from(size).max(1);

    let (mut reader, mut out, mut end) = (DataReader::default(), Vec::new(), None);
    for (index, piece) in octets.chunks(size).enumerate() {
        let progress = reader.read(piece, &mut out);
        if progress.ended {
            end = Some(index * size + progress.consumed);
            break;
        }
        assert_eq!(progress.consumed, piece.len());
    }
    let expected = reference(octets);
    assert_eq!(end, expected.as_ref().map(|(.., end)| *end));
    if let Some((body, lone, _)) = expected {
        assert_eq!(reader.fault().is_some(), lone);
        assert!(lone || out == body);
    }

    let (mut reader, mut out) = (ChunkReader::default(), Vec::new());
    for chunk in octets.chunks(size) {
        reader.begin(chunk.len() as u64);
        assert!(reader.read(chunk, &mut out).ended);
    }
    reader.finish();
    assert_eq!(reader.fault().is_some(), has_lone(octets));
    assert!(reader.fault().is_some() || out == octets);
});
