//! The inbox, a message, its files.

use brevbro::domain::address::Mailbox;
use brevbro::domain::record::Kind;
use sha2_of::sha256_hex;

use crate::house::{self, House, Letter};

/// SHA-256 as the record has it.
mod sha2_of {
    use std::fmt::Write;

    pub fn sha256_hex(octets: &[u8]) -> String {
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, octets).as_ref().iter().fold(
            String::new(),
            |mut hex, o| {
                let _ = write!(hex, "{o:02x}");
                hex
            },
        )
    }
}

fn mail(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/mail/{name}.eml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_says_what_came_and_pages_on() {
    let house = House::with(|settings| settings.limits.page = 2).await;
    let request = Letter { kind: Kind::Request, due: Some("2026-12-31"), ..Letter::default() };
    house.letter(request, "Begäran", "text").await;
    house.letter(Letter { office: "skatt", kind: Kind::Decision, ..Letter::default() }, "Skattebeslut", "text").await;
    house.letter(Letter::default(), "", "text").await;
    let anna = house.citizen("anna").await;
    let first = anna.get("/messages").text();
    for words in [
        "Inkorg",
        "Skattebeslut",
        "Skatteförvaltningen",
        "Beslut",
        "(inget ämne)",
        "3 olästa meddelanden",
        "i dag kl. 21.48",
    ] {
        assert!(first.contains(words), "{words}");
    }
    assert!(!first.contains("Begäran"));
    let older = first.split("href=\"/messages?before=").nth(1).unwrap().split('"').next().unwrap();
    let second = anna.get(&format!("/messages?before={older}")).text();
    assert!(second.contains("Begäran om uppgifter") && second.contains("Svara senast 31 december 2026"), "{second}");
    assert!(!second.contains("Skattebeslut") && !second.contains("href=\"/messages?before="));
    assert_eq!(anna.get("/messages?before=x").status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_marks_read() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Hej", "text").await;
    let anna = house.citizen("anna").await;
    assert!(anna.get("/messages").text().contains("Oläst"));
    assert_eq!(anna.get(&format!("/messages/{id}")).status, 200);
    assert!(!anna.get("/messages").text().contains("Oläst"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_shown_with_quotes_folded_and_nothing_cut() {
    let house = House::new().await;
    let text = "Hej <b>Anna</b>!\n\n> får jag\n> fråga\n\nSe https://hel.example/a?b=1&c=2.\n-- \nKirsi\n\n> du skrev\n> detta\n";
    let id = house.letter(Letter::default(), "Fråga & svar [dnr HEL 2026-001234]", text).await;
    let page = house.citizen("anna").await.get(&format!("/messages/{id}")).text();
    assert!(page.contains("<h1>Fråga &#38; svar</h1>"), "{page}");
    assert!(page.contains("HEL 2026-001234"));
    assert!(page.contains("Hej &#60;b&#62;Anna"));
    assert!(
        page.contains("<blockquote class=\"text\">&#62; får jag\n&#62; fråga"),
        "what is answered stays in sight: {page}"
    );
    assert!(page.contains("<summary>Visa underskriften</summary><div class=\"text\">-- \nKirsi"), "{page}");
    assert!(
        page.contains(
            "<summary>Visa det tidigare meddelandet (2 rader)</summary><div class=\"text\">&#62; du skrev\n&#62; detta"
        ),
        "{page}"
    );
    assert!(page.contains("<a href=\"https://hel.example/a?b=1&#38;c=2\" rel=\"noopener noreferrer nofollow\">"));
    assert!(page.contains("Kerstin Ek &#60;kerstin.ek@hel.example&#62;"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_letter_says_what_its_signature_is_worth() {
    let house = House::new().await;
    for (name, says) in [
        (
            "smime-opaque-outlook",
            &["inte säkert av vem", "Undertecknat av Taina Mäkelä", "Ingen som tjänsten litar på", "hyresavtalet"][..],
        ),
        ("smime-changed-by-scanner", &["Underskriften stämmer inte", "Underskriften nämner Taina Mäkelä"]),
        ("smime-list-footer", &["Bara en del av brevet är undertecknad"]),
        ("openpgp-inline-signed", &["undertecknat med OpenPGP", "kaavaehdotus"]),
    ] {
        let id = house.deliver(Letter::default(), &mail(name)).await;
        let page = house.citizen("anna").await.get(&format!("/messages/{id}")).text();
        for words in says {
            assert!(page.contains(words), "{name}: {words}: {page}");
        }
        assert!(!page.contains("smime.p7") && !page.contains("PGP SIGN"), "{name}: {page}");
    }
    let id = house.letter(Letter::default(), "Plain", "Hej\n").await;
    let page = house.citizen("anna").await.get(&format!("/messages/{id}")).text();
    assert!(!page.contains("class=\"seal"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn html_is_shown_in_a_sandbox_with_its_own_pictures() {
    let house = House::new().await;
    let id = house.deliver(Letter::default(), &mail("html-inline-image")).await;
    let anna = house.citizen("anna").await;
    let page = anna.get(&format!("/messages/{id}")).text();
    assert!(page.contains(&format!("src=\"/messages/{id}/html\" sandbox=\"")), "{page}");
    assert!(page.contains("Visa som ren text") && page.contains("Olemme saaneet"));
    let frame = anna.get(&format!("/messages/{id}/html"));
    let policy = frame.field("content-security-policy").unwrap();
    assert!(
        policy
            .starts_with("default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"),
        "{policy}"
    );
    assert!(policy.contains("sandbox") && !policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
    let html = frame.text();
    assert!(!html.contains("<script") && !html.contains("https://styles.hel.example"), "{html}");
    let picture = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(picture.starts_with("/pictures/"), "{picture}");
    // A sandbox sends no cookie.
    let shown = house.browser().get(picture);
    assert_eq!((shown.status, shown.field("content-type")), (200, Some("image/png")));
    assert_eq!(&shown.body[1..4], b"PNG");
    house.wait(3601);
    assert_eq!(house.browser().get(picture).status, 404, "the link holds an hour");
    assert_eq!(house.browser().get(&format!("/messages/{id}/html")).status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_a_date_to_save() {
    let house = House::new().await;
    let id = house.deliver(Letter::default(), &mail("invitation-outlook")).await;
    let anna = house.citizen("anna").await;
    let page = anna.get(&format!("/messages/{id}")).text();
    for words in [
        "aria-label=\"Inbjudan\"",
        "<h2>Palvelutarpeen arviointi, osa 2</h2>",
        "<time datetime=\"2026-12-03T10:00:00+02:00\">3 december 2026 kl. 10.00–11.30</time>",
        "Toinen linja 4 A, huone 12",
        "Laine, Kirsi &#60;clerk@hel.example&#62;",
    ] {
        assert!(page.contains(words), "{words} is not in:\n{page}");
    }
    assert!(page.contains(&format!("<a href=\"/messages/{id}/attachments/0\">Spara i din kalender</a>")));
    let file = anna.get(&format!("/messages/{id}/attachments/0"));
    assert!(file.body.starts_with(b"BEGIN:VCALENDAR"));

    let id = house.deliver(Letter::default(), &mail("invitation-cancelled")).await;
    let page = anna.get(&format!("/messages/{id}")).text();
    assert!(
        page.contains("class=\"event cancelled\" aria-label=\"Inställt\"") && !page.contains("Spara i din kalender")
    );
    assert!(page.contains("Tuo henkilöllisyystodistus."), "the message itself says nothing");
}

/// What a phone cannot open stands on the page, and in it nothing is folded away as a quotation.
#[tokio::test(flavor = "multi_thread")]
async fn an_enclosed_message_is_read_on_the_page() {
    let house = House::new().await;
    let id = house.deliver(Letter::default(), &mail("forwarded-after-a-quotation")).await;
    let anna = house.citizen("anna").await;
    let page = anna.get(&format!("/messages/{id}")).text();
    let shown = page.rsplit("</details>").nth(1).unwrap();
    assert!(shown.contains("✉ Asian tila") && shown.contains("Asia on ratkaistu."), "{page}");
    let quoted = page.split("<details class=\"quote\">").nth(1).unwrap().split("</details>").next().unwrap();
    assert!(quoted.contains("Mitä asialle kuuluu?") && !quoted.contains('✉'), "{quoted}");

    let id = house.deliver(Letter::default(), &mail("forwarded-html-with-picture")).await;
    let html = anna.get(&format!("/messages/{id}/html")).text();
    assert!(html.contains("<h2>Lausuntopyyntö: Fågelvägen 3</h2>"), "{html}");
    let picture = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(house.browser().get(picture).field("content-type"), Some("image/png"));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_come_as_they_were_sent() {
    let house = House::new().await;
    let raw = mail("three-attachments");
    let id = house.deliver(Letter::default(), &raw).await;
    let anna = house.citizen("anna").await;
    let record = house.program("anna").await.get(&format!("/api/v1/messages/{id}")).json();
    for n in 0..3 {
        let file = anna.get(&format!("/messages/{id}/attachments/{n}"));
        let told = &record["attachments"][n];
        assert_eq!(file.status, 200);
        assert_eq!(sha256_hex(&file.body), told["sha256"].as_str().unwrap());
        assert_eq!(file.field("content-type"), told["media_type"].as_str());
        assert_eq!(file.field("content-length").unwrap(), file.body.len().to_string());
        assert!(file.field("content-disposition").unwrap().starts_with("attachment; filename=\""));
        assert_eq!(file.field("x-content-type-options"), Some("nosniff"));
        assert!(file.field("content-security-policy").unwrap().contains("sandbox"));
    }
    let named = anna.get(&format!("/messages/{id}/attachments/0"));
    let disposition = named.field("content-disposition").unwrap();
    assert!(disposition.contains("filename*=UTF-8''Beslut%20om%20f%C3%A4rdtj%C3%A4nst"), "{disposition}");
    assert_eq!(anna.get(&format!("/messages/{id}/attachments/3")).status, 404);
    assert_eq!(anna.get(&format!("/messages/{id}/attachments/x")).status, 404);
    let whole = anna.get(&format!("/messages/{id}/raw"));
    assert_eq!((whole.field("content-type"), &whole.body), (Some("message/rfc822"), &raw), "to nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_message_of_the_collection_has_a_page() {
    let house = House::new().await;
    let anna = house.citizen("anna").await;
    let folder = format!("{}/testdata/mail", env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "eml") {
            let raw = std::fs::read(&path).unwrap();
            let id = house.deliver(Letter::default(), &raw).await;
            let page = anna.get(&format!("/messages/{id}"));
            assert_eq!(page.status, 200, "{}", path.display());
            assert!(!page.text().contains("defect-"), "{}: a defect without words", path.display());
            let raw_again = anna.get(&format!("/messages/{id}/raw")).body;
            let own = |to: &Mailbox| to.folded() == house::ANNA;
            assert_eq!(
                raw_again,
                brevbro::intake::copy(&raw, "", &own, &|to| house::served().has(to)),
                "{}",
                path.display()
            );
        }
    }
}
