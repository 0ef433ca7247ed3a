//! Style sheets inside a message, as far as they are plain: rules whose selectors are an element, classes or an id, alone
//! or in a list. That is how Word, and what letters are made with, say how paragraphs look. What they declare is put on
//! the elements themselves; the sheet is left out.

use std::collections::HashMap;

use super::style::Declared;
use super::tree::Element;

/// Octets of style sheets that are read.
const LONGEST: usize = 256 << 10;
/// Rules that are kept.
const MOST: usize = 2000;
/// Comparisons of a rule with an element, all together.
const WORK: usize = 500_000;
/// Classes of one element or selector.
const CLASSES: usize = 16;

/// All rules of a message.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    /// Rules by the last name in their selector: `#id`, `.class`, `element`.
    by_name: HashMap<String, Vec<usize>>,
    declared: Vec<Declared>,
    work: usize,
    octets: usize,
}

#[derive(Debug)]
struct Rule {
    element: Option<String>,
    id: Option<String>,
    classes: Vec<String>,
    declared: usize,
}

impl Rule {
    fn weight(&self) -> (bool, usize, bool) {
        (self.id.is_some(), self.classes.len(), self.element.is_some())
    }
}

impl Sheet {
    /// Adds the rules of one `style` element.
    pub(super) fn read(&mut self, css: &str) {
        self.octets += css.len();
        if self.octets > LONGEST {
            return;
        }
        let css = without_comments(css);
        let mut rest = css.as_str();
        while let Some(at) = rest.find(['{', ';', '}']) {
            let (head, after) = (rest[..at].trim(), &rest[at + 1..]);
            rest = match rest.as_bytes().get(at) {
                Some(b'{') if is_for_screens(head) => after,
                Some(b'{') if head.starts_with('@') => behind_block(after),
                Some(b'{') => {
                    let (block, next) = after.split_once('}').unwrap_or((after, ""));
                    self.add(head, block);
                    next
                }
                // An `@import`, or the end of a block that was entered.
                _ => after,
            };
        }
    }

    fn add(&mut self, selectors: &str, block: &str) {
        let rules: Vec<Rule> = selectors.split(',').filter_map(|s| selector(s, self.declared.len())).collect();
        if rules.is_empty() || self.rules.len() + rules.len() > MOST {
            return;
        }
        self.declared.push(Declared::of(block));
        for rule in rules {
            let name = match (&rule.id, rule.classes.last(), &rule.element) {
                (Some(id), ..) => format!("#{id}"),
                (None, Some(class), _) => format!(".{class}"),
                (None, None, Some(element)) => element.clone(),
                (None, None, None) => "*".to_owned(),
            };
            self.by_name.entry(name).or_default().push(self.rules.len());
            self.rules.push(rule);
        }
    }

    /// What the rules say of an element.
    pub(super) fn of(&mut self, element: &Element) -> Declared {
        let mut declared = Declared::default();
        if self.rules.is_empty() || self.work > WORK {
            return declared;
        }
        let id = element.get("id");
        let classes: Vec<&str> =
            element.get("class").unwrap_or_default().split_ascii_whitespace().take(CLASSES).collect();
        let named = |name: &str| self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut candidates: Vec<usize> = named("*").to_vec();
        candidates.extend(named(&element.name));
        candidates.extend(classes.iter().flat_map(|class| named(&format!(".{class}"))));
        candidates.extend(id.iter().flat_map(|id| named(&format!("#{id}"))));
        let examined = candidates.len();
        candidates.retain(|at| {
            self.rules.get(*at).is_some_and(|rule| {
                rule.element.as_ref().is_none_or(|name| **name == *element.name)
                    && rule.id.as_deref().is_none_or(|wanted| id == Some(wanted))
                    && rule.classes.iter().all(|class| classes.contains(&&**class))
            })
        });
        candidates.sort_by_key(|at| (self.rules.get(*at).map(Rule::weight), *at));
        candidates.dedup();
        for rule in candidates.iter().filter_map(|at| self.rules.get(*at)) {
            if let Some(other) = self.declared.get(rule.declared) {
                declared.extend(other);
            }
        }
        self.work += 1 + examined;
        declared
    }
}

/// One selector, if it is plain. `body` and `html` around another say nothing.
fn selector(text: &str, declared: usize) -> Option<Rule> {
    let mut words = text.split_ascii_whitespace().skip_while(|word| matches!(*word, "body" | "html"));
    let Some(word) = words.next() else {
        return text.trim().starts_with("body").then_some(Rule {
            element: Some("body".to_owned()),
            id: None,
            classes: Vec::new(),
            declared,
        });
    };
    if words.next().is_some() {
        return None;
    }
    let word = word.strip_suffix(":link").unwrap_or(word);
    let end = word.find(['.', '#']).unwrap_or(word.len());
    let (element, mut rest) = word.split_at(end);
    let is_name = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let element = match element {
        "" | "*" => None,
        name if is_name(name) => Some(name.to_ascii_lowercase()),
        _ => return None,
    };
    let mut rule = Rule { element, id: None, classes: Vec::new(), declared };
    while let Some(kind) = rest.chars().next() {
        let end = rest[1..].find(['.', '#']).map_or(rest.len(), |at| at + 1);
        let name = &rest[1..end];
        if !is_name(name) || rule.classes.len() >= CLASSES {
            return None;
        }
        if kind == '#' {
            rule.id = Some(name.to_owned());
        } else {
            rule.classes.push(name.to_owned());
        }
        rest = &rest[end..];
    }
    Some(rule)
}

/// `@media` without conditions.
fn is_for_screens(head: &str) -> bool {
    let media = head.strip_prefix("@media").unwrap_or_default();
    media.split(',').any(|kind| matches!(kind.trim(), "all" | "screen" | "only screen"))
}

/// What follows a block with blocks inside.
fn behind_block(css: &str) -> &str {
    let mut open = 1_usize;
    for (at, c) in css.bytes().enumerate() {
        match c {
            b'{' => open += 1,
            b'}' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &css[at + 1..];
        }
    }
    ""
}

fn without_comments(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find("/*") {
        out.push_str(&rest[..at]);
        rest = rest[at + 2..].split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace("<!--", " ").replace("-->", " ")
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Budget, parse};
    use super::*;

    fn of(css: &str, html: &str) -> String {
        let tree = parse(html, &mut Budget::default()).unwrap();
        let id = tree.ids().rfind(|id| tree.element(*id).is_some()).unwrap();
        let mut sheet = Sheet::default();
        sheet.read(css);
        sheet.of(tree.element(id).unwrap()).written(|_, colour| colour.written())
    }

    #[test]
    fn words_rules_are_taken_over() {
        let word = "<!-- /* Style Definitions */ @font-face {font-family:Calibri; panose-1:2 15;} \
                    p.MsoNormal, li.MsoNormal {margin:0cm; font-size:11.0pt; mso-fareast-language:EN-US;} \
                    a:link, span.MsoHyperlink {color:#0563C1;} @page WordSection1 {size:612.0pt; margin:70pt;} \
                    div.WordSection1 {page:WordSection1;} -->";
        assert_eq!(of(word, "<p class=MsoNormal>"), "margin:0cm;font-size:0.917rem");
        assert_eq!(of(word, "<a href=x>"), "color:#0563c1");
        assert_eq!(of(word, "<p>"), "");
    }

    #[test]
    fn the_heavier_rule_goes_before() {
        let css = ".a{color:red} p{color:blue} #x{color:lime} p.a{color:black} body p{margin:0}";
        assert_eq!(of(css, "<p class='a b'>"), "margin:0;color:#000000");
        assert_eq!(of(css, "<p id=x class=a>"), "margin:0;color:#00ff00");
        assert_eq!(
            of("@media screen{p{color:red}} @media (max-width:9px){p{color:blue}} i{color:blue}", "<p>"),
            "color:#ff0000"
        );
    }

    #[test]
    fn what_is_not_plain_is_left_out() {
        for css in [
            "div p{color:red}",
            "p:hover{color:red}",
            "p[x]{color:red}",
            "p::before{content:'x'}",
            "@import url(x);",
            "p{background:url(x)}",
            "@supports (x){p{color:red}}",
            "p{",
            "}}}}",
            "/* p{color:red}",
        ] {
            assert_eq!(of(css, "<p>"), "", "{css}");
        }
    }

    #[test]
    fn the_work_is_bounded() {
        let mut sheet = Sheet::default();
        sheet.read(&"p,".repeat(100_000));
        sheet.read(&"p{color:red}".repeat(3000));
        let tree = parse("<p>", &mut Budget::default()).unwrap();
        let id = tree.ids().rfind(|id| tree.element(*id).is_some()).unwrap();
        for _ in 0..2000 {
            let _ = sheet.of(tree.element(id).unwrap());
        }
        assert!(sheet.rules.len() <= MOST && sheet.work <= WORK + MOST + 1);
    }
}
