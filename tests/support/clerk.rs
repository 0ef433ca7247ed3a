//! A clerk's mail program: swaks over STARTTLS, and Python for SMTPUTF8.

use std::path::Path;
use std::process::{Command, Output};

use super::gateway::{Gateway, file, said};

/// Where a message file goes.
pub struct Letter<'a> {
    /// MAIL's address.
    pub from: &'a str,
    /// RCPT's address.
    pub to: &'a str,
    /// The message, with CRLF.
    pub file: &'a Path,
}

impl Letter<'_> {
    /// Hands it in over STARTTLS, the gateway's certificate checked; what the program printed.
    pub fn hand_in(&self, gateway: &Gateway) -> Output {
        let (port, ca) = (gateway.smtp_port, gateway.path("ca.pem"));
        if self.from.is_ascii() {
            // swaks ends what it sends with a line end of its own.
            let letter = std::fs::read(self.file).unwrap();
            let letter = letter.strip_suffix(b"\r\n").expect("a letter ends with CRLF");
            let path = file(gateway.folder(), "letter.eml", letter);
            Command::new("swaks")
                .args(["--server", &format!("127.0.0.1:{port}"), "--helo", "mail.hel.example"])
                .args(["--from", self.from, "--to", self.to, "--data", &format!("@{}", path.display())])
                .args(["--tls", "--tls-verify", "--tls-ca-path", &ca])
                .output()
                .unwrap()
        } else {
            Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/send_utf8"))
                .args([&port.to_string(), &ca, self.from, self.to])
                .arg(self.file)
                .output()
                .unwrap()
        }
    }

    /// Hands it in, and expects it to be taken.
    pub fn send(&self, gateway: &Gateway) {
        let output = self.hand_in(gateway);
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// Hands a text to a mail server in clear, as a program on the server's own machine does.
pub fn submit(port: u16, from: &str, to: &str, text: &str) -> Output {
    const PROGRAM: &str = "import smtplib, sys; smtplib.SMTP('127.0.0.1', int(sys.argv[1])).sendmail(sys.argv[2], [sys.argv[3]], sys.argv[4].encode())";
    Command::new("python3").args(["-c", PROGRAM, &port.to_string(), from, to, text]).output().unwrap()
}
