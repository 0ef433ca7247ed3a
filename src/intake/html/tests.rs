use super::*;

fn shown(html: &str, base: Option<&str>, page: Option<&Page>) -> String {
    let pictures = HashMap::from([("cid:a@b".to_owned(), 3), ("pics/logo.png".to_owned(), 4)]);
    let document = Document::of(html, &mut Budget::default());
    document.sanitised(&Shown { pictures: &pictures, base, page, forwarded: false }, None)
}

fn with_base(html: &str) -> String {
    shown(html, Some("/m/1/attachments/"), None)
}

fn on_page(html: &str) -> String {
    let page = Page { earlier: "Earlier".into(), signature: "Signature".into(), hidden: "Hidden".into() };
    shown(html, Some("/m/1/attachments/"), Some(&page))
}

#[test]
fn pictures_of_the_message_are_shown_and_no_others() {
    assert_eq!(with_base("<img src='cid:a%40b' alt=x>"), "<img src=\"/m/1/attachments/3\" alt=\"x\">");
    assert_eq!(with_base("<img src=pics/logo.png>"), "<img src=\"/m/1/attachments/4\">");
    assert_eq!(shown("<img src='cid:a%40b'>", None, None), "<img src=\"cid:a@b\">");
    let own = "<img src=\"data:image/png;base64,iVBORw0KGgo=\">";
    assert_eq!(with_base(own), own);
    for other in [
        "cid:c",
        "https://a.example/x.png",
        "//a.example/x",
        "/m/1/attachments/3",
        "data:image/svg+xml;base64,AA",
        "x.png",
    ] {
        assert_eq!(with_base(&format!("<img alt=x width=600 src='{other}'>")), "[x]", "{other}");
        assert_eq!(with_base(&format!("<img src='{other}' srcset='https://a.example/2x 2x'>")), "", "{other}");
    }
}

#[test]
fn links_lead_out_and_nowhere_else() {
    let rel = "rel=\"noopener noreferrer nofollow\"";
    assert_eq!(
        with_base("<a href=https://a.example/ rel=opener target=_top>x</a>"),
        format!("<a href=\"https://a.example/\" {rel}>x</a>")
    );
    for other in ["/portal/logout", "//a.example", "cid:a@b", "ftp://a.example", "\u{1}javascript:x", "#x", "tel:1"] {
        assert_eq!(with_base(&format!("<a href='{other}'>x</a>")), "<span>x</span>", "{other}");
    }
    assert_eq!(
        with_base("<a href='https://evil.example/'>https://hel.example/</a>"),
        format!(
            "<a href=\"https://evil.example/\" {rel}>https://hel.example/</a> <span class=\"target\">(evil.example)</span>"
        )
    );
    assert!(
        on_page("<a href='https://hel.example/'>Läs</a>").ends_with("</a> <span class=\"target\">(hel.example)</span>")
    );
    assert!(!on_page("<a href='https://hel.example/x'>www.hel.example</a>").contains("target"));
}

#[test]
fn letters_keep_their_looks() {
    let html = "<table border=\"1\"><tbody><tr><td align=\"right\" style=\"padding:2px\">1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></tbody></table>";
    assert_eq!(with_base(html), html);
    assert_eq!(with_base("<p class=MsoNormal id=x name=y>a<o:p></o:p></p>"), "<p>a</p>");
    assert_eq!(
        with_base("<style>p.a,li.a{margin:0cm;font-size:12.0pt}</style><p class=a>x"),
        "<p style=\"margin:0cm;font-size:1rem\">x</p>"
    );
    assert_eq!(
        with_base("<font color=red size=4 face=Arial>x</font><center>y</center>"),
        "<span style=\"color:#ff0000;font-size:large;font-family:Arial\">x</span><div style=\"text-align:center\">y</div>"
    );
    assert_eq!(with_base("<span style='font-family:Wingdings'>J</span><span>J</span>"), "<span>☺</span><span>J</span>");
}

#[test]
fn languages_and_directions_are_kept() {
    assert_eq!(
        with_base("<html lang=fi><body dir=rtl><p lang=sv>a</p>"),
        "<div lang=\"fi\"><div dir=\"rtl\"><p lang=\"sv\">a</p></div></div>"
    );
    assert_eq!(with_base("<p lang='x y' dir=up>a\u{202e}b</p>"), "<p>ab</p>");
    let document = Document::of("<p>a</p>", &mut Budget::default());
    let shown = Shown { pictures: &HashMap::new(), base: None, page: None, forwarded: false };
    assert_eq!(document.sanitised(&shown, Some("se")), "<div lang=\"se\"><p>a</p></div>");
}

#[test]
fn the_page_is_readable_in_light_and_dark() {
    assert_eq!(
        on_page("<p style='color:#999;background:#fff'>a"),
        "<p style=\"background-color:light-dark(#ffffff,#10161d);color:light-dark(#757575,#818181)\">a</p>"
    );
    // White letters whose ground was a picture.
    let hero = on_page("<table background='https://a.example/x'><tr><td><font color=white>a");
    assert!(hero.contains("color:light-dark(#757575"), "{hero}");
    // A dark ground, and nothing said of the letters.
    assert_eq!(
        on_page("<div style='background:#000'>a</div>"),
        "<div style=\"background-color:#000000;color:#ffffff\">a</div>"
    );
    assert!(!on_page("<p>a <b>b</b></p>").contains("style"));
}

#[test]
fn the_page_folds_and_orders() {
    assert_eq!(on_page("<h1>A</h1><h2>B</h2>"), "<h2>A</h2><h3>B</h3>");
    assert_eq!(
        on_page("<p>Svar</p><blockquote type=cite><p>Fråga</p></blockquote>"),
        "<p>Svar</p><details class=\"earlier\"><summary>Earlier</summary><div><blockquote><p>Fråga</p></blockquote></div></details>"
    );
    assert_eq!(
        on_page("<div style='display:none'>Förhandstext</div><p>a</p>"),
        "<details class=\"hidden\"><summary>Hidden</summary><div><div>Förhandstext</div></div></details><p>a</p>"
    );
    assert_eq!(on_page("<div style='display:none'>\u{200c}&nbsp;</div><p>a</p>"), "<p>a</p>");
    assert!(
        on_page("<table><tr><th>a<td>b<tr><td>c<td>d</table>")
            .starts_with("<div class=\"wide\" tabindex=\"0\"><table>")
    );
    assert!(on_page("<table><tr><td>a</table>").starts_with("<table role=\"presentation\">"));
    // What is ours cannot be feigned.
    let feigned =
        on_page("<details class=earlier><summary>Earlier</summary>a</details><span class=target>(hel.example)</span>");
    assert!(!feigned.contains("class") && !feigned.contains("details"), "{feigned}");
}

#[test]
fn what_will_be_taken_out() {
    let of = |html: &str| Document::of(html, &mut Budget::default());
    let remote = |html| {
        let document = of(html);
        document.remote || document.pictures.iter().any(|p| !p.starts_with("cid:"))
    };
    assert!(remote("<img src=https://a.example/x>"));
    assert!(remote("<p style='background:URL(x)'>"));
    assert!(remote("<style>@import 'x'</style>"));
    assert!(!remote("<img src=cid:a><a href=https://a.example/>x</a>"));
    let active = |html| of(html).active;
    assert!(active("<p onclick=x>") && active("<a href=' JavaScript:x'>") && active("<form>"));
    assert!(!active("<a href=https://a.example/>x</a>"));
}

#[test]
fn text_becomes_html() {
    assert_eq!(of_text("a<b>\n& c", None), "<p>a&lt;b&gt;<br>&amp; c</p>");
    assert_eq!(of_text("a", Some("sv")), "<p lang=\"sv\">a</p>");
}
