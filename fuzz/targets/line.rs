//! Lines are the same however the octets come, and an unfinished one takes no memory to speak of.
#![no_main]

use brevbro::smtp::line::{LineFault, LineReader};
use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;

/// The lines, and whether there can be no more.
fn read(octets: &[u8], size: usize) -> (Vec<Result<Vec<u8>, LineFault>>, bool) {
    let (mut reader, mut buffer, mut lines) = (LineReader::default(), BytesMut::new(), Vec::new());
    for piece in octets.chunks(size) {
        buffer.extend_from_slice(piece);
        while let Some(line) = reader.next(&mut buffer) {
            lines.push(line.map(|line| line.to_vec()));
        }
        assert!(buffer.len() < LineReader::MAX);
    }
    (lines, reader.is_over())
}

fuzz_target!(|octets: &[u8]| {
    let Some((&size, octets)) = octets.split_first() else { return };
    let (lines, over) = read(octets, octets.len().max(1));
    assert_eq!(read(octets, usize::from(size).max(1)), (lines.clone(), over));
    assert!(over || octets.windows(2).filter(|pair| pair == b"\r\n").count() == lines.len());
});
