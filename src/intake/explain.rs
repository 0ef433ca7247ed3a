//! The message as a tree of parts, with what became of each: for admins, as `brevbro parse --explain` and `brevbro trace`
//! show it.

use serde::Serialize;

use super::opened::Opened;
use super::tree::{Fate, Tree};
use super::{Limits, ReadOptions, read};
use crate::domain::record::{Attachment, Content, Defect, PartStatus};
use crate::domain::seal::Seals;
use crate::smime::Keyring;

/// One part. It tells nothing of what the message says, and names no file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartLine {
    /// `1.2`, as in the record's parts.
    pub part: String,
    /// `type/subtype`.
    pub media_type: String,
    /// Octets after decoding; of a container as they stand.
    pub size: u64,
    /// What became of it.
    pub status: PartStatus,
    /// Why it was held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The attachment as which it can be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachment: Option<usize>,
    /// Codes of what is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<&'static str>,
    /// How many parts it stands in.
    #[serde(skip)]
    pub depth: usize,
}

/// Every part of a message, in order; of a sealed one with what was kept of its opening.
#[must_use]
pub fn parts(raw: &[u8], limits: &Limits, seals: Seals) -> Vec<PartLine> {
    let opened = Opened::of(raw, limits, &Keyring::of_content_keys(&seals.keys));
    lines(&opened, &opened.content(&ReadOptions { seals, ..ReadOptions::default() }))
}

fn lines(opened: &Opened<'_>, content: &Content) -> Vec<PartLine> {
    let parsed = opened.parsed();
    let tree = Tree::of(opened, &parsed);
    let line = |(node, account): (&super::tree::Node<'_>, &crate::domain::record::PartAccount)| PartLine {
        part: account.part.clone(),
        media_type: account.media_type.clone(),
        size: match node.fate {
            Fate::Container => node.part.raw_body().len(),
            _ => node.part.decoded_len(),
        } as u64,
        status: account.status,
        reason: account.reason,
        attachment: account.attachment,
        defects: content.defects.iter().filter(|d| d.part == account.part).map(|d| d.code).collect(),
        depth: if account.part == "0" { 0 } else { account.part.split('.').count() },
    };
    tree.nodes.iter().zip(&content.parts).map(line).collect()
}

/// The tree as lines of text: number, type, size, what became of it; below each part what is wrong with it. With names
/// of files, for whoever has the message in hand.
#[must_use]
pub fn explained(raw: &[u8], limits: &Limits) -> Vec<String> {
    let content = read(raw, limits);
    let parts = parts(raw, limits, Seals::default());
    let mut lines = Vec::with_capacity(parts.len());
    if parts.is_empty() {
        lines.push(format!("0  no header: all {} octets are text", raw.len()));
        lines.extend(content.defects.iter().map(said));
    }
    for shown in table(&parts, Some(&content.attachments)) {
        let number = shown.part;
        lines.push(shown.line);
        lines.extend(content.defects.iter().filter(|defect| defect.part == number).map(said));
    }
    lines
}

/// The same without names and details.
#[must_use]
pub fn outlined(parts: &[PartLine]) -> Vec<String> {
    let mut lines = Vec::with_capacity(parts.len());
    for (shown, part) in table(parts, None).into_iter().zip(parts) {
        lines.push(shown.line);
        lines.extend(part.defects.iter().map(|code| format!("      ! {code}")));
    }
    lines
}

struct Shown {
    part: String,
    line: String,
}

fn said(defect: &Defect) -> String {
    let Defect { code, detail, .. } = defect;
    if detail.is_empty() { format!("      ! {code}") } else { format!("      ! {code}: {detail}") }
}

/// One line for each part, in columns.
fn table(parts: &[PartLine], files: Option<&[Attachment]>) -> Vec<Shown> {
    // What is nested deeply pushes no column out of sight.
    let label = |part: &PartLine| format!("{}{}  {}", "  ".repeat(part.depth.min(12)), part.part, part.media_type);
    let width = parts.iter().map(|part| label(part).chars().count()).max().unwrap_or_default().min(70);
    let line = |part: &PartLine| {
        let reason = part.reason.map(|why| format!(" ({why})")).unwrap_or_default();
        let file = part.attachment.map_or_else(String::new, |index| {
            let name = files.and_then(|files| files.get(index)).map(|file| format!(" {:?}", file.filename));
            format!("  attachment {index}{}", name.unwrap_or_default())
        });
        let line = format!("{:<width$}  {:>11}  {}{reason}{file}", label(part), part.size, part.status.word());
        Shown { part: part.part.clone(), line }
    };
    parts.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"From: a@hel.example\r\nDate: Tue, 24 Nov 2026 09:12:40 +0200\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHej\r\n--b\r\nContent-Type: application/pdf\r\n\
        Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"a/b.pdf\"\r\n\r\nAA==\r\n--b--\r\n";

    #[test]
    fn a_tree_with_what_became_of_each_part() {
        assert_eq!(
            explained(RAW, &Limits::default()),
            [
                "0  multipart/mixed            151  container",
                "  1  text/plain                 3  shown",
                "  2  application/pdf            1  as-it-came  attachment 0 \"b.pdf\"",
                "      ! file-name-changed: b.pdf",
            ]
        );
    }

    #[test]
    fn a_trace_names_no_file() {
        let lines = outlined(&parts(RAW, &Limits::default(), Seals::default()));
        assert_eq!(lines[2], "  2  application/pdf            1  as-it-came  attachment 0");
        assert_eq!(lines[3], "      ! file-name-changed");
        assert!(!lines.concat().contains("b.pdf"));
    }

    #[test]
    fn what_has_no_header_has_a_line_too() {
        assert_eq!(explained(b"\0", &Limits::default())[0], "0  no header: all 1 octets are text");
    }
}
