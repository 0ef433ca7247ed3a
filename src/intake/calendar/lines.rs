//! Content lines (RFC 5545 §3.1): folds undone, name, parameters and value apart.

/// Lines that are read.
const LINES: usize = 10_000;
/// Parameters of one line.
const PARAMETERS: usize = 30;

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Property {
    /// Upper case, without the group that cards may have.
    pub(super) name: String,
    /// Names in upper case, quotation marks taken off.
    parameters: Vec<(String, String)>,
    /// As written.
    pub(super) value: String,
}

impl Property {
    /// A parameter's value; the name in upper case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    fn of(line: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let (mut from, mut quoted, mut value) = (0, false, None);
        for (at, c) in line.char_indices() {
            match c {
                '"' => quoted = !quoted,
                ';' | ':' if !quoted => {
                    pieces.push(line.get(from..at)?);
                    from = at + 1;
                    if c == ':' {
                        value = line.get(from..);
                        break;
                    }
                }
                _ => {}
            }
        }
        let (name, parameters) = pieces.split_first()?;
        let name = name.rsplit('.').next()?.trim().to_ascii_uppercase();
        let parameter = |piece: &&str| {
            let (name, value) = piece.split_once('=')?;
            Some((name.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned()))
        };
        let parameters = parameters.iter().take(PARAMETERS).filter_map(parameter).collect();
        Some(Self { name, parameters, value: value?.to_owned() })
    }
}

/// Every line that has the form of one.
pub(super) fn properties(text: &str) -> Vec<Property> {
    let mut found = Vec::new();
    let mut whole = String::new();
    for line in text.split('\n').take(LINES).map(|line| line.strip_suffix('\r').unwrap_or(line)) {
        match line.strip_prefix([' ', '\t']) {
            Some(more) => whole.push_str(more),
            None => found.extend(Property::of(&std::mem::replace(&mut whole, line.to_owned()))),
        }
    }
    found.extend(Property::of(&whole));
    found
}

/// TEXT (§3.3.11), its escapes undone.
pub(super) fn unescaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut escaped = false;
    for c in value.chars() {
        match c {
            'n' | 'N' if escaped => out.push('\n'),
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            c => out.push(c),
        }
        escaped = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_apart() {
        let read = properties("ATTENDEE;CN=\"A; B: C\";role=CHAIR:mailto:a@b\r\nX\r\n  :y\r\nitem1.FN:z\r\nno\r\n");
        assert_eq!(read[0].name, "ATTENDEE");
        assert_eq!((read[0].parameter("CN"), read[0].parameter("ROLE")), (Some("A; B: C"), Some("CHAIR")));
        assert_eq!(read[0].value, "mailto:a@b");
        let rest: Vec<_> = read[1..].iter().map(|p| (&*p.name, &*p.value)).collect();
        assert_eq!(rest, [("X", "y"), ("FN", "z")]);
        assert_eq!(unescaped("a\\, b\\;\\nc\\\\n \\x\\"), "a, b;\nc\\n x");
    }
}
