//! No line panics, and an address that was read is written so that it reads the same.
#![no_main]

use brevbro::domain::address::{Mailbox, ReversePath};
use brevbro::smtp::command::Command;
use brevbro::smtp::reply::Reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    match Command::parse(line) {
        Ok(Command::Mail(mail)) => {
            if let ReversePath::Mailbox(mailbox) = mail.path {
                assert_eq!(Mailbox::parse(&mailbox.wire()), Ok(mailbox));
            }
        }
        Ok(_) => {}
        Err(fault) => {
            let mut out = Vec::new();
            Reply::command_fault(&fault).write_to(&mut out);
            assert!(out.is_ascii() && out.ends_with(b"\r\n") && out.len() <= 2000);
        }
    }
});
