//! The citizen's answer: the form, its limits, and that sent twice it is one reply.

use brevbro::domain::outcome::Outcome;
use brevbro::domain::reply::{OutboxState, Outgoing};
use brevbro::domain::schedule::Schedule;
use brevbro::domain::status::Status;
use std::time::Duration;

use crate::house::{House, Letter};
use crate::http::Client;

/// The form's own id, as the page has it.
fn form_id(browser: &Client, path: &str) -> String {
    let page = browser.get(path).text();
    page.split("name=\"form\" value=\"").nth(1).expect("a form").split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_goes_to_the_office_and_the_page_follows_it() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Fråga", "Hur många?").await;
    let anna = house.citizen("anna").await;
    let path = format!("/messages/{id}");
    let form = form_id(&anna, &path);
    let pdf = b"%PDF-1.7 not really";
    let sent = anna.multipart(
        &format!("{path}/reply"),
        &[
            ("form", None, form.as_bytes()),
            ("text", None, "Två.\r\nHälsningar".as_bytes()),
            ("file", Some(("C:\\bilder\\hyra åäö.pdf", "application/pdf")), pdf),
            ("file", Some(("", "application/octet-stream")), b""),
        ],
    );
    assert_eq!(sent.status, 303, "{}", sent.text());
    let next = sent.field("location").unwrap().to_owned();
    assert!(next.starts_with(&format!("{path}?sent=")), "{next}");
    let page = anna.get(next.split('#').next().unwrap()).text();
    for words in [
        "Ditt svar har sparats och är på väg",
        "Väntar på att skickas",
        "Två.\nHälsningar",
        "hyra åäö.pdf",
        "Konversation",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let replies = house.replies("anna", id).await;
    assert_eq!((replies.len(), replies[0].text.as_str(), replies[0].files.len()), (1, "Två.\nHälsningar", 1));
    let file = anna.get(&format!("/replies/{}/files/0", replies[0].id));
    assert_eq!((file.status, file.body.as_slice()), (200, pdf.as_slice()));

    let claimed = house.store.claim(10, Duration::from_secs(60)).await.unwrap();
    let item = claimed.iter().find(|item| matches!(item.what, Outgoing::Reply(_))).unwrap();
    assert_eq!(item.to.wire(), "kerstin.ek@hel.example");
    assert!(anna.get(&path).text().contains("Skickas."));
    let status = Status { code: 552, enhanced: (5, 3, 4) };
    let outcome = Outcome::Rejected { status, detail: "mx.hel.example: too large".to_owned() };
    house.store.record_attempt(item, &outcome, &Schedule::default()).await.unwrap();
    let page = anna.get(&path).text();
    // The next address of the office's is tried before anything is given up.
    let state = house.replies("anna", id).await[0].state;
    assert!(matches!(state, OutboxState::Waiting | OutboxState::Failed), "{state:?}");
    assert!(page.contains("Svaret var för stort"), "{page}");
    assert!(!page.contains("mx.hel.example"), "what the server said is for admins");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_form_is_one_reply_and_another_text_is_not_lost() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Fråga", "?").await;
    let anna = house.citizen("anna").await;
    let path = format!("/messages/{id}");
    let form = form_id(&anna, &path);
    let send = |text: &str| {
        anna.multipart(&format!("{path}/reply"), &[("form", None, form.as_bytes()), ("text", None, text.as_bytes())])
    };
    let (first, second) = (send("ja"), send("ja"));
    assert_eq!(first.status, 303);
    assert_eq!(first.field("location"), second.field("location"));
    assert_eq!(house.replies("anna", id).await.len(), 1);
    let other = send("nej, förresten");
    assert_eq!(other.status, 409);
    let page = other.text();
    assert!(page.contains("har redan skickats") && page.contains("nej, förresten</textarea>"), "{page}");
    let fresh = page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_ne!(fresh, form);
    let again = anna.multipart(
        &format!("{path}/reply"),
        &[("form", None, fresh.as_bytes()), ("text", None, "nej, förresten".as_bytes())],
    );
    assert_eq!(again.status, 303);
    assert_eq!(house.replies("anna", id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_are_one_reply() {
    let house = House::new().await;
    let id = house.letter(Letter::default(), "Fråga", "?").await;
    let anna = house.citizen("anna").await;
    let path = format!("/messages/{id}");
    let form = form_id(&anna, &path);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (anna, path, form) = (anna.clone(), path.clone(), form.clone());
            std::thread::spawn(move || {
                anna.multipart(&format!("{path}/reply"), &[("form", None, form.as_bytes()), ("text", None, b"ja")])
                    .status
            })
        })
        .collect();
    let statuses: Vec<u16> =
        tokio::task::spawn_blocking(|| threads.into_iter().map(|t| t.join().unwrap()).collect()).await.unwrap();
    assert_eq!(statuses, [303; 4]);
    assert_eq!(house.replies("anna", id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_do_is_said_beside_the_field_and_the_text_stays() {
    let house = House::with(|settings| {
        settings.limits.reply_files = 2;
        settings.limits.reply_octets = 100_000;
        settings.limits.reply_text = 1000;
    })
    .await;
    let id = house.letter(Letter::default(), "Fråga", "?").await;
    let anna = house.citizen("anna").await;
    let path = format!("/messages/{id}");
    let form = form_id(&anna, &path);
    let form = form.as_bytes();
    let reply = format!("{path}/reply");
    let file = |size: usize| vec![b'x'; size];
    let kind = Some(("a.bin", "application/octet-stream"));

    let empty = anna.multipart(&reply, &[("form", None, form), ("text", None, b"  \r\n ")]);
    assert_eq!(empty.status, 422);
    assert!(
        empty.text().contains("id=\"text-fault\"") && empty.text().contains("Skriv ett meddelande eller bifoga en fil")
    );

    let large = file(60_000);
    let parts: [(&str, _, &[u8]); 4] =
        [("form", None, form), ("text", None, b"min text"), ("file", kind, &large), ("file", kind, &large)];
    let too_large = anna.multipart(&reply, &parts);
    assert_eq!(too_large.status, 413);
    let text = too_large.text();
    assert!(text.contains("id=\"files-fault\"") && text.contains("min text</textarea>"), "{text}");
    assert!(text.contains("Filerna är sammanlagt mer än 98 kB") && text.contains("Välj filerna på nytt"), "{text}");
    assert!(text.contains("<title>Fel: "));

    let huge = file(700_000);
    let parts: [(&str, _, &[u8]); 3] = [("form", None, form), ("text", None, b"min text"), ("file", kind, &huge)];
    assert!(anna.multipart(&reply, &parts).text().contains("min text</textarea>"), "read to the end, and thrown away");

    let small = file(10);
    let parts: [(&str, _, &[u8]); 5] = [
        ("form", None, form),
        ("text", None, b"t"),
        ("file", kind, &small),
        ("file", kind, &small),
        ("file", kind, &small),
    ];
    let many = anna.multipart(&reply, &parts);
    assert_eq!(many.status, 422);
    assert!(many.text().contains("Du valde 3 filer; 2 ryms"));

    let long = file(1001);
    let too_long = anna.multipart(&reply, &[("form", None, form), ("text", None, &long)]);
    assert!(too_long.status == 422 && too_long.text().contains("Texten är längre än 1000 byte"));

    let stale = anna.multipart(&reply, &[("form", None, b"made up"), ("text", None, b"min text")]);
    assert!(stale.status == 422 && stale.text().contains("Sidan var föråldrad"));
    assert_eq!(house.replies("anna", id).await.len(), 0);
    assert_eq!(anna.form(&reply, &[("text", "x")]).status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_reply_is_taken_the_page_says_so() {
    let house = House::new().await;
    let id = house.letter(Letter { reply_allowed: false, ..Letter::default() }, "Tillkännagivande", "text").await;
    let anna = house.citizen("anna").await;
    let page = anna.get(&format!("/messages/{id}")).text();
    assert!(page.contains("Myndigheten tar inte emot svar") && !page.contains("<textarea"));
    let forced =
        house.program("anna").await.multipart(&format!("/api/v1/messages/{id}/reply"), &[("text", None, b"ja")]);
    assert_eq!(forced.status, 409);
    assert!(house.replies("anna", id).await.is_empty());
}
