//! The messages `testdata/mail/tnef-*.eml`, as Outlook and Exchange send them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::entity::words;
use super::super::property::sets;
use super::super::stream::Id;
use super::builder::{Props, Tnef, compressed, encapsulated, moment, zero};

/// 2026-11-24T07:12:40Z.
const SENT: i64 = 1_795_504_360;
/// 2026-12-03T08:00:00Z, ten o'clock in Helsinki.
const MEETING: i64 = 1_796_284_800;
const HOUR: i64 = 3600;
pub(super) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cc`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xaeB`\x82";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

/// A part of a message: the fields, and the octets to be sent in base64.
type Part<'p> = (&'p str, &'p [u8]);

const WINMAIL: &str = "Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Disposition: attachment; filename=\"winmail.dat\"";
const TEXT: &str = "Content-Type: text/plain; charset=utf-8";
const HTML: &str = "Content-Type: text/html; charset=utf-8";

fn mail(number: usize, subject: &str, parts: &[Part<'_>]) -> Vec<u8> {
    let mut out = format!(
        "From: Kirsi Laine <clerk@hel.example>\r\nTo: Anna Virtanen <anna.virtanen@konto.example>\r\n\
         Date: Tue, 24 Nov 2026 09:12:40 +0200\r\nMessage-ID: <tnef-{number}@hel.example>\r\nSubject: {}\r\n\
         MIME-Version: 1.0\r\n",
        words(subject)
    );
    let encoded = |octets: &[u8]| {
        let text = STANDARD.encode(octets);
        let lines: Vec<&str> = text.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
        lines.join("\r\n")
    };
    let part = |(fields, octets): &Part<'_>| {
        format!("{fields}\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n", encoded(octets))
    };
    if let [only] = parts {
        out.push_str(&part(only));
    } else {
        out.push_str("Content-Type: multipart/mixed; boundary=\"_000_winmail_\"\r\n\r\n");
        for one in parts {
            out.push_str(&format!("--_000_winmail_\r\n{}", part(one)));
        }
        out.push_str("--_000_winmail_--\r\n");
    }
    out.into_bytes()
}

/// What every message of Outlook's has.
fn props(subject: &str) -> Props {
    Props::new()
        .text(0x0037, subject)
        .time(0x0039, SENT)
        .text(0x0042, "Kirsi Laine")
        .text(0x0064, "EX")
        .text(0x0065, "/O=HELSINKI/OU=EXCHANGE/CN=RECIPIENTS/CN=LAINEKI")
        .text(0x5D02, "clerk@hel.example")
        .keywords(&["Asiakirja", "Handling"])
}

fn file_props(name: &str) -> Props {
    Props::new().long(0x3705, 1).text(0x3707, name).long(0x370B, -1).flag(0x7FFE, false)
}

const LETTER: &str = "<html><head><title>Beslut</title></head><body lang=\"sv\">\n<p>Bästa Anna Virtanen,</p>\n<p>ditt \
                      bostadsbidrag är <b>312,40 €</b> i månaden från den 1 december.</p>\n<p>Beslutet finns i \
                      bilagan &amp; gäller ett år.<br>Hälsningar,<br>Kirsi Laine</p>\n</body></html>";
const LETTER_TEXT: &str = "Bästa Anna Virtanen,\r\n\r\nditt bostadsbidrag är 312,40 € i månaden från den 1 \
                           december.\r\n\r\nBeslutet finns i bilagan & gäller ett år.\r\nHälsningar,\r\nKirsi Laine\r\n";

/// The letter that most are: HTML in compressed RTF, and a file.
pub(super) fn outlook() -> Tnef {
    Tnef::new(1252)
        .message(
            "IPM.Microsoft Mail.Note",
            props("Beslut").text(0x001A, "IPM.Note").rtf(&encapsulated(LETTER)).flag(0x0E1F, true),
        )
        .file(b"Beslut.pdf", Some(PDF), file_props("Beslut.pdf").text(0x370E, "application/pdf"))
}

fn enclosed(subject: &str, text: &str) -> Tnef {
    Tnef::new(1252)
        .message(
            "IPM.Note",
            Props::new()
                .text(0x0037, subject)
                .time(0x0039, SENT - 86_400)
                .text(0x0042, "Mikko Nieminen")
                .text(0x0064, "SMTP")
                .text(0x0065, "mikko.nieminen@asunnot.example")
                .text(0x1035, "<enclosed-1@asunnot.example>")
                .text(0x1000, text),
        )
        .recipients(&[
            ("Kirsi Laine", "clerk@hel.example", 1),
            ("Kirjaamo", "kirjaamo@hel.example", 2),
            ("Salainen", "bcc@hel.example", 3),
        ])
}

fn with_enclosed(inner: &Tnef) -> Tnef {
    Tnef::new(1252)
        .message(
            "IPM.Note",
            props("VS: Vuokrasopimus").text(0x1000, "Hei Anna,\r\n\r\nohessa vuokranantajan viesti.\r\n"),
        )
        .file(
            b"Vuokrasopimus",
            None,
            Props::new().long(0x3705, 5).text(0x3001, "Vuokrasopimus").object(0x3701, 7, &inner.0),
        )
}

fn meeting(class: &str, more: impl FnOnce(Props) -> Props) -> Tnef {
    let id = [
        &[4, 0, 0, 0, 0x82, 0, 0xE0, 0, 0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 8][..],
        &[0; 20],
        &[4, 0, 0, 0, 1, 2, 3, 4],
    ]
    .concat();
    let properties = props("Tapaaminen: asumistuki")
        .text(
            0x1000,
            "Tervetuloa keskustelemaan hakemuksesta.\r\nOta mukaan vuokrasopimus; tiliotteita ei tarvita.\r\n",
        )
        .named_time(sets::APPOINTMENT, 0x820D, MEETING)
        .named_time(sets::APPOINTMENT, 0x820E, MEETING + HOUR)
        .named_text(sets::APPOINTMENT, 0x8208, "Toinen linja 4 A, Helsinki")
        .named_binary(sets::MEETING, 0x0003, &id);
    Tnef::new(1252).message(class, more(properties))
}

/// Every other week on Tuesdays and Thursdays, five times.
fn pattern() -> Vec<u8> {
    let shorts = [0x3004_u16, 0x3004, 0x200B, 1, 0].map(u16::to_le_bytes).concat();
    let longs = [0_u32, 2, 0, 0b001_0100, 0x2022, 5, 1, 0, 0].map(u32::to_le_bytes).concat();
    [shorts, longs].concat()
}

/// Finland's.
fn zone() -> Vec<u8> {
    let biases = [-120_i32, 0, -60].map(i32::to_le_bytes).concat();
    let standard = [0_u16, 0, 10, 0, 5, 4, 0, 0, 0].map(u16::to_le_bytes).concat();
    let daylight = [0_u16, 0, 3, 0, 5, 3, 0, 0, 0].map(u16::to_le_bytes).concat();
    [biases, standard, daylight].concat()
}

const RICH: &[u8] = br#"{\rtf1\ansi\ansicpg1252\deff0\deflang1035{\fonttbl{\f0\fnil\fcharset0 Calibri;}{\f1\fnil\fcharset2 Symbol;}{\f2\fnil\fcharset238 Calibri CE;}}
{\colortbl ;\red0\green0\blue255;}{\*\generator Riched20 16.0.17928;}\viewkind4\uc1
\pard\f0\fs22 Hei Anna,\par
\par
tarvitsemme viel\'e4 \b kaksi\b0  asiakirjaa:\par
\pard{\pntext\f1\'B7\tab}{\*\pn\pnlvlblt\pnf1\pnindent0{\pntxtb\'B7}}\fi-360\li720 tiliote ajalta 1.9.\endash 31.10.2026\par
{\pntext\f1\'B7\tab}vuokrasopimus (\f2\'8a\'e1rka s.r.o.\f0 )\par
\pard\par
\trowd\cellx2000\cellx4000\intbl Asiakirja\cell M\'e4\'e4r\'e4aika\cell\row
\trowd\cellx2000\cellx4000\intbl Tiliote\cell 31.12.2026\cell\row
\pard\par
Ohje: {\field{\*\fldinst{HYPERLINK "https://hel.example/ohje?a=1" }}{\fldrslt{\ul\cf1 hel.example/ohje}}}\par
Yst\'e4v\'e4llisin terveisin {\f0\u9786?}\line Kirsi Laine\par
}"#;

/// Name without `.eml`, and octets.
pub(super) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let winmail = |number, subject: &str, text: &str, tnef: &Tnef| {
        mail(number, subject, &[(TEXT, text.as_bytes()), (WINMAIL, &tnef.0)])
    };
    let cut = |tnef: Tnef, at: usize| Tnef(tnef.0[..at].to_vec());
    let find = |tnef: &Tnef, what: &[u8]| tnef.0.windows(what.len()).position(|w| w == what).unwrap();
    let flipped = |mut tnef: Tnef, at: usize| {
        tnef.0[at] ^= 0x20;
        tnef
    };
    let plain = |class: &str, more: fn(Props) -> Props| Tnef::new(1252).message(class, more(props("Päätös")));
    let body = "Hei Anna,\r\n\r\npäätös on liitteenä.\r\n";

    let html_only = Tnef::new(65001).message(
        "IPM.Note",
        props("Päätös")
            .long(0x3FDE, 65001)
            .binary(0x1013, "<p>Hei Anna,</p><p>päätös on <i>myönteinen</i>. Áššegirji čuovvu.</p>".as_bytes()),
    );
    let picture = Tnef::new(1252)
        .message("IPM.Note", props("Karta").long(0x3FDE, 28591).binary(0x1013, b"<p>S\xe5 h\xe4r hittar du:</p><img src=\"cid:image001.png@01DC.5A\" alt=\"karta\"><p>V\xe4lkommen!</p>"))
        .file(b"image001.png", Some(PNG), file_props("image001.png").text(0x370E, "image/png").text(0x3712, "image001.png@01DC.5A").flag(0x7FFE, true));
    let rich = plain("IPM.Note", |p| p.rtf(RICH));
    let twice = with_enclosed(&with_enclosed(&enclosed("Vuokrasopimus 2/2026", "Sopimus on voimassa.\r\n")));
    let once = with_enclosed(&enclosed("Vuokrasopimus 2/2026", "Hei,\r\nsopimus liitteenä.\r\n").file(
        b"Sopimus.pdf",
        Some(PDF),
        file_props("Sopimus.pdf"),
    ));
    let old = {
        let mut tnef = Tnef::new(1252);
        let from =
            [&[4, 0, 0x48, 0, 12, 0, 22, 0][..], b"Kirsi Laine\0SMTP:clerk@hel.example\0\0\0\0\0\0\0\0\0"].concat();
        tnef.add(Id::FROM, &from).add(Id::CLASS, b"IPM.Microsoft Mail.Note\0");
        tnef.add(Id::SUBJECT, b"P\xe4\xe4t\xf6s\0").add(Id::DATE_SENT, &moment([2026, 11, 24, 7, 12, 40, 2]));
        tnef.add(Id::BODY, b"P\xe4\xe4t\xf6s on tehty 24.11.2026.\r\n\0");
        tnef.add(Id::ATTACH_RENDERING, &[1, 0, 0, 0, 0, 0, 0x20, 0, 0x20, 0, 0, 0, 0, 0]);
        tnef.add(Id::ATTACH_TITLE, b"P\xc4\xc4T\xd6S.DOC\0").add(Id::ATTACH_DATA, b"\xd0\xcf\x11\xe0old");
        tnef
    };
    let dos = {
        let mut tnef = Tnef::new(850);
        tnef.add(Id::BODY, b"\x8d r\x84tt, sk\x94n, \x86r 2026; \x9bre\r\n\0");
        tnef.file(b"\x8frsbesked.txt", Some(b"x"), Props::new())
    };
    let ansi = Tnef::new(1252)
        .message("IPM.Note", Props::new().ansi(0x0037, b"Beslut").ansi(0x1000, b"Beslutet g\xe4ller \x80 100.\r\n"))
        .file(
            b"\xc5rsbesked f\xf6r \xc4lvsj\xf6.pdf",
            Some(PDF),
            Props::new().ansi(0x3707, b"\xc5rsbesked f\xf6r \xc4lvsj\xf6.pdf"),
        );
    let names = Tnef::new(1252).message("IPM.Note", props("x").text(0x1000, body)).file(
        b"???egirji.pdf",
        Some(PDF),
        file_props("Áššegirji čállojuvvon 2026.pdf"),
    );
    let hostile_names = Tnef::new(1252)
        .message("IPM.Note", props("x").text(0x1000, body))
        .file(b"x", Some(b"MZ"), file_props("..\\..\\Windows\\fdp.\u{202e}exe"))
        .file(b"x", Some(b"a"), file_props("CON.txt\r\nX-Injected: yes"))
        .file(b"same.txt", Some(b"b"), file_props("same.txt"))
        .file(b"same.txt", Some(b"c"), file_props("SAME.TXT"));
    let reference = plain("IPM.Note", |p| p.text(0x1000, "Asiakirja on pilvessä.\r\n")).file(
        b"Asiakirja.docx",
        None,
        Props::new()
            .long(0x3705, 7)
            .text(0x3707, "Asiakirja.docx")
            .text(0x370D, "https://hel.example/jaa/Asiakirja.docx?id=1"),
    );
    let ole = plain("IPM.Note", |p| p.rtf(br"{\rtf1\ansi Taulukko: {\object\objattph } ohessa.\par}")).file(
        b"Taulukko",
        None,
        Props::new().long(0x3705, 6).text(0x3001, "Taulukko").object(
            0x3701,
            0xB,
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 worksheet",
        ),
    );
    let mac = {
        let mut data = vec![0; 128];
        data[1..11].copy_from_slice(b"\x09Liite.pdf");
        data[83..87].copy_from_slice(&u32::try_from(PDF.len()).unwrap().to_be_bytes());
        data.extend(PDF);
        plain("IPM.Note", |p| p.text(0x1000, "Liite Macista.\r\n")).file(
            b"Liite.pdf",
            Some(&data),
            file_props("Liite.pdf").binary(0x3702, &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 3, 0xB, 1]),
        )
    };
    let eml = plain("IPM.Note", |p| p.text(0x1000, "Viesti liitteenä.\r\n")).file(
        b"Kysymys.eml",
        Some(b"From: anna.virtanen@konto.example\r\nSubject: Kysymys\r\n\r\nMilloin?\r\n"),
        file_props("Kysymys.eml").text(0x370E, "message/rfc822"),
    );
    let task = Tnef::new(1252).message(
        "IPM.Task",
        props("Toimita tiliote").text(0x1000, "Tiliote kolmelta kuukaudelta.\r\n").named_time(
            sets::TASK,
            0x8105,
            1_798_675_200,
        ),
    );
    let contact = Tnef::new(1252).message(
        "IPM.Contact",
        Props::new()
            .text(0x0037, "Kirsi Laine")
            .text(0x3001, "Kirsi Laine")
            .text(0x3A06, "Kirsi")
            .text(0x3A11, "Laine")
            .text(0x3A16, "Helsingin kaupunki; sosiaalipalvelut")
            .text(0x3A08, "+358 9 310 1234")
            .named_text(sets::ADDRESS, 0x8083, "clerk@hel.example"),
    );
    let crc = {
        let mut packed = compressed(&encapsulated(LETTER));
        packed[12] ^= 0xFF;
        Tnef::new(1252).message("IPM.Note", props("x").binary(0x1009, &packed))
    };
    let uncompressed = {
        let length = |count: usize| u32::try_from(count).unwrap().to_le_bytes();
        let packed = [&length(RICH.len() + 12)[..], &length(RICH.len()), b"MELA", &[0; 4], RICH].concat();
        Tnef::new(1252).message("IPM.Note", props("x").binary(0x1009, &packed))
    };
    let checksum = {
        let tnef = outlook();
        let at = find(&tnef, b"%PDF");
        flipped(tnef, at + 12)
    };
    let cut_file = {
        let at = find(&outlook(), b"endobj");
        cut(outlook(), at)
    };
    let cut_text = {
        let tnef = plain("IPM.Note", |p| {
            p.text(0x1000, "Hei Anna,\r\n\r\ntämä viesti katkeaa kesken, ja loppu on poissa.\r\n")
        });
        let at = find(&tnef, &b"kesken".iter().flat_map(|c| [*c, 0]).collect::<Vec<_>>());
        cut(tnef, at + 12)
    };
    let length = {
        let mut tnef = plain("IPM.Note", |p| p.text(0x1000, "Två bilagor.\r\n"))
            .file(b"a.pdf", Some(PDF), file_props("a.pdf"))
            .file(b"b.pdf", Some(PDF), file_props("b.pdf"));
        let at = find(&tnef, b"%PDF") - 4;
        tnef.0[at..at + 4].copy_from_slice(&[0xFF; 4]);
        tnef
    };
    let text_in_rtf = plain("IPM.Note", |p| {
        p.rtf(br"{\rtf1\ansi\ansicpg1252\fromtext \deff0{\fonttbl{\f0\fmodern Courier New;}}\f0\fs20 Hej Anna,\par\par\tab  1 st\tab 12,50\par\tab 10 st\tab  3,20\par <h\'e4lsningar>\par}")
    });
    let old_winmail = "Content-Type: application/octet-stream; name=\"winmail.dat\"\r\nContent-Disposition: attachment; filename=\"winmail.dat\"";
    let unnamed = "Content-Type: application/octet-stream; name=\"ATT00001.dat\"\r\nContent-Disposition: attachment; filename=\"ATT00001.dat\"";
    let damaged = {
        let text = String::from_utf8(winmail(30, "Base64 vaurioitui", "", &outlook())).unwrap();
        let at = text.rfind("--_000").unwrap() - 200;
        [&text[..at], "!!!\r\n", &text[at + 7..]].concat().into_bytes()
    };
    vec![
        ("tnef-outlook", winmail(1, "Beslut om bostadsbidrag", LETTER_TEXT, &outlook())),
        ("tnef-alone", mail(2, "Päätös asumistuesta", &[(WINMAIL, &html_only.0)])),
        ("tnef-rich-text", winmail(3, "Lisätietopyyntö", " \r\n", &rich)),
        ("tnef-inline-picture", winmail(4, "Karta", "", &picture)),
        ("tnef-enclosed-message", winmail(5, "VS: Vuokrasopimus", "", &once)),
        ("tnef-enclosed-twice", winmail(6, "VS: VS: Vuokrasopimus", "", &twice)),
        (
            "tnef-meeting-request",
            winmail(7, "Tapaaminen: asumistuki", "", &meeting("IPM.Microsoft Schedule.MtgReq", |p| p)),
        ),
        (
            "tnef-meeting-repeated",
            winmail(
                8,
                "Tapaaminen: asumistuki",
                "",
                &meeting("IPM.Schedule.Meeting.Request", |p| {
                    p.named_flag(sets::APPOINTMENT, 0x8223, true)
                        .named_binary(sets::APPOINTMENT, 0x8216, &pattern())
                        .named_text(
                            sets::APPOINTMENT,
                            0x8232,
                            "joka toinen viikko tiistaina ja torstaina klo 10:00–11:00",
                        )
                        .named_binary(sets::APPOINTMENT, 0x8233, &zone())
                        .named_text(sets::APPOINTMENT, 0x8234, "(UTC+02:00) Helsinki, Kiova, Riika")
                }),
            ),
        ),
        (
            "tnef-meeting-cancelled",
            winmail(9, "Peruttu: Tapaaminen", "", &meeting("IPM.Schedule.Meeting.Canceled", |p| p)),
        ),
        (
            "tnef-all-day",
            winmail(
                10,
                "Öppet hus",
                "",
                &Tnef::new(1252).message(
                    "IPM.Appointment",
                    props("Öppet hus")
                        .named_flag(sets::APPOINTMENT, 0x8215, true)
                        .named_time(sets::APPOINTMENT, 0x820D, MEETING - 10 * HOUR)
                        .named_time(sets::APPOINTMENT, 0x820E, MEETING + 14 * HOUR),
                ),
            ),
        ),
        ("tnef-task", winmail(11, "Tehtävä: toimita tiliote", "", &task)),
        ("tnef-contact", winmail(12, "Yhteystieto", "", &contact)),
        ("tnef-code-page-western", winmail(13, "Beslut", "", &ansi)),
        ("tnef-code-page-dos", winmail(14, "Besked", "", &dos)),
        ("tnef-without-properties", winmail(15, "Päätös", "", &old)),
        ("tnef-sami-file-name", winmail(16, "Päätös", body, &names)),
        ("tnef-hostile-file-names", winmail(17, "Liitteet", body, &hostile_names)),
        ("tnef-octet-stream", mail(18, "Beslut", &[(TEXT, LETTER_TEXT.as_bytes()), (old_winmail, &outlook().0)])),
        ("tnef-by-its-signature", mail(19, "Beslut", &[(TEXT, LETTER_TEXT.as_bytes()), (unnamed, &outlook().0)])),
        (
            "tnef-two",
            mail(20, "Fwd: två brev", &[(TEXT, b"Vidarebefordrar.\r\n"), (WINMAIL, &outlook().0), (WINMAIL, &once.0)]),
        ),
        (
            "tnef-text-differs",
            winmail(21, "Beslut", "OBS! Detta meddelande kom utifrån. Klicka inte på länkar.\r\n", &outlook()),
        ),
        ("tnef-html-outside", mail(22, "Beslut", &[(HTML, LETTER.as_bytes()), (WINMAIL, &outlook().0)])),
        ("tnef-file-elsewhere", winmail(23, "Asiakirja", "", &reference)),
        ("tnef-object", winmail(24, "Taulukko", "", &ole)),
        ("tnef-macbinary", winmail(25, "Liite", "", &mac)),
        ("tnef-eml-inside", winmail(26, "Viesti", "", &eml)),
        ("tnef-checksum", winmail(27, "Beslut", LETTER_TEXT, &checksum)),
        ("tnef-cut-file", winmail(28, "Beslut", LETTER_TEXT, &cut_file)),
        ("tnef-cut-text", winmail(29, "Päätös", "", &cut_text)),
        ("tnef-base64-damaged", damaged),
        ("tnef-length-hostile", winmail(31, "Två bilagor", "", &length)),
        ("tnef-is-none", winmail(32, "Beslut", LETTER_TEXT, &Tnef(b"<html>virus removed</html>".to_vec()))),
        ("tnef-nothing-in-it", winmail(33, "Läst", "Ditt meddelande är läst.\r\n", &plain("IPM.Note", |p| p))),
        ("tnef-rtf-checksum", winmail(34, "Beslut", "", &crc)),
        ("tnef-rtf-uncompressed", winmail(35, "Lisätietopyyntö", "", &uncompressed)),
        ("tnef-text-in-rtf", winmail(36, "Prislista", "", &text_in_rtf)),
    ]
}

/// Streams of every shape, for the tests that damage them.
pub(super) fn streams() -> Vec<Tnef> {
    let mut nested = with_enclosed(&outlook());
    nested.add(Id::BODY, &zero(b"x"));
    vec![
        outlook(),
        nested,
        meeting("IPM.Schedule.Meeting.Request", |p| {
            p.named_binary(sets::APPOINTMENT, 0x8216, &pattern()).named_binary(sets::APPOINTMENT, 0x8233, &zone())
        }),
        Tnef::new(850).message("IPM.Contact", Props::new().text(0x3001, "A B").long(0x3FDE, 65001)),
        Tnef::new(1252).message("IPM.Note", props("x").rtf(RICH)),
    ]
}
