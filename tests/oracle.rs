//! Random octets in, and the machine must answer and keep exactly what an independent reading of RFC 5321 says.

mod support;

use proptest::prelude::*;
use support::clients::connection;
use support::memory::Memory;
use support::oracle::{Outcome, read};
use support::transcript::{Connection, next_answer};

/// The machine's outcome, reading in pieces of `cut` octets.
fn machine(octets: &[u8], cut: usize) -> Outcome {
    let mut memory = Memory::new(cut);
    memory.send(octets);
    let mut said = memory.receive();
    let mut codes = Vec::new();
    while !said.is_empty() {
        let (code, _) = next_answer(&mut said, &mut memory).unwrap();
        codes.push(code.parse().unwrap());
    }
    Outcome { codes, stored: memory.stored }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_machine_does_what_the_rfc_says(octets in connection(), cut in 1..200usize) {
        prop_assert_eq!(machine(&octets.0, cut), read(&octets.0));
    }

    #[test]
    fn a_few_wrong_octets_make_no_difference_between_them(
        octets in connection(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), prop_oneof![
            Just(b'\r'), Just(b'\n'), Just(b'.'), Just(0), Just(b' '), Just(b'x'), Just(0xff)
        ]), 0..4),
        cut in 1..200usize,
    ) {
        let mut octets = octets;
        for (index, octet) in changes {
            if !octets.0.is_empty() {
                let at = index.index(octets.0.len());
                octets.0[at] = octet;
            }
        }
        prop_assert_eq!(machine(&octets.0, cut), read(&octets.0), "{:?}", octets);
    }
}

/// The oracle itself, on what the RFC shows: an oracle that keeps nothing would agree with a machine that does not.
#[test]
fn the_oracle_knows_the_usual_way() {
    let octets = b"EHLO a\r\nMAIL FROM:<clerk@hel.example>\r\nRCPT TO:<anna@konto.example>\r\nDATA\r\n\
        From: clerk@hel.example\r\n\r\n..\r\n.\r\nQUIT\r\n";
    let outcome = read(octets);
    assert_eq!(outcome.codes, [220, 250, 250, 250, 354, 250, 221]);
    assert_eq!(outcome.stored, [b"From: clerk@hel.example\r\n\r\n.\r\n".to_vec()]);
    assert_eq!(machine(octets, 1), outcome);
}
