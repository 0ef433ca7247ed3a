//! Every attack in `testdata/smtp/attacks/` over TCP and TLS against the real binary. Each ends in the same four checks:
//! the answers are as written; the next NOOP gets exactly one answer, or the line is closed; so many records are there as
//! written; the process lives, and its memory is what it was.

mod support;

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use support::gateway::{Gateway, said};
use support::memory::Memory;
use support::origin::connect_from;
use support::transcript::{Connection, Transcript, next_answer};
use support::wire::Wire;
use support::world::world;

/// KiB that a process may have grown by after an attack: what its allocator keeps, and no body.
const GROWTH: u64 = 24 << 10;
/// By then memory that was used for a moment is given back.
const SETTLED: Duration = Duration::from_secs(5);

fn attacks() -> Vec<Transcript> {
    let attacks = Transcript::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smtp/attacks"));
    assert!(attacks.len() >= 80, "only {} attacks were found", attacks.len());
    attacks
}

#[test]
fn every_attack_over_tcp() {
    let gateway = world();
    let process = gateway.pid();
    let mut faults = Vec::new();
    let mut records = records(&gateway);
    // A letter twice is one record: in the second round, in pieces, nothing new may be there.
    for (round, cut) in [usize::MAX, 11].into_iter().enumerate() {
        for attack in &attacks() {
            let before = memory(&gateway);
            let kept = if round == 0 { attack.kept.unwrap_or_else(|| panic!("{}: no R:", attack.name)) } else { 0 };
            let played = play(&gateway, attack, cut).and_then(|()| {
                let now = self::records(&gateway);
                let new = now - std::mem::replace(&mut records, now);
                if new == kept { Ok(()) } else { Err(format!("{new} records, not {kept}")) }
            });
            let outcome = played.and_then(|()| has_settled(&gateway, before));
            if let Err(fault) = outcome {
                faults.push(format!("{} in pieces of {cut}: {fault}\n    {}", attack.name, attack.why));
            }
            assert_eq!(gateway.pid(), process);
            assert!(Path::new(&format!("/proc/{process}/exe")).exists(), "{}: it died", attack.name);
        }
    }
    assert!(!gateway.log().contains("panicked"));
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_attack_in_memory() {
    let mut faults = Vec::new();
    for attack in attacks().iter().filter(|attack| !attack.needs_wire()) {
        for cut in [1, 5, usize::MAX] {
            let mut memory = Memory::new(cut);
            if let Err(fault) = attack.play(&mut memory).and_then(|()| one_answer(&mut memory)) {
                faults.push(format!("{} in pieces of {cut}: {fault}\n    {}", attack.name, attack.why));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

/// The first two checks.
fn play(gateway: &Gateway, attack: &Transcript, cut: usize) -> Result<(), String> {
    let mut wire = match attack {
        _ if attack.implicit => Wire::over(gateway, connect_from(1, gateway.smtps_port).unwrap(), cut),
        _ if attack.speaks_first() => Wire::early(gateway, cut),
        _ => Wire::to(gateway, cut),
    };
    match attack.play(&mut wire) {
        // In pieces, what is injected behind STARTTLS may come where TLS is awaited: then the line is closed.
        Err(_) if wire.handshake_failed && cut != usize::MAX => Ok(()),
        played => played.and_then(|()| one_answer(&mut wire)),
    }
}

/// One NOOP gets one answer, or nothing because the line is closed.
fn one_answer(connection: &mut impl Connection) -> Result<(), String> {
    connection.send(b"NOOP\r\n");
    let mut said = connection.receive();
    if said.is_empty() {
        return if connection.is_closed() { Ok(()) } else { Err("NOOP is not answered".into()) };
    }
    let (code, _) = next_answer(&mut said, connection)?;
    if code == "250" && said.is_empty() && connection.is_quiet() {
        Ok(())
    } else {
        Err(format!("NOOP is answered with {code}, then {:?}", String::from_utf8_lossy(&said)))
    }
}

fn records(gateway: &Gateway) -> usize {
    let stats = gateway.run(&["stats", "--json"]);
    assert!(stats.status.success(), "{}", said(&stats));
    let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).unwrap();
    usize::try_from(stats["records"].as_u64().unwrap()).unwrap()
}

/// Resident memory in KiB.
fn memory(gateway: &Gateway) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", gateway.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn has_settled(gateway: &Gateway, before: u64) -> Result<(), String> {
    let end = Instant::now() + SETTLED;
    loop {
        let now = memory(gateway);
        if now <= before + GROWTH {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(format!("its memory grew from {before} to {now} KiB"));
        }
        sleep(Duration::from_millis(50));
    }
}
