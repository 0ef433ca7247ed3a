//! One value as written → its checked type. Each says what it expected and what to write instead.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::fault::{Wrong, nearest};
use super::file::{Node, Value};
use super::size;
use crate::domain::address::{Domain, Mailbox};
use crate::domain::office::RelayTo;

type Read<T> = Result<T, Wrong>;

/// Any text.
pub(super) fn text(node: &Node) -> Read<&str> {
    match &node.value {
        Value::Text(text) => Ok(text),
        other => Err(Wrong::new(format!("a text was expected, not {}", other.kind()), "put it in quotes")),
    }
}

/// A text that says something.
pub(super) fn words(node: &Node) -> Read<String> {
    let text = text(node)?.trim();
    if text.is_empty() { Err(Wrong::new("this is empty", "write a text")) } else { Ok(text.into()) }
}

/// What a domain type reads of itself; its own sentence says what is wrong.
pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(node: &Node) -> Read<T> {
    let text = text(node)?;
    text.parse().map_err(|fault: T::Err| Wrong::new(format!("\"{text}\": {fault}"), ""))
}

/// A whole number from `least` to `most`.
pub(super) fn number(least: u32, most: u32) -> impl Fn(&Node) -> Read<u32> {
    move |node| {
        let remedy = format!("write a whole number from {least} to {most}");
        let number = match &node.value {
            Value::Integer(number) => u32::try_from(*number).ok(),
            Value::Text(text) if node.from_environment && text.bytes().all(|c| c.is_ascii_digit()) => text.parse().ok(),
            other => return Err(Wrong::new(format!("a number was expected, not {}", other.kind()), remedy)),
        };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| Wrong::new("the number is out of range", remedy))
    }
}

/// Yes or no.
pub(super) fn truth(node: &Node) -> Read<bool> {
    match &node.value {
        Value::Boolean(truth) => Ok(*truth),
        Value::Text(text) if node.from_environment && text == "true" => Ok(true),
        Value::Text(text) if node.from_environment && text == "false" => Ok(false),
        other => Err(Wrong::new(format!("true or false was expected, not {}", other.kind()), "write true or false")),
    }
}

/// One of these words.
pub(super) fn one_of<T: Copy>(known: &[(&'static str, T)], node: &Node) -> Read<T> {
    let text = text(node)?;
    let names = || known.iter().map(|(name, _)| *name);
    known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let list = names().collect::<Vec<_>>().join(", ");
        let remedy = match nearest(text, names()) {
            Some(meant) => format!("did you mean \"{meant}\"? known: {list}"),
            None => format!("known: {list}"),
        };
        Wrong::new(format!("\"{text}\" is not known"), remedy)
    })
}

/// A size in octets, from `least` on.
pub(super) fn size(least: u64) -> impl Fn(&Node) -> Read<u64> {
    move |node| {
        let remedy = "write a whole number and a unit: \"50 MiB\" (B, kB, MB, GB, KiB, MiB, GiB)";
        let text = text(node).map_err(|wrong| Wrong::new(wrong.sentence, remedy))?;
        let octets = size::size(text).ok_or_else(|| Wrong::new(format!("\"{text}\" is not a size"), remedy))?;
        if octets < least {
            return Err(Wrong::new(
                format!("\"{text}\" is too small"),
                format!("at least {}", size::size_written(least)),
            ));
        }
        Ok(octets)
    }
}

/// The same, up to `most`.
pub(super) fn size_up_to(least: u64, most: u64) -> impl Fn(&Node) -> Read<u64> {
    move |node| match size(least)(node)? {
        octets if octets > most => {
            Err(Wrong::new("the size is too large", format!("at most {}", size::size_written(most))))
        }
        octets => Ok(octets),
    }
}

/// A time that is not zero.
pub(super) fn duration(node: &Node) -> Read<Duration> {
    let remedy = "write a whole number and a unit: \"30 s\" (ms, s, min, h, d)";
    let text = text(node).map_err(|wrong| Wrong::new(wrong.sentence, remedy))?;
    let time = size::duration(text).ok_or_else(|| Wrong::new(format!("\"{text}\" is not a duration"), remedy))?;
    if time.is_zero() { Err(Wrong::new("no time at all is too short", remedy)) } else { Ok(time) }
}

/// A host's or mail domain's name.
pub(super) fn domain(node: &Node) -> Read<Domain> {
    domain_of(text(node)?)
}

/// The same, of a part of a text.
pub(super) fn domain_of(text: &str) -> Read<Domain> {
    Domain::parse(text)
        .ok()
        .filter(|domain| !domain.is_literal())
        .ok_or_else(|| Wrong::new(format!("\"{text}\" is not a domain name"), "write it like mail.konto.example"))
}

/// An e-mail address.
pub(super) fn mailbox(node: &Node) -> Read<Mailbox> {
    let text = text(node)?;
    Mailbox::parse(text).map_err(|fault| {
        Wrong::new(format!("\"{text}\" is not an e-mail address: {fault}"), "write it like registry@hel.example")
    })
}

/// Where to listen: `0.0.0.0:25`, `[::]:25`.
pub(super) fn socket(node: &Node) -> Read<SocketAddr> {
    let text = text(node)?;
    text.parse().map_err(|_| {
        let remedy = "write an IP address and a port: \"0.0.0.0:25\", \"[::1]:8025\"";
        Wrong::new(format!("\"{text}\" is not an address to listen at"), remedy)
    })
}

/// A name server: an IP address, port 53 unless it says another.
pub(super) fn nameserver(node: &Node) -> Read<SocketAddr> {
    let text = text(node)?;
    text.parse().or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53))).map_err(|_| {
        Wrong::new(format!("\"{text}\" is not the address of a name server"), "write an IP address: \"192.0.2.53\"")
    })
}

/// `mx`, `smtp://host[:port]` or `smtps://host[:port]`.
pub(super) fn relay_to(node: &Node) -> Read<RelayTo> {
    let text = text(node)?;
    if text == "mx" {
        return Ok(RelayTo::Mx);
    }
    let wrong = || {
        let remedy = "write \"mx\", \"smtp://mail.hel.example:25\" or \"smtps://mail.hel.example:465\"";
        Wrong::new(format!("\"{text}\" does not say where mail goes"), remedy)
    };
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let implicit_tls = match scheme {
        "smtp" => false,
        "smtps" => true,
        _ => return Err(wrong()),
    };
    let rest = rest.trim_end_matches('/');
    // The colons of an IPv6 literal stand inside its brackets.
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or_else(wrong)?,
        None if implicit_tls => 465,
        None => 25,
    };
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let host = bare.parse().map_or_else(|_| host.to_owned(), literal);
    Ok(RelayTo::Host { host: Domain::parse(&host).map_err(|_| wrong())?, port, implicit_tls })
}

/// An IP address as the address literal of RFC 5321 §4.1.3.
fn literal(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    }
}

/// A path; a relative one begins at the file's own folder.
pub(super) fn path(folder: &Path) -> impl Fn(&Node) -> Read<PathBuf> {
    move |node| words(node).map(|path| folder.join(path))
}

/// The path of a file that can be read now; `remedy` says how to get one.
pub(super) fn readable(folder: &Path, remedy: &str) -> impl Fn(&Node) -> Read<PathBuf> {
    move |node| {
        let path = path(folder)(node)?;
        match fs::File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => Err(Wrong::new(format!("{} is not a file", path.display()), remedy)),
            Err(error) => Err(unreadable(&path, &error, remedy)),
        }
    }
}

/// The same for a file with a secret in it, which not everybody may read.
pub(super) fn private(folder: &Path, remedy: &str) -> impl Fn(&Node) -> Read<PathBuf> {
    move |node| {
        let path = readable(folder, remedy)(node)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).map_err(|error| unreadable(&path, &error, remedy))?.permissions().mode();
            if mode & 0o007 != 0 {
                let sentence = format!("everybody on this machine may read or write {}", path.display());
                return Err(Wrong::new(sentence, format!("chmod o= {}", path.display())));
            }
        }
        Ok(path)
    }
}

/// A file that could not be opened or read, in words.
pub(super) fn unreadable(path: &Path, error: &std::io::Error, remedy: &str) -> Wrong {
    let path = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => Wrong::new(format!("there is no file {path}"), remedy),
        std::io::ErrorKind::PermissionDenied => {
            Wrong::new(format!("{path} may not be read by this user"), "give the gateway's user the right to read it")
        }
        _ => Wrong::new(format!("{path} cannot be read: {error}"), remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Place;
    use super::*;

    fn node(text: &str) -> Node {
        Node { place: Place::of("f"), value: Value::Text(text.to_owned()), from_environment: false }
    }

    #[test]
    fn next_hops() {
        let shown = |text| match relay_to(&node(text)) {
            Ok(RelayTo::Host { host, port, implicit_tls }) => format!("{} {port} {implicit_tls}", host.wire()),
            Ok(RelayTo::Mx) => "mx".to_owned(),
            Err(_) => "wrong".to_owned(),
        };
        for (text, expected) in [
            ("mx", "mx"),
            ("smtp://mail.hel.example", "mail.hel.example 25 false"),
            ("smtps://mail.hel.example/", "mail.hel.example 465 true"),
            ("smtp://127.0.0.1:2526", "[127.0.0.1] 2526 false"),
            ("smtp://[::1]:2526", "[IPv6:::1] 2526 false"),
            ("smtp://[IPv6:::1]:2526", "[IPv6:::1] 2526 false"),
            ("smtp://[::1]", "[IPv6:::1] 25 false"),
            ("smtp://mail.hel.example:0", "wrong"),
            ("smtp://mail.hel.example:99999", "wrong"),
            ("smtp://", "wrong"),
            ("http://mail.hel.example", "wrong"),
            ("mail.hel.example", "wrong"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn name_servers() {
        assert_eq!(nameserver(&node("192.0.2.53")).unwrap().to_string(), "192.0.2.53:53");
        assert_eq!(nameserver(&node("[2001:db8::53]:5353")).unwrap().port(), 5353);
        assert!(nameserver(&node("dns.example")).is_err());
    }
}
