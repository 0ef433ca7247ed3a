use proptest::prelude::*;

use super::*;

const BINDING: Binding = [7; 32];

fn keys(password: &str) -> Keys {
    Keys::derive(password, [3; SALT], NonZeroU32::MIN)
}

/// A client's half, written apart from ours: (RFC 5802 §3), by the letter.
struct Client {
    header: String,
    bare: String,
    binding: Vec<u8>,
    password: &'static str,
}

impl Client {
    fn new(header: &str, name: &str, password: &'static str, binding: &[u8]) -> Self {
        Self { header: header.to_owned(), bare: format!("n={name},r=abc"), binding: binding.to_vec(), password }
    }

    fn first(&self) -> String {
        format!("{}{}", self.header, self.bare)
    }

    fn last(&self, challenge: &str) -> String {
        let field = |key| challenge.split(',').find_map(|field| field.strip_prefix(key)).unwrap();
        let channel = BASE64.encode([self.header.as_bytes(), &self.binding].concat());
        let without_proof = format!("c={channel},r={}", field("r="));
        let salt = BASE64.decode(field("s=")).unwrap();
        let mut salted = [0; 32];
        let iterations = field("i=").parse().unwrap();
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, &salt, self.password.as_bytes(), &mut salted);
        let client_key = mac(&salted, b"Client Key");
        let message = format!("{},{challenge},{without_proof}", self.bare);
        let signature = mac(&sha256(&client_key), message.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(signature).map(|(a, b)| a ^ b).collect();
        format!("{without_proof},p={}", BASE64.encode(proof))
    }
}

fn whole(client: &Client, mechanism: Mechanism, binding: Option<&Binding>) -> Result<String, Fault> {
    let first = First::read(client.first().as_bytes(), mechanism, binding.is_some())?;
    let (challenge, exchange) = first.challenge(keys("right"), [1; NONCE]);
    exchange.finish(client.last(&challenge).as_bytes(), binding)
}

/// RFC 7677 §3.
#[test]
fn the_example_of_the_rfc() {
    let salt = BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap();
    let first = First::read(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", Mechanism::ScramSha256, false).unwrap();
    assert_eq!(first.name(), "user");
    let ours = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let (challenge, exchange) = first.challenge_with(Keys::derive("pencil", salt, ITERATIONS), ours);
    assert_eq!(challenge, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    let end = exchange.finish(last.as_bytes(), None);
    assert_eq!(end.as_deref(), Ok("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    let other = last.replace("dHzb", "dHzc");
    assert_eq!(exchange.finish(other.as_bytes(), None), Err(Fault::Proof));
}

#[test]
fn bound_or_not() {
    use Mechanism::{ScramSha256 as Scram, ScramSha256Plus as Plus};
    let client = |header, binding: &[u8]| Client::new(header, "a/b", "right", binding);
    let (here, there) = (Some(&BINDING), [8; 32]);
    let bound = client("p=tls-exporter,,", &BINDING);
    assert!(whole(&bound, Plus, here).is_ok());
    assert!(whole(&client("n,,", &[]), Scram, here).is_ok(), "a client that cannot bind");
    assert!(whole(&client("y,,", &[]), Scram, None).is_ok(), "where we cannot");
    assert!(whole(&client("n,a=a/b,", &[]), Scram, None).is_ok());
    // Somebody stands between: another connection's binding; PLUS taken out of the offer; PLUS unbound.
    for (client, mechanism) in [
        (client("p=tls-exporter,,", &there), Plus),
        (client("p=tls-exporter,,", &[]), Plus),
        (client("y,,", &[]), Scram),
        (client("n,,", &[]), Plus),
        (client("p=tls-unique,,", &BINDING), Plus),
        (client("p=tls-exporter,,", &BINDING), Scram),
        (client("n,,", &BINDING), Scram),
    ] {
        assert_eq!(whole(&client, mechanism, here), Err(Fault::Binding), "{}", client.header);
    }
    assert_eq!(whole(&bound, Plus, None), Err(Fault::Binding));
}

#[test]
fn another_password_another_name_another_nonce() {
    let scram = Mechanism::ScramSha256;
    assert_eq!(whole(&Client::new("n,,", "a/b", "wrong", &[]), scram, None), Err(Fault::Proof));
    assert_eq!(whole(&Client::new("n,a=c/d,", "a/b", "right", &[]), scram, None), Err(Fault::Authorization));
    let client = Client::new("n,,", "a/b", "right", &[]);
    let first = || First::read(client.first().as_bytes(), scram, false).unwrap();
    let (old, _) = first().challenge(keys("right"), [1; NONCE]);
    let (_, now) = first().challenge(keys("right"), [2; NONCE]);
    assert_eq!(now.finish(client.last(&old).as_bytes(), None), Err(Fault::Nonce), "a replay");
}

#[test]
fn forms_that_are_not() {
    let read = |text: &str| First::read(text.as_bytes(), Mechanism::ScramSha256, false).map(|first| first.name);
    assert_eq!(read("n,,n=a=2Cb=3D,r=x"), Ok("a,b=".to_owned()));
    assert_eq!(read("n,,n=a,r=x,ext=1"), Ok("a".to_owned()), "extensions may follow");
    for text in [
        "",
        "n",
        "n,",
        "n,,",
        "n,,n=a",
        "n,,r=x,n=a",
        "n,,m=1,n=a,r=x",
        "n,,n=a,r=",
        "q,,n=a,r=x",
        "n,b,n=a,r=x",
        "n,,n=a=2c,r=x",
        "n,,n=a=,r=x",
        "n,,n=a,r=å",
        " n,,n=a,r=x",
    ] {
        assert_eq!(read(text), Err(Fault::Form), "{text}");
    }
    for text in ["n,,n=,r=x", "n,,n=å,r=x", "n,,n=a b,r=x"] {
        assert_eq!(read(text), Err(Fault::Characters), "{text}");
    }
    let long = format!("n,,n=a,r={}", "x".repeat(CLIENT_NONCE + 1));
    assert_eq!(read(&long), Err(Fault::Form));
}

proptest! {
    /// Whatever is sent: no panic, and nobody comes in without the password.
    #[test]
    fn no_octets_are_a_proof(
        first in proptest::collection::vec(any::<u8>(), 0..60),
        last in "(c=[a-zA-Z=]{0,6}|[a-z]=.{0,4})(,[a-z]=[ -~]{0,50}){0,3}",
        plus in any::<bool>(),
    ) {
        let mechanism = if plus { Mechanism::ScramSha256Plus } else { Mechanism::ScramSha256 };
        let _ = First::read(&first, mechanism, true);
        let known = First::read(b"n,,n=a,r=x", Mechanism::ScramSha256, false).unwrap();
        let (_, exchange) = known.challenge(keys("right"), [1; NONCE]);
        prop_assert!(exchange.finish(last.as_bytes(), Some(&BINDING)).is_err());
    }

    #[test]
    fn every_name_comes_through(name in "[!-~]{1,40}") {
        let escaped = name.replace('=', "=3D").replace(',', "=2C");
        let message = format!("n,,n={escaped},r=x");
        let first = First::read(message.as_bytes(), Mechanism::ScramSha256, false);
        prop_assert_eq!(first.map(|first| first.name), Ok(name));
    }
}
