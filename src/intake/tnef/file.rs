//! An attachment of TNEF: what it is, and the fields that say so.

use std::fmt::Write;

use super::entity::{is_token, parameter};
use super::letter::{File, names};
use super::property::Value;
use super::stream::SIGNATURE;

/// `PidTagAttachMethod` (MS-OXCMSG §2.2.2.9): not sent along.
const ELSEWHERE: [i64; 4] = [2, 3, 4, 7];
/// `PidTagAttachEncoding` of what is `MacBinary` (MS-OXCMSG §2.2.2.20).
const MAC_BINARY: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x14, 0x03, 0x0B, 0x01];

/// What an attachment is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content<'t> {
    Octets(&'t [u8]),
    /// TNEF.
    Message(&'t [u8]),
    /// It was not sent along; it lies there.
    Elsewhere(String),
    Nothing,
}

/// Finds it.
pub(super) fn content<'t>(file: &File<'t>) -> Content<'t> {
    let properties = &file.properties;
    if let Some((_, octets)) = properties.object(names::ATTACH_DATA) {
        if octets.starts_with(&SIGNATURE) {
            return Content::Message(octets);
        }
        if !octets.is_empty() {
            return Content::Octets(octets);
        }
    }
    let data = file.data.filter(|data| !data.is_empty()).or_else(|| match properties.get(names::ATTACH_DATA) {
        Some(Value::Binary(octets)) => Some(octets),
        _ => None,
    });
    let place = properties.line(names::ATTACH_LONG_PATH).or_else(|| properties.line(names::ATTACH_PATH));
    let method = properties.number(names::ATTACH_METHOD);
    match (data.or(file.data), place) {
        (None | Some([]), Some(place)) if method.is_none_or(|method| ELSEWHERE.contains(&method)) => {
            Content::Elsewhere(place)
        }
        (Some(octets), _) if properties.binary(names::ATTACH_ENCODING) == Some(MAC_BINARY) => {
            Content::Octets(data_fork(octets).unwrap_or(octets))
        }
        (Some(octets), _) => Content::Octets(octets),
        // Of an object that was lost its picture is better than nothing.
        (None, _) => file.picture.map_or(Content::Nothing, Content::Octets),
    }
}

/// The file in `MacBinary`: behind 128 octets of header, that many.
fn data_fork(octets: &[u8]) -> Option<&[u8]> {
    let (header, rest) = octets.split_at_checked(128)?;
    let length = header.get(83..87)?.first_chunk().map(|length| u32::from_be_bytes(*length))?;
    let named = header.get(1).is_some_and(|length| (1..64).contains(length));
    (header.first() == Some(&0) && named).then(|| rest.get(..usize::try_from(length).ok()?)).flatten()
}

/// Content-ID without brackets.
pub(super) fn content_id(file: &File<'_>) -> Option<String> {
    let id = file.properties.line(names::ATTACH_CONTENT_ID)?;
    let id = id.trim_matches(['<', '>']);
    is_token(id).then(|| id.to_owned())
}

/// The fields of its part.
pub(super) fn fields(file: &File<'_>, name: Option<&str>) -> String {
    let said = file.properties.line(names::ATTACH_TYPE).map(|said| said.to_ascii_lowercase());
    let media_type = match said.filter(|said| may_be(said)) {
        Some(said) => said,
        None => by_name(name.unwrap_or_default()).to_owned(),
    };
    let id = content_id(file);
    let disposition = if id.is_some() { "inline" } else { "attachment" };
    let mut fields = format!("Content-Type: {media_type}\r\nContent-Disposition: {disposition}");
    fields.push_str(&name.map(|name| parameter("filename", name)).unwrap_or_default());
    fields.push_str("\r\n");
    if let Some(id) = id {
        let _ = write!(fields, "Content-ID: <{id}>\r\n");
    }
    if let Some(place) = file.properties.line(names::ATTACH_LOCATION)
        && is_token(&place)
    {
        let _ = write!(fields, "Content-Location: {place}\r\n");
    }
    fields
}

/// Whether a part may say that it is this. A multipart would be taken apart, and octets that nobody described are better
/// described by their name.
fn may_be(said: &str) -> bool {
    let token = |text: &str| {
        (1..=100).contains(&text.len()) && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&c))
    };
    let Some((kind, subtype)) = said.split_once('/') else { return false };
    token(kind)
        && token(subtype)
        && kind != "multipart"
        && (kind != "message" || subtype == "rfc822")
        && said != "application/octet-stream"
}

/// The media type that a file's name tells of.
fn by_name(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match &*extension {
        "asice" => "application/vnd.etsi.asic-e+zip",
        "bmp" => "image/bmp",
        "csv" => "text/csv",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "eml" => "message/rfc822",
        "gif" => "image/gif",
        "htm" | "html" => "text/html",
        "ics" => "text/calendar",
        "jpeg" | "jpg" => "image/jpeg",
        "json" => "application/json",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "msg" => "application/vnd.ms-outlook",
        "odt" => "application/vnd.oasis.opendocument.text",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "rtf" => "application/rtf",
        "svg" => "image/svg+xml",
        "tif" | "tiff" => "image/tiff",
        "txt" => "text/plain",
        "vcf" => "text/vcard",
        "wmf" => "image/wmf",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
