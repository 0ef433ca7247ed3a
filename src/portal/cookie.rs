//! Cookies (RFC 6265), and the percent signs of URLs and header fields.

use axum::http::{HeaderMap, HeaderValue, header};

/// The value of the first cookie of this name.
#[must_use]
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok()).flat_map(|f| f.split(';')).find_map(
        |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        },
    )
}

/// How long a cookie is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Keep {
    /// Until the browser is closed.
    Session,
    /// For a year.
    Year,
    /// No longer.
    Gone,
}

/// `Set-Cookie`: never readable by scripts, sent back to this site alone. The value is ours: a secret of letters and
/// digits, or a language's tag.
pub(super) fn set(name: &str, value: &str, keep: Keep, secure: bool) -> Option<HeaderValue> {
    let age = match keep {
        Keep::Session => "",
        Keep::Year => "; Max-Age=31536000",
        Keep::Gone => "; Max-Age=0",
    };
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")).ok()
}

/// Every octet but `unreserved` (RFC 3986 §2.3) as percent sign and hex: good in a query and as `ext-value` of
/// RFC 8187.
pub(super) fn percent(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, octet| {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "%{octet:02X}");
        }
        out
    })
}

/// The path on this site that a form wants to come back to, else the front page.
pub(super) fn local_path(wanted: Option<&str>) -> &str {
    match wanted {
        // `//host` and `/\host` lead elsewhere.
        Some(path)
            if path.starts_with('/')
                && !path.starts_with("//")
                && !path.contains('\\')
                && path.bytes().all(|c| c.is_ascii_graphic()) =>
        {
            path
        }
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_on_this_site() {
        for away in ["//x.example", "/\\x.example", "https://x.example", "", "messages", "/a\r\nb", "/å"] {
            assert_eq!(local_path(Some(away)), "/", "{away}");
        }
        assert_eq!(local_path(Some("/messages?before=1")), "/messages?before=1");
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("xname=1; name=2;name=3"));
        assert_eq!(value(&headers, "name"), Some("2"));
        assert_eq!(value(&headers, "nam"), None);
    }

    #[test]
    fn what_is_not_plain_becomes_percent_signs() {
        assert_eq!(percent("å b.txt"), "%C3%A5%20b.txt");
    }
}
