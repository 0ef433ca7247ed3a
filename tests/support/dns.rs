//! A DNS server of the tests' own on loopback. Everything lies in a signed root zone, but for what lies below
//! `insecure.example` (a zone provably not signed), `bogus.example` (signed with another key than its parent says),
//! `servfail.example` and `silent.example` (which fail, and never answer). Names that begin with `_dns_error` fail as well.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use hickory_server::Server;
use hickory_server::dnssec::NxProofKind;
use hickory_server::net::runtime::{Time, TokioRuntimeProvider};
use hickory_server::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_server::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS};
use hickory_server::proto::dnssec::{DigestType, DnssecSigner, PublicKey, SigningKey, Verifier};
use hickory_server::proto::op::ResponseCode;
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, TXT};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, Catalog, MessageResponseBuilder, ZoneType};
use tokio::net::{TcpListener, UdpSocket};
use tokio::runtime::{Builder, Runtime};

const TTL: u32 = 300;
const INSECURE: &str = "insecure.example.";
const BOGUS: &str = "bogus.example.";
const SERVFAIL: &str = "servfail.example.";
const SILENT: &str = "silent.example.";

/// A server that ends with the value.
pub struct Dns {
    /// Where it answers, over UDP and TCP.
    pub address: SocketAddr,
    /// A file with the key of its root.
    pub anchors: PathBuf,
    folder: tempfile::TempDir,
    // The server lives in it.
    runtime: Runtime,
}

/// `name TYPE data`, one a line; TXT's data goes to the end of the line.
pub fn records(text: &str) -> Vec<Record> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(record).collect()
}

fn record(line: &str) -> Record {
    let mut words = line.splitn(3, ' ');
    let (name, kind, data) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
    let host = |name: &str| Name::from_str_relaxed(name).map(fqdn).unwrap();
    let data = match kind {
        "TXT" => txt(&[data]),
        "A" => RData::A(A(data.parse().unwrap())),
        "AAAA" => RData::AAAA(AAAA(data.parse().unwrap())),
        "CNAME" => RData::CNAME(CNAME(host(data))),
        "PTR" => RData::PTR(PTR(host(data))),
        "MX" => {
            let (preference, exchange) = data.split_once(' ').unwrap();
            RData::MX(MX::new(preference.parse().unwrap(), host(exchange)))
        }
        other => panic!("{other}: no type that this server knows"),
    };
    Record::from_rdata(host(name), TTL, data)
}

/// One TXT record of these texts; a long one is cut into strings of 255 octets.
pub fn txt(texts: &[&str]) -> RData {
    let strings = texts.iter().flat_map(|text| match text.len() {
        0..=255 => vec![text.as_bytes()],
        _ => text.as_bytes().chunks(255).collect(),
    });
    RData::TXT(TXT::from_bytes(strings.collect()))
}

fn fqdn(mut name: Name) -> Name {
    name.set_fqdn(true);
    name
}

impl Dns {
    /// With these records, written as for [`records`].
    pub fn start(text: &str) -> Self {
        Self::of(records(text))
    }

    /// With these records.
    pub fn of(records: Vec<Record>) -> Self {
        let folder = super::peers::folder("dns");
        let (handler, key) = handler(records);
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = runtime.block_on(async {
            // The same port for both, which the system does not promise.
            let (udp, tcp) = loop {
                let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
                if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                    break (udp, tcp);
                }
            };
            let address = udp.local_addr().unwrap();
            let mut server = Server::new(handler);
            server.register_socket(udp);
            server.register_listener(tcp, Duration::from_secs(5), 4096);
            tokio::spawn(async move { server.block_until_done().await });
            address
        });
        let anchors = folder.path().join("anchors.txt");
        fs::write(&anchors, format!(". 3600 IN DNSKEY 257 3 15 {key}\n")).unwrap();
        Self { address, anchors, folder, runtime }
    }

    /// For [`super::gateway::Setup::over`].
    pub fn over(&self) -> Vec<(&'static str, String)> {
        vec![
            ("RESOLVER__NAMESERVERS", format!("['{}']", self.address)),
            ("RESOLVER__TRUST_ANCHORS", self.anchors.display().to_string()),
            ("RESOLVER__TIMEOUT", "500 ms".to_owned()),
        ]
    }
}

struct Handler {
    zones: Catalog,
    /// Of parents alone: what a DS record is asked of.
    parents: Catalog,
}

// As `#[async_trait]` writes it, by which the trait is declared.
impl RequestHandler for Handler {
    fn handle_request<'s, 'r, 'f, R, T>(
        &'s self,
        request: &'r Request,
        reply: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'f>>
    where
        R: ResponseHandler + 'f,
        T: Time + 'f,
        's: 'f,
        'r: 'f,
        Self: 'f,
    {
        Box::pin(self.answer::<R, T>(request, reply))
    }
}

impl Handler {
    async fn answer<R: ResponseHandler, T: Time>(&self, request: &Request, mut reply: R) -> ResponseInfo {
        let asked = request.request_info().ok().map(|info| info.query.clone());
        let below = |zone: &str| {
            let name = asked.as_ref().map(|query| Name::from(query.name().clone()));
            name.is_some_and(|name| Name::from_ascii(zone).unwrap().zone_of(&name))
        };
        let broken = asked.as_ref().is_some_and(|query| query.name().to_string().starts_with("_dns_error"));
        let (fails, silent) = (below(SERVFAIL) || broken, below(SILENT));
        if silent {
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        if fails || silent {
            let response = MessageResponseBuilder::from_message_request(request)
                .error_msg(&request.metadata, ResponseCode::ServFail);
            return reply.send_response(response).await.unwrap();
        }
        let is_ds = asked.is_some_and(|query| query.query_type() == RecordType::DS);
        let zones = if is_ds { &self.parents } else { &self.zones };
        zones.handle_request::<R, T>(request, reply).await
    }
}

/// The server's zones, and the root's key in base64.
fn handler(records: Vec<Record>) -> (Handler, String) {
    let (key, other) = (key(), key());
    let name = |text: &str| Name::from_ascii(text).unwrap();
    let within = |zone: &str, record: &Record| name(zone).zone_of(&record.name);
    let (insecure, rest): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| within(INSECURE, record));
    let (bogus, mut root): (Vec<_>, Vec<_>) = rest.into_iter().partition(|record| within(BOGUS, record));
    for zone in [INSECURE, BOGUS] {
        root.push(Record::from_rdata(name(zone), TTL, RData::NS(NS(name("ns.example.")))));
    }
    // The parent names the root's key for it, and it is signed with another.
    let public = DNSKEY::from_key(&key.to_public_key().unwrap());
    let digest = public.to_digest(&name(BOGUS), DigestType::SHA256).unwrap();
    let ds =
        DS::new(public.calculate_key_tag().unwrap(), public.algorithm(), DigestType::SHA256, digest.as_ref().to_vec());
    root.push(Record::from_rdata(name(BOGUS), TTL, RData::DNSSEC(DNSSECRData::DS(ds))));
    let public = base64::engine::general_purpose::STANDARD.encode(public.public_key().public_bytes());

    let root = Arc::new(zone(".", root, Some(key)));
    let (mut zones, mut parents) = (Catalog::new(), Catalog::new());
    zones.upsert(name(".").into(), vec![root.clone()]);
    parents.upsert(name(".").into(), vec![root]);
    zones.upsert(name(INSECURE).into(), vec![Arc::new(zone(INSECURE, insecure, None))]);
    zones.upsert(name(BOGUS).into(), vec![Arc::new(zone(BOGUS, bogus, Some(other)))]);
    (Handler { zones, parents }, public)
}

fn key() -> Ed25519SigningKey {
    Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8().unwrap()).unwrap()
}

fn zone(
    origin: &str,
    records: Vec<Record>,
    key: Option<Ed25519SigningKey>,
) -> InMemoryZoneHandler<TokioRuntimeProvider> {
    let origin = Name::from_ascii(origin).unwrap();
    let host = Name::from_ascii("ns.example.").unwrap();
    let proof = key.is_some().then_some(NxProofKind::Nsec);
    let mut zone = InMemoryZoneHandler::empty(origin.clone(), ZoneType::Primary, AxfrPolicy::Deny, proof);
    let soa = SOA::new(host.clone(), host.clone(), 1, 3600, 600, 86400, 60);
    zone.upsert_mut(Record::from_rdata(origin.clone(), TTL, RData::SOA(soa)), 0);
    zone.upsert_mut(Record::from_rdata(origin.clone(), TTL, RData::NS(NS(host))), 0);
    for record in records {
        assert!(zone.upsert_mut(record.clone(), 0), "{record} does not fit into the zone");
    }
    if let Some(key) = key {
        let public = DNSKEY::from_key(&key.to_public_key().unwrap());
        let signer = DnssecSigner::new(public, Box::new(key), origin, Duration::from_hours(24));
        zone.add_zone_signing_key_mut(signer).unwrap();
        zone.secure_zone_mut().unwrap();
    }
    zone
}
