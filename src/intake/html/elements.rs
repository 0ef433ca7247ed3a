//! Which elements and attributes are written, and as what.

use super::colour::Colour;
use super::style::Declared;
use super::tree::{Element, Id, Step, Tree, What};

/// How an element is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// With an end.
    Whole(&'static str),
    /// Without content.
    Alone(&'static str),
    Picture,
}

/// How an element of this name is written; `None`: its content only.
pub(super) fn written(name: &str) -> Option<Written> {
    use Written::{Alone, Picture, Whole};
    Some(match name {
        "a" => Whole("a"),
        "abbr" | "acronym" => Whole("abbr"),
        "address" => Whole("address"),
        "b" => Whole("b"),
        "bdi" | "bdo" => Whole("bdi"),
        "blockquote" => Whole("blockquote"),
        "br" => Alone("br"),
        "caption" => Whole("caption"),
        "cite" => Whole("cite"),
        "code" => Whole("code"),
        "col" => Alone("col"),
        "colgroup" => Whole("colgroup"),
        "dd" => Whole("dd"),
        "del" => Whole("del"),
        "dfn" => Whole("dfn"),
        "dl" => Whole("dl"),
        "dt" => Whole("dt"),
        "em" => Whole("em"),
        "figcaption" => Whole("figcaption"),
        "figure" => Whole("figure"),
        "h1" => Whole("h1"),
        "h2" => Whole("h2"),
        "h3" => Whole("h3"),
        "h4" => Whole("h4"),
        "h5" => Whole("h5"),
        "h6" => Whole("h6"),
        "hr" => Alone("hr"),
        "i" => Whole("i"),
        "img" => Picture,
        "ins" => Whole("ins"),
        "kbd" => Whole("kbd"),
        "li" => Whole("li"),
        "mark" => Whole("mark"),
        "ol" => Whole("ol"),
        "p" | "summary" => Whole("p"),
        "pre" | "listing" | "xmp" | "plaintext" | "textarea" => Whole("pre"),
        "q" => Whole("q"),
        "s" | "strike" => Whole("s"),
        "samp" => Whole("samp"),
        "small" => Whole("small"),
        "span" | "font" | "big" | "label" | "button" => Whole("span"),
        "strong" => Whole("strong"),
        "sub" => Whole("sub"),
        "sup" => Whole("sup"),
        "table" => Whole("table"),
        "tbody" => Whole("tbody"),
        "td" => Whole("td"),
        "tfoot" => Whole("tfoot"),
        "th" => Whole("th"),
        "thead" => Whole("thead"),
        "time" => Whole("time"),
        "tr" => Whole("tr"),
        "tt" => Whole("tt"),
        "u" => Whole("u"),
        "ul" | "dir" | "menu" => Whole("ul"),
        "var" => Whole("var"),
        "wbr" => Alone("wbr"),
        // Landmarks of a letter are none of the page. What can be closed might never be opened.
        "div" | "center" | "article" | "aside" | "details" | "fieldset" | "footer" | "form" | "header" | "hgroup"
        | "legend" | "main" | "nav" | "option" | "section" | "select" => Whole("div"),
        _ => return None,
    })
}

/// The level of a heading.
pub(super) fn level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

/// The heading so many levels lower; other elements as they are.
pub(super) fn lowered(name: &'static str, by: u8) -> &'static str {
    match level(name).map(|level| level + by) {
        None => name,
        Some(0 | 1) => "h1",
        Some(2) => "h2",
        Some(3) => "h3",
        Some(4) => "h4",
        Some(5) => "h5",
        Some(_) => "h6",
    }
}

/// Parts of a table, which nothing may stand around.
pub(super) fn is_of_table(name: &str) -> bool {
    matches!(
        name,
        "tr" | "td" | "th" | "tbody" | "thead" | "tfoot" | "caption" | "col" | "colgroup" | "li" | "dt" | "dd"
    )
}

/// Whether an attribute is kept as it is.
pub(super) fn keeps(element: &str, name: &str, value: &str) -> bool {
    let number = |most: u32| value.parse::<u32>().is_ok_and(|n| n <= most);
    let length = |most: u32| {
        let (number, most) = value.strip_suffix('%').map_or((value.trim_end_matches("px"), most), |n| (n, 100));
        number.parse::<f64>().is_ok_and(|n| (0.0..=f64::from(most)).contains(&n))
    };
    let word = |words: &[&str]| words.iter().any(|known| value.eq_ignore_ascii_case(known));
    match (element, name) {
        (_, "title") => !value.is_empty(),
        ("td" | "th", "colspan" | "rowspan") | ("col" | "colgroup", "span") => number(1000),
        ("th", "scope") => word(&["row", "col", "rowgroup", "colgroup"]),
        ("ol", "start") | ("li", "value") => value.parse::<i32>().is_ok(),
        ("ol", "type") => matches!(value, "1" | "a" | "A" | "i" | "I"),
        ("ul", "type") => word(&["disc", "circle", "square"]),
        ("table" | "td" | "th" | "col" | "colgroup" | "hr", "width") => length(1200),
        ("img", "width" | "height") => length(4000),
        ("table", "border" | "cellpadding" | "cellspacing") => number(100),
        ("td" | "th" | "tr" | "tbody" | "thead", "valign") => word(&["top", "middle", "bottom", "baseline"]),
        ("p" | "div" | "td" | "th" | "tr" | "table" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "hr", "align") => {
            word(&["left", "right", "center", "justify"])
        }
        ("ol", "reversed") | ("time" | "del" | "ins", "datetime") => true,
        _ => false,
    }
}

/// What stands in a field of a form.
pub(super) fn filled_in(element: &Element) -> Option<&str> {
    let kind = element.get("type").unwrap_or_default().to_ascii_lowercase();
    match &*kind {
        "checkbox" | "radio" => Some(if element.get("checked").is_some() { "☑" } else { "☐" }),
        "hidden" | "password" | "image" | "file" | "reset" => None,
        _ => element.get("value"),
    }
}

/// What colours and sizes the attributes of old HTML say.
pub(super) fn old_attributes(element: &Element, declared: &mut Declared) {
    let name = &*element.name;
    for attr in &element.attributes {
        let value = attr.value.trim();
        match (name, &*attr.name.local) {
            ("body" | "div" | "table" | "tbody" | "thead" | "tr" | "td" | "th", "bgcolor") => {
                if let Some(colour) = Colour::of_attribute(value) {
                    declared.declare("background-color", &colour.written());
                }
            }
            ("font", "color") | ("div", "text") => {
                if let Some(colour) = Colour::of_attribute(value) {
                    declared.declare("color", &colour.written());
                }
            }
            ("font", "face") => declared.declare("font-family", value),
            ("font", "size") => declared.declare("font-size", size(value)),
            _ => {}
        }
    }
    match name {
        "center" => declared.declare("text-align", "center"),
        "big" => declared.declare("font-size", "larger"),
        _ => {}
    }
}

fn size(value: &str) -> &'static str {
    match value {
        "1" | "-2" | "-1" | "2" => "small",
        "4" | "+1" => "large",
        "5" | "+2" => "x-large",
        "6" | "7" | "+3" | "+4" => "xx-large",
        _ => "medium",
    }
}

/// Whether a table only lays out: it holds another, or has one column or one row, or nothing that tells of data.
pub(super) fn is_layout(tree: &Tree, table: Id) -> bool {
    let element = tree.element(table);
    let attribute = |name: &str| element.and_then(|element| element.get(name));
    if attribute("role").is_some_and(|role| matches!(role, "presentation" | "none")) {
        return true;
    }
    let bordered = attribute("border").is_some_and(|border| border != "0")
        || attribute("class").is_some_and(|class| class.contains("Grid"));
    let (mut rows, mut cells, mut widest, mut headed, mut words) = (0, 0, 0, false, 0);
    for step in tree.walk(table) {
        let Step::Enter(id) = step else { continue };
        match tree.what(id) {
            What::Text(text) => words = words.max(text.trim().len()),
            What::Element(element) => match &*element.name {
                "table" if id != table => return true,
                "tr" => (rows, cells) = (rows + 1, 0),
                "td" | "th" => {
                    headed |= &*element.name == "th";
                    cells += 1;
                    widest = widest.max(cells);
                }
                "caption" => headed = true,
                _ => {}
            },
            What::Nothing => {}
        }
    }
    !headed && (rows < 2 || widest < 2 || (!bordered && words > 300))
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Budget, parse};
    use super::*;

    #[test]
    fn tables_of_data_and_of_layout() {
        let is_layout = |html: &str| {
            let tree = parse(html, &mut Budget::default()).unwrap();
            let table = tree.ids().find(|id| tree.name(*id) == "table").unwrap();
            is_layout(&tree, table)
        };
        assert!(is_layout("<table><tr><td>a</table>") && is_layout("<table><tr><td>a<td>b</table>"));
        assert!(is_layout("<table><tr><td><table><tr><th>a</table></table>"));
        assert!(is_layout("<table role=presentation border=1><tr><td>a<td>b<tr><td>c<td>d</table>"));
        assert!(!is_layout("<table><tr><td>a<td>b<tr><td>c<td>d</table>"));
        assert!(!is_layout("<table><tr><th>a</table>"));
    }

    #[test]
    fn headings_are_lowered_together() {
        assert_eq!((lowered("h1", 1), lowered("h6", 1), lowered("p", 1)), ("h2", "h6", "p"));
    }
}
