//! Every conversation in `testdata/smtp/`, against the machine in memory, cut into pieces of any size: how the network
//! cuts what is sent must make no difference.

mod support;

use std::path::Path;

use support::memory::Memory;
use support::transcript::Transcript;

fn all() -> Vec<Transcript> {
    Transcript::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smtp"))
}

#[test]
fn every_transcript_in_memory_in_pieces_of_any_size() {
    let transcripts = all();
    assert!(transcripts.len() >= 40, "only {} transcripts were found", transcripts.len());
    let mut faults = Vec::new();
    for transcript in &transcripts {
        for cut in [1, 2, 3, 7, 64, usize::MAX] {
            if let Err(fault) = transcript.play(&mut Memory::new(cut)) {
                faults.push(format!("in pieces of {cut}: {fault}\n    {}", transcript.why));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_player_finds_what_is_wrong() {
    let play = |text: &str| Transcript::parse("t", text).unwrap().play(&mut Memory::new(1));
    assert_eq!(play("# a test\nS: 220 ESMTP !HELP\nC: QUIT\nS: 221 2.0.0\nS: close\n"), Ok(()));
    for wrong in [
        "S: 221\n",
        "S: 220 nonsense\n",
        "S: 220 !ESMTP\n",
        "S: 220\nS: 220\n",
        "S: nothing\n",
        "S: 220\nC: NOOP\n S: 250\n",
        "S: 220\nC: NOOP\nS: nothing\n",
        "S: 220\nC: QUIT\nS: close\n",
    ] {
        let text = format!("# a test\n{wrong}");
        assert!(Transcript::parse("t", &text).is_err() || play(&text).is_err(), "{wrong}");
    }
    assert!(Transcript::parse("t", "S: 220\n").is_err(), "a transcript says why");
}
