//! What the largest messages take in memory while they are read: at most three times their size, above what the program
//! takes for a small one.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use support::winmail::winmail;

const SIZE: usize = 30 << 20;
const HEADER: &str = "From: clerk@hel.example\r\nTo: anna.virtanen@konto.example\r\nSubject: Beslut\r\n\
    Date: Mon, 23 Nov 2026 10:00:00 +0200\r\nMIME-Version: 1.0\r\n";
/// Runs a program, and prints the most memory that it had, in KiB.
const MEASURE: &str = "import resource, subprocess, sys\n\
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// KiB.
fn peak(message: &Path) -> usize {
    let output = Command::new("python3")
        .args(["-c", MEASURE, env!("CARGO_BIN_EXE_brevbro"), "parse"])
        .arg(message)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn filled(fields: &str, line: &str) -> String {
    format!("{HEADER}{fields}\r\n\r\n{}", line.repeat(SIZE / line.len()))
}

fn in_base64(fields: &str, octets: &[u8]) -> String {
    let encoded = STANDARD.encode(octets);
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("{HEADER}{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", lines.join("\r\n"))
}

#[test]
fn the_largest_messages_take_three_times_their_size() {
    let file: Vec<u8> = (0..SIZE * 72 / 100).map(|n| u8::try_from(n * 7 % 251).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("small.eml");
    fs::write(&small, format!("{HEADER}\r\nHej\r\n")).unwrap();
    let base = peak(&small);
    let mut wrong = Vec::new();
    for (name, message) in [
        ("a file", in_base64("Content-Type: application/pdf; name=a.pdf", &file)),
        ("winmail.dat", in_base64("Content-Type: application/ms-tnef", &winmail("a.pdf", &file))),
        ("text", filled("Content-Type: text/plain", "Du beviljas 312,40 euro i månaden.\r\n")),
        ("HTML", filled("Content-Type: text/html", "<p style=\"color:red\">Du <b>beviljas</b> 312,40 euro.</p>\r\n")),
    ] {
        let path = folder.path().join("large.eml");
        fs::write(&path, &message).unwrap();
        let (taken, size) = (peak(&path).saturating_sub(base), message.len() / 1024);
        println!("{name}: {taken} KiB for {size}");
        if taken > 3 * size {
            wrong.push(format!("{name}: {taken} KiB for {size}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
