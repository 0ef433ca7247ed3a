//! Where a link leads, said so that a person can read it.

use ammonia::Url;

use crate::intake::fields::turns_direction;

/// A link that may be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Its address: `http`, `https` or `mailto`.
    pub(super) href: String,
    /// Whose it is: a host, or the address that is written to.
    pub(super) target: String,
    mail: bool,
}

impl Link {
    /// `None` for what leads nowhere outside: other schemes, and addresses without one.
    pub(super) fn of(href: &str) -> Option<Self> {
        let mut url = Url::parse(href.trim()).ok()?;
        match url.scheme() {
            "mailto" => {
                // Only whom and what about: no hidden copies, no files, no words put in somebody's mouth.
                let subject = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("subject"));
                let subject = subject.map(|(_, value)| value.into_owned());
                url.set_fragment(None);
                url.set_query(None);
                if let Some(subject) = subject {
                    // `+` is no space here (RFC 6068 §5).
                    let query =
                        url.query_pairs_mut().append_pair("subject", &subject).finish().query().map(str::to_owned);
                    url.set_query(query.map(|query| query.replace('+', "%20")).as_deref());
                }
                let target = percent_decoded(url.path());
                let target = target.trim();
                let fine = target.contains('@') && !target.chars().any(|c| c.is_control() || turns_direction(c));
                fine.then(|| Self { href: url.to_string(), target: target.to_owned(), mail: true })
            }
            "http" | "https" => {
                // `https://hel.example@evil.example/` looks like what it is not.
                url.set_username("").ok()?;
                url.set_password(None).ok()?;
                let target = readable(url.host_str()?);
                Some(Self { href: url.to_string(), target, mail: false })
            }
            _ => None,
        }
    }

    /// Whether these words already say where the link leads.
    pub(super) fn is_said_by(&self, words: &str) -> bool {
        if self.mail {
            return words.to_lowercase().contains(&self.target.to_lowercase());
        }
        let mut hosts = hosts(words).peekable();
        hosts.peek().is_some() && hosts.all(|host| without_www(&host) == without_www(&self.target))
    }

    /// Whether these words say that the link leads elsewhere.
    pub(super) fn is_disguised_by(&self, words: &str) -> bool {
        let target = without_www(&self.target);
        let other = |host: &str| {
            let host = without_www(host);
            host != target && !target.ends_with(&format!(".{host}"))
        };
        !self.mail && hosts(words).any(|host| other(&host))
    }

    /// Whether these words are the link's whole address.
    pub(super) fn is_spelt_by(&self, words: &str) -> bool {
        let bare = |text: &str| {
            let text = text.trim().trim_end_matches('/').to_lowercase();
            ["https://", "http://", "mailto:"].iter().find_map(|s| text.strip_prefix(s)).unwrap_or(&text).to_owned()
        };
        bare(words) == bare(&self.href) || (self.mail && bare(words) == self.target.to_lowercase())
    }

    /// As it stands in a text.
    pub(super) fn in_text(&self) -> &str {
        if self.mail { &self.target } else { &self.href }
    }
}

/// The host in letters that cannot be mistaken: those of western and northern Europe; others stay in their ASCII form.
fn readable(host: &str) -> String {
    if !host.contains("xn--") {
        return host.to_owned();
    }
    let (shown, fine) = idna::domain_to_unicode(host);
    let plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.' | 'ß'..='ö' | 'ø'..='ÿ');
    if fine.is_ok() && shown.chars().all(plain) { shown } else { host.to_owned() }
}

fn without_www(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// What looks like a host in these words.
fn hosts(words: &str) -> impl Iterator<Item = String> {
    words.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '"' | ',' | ';' | '|')).filter_map(
        |word| {
            let (scheme, rest) = word.split_once("://").map_or((false, word), |(_, rest)| (true, rest));
            let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric());
            let host = host.to_lowercase();
            let (name, top) = host.rsplit_once('.').unwrap_or(("", &host));
            let label = |label: &str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
            let top = top.len() >= 2 && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
            (scheme && !host.is_empty() || (top && !name.is_empty() && host.split('.').all(label))).then(|| {
                // Compared in the form in which the target is shown.
                idna::domain_to_ascii(&host).map(|ascii| readable(&ascii)).unwrap_or(host)
            })
        },
    )
}

fn percent_decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|c| char::from(*c).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (first, digit(0), digit(1)) {
            octets.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
            rest = tail.get(2..).unwrap_or_default();
        } else {
            octets.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// The Content-ID in `cid:…` (RFC 2392), percent-encoding undone.
pub(super) fn content_id(url: &str) -> Option<String> {
    let url = url.trim();
    let (scheme, id) = (url.get(..4)?, url.get(4..)?);
    scheme.eq_ignore_ascii_case("cid:").then(|| percent_decoded(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_say_where_they_lead() {
        for (href, target, kept) in [
            ("https://www.hel.example/a?b=1#c", "www.hel.example", "https://www.hel.example/a?b=1#c"),
            (" HTTP://Hel.Example ", "hel.example", "http://hel.example/"),
            ("https://hel.example@evil.example/", "evil.example", "https://evil.example/"),
            ("https://hel.example:x@evil.example/", "evil.example", "https://evil.example/"),
            ("https://xn--80ak6aa92e.example/", "xn--80ak6aa92e.example", "https://xn--80ak6aa92e.example/"),
            ("https://työ.example/", "työ.example", "https://xn--ty-gka.example/"),
            // Cyrillic а and е.
            ("https://h\u{435}l.example/", "xn--hl-nlc.example", "https://xn--hl-nlc.example/"),
            (
                "mailto:a%40b.example?subject=x+y%20z&bcc=evil@evil.example&body=x",
                "a@b.example",
                "mailto:a%40b.example?subject=x%20y%20z",
            ),
        ] {
            let link = Link::of(href).unwrap();
            assert_eq!((&*link.target, &*link.href), (target, kept), "{href}");
        }
        for href in [
            "/x",
            "//a.example",
            "cid:a@b",
            "ftp://a.example",
            "\u{1}javascript:x",
            "#x",
            "data:text/html,x",
            "mailto:",
            "mailto:\u{202e}a@b",
        ] {
            assert_eq!(Link::of(href), None, "{href}");
        }
    }

    #[test]
    fn words_that_say_something_else_are_seen() {
        let link = Link::of("https://evil.example/hel.example").unwrap();
        for words in [
            "hel.example",
            "https://www.hel.example/login",
            "Gå till www.hel.example nu",
            "https://hel.example",
            "h\u{435}l.example",
        ] {
            assert!(link.is_disguised_by(words) && !link.is_said_by(words), "{words}");
        }
        for words in ["evil.example", "https://www.evil.example/x", "Läs mer", "1.2.2026", "kl. 9.12", "", "example"] {
            assert!(!link.is_disguised_by(words), "{words}");
        }
        assert!(link.is_said_by("www.evil.example") && !link.is_said_by("Läs mer"));
        let deeper = Link::of("https://asiointi.hel.example/").unwrap();
        assert!(!deeper.is_disguised_by("hel.example") && !deeper.is_said_by("hel.example"));
        assert!(Link::of("https://hel.example/").unwrap().is_disguised_by("evilhel.example"));
        let mail = Link::of("mailto:kirsi@hel.example").unwrap();
        assert!(
            mail.is_said_by("Kirsi@hel.example") && !mail.is_said_by("Kirsi") && mail.is_spelt_by("kirsi@hel.example")
        );
        assert!(Link::of("https://hel.example/a").unwrap().is_spelt_by("hel.example/a"));
    }

    #[test]
    fn content_ids() {
        assert_eq!(content_id("cid:a%40b").as_deref(), Some("a@b"));
        assert_eq!(content_id(" CID:a%4").as_deref(), Some("a%4"));
        assert_eq!(content_id("https://a"), None);
        assert_eq!(content_id("å"), None);
    }
}
