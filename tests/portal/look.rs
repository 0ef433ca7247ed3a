//! Not a test: a portal full of messages to look at in a browser. Its port stands in `LOOK`, its life in `LOOK_SECONDS`.

use std::time::Duration;

use brevbro::domain::ids::RecordId;
use brevbro::domain::outcome::Outcome;
use brevbro::domain::record::Kind;
use brevbro::domain::reply::{CitizenReply, Outgoing, ReplyFile};
use brevbro::domain::schedule::Schedule;
use brevbro::domain::status::Status;

use crate::house::{House, Letter};

fn mail(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/testdata/mail/{name}.eml", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn answer(house: &House, to: RecordId, text: &str, files: &[(&str, &str, usize)], outcome: Option<Outcome>) {
    house.wait(600);
    let id = brevbro::clock::Ids::system(brevbro::clock::Clock::system()).next(brevbro::domain::ids::ReplyId::new);
    let files = files.iter().map(|(name, kind, size)| ReplyFile {
        filename: (*name).to_owned(),
        media_type: (*kind).to_owned(),
        bytes: vec![b'x'; *size].into(),
    });
    let reply = CitizenReply { id, to, text: text.to_owned(), files: files.collect() };
    let target = brevbro::domain::address::Mailbox::parse("kerstin.ek@hel.example").unwrap();
    house.store.queue_reply(&"anna".parse().unwrap(), reply, vec![target]).await.unwrap();
    if let Some(outcome) = outcome {
        for claimed in house.store.claim(100, Duration::from_secs(60)).await.unwrap() {
            let this = matches!(&claimed.what, Outgoing::Reply(reply) if reply.reply.id == id);
            let lost = Outcome::Unsure { detail: String::new() };
            let outcome = if this { &outcome } else { &lost };
            house.store.record_attempt(&claimed, outcome, &Schedule::default()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "serves until its time is up"]
async fn look() {
    let house = House::new().await;
    house.at("2026-10-02T07:00:00Z");
    for n in 1..=24 {
        house.wait(86_400);
        let subject = format!("Påminnelse {n} om klientavgiften");
        let letter = Letter { office: "skatt", kind: Kind::Notice, reply_allowed: false, ..Letter::default() };
        house.letter(letter, &subject, "Hej!\n\nEn påminnelse.\n").await;
    }
    house.at("2026-11-02T09:10:00Z");
    let first = house
        .letter(
            Letter { kind: Kind::Request, due: Some("2026-12-31"), ..Letter::default() },
            "Begäran om tilläggsuppgifter: utkomststöd",
            "Hej Anna,\n\nför att kunna avgöra din ansökan om utkomststöd behöver vi följande:\n\n- kontoutdrag för oktober\n\
             - hyresavtal\n\nSvara på det här meddelandet senast 31.12.2026. Anvisningar finns på\n\
             https://www.hel.example/utkomststod/bilagor.\n\nMed vänlig hälsning\nKerstin Ek\nsocialhandledare\n",
        )
        .await;
    let record = house.store.record(&"anna".parse().unwrap(), first).await.unwrap().unwrap();
    let thread = Some(record.conversation);
    answer(
        &house,
        first,
        "Hej!\n\nHär kommer kontoutdraget. Hyresavtalet skickar jag i morgon.\n\nAnna",
        &[("kontoutdrag oktober.pdf", "application/pdf", 183_000)],
        Some(Outcome::Sent { detail: String::new() }),
    )
    .await;
    house.at("2026-11-10T12:00:00Z");
    let second = house
        .letter(
            Letter { conversation: thread, ..Letter::default() },
            "Sv: Begäran om tilläggsuppgifter: utkomststöd",
            "Hej Anna,\n\ntack för kontoutdraget. Kan du ännu skicka hyresavtalet, alla sidor?\n\nMed vänlig hälsning\nKerstin Ek\n\n\
             Från: Anna Virtanen\nSkickat: den 2 november 2026\nTill: Kerstin Ek\nÄmne: Begäran om tilläggsuppgifter\n\n\
             Hej!\n\nHär kommer kontoutdraget. Hyresavtalet skickar jag i morgon.\n\nAnna\n",
        )
        .await;
    answer(
        &house,
        second,
        "Hyresavtalet bifogat.",
        &[("hyresavtal.pdf", "application/pdf", 2_480_000)],
        Some(Outcome::Rejected { status: Status { code: 552, enhanced: (5, 3, 4) }, detail: String::new() }),
    )
    .await;
    answer(
        &house,
        second,
        "Här är hyresavtalet i mindre form.",
        &[("hyresavtal, liten.pdf", "application/pdf", 480_000)],
        Some(Outcome::Unsure { detail: String::new() }),
    )
    .await;
    house.at("2026-11-23T15:00:00Z");
    let third = house
        .letter(
            Letter { conversation: thread, kind: Kind::Request, due: Some("2026-11-20"), ..Letter::default() },
            "Begäran om tilläggsuppgifter: utkomststöd",
            "Hej,\n\nett underskrivet exemplar saknas ännu.\n\n> Här är hyresavtalet i mindre form.\n\nKerstin Ek\n",
        )
        .await;
    answer(
        &house,
        third,
        "Jag ber hyresvärden om ett.",
        &[],
        Some(Outcome::Deferred { status: None, detail: String::new() }),
    )
    .await;
    for (n, (name, kind)) in [
        ("three-attachments", Kind::Decision),
        ("html-inline-image", Kind::Message),
        ("iso-8859-1", Kind::Notice),
        ("boundary-end-missing", Kind::Message),
        ("tracking-pixel", Kind::Message),
        ("plain", Kind::Decision),
    ]
    .into_iter()
    .enumerate()
    {
        house.at(&format!("2026-11-23T1{}:30:00Z", 4 + n / 2));
        let id = house.deliver(Letter { kind, reply_allowed: n % 2 == 0, ..Letter::default() }, &mail(name)).await;
        println!("{name} /messages/{id}");
    }
    house.at("2026-11-23T19:48:00Z");
    println!("first /messages/{first}\nsecond /messages/{second}\nthird /messages/{third}");
    let token = house.store.create_token(brevbro::store::Principal::Admin, None).await.unwrap();
    println!("admin {token}");
    println!("cookie {}\nurl http://{}", house.session("anna").await, house.address);
    let seconds = std::env::var("LOOK_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(600);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}
