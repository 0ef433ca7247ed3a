//! A DNS server of the tests' own on loopback. Everything lies in a signed root zone, but for what lies below
//! `insecure.example` (a zone provably not signed), `bogus.example` (signed with another key than its parent says),
//! `servfail.example` and `silent.example` (which fail, and never answer). Names that begin with `_dns_error` fail as well.

use std::collections::BTreeMap;
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
use hickory_server::proto::op::{Edns, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, TXT};
use hickory_server::proto::rr::{LowerName, Name, RData, Record, RecordSet, RecordType, RrKey};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::store::in_memory::InMemoryZoneHandler;
use hickory_server::zone_handler::{AxfrPolicy, MessageResponseBuilder, ZoneType};
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

/// Zones by their origins. They are answered from by hand: hickory's own server proves too little of names that lack more
/// than one label.
struct Handler(BTreeMap<LowerName, Zone>);

/// Every set of records, with signatures.
type Zone = BTreeMap<RrKey, Arc<RecordSet>>;

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
        Box::pin(self.answer(request, reply))
    }
}

impl Handler {
    async fn answer<R: ResponseHandler>(&self, request: &Request, mut reply: R) -> ResponseInfo {
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
        let query = asked.unwrap();
        let (answers, authorities, code) = self.look_up(query.name(), query.query_type());
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.response_code = code;
        metadata.authoritative = true;
        metadata.recursion_available = true;
        let mut edns = Edns::new();
        edns.set_dnssec_ok(true);
        edns.set_max_payload(request.edns.as_ref().map_or(512, |edns| edns.max_payload().max(512)));
        let mut response = MessageResponseBuilder::from_message_request(request);
        response.edns(&edns);
        let records = |sets: &'_ [Arc<RecordSet>]| -> Vec<Record> {
            sets.iter().flat_map(|set| set.records(true).cloned().collect::<Vec<_>>()).collect()
        };
        let (answers, authorities) = (records(&answers), records(&authorities));
        reply.send_response(response.build(metadata, &answers, &authorities, [], [])).await.unwrap()
    }

    /// Answers, authorities and a code (RFC 1034 §4.3.2, RFC 4035 §3.1.3).
    fn look_up(&self, name: &LowerName, kind: RecordType) -> (Vec<Arc<RecordSet>>, Vec<Arc<RecordSet>>, ResponseCode) {
        // What a zone is signed with, its parent says.
        let is_within = |origin: &LowerName| origin.zone_of(name) && !(kind == RecordType::DS && origin == name);
        let (origin, zone) =
            self.0.iter().filter(|(origin, _)| is_within(origin)).max_by_key(|z| z.0.num_labels()).unwrap();
        let get = |name: &LowerName, kind| zone.get(&RrKey::new(name.clone(), kind)).cloned();
        let (mut answers, mut at) = (Vec::new(), name.clone());
        while let Some(alias) = get(&at, RecordType::CNAME).filter(|_| kind != RecordType::CNAME && answers.len() < 8) {
            if let Some(RData::CNAME(to)) = alias.records(false).next().map(|record| record.data.clone()) {
                at = LowerName::from(&to.0);
            }
            answers.push(alias);
        }
        answers.extend(get(&at, kind));
        if !answers.is_empty() {
            return (answers, Vec::new(), ResponseCode::NoError);
        }
        let mut authorities: Vec<_> = get(origin, RecordType::SOA).into_iter().collect();
        let exists = |name: &LowerName| zone.keys().any(|key| name.zone_of(key.name()));
        let code = if exists(name) { ResponseCode::NoError } else { ResponseCode::NXDomain };
        authorities.extend(nsec(zone, name));
        if code == ResponseCode::NXDomain {
            let mut encloser = name.base_name();
            while !exists(&encloser) {
                encloser = encloser.base_name();
            }
            let wildcard = Name::from(encloser).prepend_label("*").unwrap();
            authorities.extend(nsec(zone, &LowerName::from(wildcard)));
        }
        authorities.dedup();
        (Vec::new(), authorities, code)
    }
}

/// The NSEC record that says what is, or is not, at this name.
fn nsec(zone: &Zone, name: &LowerName) -> Option<Arc<RecordSet>> {
    let before = |set: &&Arc<RecordSet>| set.record_type() == RecordType::NSEC && LowerName::from(set.name()) <= *name;
    zone.values().filter(before).max_by_key(|set| LowerName::from(set.name())).cloned()
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

    let zones = [(".", root, Some(key)), (INSECURE, insecure, None), (BOGUS, bogus, Some(other))];
    let zones = zones.map(|(origin, records, key)| (name(origin).into(), zone(origin, records, key)));
    (Handler(zones.into_iter().collect()), public)
}

fn key() -> Ed25519SigningKey {
    Ed25519SigningKey::from_pkcs8(&Ed25519SigningKey::generate_pkcs8().unwrap()).unwrap()
}

fn zone(origin: &str, records: Vec<Record>, key: Option<Ed25519SigningKey>) -> Zone {
    let origin = Name::from_ascii(origin).unwrap();
    let host = Name::from_ascii("ns.example.").unwrap();
    let proof = key.is_some().then_some(NxProofKind::Nsec);
    let mut zone =
        InMemoryZoneHandler::<TokioRuntimeProvider>::empty(origin.clone(), ZoneType::Primary, AxfrPolicy::Deny, proof);
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
    std::mem::take(zone.records_get_mut())
}
