//! A server's answers are the same however the octets come.
#![no_main]

use brevbro::smtp::reply::{ReplyFault, ReplyReader, ServerReply};
use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;

fn read(octets: &[u8], size: usize) -> Vec<Result<ServerReply, ReplyFault>> {
    let (mut reader, mut buffer, mut replies) = (ReplyReader::default(), BytesMut::new(), Vec::new());
    for piece in octets.chunks(size) {
        buffer.extend_from_slice(piece);
        while let Some(reply) = reader.next(&mut buffer) {
            let stop = reply.is_err();
            replies.push(reply);
            if stop {
                return replies;
            }
        }
        assert!(buffer.len() < ReplyReader::MAX_LINE);
    }
    replies
}

fuzz_target!(|octets: &[u8]| {
    let Some((&size, octets)) = octets.split_first() else { return };
    assert_eq!(read(octets, usize::from(size).max(1)), read(octets, octets.len().max(1)));
});
