//! Connections from one address of the loopback network or another: each is a network of its own to a listener.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// A connection to this port of 127.0.0.1 that comes from `127.0.0.LAST`.
pub fn connect_from(last: u8, port: u16) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(IpAddr::from([127, 0, 0, last]), 0).into())?;
    socket.connect(&SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port).into())?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    Ok(stream)
}
