//! The `style` attribute: a short list of properties with plain values. Anything that could fetch, overlay or hide
//! something is left out whole.

/// Colours, letters, boxes and tables. Not: position, display, visibility, opacity, content, anything animated.
const PROPERTIES: &[&str] = &[
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "clear",
    "color",
    "direction",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-spacing",
];
/// The only functions: colours.
const FUNCTIONS: &[&str] = &["rgb", "rgba", "hsl", "hsla"];

/// The declarations that may stay; `None` when there are none.
pub(super) fn filtered(style: &str) -> Option<String> {
    let mut out = String::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let value = value.trim();
        let value =
            value.strip_suffix("important").and_then(|v| v.trim_end().strip_suffix('!')).unwrap_or(value).trim();
        if PROPERTIES.contains(&&*property) && is_plain(value) {
            if !out.is_empty() {
                out.push(';');
            }
            out.push_str(&property);
            out.push(':');
            out.push_str(value);
        }
    }
    (!out.is_empty()).then_some(out)
}

/// Words, numbers that are not negative (they would reach over the edge), quoted names, colours. No escapes: a
/// backslash can spell anything.
fn is_plain(value: &str) -> bool {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, ' ' | '#' | '%' | '.' | ',' | '(' | ')' | '\'' | '"' | '-' | '/');
    if value.is_empty() || value.len() > 200 || !value.chars().all(plain) {
        return false;
    }
    let balanced = |quote: char| value.matches(quote).count().is_multiple_of(2);
    let functions = value.match_indices('(').all(|(at, _)| {
        let name = value[..at].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        FUNCTIONS.iter().any(|f| f.eq_ignore_ascii_case(name))
    });
    let negative = value.match_indices('-').any(|(at, _)| {
        let before = value[..at].chars().next_back();
        let after = value[at + 1..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| c.is_ascii_digit() || c == '.')
    });
    balanced('\'') && balanced('"') && functions && !negative
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_declarations_stay() {
        for style in ["color:red", "font-family:'Segoe UI',Arial", "color:rgb(1, 2, 3)", "margin:0 0 1.5em 10%"] {
            assert_eq!(filtered(style).as_deref(), Some(style));
        }
        assert_eq!(filtered(" COLOR : red !important; position:fixed ;width:10px").unwrap(), "color:red;width:10px");
    }

    #[test]
    fn nothing_that_fetches_or_overlays() {
        for style in [
            "background:url(https://a.example/x.png)",
            "background:u\\72l(//x)",
            "width:expression(alert(1))",
            "color:red}body{color:blue",
            "background:image-set('https://x' 1x)",
            "font-family:'a",
            "margin:-100px",
            "margin:0 -.5em",
            "position:absolute",
            "@import 'x'",
            "color:/**/red",
            "list-style:url (x)",
            "behavior:red",
            "",
        ] {
            assert_eq!(filtered(style), None, "{style}");
        }
    }
}
