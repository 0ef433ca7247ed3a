//! Which elements of a message's HTML hold earlier messages and signatures. The lines of its text tell ([`quotes`]), and
//! what mail programs mark as a signature.

use std::collections::HashMap;

use super::text;
use super::tree::{Id, Step, Tree, What};
use crate::intake::quotes::{self, Part};

/// Neighbours that are folded together: the first, what they are, the last.
pub(super) type Folds = HashMap<Id, (Part, Id)>;

/// Names by which mail programs mark signatures.
const SIGNATURES: &[&str] = &[
    "gmail_signature",
    "moz-signature",
    "signature",
    "x_signature",
    "ms-outlook-mobile-signature",
    "x_ms-outlook-mobile-signature",
    "applemailsignature",
    "protonmail_signature_block",
];
/// Folds of each kind; a message with more is made to cost something.
const MOST: usize = 100;
/// Elements among whose children nothing else may stand.
const STRICT: &[&str] = &["table", "tbody", "thead", "tfoot", "tr", "ul", "ol", "dl", "colgroup"];

/// What to fold. `forwarded`: the message hands on another, which is then no history.
pub(super) fn folds(tree: &Tree, forwarded: bool) -> Folds {
    let laid = text::lines(tree, false, true);
    let lines: Vec<&str> = laid.out.lines().collect();
    let mut folds = Folds::new();
    let runs = quotes::of_lines(&lines, forwarded);
    let blank = |n: &usize| lines.get(*n).is_none_or(|line| line.trim_matches(['>', ' ']).is_empty());
    for run in runs.iter().filter(|run| matches!(run.part, Part::Earlier | Part::Signature)).take(MOST) {
        let filled = |mut lines: std::ops::Range<usize>| lines.find(|n| !blank(n));
        let (Some(first), Some(last)) = (filled(run.lines.clone()), run.lines.clone().rev().find(|n| !blank(n))) else {
            continue;
        };
        let origin = |n: usize| laid.origins.get(n).copied();
        let before = (0..first).rev().find(|n| !blank(n)).and_then(origin);
        let after = (last + 1..lines.len()).find(|n| !blank(n)).and_then(origin);
        let (Some(from), Some(to)) = (origin(first), origin(last)) else { continue };
        if let Some((from, to)) = neighbours(tree, from, to, [before, after]) {
            folds.insert(from, (run.part, to));
        }
    }
    let own: usize = runs.iter().filter(|run| run.part == Part::Own).map(|run| run.lines.len()).sum();
    if own > 0 {
        marked(tree, &mut folds);
    }
    folds
}

/// The ancestors of both, as far out as can be, that stand side by side, with neither of `others` inside.
fn neighbours(tree: &Tree, from: Id, to: Id, others: [Option<Id>; 2]) -> Option<(Id, Id)> {
    let up = |id: Id| std::iter::successors(Some(id), |id| tree.parent(*id));
    let (mut above, mut below): (Vec<Id>, Vec<Id>) = (up(from).collect(), up(to).collect());
    // From the root down, as far as both go the same way.
    let mut common = None;
    while let (Some(a), Some(b)) = (above.last(), below.last()) {
        if a != b || above.len() == 1 || below.len() == 1 {
            break;
        }
        common = Some(*a);
        above.pop();
        below.pop();
    }
    let (mut first, mut last) = (*above.last()?, *below.last()?);
    let inside = |id: Id| others.into_iter().flatten().any(|other| up(other).any(|up| up == id));
    if inside(first) || inside(last) {
        return None;
    }
    let mut parent = common.or_else(|| tree.parent(first))?;
    // All that a box holds: the box.
    while parent != 0 && !inside(parent) && !is_cell(tree, parent) {
        (first, last) = (parent, parent);
        parent = tree.parent(parent)?;
    }
    if STRICT.contains(&tree.name(parent)) || is_cell(tree, first) {
        return None;
    }
    // The rule above an earlier message goes with it.
    let rule = std::iter::successors(tree.before(first), |id| tree.before(*id))
        .find(|id| !matches!(tree.what(*id), What::Text(text) if text.trim().is_empty()));
    Some((rule.filter(|id| tree.name(*id) == "hr").unwrap_or(first), last))
}

fn is_cell(tree: &Tree, id: Id) -> bool {
    matches!(tree.name(id), "td" | "th" | "li" | "dd")
}

/// Adds what mail programs mark, where it is not folded already.
fn marked(tree: &Tree, folds: &mut Folds) {
    let mut step = Some(Step::Enter(0));
    let mut inside: Option<Id> = None;
    while let Some(now) = step {
        step = tree.next(0, now);
        match now {
            Step::Enter(id) => {
                if let Some((_, last)) = folds.get(&id) {
                    inside = inside.or(Some(*last));
                } else if inside.is_none() && folds.len() < 2 * MOST && is_signature(tree, id) {
                    folds.insert(id, (Part::Signature, id));
                    inside = Some(id);
                }
            }
            Step::Leave(id) if inside == Some(id) => inside = None,
            Step::Leave(_) => {}
        }
    }
}

fn is_signature(tree: &Tree, id: Id) -> bool {
    let Some(element) = tree.element(id) else { return false };
    let is = |name: &str| SIGNATURES.iter().any(|known| known.eq_ignore_ascii_case(name));
    let named = element.get("id").is_some_and(is)
        || element.get("class").is_some_and(|classes| classes.split_ascii_whitespace().any(is));
    // An answer may have been written inside it.
    named
        && matches!(&*element.name, "div" | "pre" | "blockquote")
        && !tree.parent(id).is_some_and(|parent| STRICT.contains(&tree.name(parent)))
        && has_words_before(tree, id)
}

/// Whether anything is to be read before this element.
fn has_words_before(tree: &Tree, id: Id) -> bool {
    let up = std::iter::successors(Some(id), |id| tree.parent(*id));
    let before = up.flat_map(|id| std::iter::successors(tree.before(id), |id| tree.before(*id)));
    before.take(200).any(|id| {
        tree.walk(id).take(200).any(|step| match step {
            Step::Enter(id) => matches!(tree.what(id), What::Text(text) if text.chars().any(char::is_alphanumeric)),
            Step::Leave(_) => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Budget, parse};
    use super::*;

    /// What is folded: kind and text.
    fn of(html: &str) -> Vec<(Part, String)> {
        let tree = parse(html, &mut Budget::default()).unwrap();
        let mut found: Vec<_> = folds(&tree, false).into_iter().collect();
        found.sort_by_key(|(id, _)| *id);
        let text = |from: Id, to: Id| -> String {
            let mut ids = vec![from];
            while *ids.last().unwrap() != to {
                ids.push(tree.after(*ids.last().unwrap()).unwrap());
            }
            let steps = ids.into_iter().flat_map(|id| tree.walk(id));
            let words = steps.filter_map(|step| match step {
                Step::Enter(id) => match tree.what(id) {
                    What::Text(text) => Some(text.trim().to_owned()),
                    _ => None,
                },
                Step::Leave(_) => None,
            });
            words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        };
        found.into_iter().map(|(from, (part, to))| (part, text(from, to))).collect()
    }

    fn earlier(text: &str) -> Vec<(Part, String)> {
        vec![(Part::Earlier, text.to_owned())]
    }

    #[test]
    fn earlier_messages_of_mail_programs() {
        // Outlook for Windows.
        let outlook = "<div class=WordSection1><p class=MsoNormal>Svar</p><div><div style='border-top:solid 1pt'>            <p><b>Från:</b> Anna<br><b>Skickat:</b> i går<br><b>Ämne:</b> x</p></div></div><p>Fråga</p></div>";
        assert_eq!(of(outlook), earlier("Från: Anna Skickat: i går Ämne: x Fråga"));
        // Outlook on the web.
        let web = "<div>Vastaus</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg><font><b>Lähettäjä:</b> Anna<br>            <b>Lähetetty:</b> eilen</font></div><div>Kysymys</div>";
        assert_eq!(of(web), earlier("Lähettäjä: Anna Lähetetty: eilen Kysymys"));
        // Gmail.
        let gmail = "<div dir=ltr>Svar</div><br><div class=gmail_quote><div class=gmail_attr>Den tis 24 nov. 2026 kl 09:12 skrev             Anna &lt;<a href='mailto:a@b.example'>a@b.example</a>&gt;:<br></div><blockquote class=gmail_quote><p>Fråga</p></blockquote></div>";
        let found = of(gmail);
        assert_eq!(found.len(), 1);
        assert!(found[0].1.starts_with("Den tis") && found[0].1.ends_with("Fråga"), "{found:?}");
        // Apple.
        let apple = "<div>Answer<br><div><br><blockquote type=cite><div>On 24 Nov 2026, at 9.12, Anna wrote:</div>            <div>Question</div></blockquote></div></div>";
        assert_eq!(of(apple), earlier("On 24 Nov 2026, at 9.12, Anna wrote: Question"));
        // Thunderbird.
        let bird = "<p>Svar</p><div class=moz-cite-prefix>On 24.11.2026 9.12, Anna wrote:<br></div><blockquote type=cite>Fråga</blockquote>";
        assert_eq!(of(bird), earlier("On 24.11.2026 9.12, Anna wrote: Fråga"));
    }

    #[test]
    fn answers_stay_in_sight() {
        assert!(
            of(
                "<blockquote type=cite>Får jag?</blockquote><p>Ja.</p><blockquote type=cite>När?</blockquote><p>Nu.</p>"
            )
            .is_empty()
        );
        assert!(of("<p>Enligt lagen:</p><blockquote>1 § Var och en</blockquote>").is_empty());
        assert!(of("<p>Från: Anna</p><p>Skickat: i går</p><p>Allt</p>").is_empty());
        assert!(
            of("<table><tr><td>a</td></tr><tr><td>Från: x<br>Skickat: y</td></tr></table>")
                .iter()
                .all(|f| f.1.starts_with("Från"))
        );
    }

    #[test]
    fn folds_without_end_are_not_made() {
        let tree = parse(&"<p>a</p><div id=signature>b</div>".repeat(3000), &mut Budget::default()).unwrap();
        assert_eq!(folds(&tree, false).len(), 2 * MOST);
        let tree = parse(
            &"<p>a</p><div>-- <br>b</div><blockquote type=cite>c</blockquote>".repeat(3000),
            &mut Budget::default(),
        );
        assert!(folds(&tree.unwrap(), false).len() <= 2 * MOST);
    }

    #[test]
    fn signatures_that_are_marked() {
        let marked = "<p>Hej</p><div id=Signature><p>Kirsi</p></div>";
        assert_eq!(of(marked), [(Part::Signature, "Kirsi".to_owned())]);
        assert_eq!(of("<p>Hej</p><div>-- <br>Kirsi<br>040</div>"), [(Part::Signature, "-- Kirsi 040".to_owned())]);
        assert!(of("<div id=Signature><p>Hej</p></div>").is_empty());
    }
}
