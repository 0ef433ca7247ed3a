//! A name server on loopback that knows what a test tells it.

use std::net::{IpAddr, Ipv4Addr};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, MX};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::UdpSocket;

#[derive(Debug, Clone)]
pub enum Fact {
    Mx(u16, &'static str),
    Address(Ipv4Addr),
    /// The name exists and has nothing.
    Nothing,
    /// The server cannot say.
    Failure,
}

/// A resolver that asks a server that knows these facts, and no other name.
pub async fn resolver(facts: Vec<(&'static str, Fact)>) -> TokioResolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((size, from)) = socket.recv_from(&mut buffer).await {
            let asked = Message::from_vec(&buffer[..size]).unwrap();
            let _ = socket.send_to(&answer(&asked, &facts).to_vec().unwrap(), from).await;
        }
    });
    let mut udp = ConnectionConfig::udp();
    udp.port = port;
    let server = NameServerConfig::new(IpAddr::V4(Ipv4Addr::LOCALHOST), true, vec![udp]);
    let config = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().attempts = 0;
    builder.options_mut().validate = false;
    builder.build().unwrap()
}

fn answer(asked: &Message, facts: &[(&'static str, Fact)]) -> Message {
    let query = asked.queries.first().unwrap().clone();
    let mut message = Message::response(asked.metadata.id, OpCode::Query);
    message.metadata.recursion_available = true;
    let name = query.name().clone();
    let known: Vec<&Fact> =
        facts.iter().filter(|(of, _)| Name::from_ascii(format!("{of}.")).unwrap() == name).map(|(_, f)| f).collect();
    if known.is_empty() {
        message.metadata.response_code = ResponseCode::NXDomain;
    }
    for fact in known {
        let data = match fact {
            Fact::Mx(preference, host) => {
                RData::MX(MX::new(*preference, Name::from_ascii(format!("{host}.")).unwrap()))
            }
            Fact::Address(ip) => RData::A(A(*ip)),
            Fact::Nothing => continue,
            Fact::Failure => {
                message.metadata.response_code = ResponseCode::ServFail;
                continue;
            }
        };
        if data.record_type() == query.query_type() || query.query_type() == RecordType::ANY {
            message.add_answer(Record::from_rdata(name.clone(), 60, data));
        }
    }
    message.add_query(query);
    message
}
