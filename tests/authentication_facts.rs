//! tmp
mod support;
use std::time::Duration;
use brevbro::authentication::{Authenticator, Need, Settings};
use brevbro::domain::address::{Domain, Mailbox, ReversePath};
use brevbro::domain::office::Peer;
use support::dns::Dns;

fn authenticator(dns: &Dns) -> Authenticator {
    let settings = Settings { nameservers: vec![dns.address], dnssec: true, trust_anchors: Some(dns.anchors.clone()), timeout: Duration::from_millis(500), cache: 1000 };
    Authenticator::new(&settings, Domain::parse("mail1.konto.example").unwrap()).unwrap()
}

#[tokio::test]
async fn spf() {
    let dns = tokio::task::spawn_blocking(|| Dns::start("
hel.example TXT v=spf1 ip4:192.0.2.1 -all
a.hel.example TXT v=spf1 a:host.hel.example mx -all
host.hel.example A 192.0.2.2
x.insecure.example TXT v=spf1 ip4:192.0.2.1 -all
x.bogus.example TXT v=spf1 ip4:192.0.2.1 -all
")).await.unwrap();
    let authenticator = authenticator(&dns);
    for domain in ["hel.example", "a.hel.example", "none.hel.example", "x.insecure.example", "y.insecure.example", "x.bogus.example", "y.bogus.example", "x.servfail.example", "x.silent.example"] {
        let peer = Peer { ip: "192.0.2.1".parse().unwrap(), helo: "x.example".into(), tls: None, login: None };
        let path = ReversePath::Mailbox(Mailbox::parse(&format!("x@{domain}")).unwrap());
        let at = std::time::Instant::now();
        let spf = authenticator.spf(&peer, &path, Need::Proof).await;
        println!("{domain} {spf:?} {:?}", at.elapsed());
    }
    tokio::task::spawn_blocking(move || drop(dns)).await.unwrap();
}
