//! A whole connection against the machine: whatever is sent and however it is cut, the answers are well formed and the
//! same, and so are the messages kept; none of those has a lone CR or LF.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// What the tests share, as far as it needs nothing but the product.
#[path = "../../tests/support"]
mod support {
    pub mod fixture;
    pub mod memory;
    pub mod transcript;
}

use support::memory::Memory;
use support::transcript::{Connection, Step, Transcript, next_answer};

fn run(octets: &[u8], cut: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut memory = Memory::new(cut);
    memory.send(octets);
    (memory.receive(), memory.stored)
}

/// A transcript stands for what its client sends, so that `testdata/smtp` is a corpus.
fn sent(octets: &[u8]) -> Vec<u8> {
    let transcript = std::str::from_utf8(octets).ok().and_then(|text| Transcript::parse("seed", text).ok());
    let Some(transcript) = transcript else { return octets.to_vec() };
    let sends = transcript.steps.into_iter().filter_map(|(_, step)| match step {
        Step::Send(octets) => Some(octets),
        _ => None,
    });
    sends.flatten().take(100_000).collect()
}

fuzz_target!(|octets: &[u8]| {
    let octets = sent(octets);
    let cut = usize::from(octets.last().copied().unwrap_or(1)).max(1);
    let (mut said, stored) = run(&octets, usize::MAX);
    assert_eq!(run(&octets, cut), (said.clone(), stored.clone()));
    while !said.is_empty() {
        next_answer(&mut said, &mut Memory::new(1)).expect("an answer");
    }
    for message in stored {
        let text = String::from_utf8_lossy(&message).replace("\r\n", "");
        assert!(!text.contains(['\r', '\n']));
    }
});
