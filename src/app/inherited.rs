//! Sockets that were bound for us before we began: systemd's socket activation (`sd_listen_fds(3)`).

use std::net::{IpAddr, SocketAddr, TcpListener};

use tracing::warn;

/// The sockets that nobody has taken yet.
#[derive(Default)]
pub struct Inherited(Vec<Passed>);

/// A socket, and the name it was given (`FileDescriptorName=`).
struct Passed {
    name: String,
    address: SocketAddr,
    socket: TcpListener,
}

impl Inherited {
    /// What the environment says was handed to this very process. Sockets that do not speak TCP stay where they are.
    #[must_use]
    pub fn of_process() -> Self {
        let mut descriptors = listenfd::ListenFd::from_env();
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut passed = Vec::new();
        for at in 0..descriptors.len() {
            let name = names.next().unwrap_or_default().to_owned();
            let taken = descriptors
                .take_tcp_listener(at)
                .and_then(|socket| socket.map(|socket| Ok((socket.local_addr()?, socket))).transpose());
            match taken {
                Ok(Some((address, socket))) => passed.push(Passed { name, address, socket }),
                Ok(None) => {}
                Err(error) => warn!(name, %error, "a socket was handed to us that cannot be used"),
            }
        }
        Self(passed)
    }

    /// The socket for this key of the configuration (`listener[0].address`): the one with that name, without the
    /// `.address`, or bound to that address, or to the same port of all addresses.
    pub(super) fn take(&mut self, key: &str, address: SocketAddr) -> Option<TcpListener> {
        let name = key.strip_suffix(".address").unwrap_or(key);
        let ways: [&dyn Fn(&Passed) -> bool; 3] =
            [&|passed| passed.name == name, &|passed| passed.address == address, &|passed| {
                covers(passed.address, address)
            }];
        let at = ways.iter().find_map(|way| self.0.iter().position(way))?;
        Some(self.0.swap_remove(at).socket)
    }

    /// Says which sockets nothing in the configuration asks for: mail sent there would wait for ever.
    pub(super) fn leave(self) {
        for Passed { name, address, .. } in self.0 {
            warn!(name, %address, "a socket was handed to us that no listener of the configuration asks for");
        }
    }
}

/// `[::]:25` takes what comes to `0.0.0.0:25`, unless the system keeps the two apart.
fn covers(bound: SocketAddr, wanted: SocketAddr) -> bool {
    let all = |ip: IpAddr| ip.is_unspecified();
    bound.port() == wanted.port() && all(bound.ip()) && all(wanted.ip()) && bound.is_ipv6()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(name: &str, address: &str) -> Passed {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        Passed { name: name.to_owned(), address: address.parse().unwrap(), socket }
    }

    #[test]
    fn by_name_then_by_address() {
        let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
        let mut inherited = Inherited(vec![
            passed("brevbro.socket", "192.0.2.1:25"),
            passed("brevbro.socket", "[::]:465"),
            passed("portal", "192.0.2.1:80"),
        ]);
        assert!(inherited.take("listener[0].address", socket("192.0.2.2:25")).is_none());
        assert!(inherited.take("listener[0].address", socket("192.0.2.1:25")).is_some());
        assert!(inherited.take("listener[0].address", socket("192.0.2.1:25")).is_none(), "only once");
        assert!(inherited.take("listener[1].address", socket("0.0.0.0:465")).is_some());
        assert!(inherited.take("portal.address", socket("127.0.0.1:8025")).is_some());
        assert!(inherited.0.is_empty());
    }
}
