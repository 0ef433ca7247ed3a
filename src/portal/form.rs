//! The form of a reply (RFC 7578), read piece by piece: what is too much is counted and thrown away, so that the person
//! hears of it in the page, with the text kept.

use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use bytes::{Bytes, BytesMut};

use super::fault::{Fault, FieldFault};
use super::reading::Share;
use super::state::PortalState;
use super::words::Words;
use crate::domain::reply::ReplyFile;
use crate::intake;

/// Beside files and text: names, types and delimiters.
const ENVELOPE: u64 = 64 << 10;
/// How much more than the limit is read, and thrown away, before the connection is given up.
const PATIENCE: u64 = 8;

/// A form as it was filled in.
#[derive(Debug)]
pub(super) struct Filled {
    /// The form's own id, signed.
    pub form: Option<String>,
    /// UTF-8 with LF, no control characters.
    pub text: String,
    /// In the order of the form.
    pub files: Vec<ReplyFile>,
    chosen: usize,
    octets: u64,
    too_long: bool,
    _share: Share,
}

/// Reads the form of a request.
pub(super) async fn read(state: &PortalState, request: Request) -> Result<Filled, Fault> {
    let limits = &state.settings.limits;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.get(..19).is_some_and(|start| start.eq_ignore_ascii_case("multipart/form-data")) {
        return Err(Fault::media_type());
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let most = limits.reply_octets.saturating_add(limits.reply_text as u64).saturating_add(ENVELOPE);
    let share = state.reading.upload(length.unwrap_or(most).min(most)).await?;
    let mut form = Multipart::from_request(request, state).await.map_err(|_| Fault::unreadable())?;
    let mut filled = Filled {
        form: None,
        text: String::new(),
        files: Vec::new(),
        chosen: 0,
        octets: 0,
        too_long: false,
        _share: share,
    };
    let mut rest = most.saturating_mul(PATIENCE);
    while let Some(field) = form.next_field().await.map_err(|e| unread(e.status()))? {
        match field.name().unwrap_or_default() {
            "form" => filled.form = Some(String::from_utf8_lossy(&take(field, 256, &mut rest).await?.0).into_owned()),
            "text" => {
                // A browser writes two octets for a line's end, and the person counts one.
                let (octets, whole) = take(field, limits.reply_text.saturating_mul(2), &mut rest).await?;
                filled.text = plain(&String::from_utf8_lossy(&octets));
                filled.too_long = whole > octets.len() as u64 || filled.text.len() > limits.reply_text;
            }
            "file" => {
                let (filename, media_type) = described(&field, filled.chosen);
                let named = field.file_name().is_some_and(|name| !name.is_empty());
                let room = limits.reply_octets.saturating_sub(filled.octets);
                let keep = if filled.chosen < limits.reply_files { usize::try_from(room).unwrap_or(0) } else { 0 };
                let (bytes, whole) = take(field, keep, &mut rest).await?;
                // A browser sends one nameless, empty file when none is chosen.
                if named || whole > 0 {
                    filled.chosen += 1;
                    filled.octets = filled.octets.saturating_add(whole);
                    filled.files.push(ReplyFile { filename, media_type, bytes });
                }
            }
            _ => {
                take(field, 0, &mut rest).await?;
            }
        }
        if filled.octets > limits.reply_octets || filled.chosen > limits.reply_files {
            filled.files.clear();
        }
    }
    Ok(filled)
}

impl Filled {
    /// What will not do, by field, in words.
    pub(super) fn faults(&self, state: &PortalState, words: &Words) -> Vec<FieldFault> {
        let limits = &state.settings.limits;
        let mut faults = Vec::new();
        let mut add = |field, detail| faults.push(FieldFault { field, detail });
        if self.too_long {
            add("text", words.one("reply-long", "size", words.size(limits.reply_text as u64)));
        } else if self.text.trim().is_empty() && self.chosen == 0 {
            add("text", words.t("reply-empty"));
        }
        if self.chosen > limits.reply_files {
            let args = [("count", self.chosen.into()), ("files", limits.reply_files.into())];
            add("file", words.with("files-many", &args));
        }
        if self.octets > limits.reply_octets {
            add("file", words.one("files-large", "size", words.size(limits.reply_octets)));
        }
        faults
    }

    /// Whether files were chosen.
    pub(super) fn has_files(&self) -> bool {
        self.chosen > 0
    }

    /// Whether it is the files' size that will not do.
    pub(super) fn is_too_large(&self, state: &PortalState) -> bool {
        self.octets > state.settings.limits.reply_octets
    }
}

/// The first `keep` octets of a field, and how many it has.
async fn take(mut field: Field<'_>, keep: usize, rest: &mut u64) -> Result<(Bytes, u64), Fault> {
    let (mut kept, mut whole) = (BytesMut::new(), 0_u64);
    while let Some(chunk) = field.chunk().await.map_err(|e| unread(e.status()))? {
        let size = chunk.len() as u64;
        *rest = rest.checked_sub(size).ok_or_else(Fault::too_large)?;
        whole += size;
        let room = keep.saturating_sub(kept.len()).min(chunk.len());
        kept.extend_from_slice(&chunk[..room]);
    }
    Ok((kept.freeze(), whole))
}

fn unread(status: StatusCode) -> Fault {
    if status == StatusCode::PAYLOAD_TOO_LARGE { Fault::too_large() } else { Fault::unreadable() }
}

/// A safe name, and the type if it is one.
fn described(field: &Field<'_>, index: usize) -> (String, String) {
    let name = field.file_name().and_then(intake::safe_file_name);
    let kind = field.content_type().map(str::to_ascii_lowercase).filter(|kind| is_media_type(kind));
    (
        name.unwrap_or_else(|| format!("file-{}", index + 1)),
        kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
    )
}

/// `type/subtype`, without parameters (RFC 6838 §4.2).
pub(super) fn is_media_type(kind: &str) -> bool {
    let plain = |part: &str| {
        (1..=127).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&c))
    };
    kind.split_once('/').is_some_and(|(kind, subtype)| plain(kind) && plain(subtype))
}

/// LF alone ends a line; of control characters only it and TAB remain.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_plain() {
        assert_eq!(plain("a\r\nb\rc\0\u{1b}[31m\td\u{85}"), "a\nb\nc[31m\td");
    }

    #[test]
    fn a_media_type_is_no_header_field() {
        assert!(is_media_type("application/vnd.oasis.opendocument.text"));
        for bad in ["", "text", "text/", "text/plain; charset=x", "text/pl\r\nain", "a/b/c"] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }
}
