//! S/MIME and OpenPGP from outside: sealed letters by SMTP, read by the API; the key taken away; what stays shut refused.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine;
use support::certificate::private;
use support::clerk::Letter;
use support::gateway::{Gateway, Setup, file, said};
use support::scanner::{Clamd, eicar};

const CLERK: &str = "taina.makela@hel.example";
const ANNA: &str = "anna.virtanen@konto.example";
const WORDS: &str = "päätös asiassanne on tehty";

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smime")
}

/// A gateway with these sections after its own, the vectors' certificates and keys beside them.
fn gateway(sections: &str) -> Gateway {
    let mut gateway = Gateway::prepare(Setup::default());
    for name in ["seal-rsa", "seal-p256", "seal-other"] {
        fs::copy(vectors().join(format!("{name}.pem")), gateway.path(&format!("{name}.pem"))).unwrap();
        private(
            &gateway.folder().join(format!("{name}.key")),
            &fs::read(vectors().join(format!("{name}.key"))).unwrap(),
        );
    }
    fs::copy(vectors().join("root.pem"), gateway.path("root.pem")).unwrap();
    configure(&gateway, sections);
    let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
    assert!(applied.status.success(), "apply: {}", said(&applied));
    gateway.serve();
    gateway
}

/// Puts these sections in place of those that a call before has put there.
fn configure(gateway: &Gateway, sections: &str) {
    let text = fs::read_to_string(gateway.path("brevbro.toml")).unwrap();
    let own = text.split("# sealed").next().unwrap();
    fs::write(gateway.path("brevbro.toml"), format!("{own}# sealed\n{sections}")).unwrap();
}

const KEYS: &str = "[smime]\nroots = \"root.pem\"\n[[smime.key]]\ncertificate = \"seal-rsa.pem\"\nkey = \"seal-rsa.key\"\n\
    [[smime.key]]\ncertificate = \"seal-p256.pem\"\nkey = \"seal-p256.key\"\n";

fn hand_in(gateway: &Gateway, file: &Path) -> Output {
    Letter { from: CLERK, to: ANNA, file }.hand_in(gateway)
}

fn vector(gateway: &Gateway, name: &str) -> Output {
    hand_in(gateway, &vectors().join(format!("{name}.eml")))
}

/// What is encrypted is looked through as well: clamd sees nothing of it but what we send.
#[test]
fn malware_inside_a_seal_is_found() {
    let clamd = Clamd::start();
    let gateway = gateway(&format!("[scanner]\nclamd = [\"{}\"]\n{KEYS}", clamd.tcp));
    let header = format!("From: {CLERK}\r\nTo: {ANNA}\r\nSubject: Beslut\r\nDate: Mon, 23 Nov 2026 10:00:00 +0200\r\n");
    for (name, octets, expected) in [("inne.pdf", eicar(), "554"), ("rent.pdf", b"%PDF-1.7 clean".to_vec(), "")] {
        let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
        let entity = format!(
            "Content-Type: application/pdf; name={name}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
        );
        fs::write(gateway.path("entity"), entity).unwrap();
        let sealed = std::process::Command::new("openssl")
            .args(["cms", "-encrypt", "-aes-256-gcm", "-binary", "-stream", "-in", &gateway.path("entity")])
            .args(["-outform", "SMIME", &gateway.path("seal-rsa.pem")])
            .output()
            .unwrap();
        assert!(sealed.status.success(), "{}", said(&sealed));
        let body = String::from_utf8(sealed.stdout).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
        let file = gateway.folder().join("sealed.eml");
        fs::write(&file, format!("{header}{body}")).unwrap();
        let answer = hand_in(&gateway, &file);
        let words = said(&answer);
        match expected {
            "" => assert!(answer.status.success(), "{words}"),
            code => assert!(words.contains(code) && words.contains("\"inne.pdf\""), "{words}"),
        }
    }
    assert_eq!(gateway.api("anna").inbox().len(), 1);
}

fn newest(gateway: &Gateway) -> serde_json::Value {
    let api = gateway.api("anna");
    let id = api.inbox()[0]["id"].as_str().unwrap().to_owned();
    api.get(&format!("messages/{id}")).json()
}

#[test]
fn a_sealed_letter_is_read_and_stays_readable_without_the_key() {
    let mut gateway = gateway(KEYS);
    let taken = vector(&gateway, "sealed-signed");
    assert!(taken.status.success(), "{}", said(&taken));
    let before = newest(&gateway);
    assert!(before["text"].as_str().unwrap().contains(WORDS), "{before}");
    assert_eq!(before["signature"]["state"], "valid", "{before}");
    assert_eq!(before["signature"]["signer"]["name"], "Taina Mäkelä");
    assert_eq!(before["signature"]["vouched"]["root"], "Exempelrot för tjänster");
    assert_eq!(before["encryption"]["cipher"], "aes-256-gcm");
    assert_eq!(before["attachments"].as_array().unwrap().len(), 0);
    assert!(vector(&gateway, "sealed-p256").status.success());
    assert!(vector(&gateway, "sealed-hp").status.success());
    assert_eq!(newest(&gateway)["subject"], "Päätös hakemukseenne");
    let id = before["id"].as_str().unwrap();
    let traced = said(&gateway.run(&["trace", id]));
    assert!(traced.contains("signature=valid") && traced.contains("encryption=aes-256-gcm"), "{traced}");

    // The key and the root are gone: what was opened is open, and the verdict is what it was.
    gateway.stop();
    configure(&gateway, "");
    for name in ["seal-rsa.key", "seal-p256.key", "root.pem"] {
        fs::remove_file(gateway.path(name)).unwrap();
    }
    gateway.serve();
    assert_eq!(gateway.api("anna").get(&format!("messages/{id}")).json(), before);
    // An admin sees the same parts, those inside the seal too.
    let traced: serde_json::Value = serde_json::from_slice(&gateway.run(&["trace", id, "--json"]).stdout).unwrap();
    let all = traced["parts"][0]["parts"].as_array().unwrap();
    let told: Vec<_> = all.iter().map(|part| (&part["part"], &part["status"])).collect();
    let parts = before["parts"].as_array().unwrap();
    assert_eq!(told, parts.iter().map(|part| (&part["part"], &part["status"])).collect::<Vec<_>>(), "{traced}");
    assert!(told.len() > 1 && told.iter().any(|(_, status)| **status == "shown"), "{traced}");
    // The octets are as they came.
    let copy = gateway.api("anna").get(&format!("messages/{id}/raw")).body;
    let copy = String::from_utf8(copy).unwrap();
    assert!(copy.contains("application/pkcs7-mime") && !copy.contains(WORDS));
    // Nothing of content or key stands in the clear.
    let refused = vector(&gateway, "sealed-rsa-cbc");
    assert!(said(&refused).contains("554 5.7.5"), "{}", said(&refused));
    let log = gateway.log();
    assert!(!log.contains("Taina") && !log.contains("hakemukseenne"), "{log}");
}

#[test]
fn what_stays_shut_is_refused_in_words() {
    let gateway = gateway(KEYS);
    let refused = said(&vector(&gateway, "sealed-other"));
    assert!(refused.contains("554 5.7.5") && refused.contains("krypterat"), "{refused}");
    let head =
        "From: taina.makela@hel.example\r\nTo: anna.virtanen@konto.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    let armour = "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA1Zc\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n";
    let inline = format!("{head}\r\nHej!\r\n\r\n{armour}");
    let mime = format!(
        "{head}Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\n\
         Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n\
         {armour}--b--\r\n"
    );
    for (name, text) in [("inline", &inline), ("mime", &mime)] {
        let refused = said(&hand_in(&gateway, &file(gateway.folder(), name, text.as_bytes())));
        assert!(refused.contains("554 5.7.4") && refused.contains("OpenPGP"), "{refused}");
    }
    // Whichever way it fails, the sender is told the same.
    let good = fs::read_to_string(vectors().join("sealed-rsa-cbc.eml")).unwrap();
    let (head, body) = good.split_once("\r\n\r\n").unwrap();
    let lines: Vec<&str> = body.trim_end().lines().collect();
    let mut said_of = Vec::new();
    // In the encrypted key; and in the block before the last, which changes the padding.
    for (line, from_end) in [(lines.len() / 3, 9), (lines.len() - 1, 24)] {
        let mut lines = lines.clone();
        let mut damaged = lines[line].as_bytes().to_vec();
        let at = damaged.len() - from_end;
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        let damaged = String::from_utf8(damaged).unwrap();
        lines[line] = &damaged;
        let path =
            file(gateway.folder(), "damaged.eml", format!("{head}\r\n\r\n{}\r\n", lines.join("\r\n")).as_bytes());
        let output = said(&hand_in(&gateway, &path));
        let answer = output.lines().find(|line| line.contains("554")).unwrap_or(&output).to_owned();
        // The reference at its end is each answer's own.
        said_of.push(answer.split('(').next().unwrap().to_owned());
    }
    assert!(said_of[0].contains("5.7.5") && said_of[0] == said_of[1], "{said_of:?}");
    assert!(gateway.api("anna").inbox().is_empty());
}

#[test]
fn an_offices_own_key_and_certificate() {
    let keys = "[[smime.key]]\ncertificate = \"seal-rsa.pem\"\nkey = \"seal-rsa.key\"\noffice = \"van-social\"\n";
    let mut gateway = gateway(keys);
    let refused = said(&vector(&gateway, "sealed-rsa-cbc"));
    assert!(refused.contains("554 5.7.5"), "{refused}");
    gateway.stop();
    configure(&gateway, &keys.replace("van-social", "hel-social"));
    let offices = fs::read_to_string(gateway.path("offices.toml")).unwrap();
    let signing = format!("signing_certificates = [\"file:{}\"]", vectors().join("sign-foreign.pem").display());
    let offices = offices.replacen("reply_routes", &format!("{signing}\nreply_routes"), 1);
    fs::write(gateway.path("offices.toml"), offices).unwrap();
    let applied = gateway.run(&["apply", &gateway.path("offices.toml")]);
    assert!(applied.status.success(), "apply: {}", said(&applied));
    gateway.serve();
    assert!(vector(&gateway, "sealed-rsa-cbc").status.success());
    assert!(vector(&gateway, "clear-foreign").status.success());
    let read = newest(&gateway);
    assert_eq!((&read["signature"]["state"], &read["signature"]["vouched"]), (&"valid".into(), &"office".into()));
    let exported = said(&gateway.run(&["export"]));
    assert!(exported.contains("signing_certificates = [\"sha256:"), "{exported}");
    assert!(vector(&gateway, "clear-changed").status.success(), "it is evidence, and the citizen is told");
    assert_eq!(newest(&gateway)["signature"]["state"], "invalid");
}

#[test]
fn check_names_what_is_wrong_with_the_keys() {
    let mut gateway = gateway(KEYS);
    gateway.stop();
    let checked = |sections: &str| {
        configure(&gateway, sections);
        said(&gateway.run(&["check"]))
    };
    assert!(!checked(KEYS).contains("smime"));
    let swapped = KEYS.replace("key = \"seal-rsa.key\"", "key = \"seal-other.key\"");
    let found = checked(&swapped);
    assert!(found.contains("smime.key[0].key") && found.contains("not the certificate's"), "{found}");
    assert!(checked("[smime]\nroots = \"seal-rsa.key\"\n").contains("smime.roots"));
    let ended = vectors().join("sign-rsa.pem");
    let wrong_use =
        format!("[[smime.key]]\ncertificate = \"{}\"\nkey = \"signing.key\"\noffice = \"nobody\"\n", ended.display());
    private(&gateway.folder().join("signing.key"), &fs::read(vectors().join("sign-rsa.key")).unwrap());
    let found = checked(&wrong_use);
    assert!(found.contains("not for encryption") && found.contains("no office nobody"), "{found}");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(gateway.path("seal-rsa.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(checked(KEYS).contains("everybody on this machine may read"));
}
