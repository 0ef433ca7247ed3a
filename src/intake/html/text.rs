//! The text alternative of HTML, for whoever gets none with it: a walk that keeps lines, lists, rows and links' targets.

use super::elements;
use super::lines::{Block, Lines, Place, space_around};
use super::link::Link;
use super::style::Declared;
use super::tree::{Element, Id, Step, Tree, What};

/// Quotations inside one another that are marked.
const QUOTES: usize = 20;
/// Octets of a link's words that are compared with its target.
const WORDS: usize = 4096;
/// Columns that lists are set in by, at most.
const INDENT: usize = 16;
/// Characters of a cell that is part of a line.
const CELL: usize = 200;

/// Elements whose content is no text to be read.
pub(super) fn is_unread(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "title"
            | "template"
            | "noscript"
            | "noframes"
            | "noembed"
            | "iframe"
            | "svg"
            | "math"
            | "xml"
            | "object"
            | "applet"
            | "audio"
            | "video"
            | "canvas"
            | "datalist"
    )
}

/// Whether a quotation is what another wrote in the same exchange, and not just set in.
pub(super) fn is_citation(tree: &Tree, id: Id) -> bool {
    tree.element(id).is_some_and(|element| {
        let has = |name: &str, word: &str| element.get(name).is_some_and(|v| v.to_ascii_lowercase().contains(word));
        &*element.name == "blockquote"
            && (has("type", "cite") || has("class", "quote") || has("cite", "mid:") || has("style", "border-left"))
    })
}

/// An element that the walk is in.
struct Open {
    place: Place,
    /// The number of the list's next item.
    next: i64,
    /// Where its words begin.
    words: usize,
}

/// Lays out the whole. `links`: with the addresses that links lead to; `citations`: only those are marked as quoted.
pub(super) fn lines(tree: &Tree, links: bool, citations: bool) -> Lines {
    let mut laid = Lines::default();
    let mut open = vec![Open { place: Place::default(), next: 0, words: 0 }];
    let mut step = Some(Step::Enter(0));
    while let Some(now) = step {
        step = tree.next(0, now);
        let above = open.last().map_or(Place::default(), |open| open.place);
        match now {
            Step::Enter(id) => match tree.what(id) {
                What::Text(text) => laid.text(text, above, id),
                What::Element(element) if is_unread(&element.name) => {
                    step = tree.next(0, Step::Leave(id));
                }
                What::Element(_) => {
                    let place = enter(tree, id, above, &mut open, &mut laid, citations);
                    let next = tree.element(id).and_then(|e| e.get("start")).and_then(|s| s.parse().ok()).unwrap_or(1);
                    open.push(Open { place, next, words: laid.out.len() });
                }
                What::Nothing => {}
            },
            Step::Leave(id) => {
                if tree.element(id).is_some()
                    && let Some(left) = open.pop()
                {
                    if links {
                        leave_link(tree, id, &left, &mut laid);
                    }
                    if left.place.block.number == id && laid.out.len() > left.words {
                        laid.leave(left.place.block);
                    } else if left.place.block.number == id && tree.element(id).is_some_and(is_of_word) {
                        laid.blank();
                    }
                }
            }
        }
    }
    laid
}

fn enter(tree: &Tree, id: Id, above: Place, open: &mut [Open], lines: &mut Lines, citations: bool) -> Place {
    let Some(element) = tree.element(id) else { return above };
    let name = &*element.name;
    let mut place = above;
    // Word's paragraphs have no space between them, and an empty one where there is some.
    let space = if is_of_word(element) { 1 } else { space_around(name) };
    if let Some(style) = element.get("style").or_else(|| element.get("face")).filter(|style| style.len() < 2000) {
        place.pictorial = Declared::letters(style).unwrap_or(above.pictorial);
    }
    if space > 0 && !above.row {
        place.block = Block { number: id, space };
    }
    match name {
        "pre" | "textarea" | "listing" | "xmp" | "plaintext" => place.verbatim = true,
        "blockquote" if !citations || is_citation(tree, id) => place.quotes = (above.quotes + 1).min(QUOTES),
        "ul" | "ol" if in_item(tree, id) => {
            // Inside an item it is set in already.
            let set_in = if tree.parent(id).is_some_and(|parent| tree.name(parent) == "li") { 0 } else { 2 };
            place.indent = (above.indent + set_in).min(INDENT);
            place.block.space = 1;
        }
        "li" => {
            let list = tree.parent(id).and_then(|list| tree.element(list)).filter(|list| &*list.name == "ol");
            let mark = match (list, open.last_mut()) {
                (Some(list), Some(opened)) => {
                    let number = element.get("value").and_then(|v| v.parse().ok()).unwrap_or(opened.next);
                    opened.next = number.saturating_add(1);
                    numbered(number, list.get("type").unwrap_or_default())
                }
                _ => "-".to_owned(),
            };
            lines.mark(&mark, place, id);
            place.indent = (above.indent + mark.len() + 1).min(INDENT);
        }
        "tr" => place.row = above.row || is_line(tree, id),
        "td" | "th" => lines.next_cell(),
        "br" => lines.end_line(above),
        "input" => {
            if let Some(value) = elements::filled_in(element) {
                lines.text(value, above, id);
            }
        }
        "img" => {
            if let Some(alt) = element.get("alt").filter(|alt| !alt.is_empty()) {
                lines.text(&format!(" [{alt}] "), above, id);
            }
        }
        _ => {}
    }
    place
}

fn is_of_word(element: &Element) -> bool {
    &*element.name == "p" && element.get("class").is_some_and(|class| class.starts_with("Mso"))
}

fn in_item(tree: &Tree, id: Id) -> bool {
    tree.parent(id).is_some_and(|parent| matches!(tree.name(parent), "li" | "ul" | "ol"))
}

fn leave_link(tree: &Tree, id: Id, left: &Open, lines: &mut Lines) {
    let link = tree.element(id).filter(|e| &*e.name == "a").and_then(|e| e.get("href")).and_then(Link::of);
    let Some(link) = link else { return };
    let words = lines.out.get(left.words..).unwrap_or_default();
    let words = &words[..words.floor_char_boundary(WORDS)];
    if !link.is_spelt_by(words) && !words.contains(link.in_text()) {
        lines.text(&format!(" <{}>", link.in_text()), left.place, id);
    }
}

/// `1.`, `a.`, `IV.`
fn numbered(number: i64, kind: &str) -> String {
    let shown = match kind {
        "a" | "A" => letters(number),
        "i" | "I" => roman(number),
        _ => None,
    };
    match shown {
        Some(shown) if kind.chars().all(char::is_uppercase) => format!("{}.", shown.to_uppercase()),
        Some(shown) => format!("{shown}."),
        None => format!("{number}."),
    }
}

fn letters(number: i64) -> Option<String> {
    let at = u8::try_from(number).ok().filter(|n| (1..=26).contains(n))?;
    Some(char::from(b'a' + at - 1).to_string())
}

fn roman(number: i64) -> Option<String> {
    let mut rest = u32::try_from(number).ok().filter(|n| (1..=100).contains(n))?;
    let mut out = String::new();
    for (value, digits) in
        [(100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]
    {
        while rest >= value {
            out.push_str(digits);
            rest -= value;
        }
    }
    Some(out)
}

/// Whether a row of a table can be one line: several cells, each of one short paragraph at most.
fn is_line(tree: &Tree, row: Id) -> bool {
    let (mut filled, mut blocks, mut length) = (0, 0, 0);
    for step in tree.walk(row) {
        match step {
            Step::Enter(id) => match tree.what(id) {
                What::Text(text) => length += text.trim().chars().take(CELL + 1).count(),
                What::Element(element) => match &*element.name {
                    "table" | "ul" | "ol" | "dl" | "pre" | "blockquote" | "hr" | "h1" | "h2" | "h3" => return false,
                    "td" | "th" => (blocks, length) = (0, 0),
                    "p" | "div" => blocks += usize::from(length > 0 || blocks > 0),
                    "br" if length > 0 => blocks += 1,
                    _ => {}
                },
                What::Nothing => {}
            },
            Step::Leave(id) if matches!(tree.name(id), "td" | "th") => {
                if length > CELL || blocks > 1 {
                    return false;
                }
                filled += usize::from(length > 0);
            }
            Step::Leave(_) => {}
        }
    }
    filled > 1
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Budget, parse};
    use super::*;

    fn of(html: &str) -> String {
        lines(&parse(html, &mut Budget::default()).unwrap(), true, false).out.trim_end().to_owned()
    }

    #[test]
    fn text_of_html() {
        for (html, text) in [
            ("<p>a <b>b</b>\n c</p><p>d<br>e</p>f", "a b c\n\nd\ne\n\nf"),
            ("<div>a</div><div>b</div>", "a\nb"),
            ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n> > b\n\nc"),
            ("<pre>a\n  b</pre>", "a\n  b"),
            ("a&nbsp;&amp;&#228;<img alt=x>", "a &ä [x]"),
            ("<title>t</title><style>s</style><script>j</script><svg><text>v</text></svg>a", "a"),
            ("a\u{202e}b", "ab"),
            (
                "<p class=MsoNormal>a</p><p class=MsoNormal>b</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>c</p>",
                "a\nb\n\nc",
            ),
            ("<span style='font-family:Wingdings'>J<span style='font-family:Arial'>J</span></span>", "☺J"),
            ("<input value=x><input type=checkbox checked>y<select><option>1<option>2</select>", "x☑y\n1\n2"),
        ] {
            assert_eq!(of(html), text, "{html}");
        }
    }

    #[test]
    fn lists_keep_their_numbers() {
        for (html, text) in [
            ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
            ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
            ("<ol start=3><li>a<li value=7>b<li>c</ol>", "3. a\n7. b\n8. c"),
            ("<ol type=a><li>x<li>y</ol><ol type=I start=4><li>z</ol>", "a. x\nb. y\n\nIV. z"),
            ("<ol><li><p>a</p><p>b</p><ul><li>c</ul></ol>", "1. a\n\n   b\n\n   - c"),
        ] {
            assert_eq!(of(html), text, "{html}");
        }
    }

    #[test]
    fn rows_are_lines_where_they_can_be() {
        for (html, text) in [
            ("<table><tr><td>a<td>b<tr><td>c</table>", "a\tb\nc"),
            (
                "<table><tr><th><p>Mån</p><th><p>Belopp</p><tr><td><p>jan</p><td><p>12 €</p></table>",
                "Mån\tBelopp\njan\t12 €",
            ),
            ("<table><tr><td><p>a</p><p>b</p><p>c</p><td>d</table>", "a\n\nb\n\nc\n\nd"),
            ("<table><tr><td><table><tr><td>a<td>b</table></table>", "a\tb"),
        ] {
            assert_eq!(of(html), text, "{html}");
        }
    }

    #[test]
    fn links_say_where_they_lead() {
        for (html, text) in [
            ("<a href='https://hel.example/a'>Anvisning</a>.", "Anvisning <https://hel.example/a>."),
            ("<a href='https://hel.example/'>hel.example</a>", "hel.example"),
            ("<a href='https://evil.example/'>hel.example</a>", "hel.example <https://evil.example/>"),
            ("<a href='mailto:k@hel.example'>Kirsi</a>", "Kirsi <k@hel.example>"),
            ("<a href='https://hel.example/'><img alt=logo></a>", "[logo] <https://hel.example/>"),
            ("<a href='#x'>a</a><a name=y>b</a>", "ab"),
        ] {
            assert_eq!(of(html), text, "{html}");
        }
    }
}
