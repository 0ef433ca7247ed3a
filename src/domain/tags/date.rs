//! Dates as clerks write them. What could be read in two ways is not read at all.

use jiff::civil::{Date, Weekday};

use super::words::folded;

/// Beginnings that tell the months apart, in Swedish, English and Finnish.
const MONTHS: [&[&str]; 12] = [
    &["januari", "january", "jan", "tammikuu"],
    &["februari", "february", "feb", "helmikuu"],
    &["mars", "march", "mar", "maaliskuu"],
    &["april", "apr", "huhtikuu"],
    &["maj", "may", "toukokuu"],
    &["juni", "june", "jun", "kesakuu"],
    &["juli", "july", "jul", "heinakuu"],
    &["augusti", "august", "aug", "elokuu"],
    &["september", "sept", "sep", "syyskuu"],
    &["oktober", "october", "okt", "oct", "lokakuu"],
    &["november", "nov", "marraskuu"],
    &["december", "dec", "joulukuu"],
];
const WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Monday, &["mandag", "man", "monday", "mon", "maanantai", "maanantaina", "ma"]),
    (Weekday::Tuesday, &["tisdag", "tis", "tuesday", "tue", "tiistai", "tiistaina", "ti"]),
    (Weekday::Wednesday, &["onsdag", "ons", "wednesday", "wed", "keskiviikko", "keskiviikkona", "ke"]),
    (Weekday::Thursday, &["torsdag", "tors", "tor", "thursday", "thu", "torstai", "torstaina", "to"]),
    (Weekday::Friday, &["fredag", "fre", "friday", "fri", "perjantai", "perjantaina", "pe"]),
    (Weekday::Saturday, &["lordag", "lor", "saturday", "sat", "lauantai", "lauantaina", "la"]),
    (Weekday::Sunday, &["sondag", "son", "sunday", "sun", "sunnuntai", "sunnuntaina", "su"]),
];

/// A date: `2026-12-31`, `31.12.2026`, `31/12/2026`, `31 december 2026`, `torstaina 31. joulukuuta 2026`,
/// `December 31, 2026`, `20261231`. A weekday in front must be the date's own. Without the year, or with two digits of
/// it, it is none; nor is `03/04/2026`, which is one day in London and another in New York.
pub(super) fn date(text: &str) -> Option<Date> {
    if text.len() > 60 {
        return None;
    }
    let text = folded(text);
    let tokens = tokens(&text)?;
    let (weekday, tokens) = match tokens.split_first() {
        Some((Token::Word(word, _), rest)) => match weekday(word) {
            Some(day) => (Some(day), rest),
            None => (None, &tokens[..]),
        },
        _ => (None, &tokens[..]),
    };
    let tokens = match tokens {
        [Token::Word("den" | "the" | "on", _), rest @ ..] => rest,
        all => all,
    };
    let found = match *tokens {
        [Token::Number(all, _)] if all.len() == 8 => civil(&all[..4], number(&all[4..6])?, &all[6..]),
        [Token::Number(a, first), Token::Number(b, second), Token::Number(c, _)] if first == second => {
            numbers(a, b, c, first)
        }
        [
            Token::Number(day, _),
            Token::Word("st" | "nd" | "rd" | "th" | "a" | "e", _),
            Token::Word(name, _),
            Token::Number(year, _),
        ]
        | [Token::Number(day, _), Token::Word(name, _), Token::Number(year, _)]
        | [Token::Word(name, _), Token::Number(day, _), Token::Number(year, _)] => civil(year, month(name)?, day),
        _ => None,
    }?;
    weekday.is_none_or(|day| found.weekday() == day).then_some(found)
}

fn numbers(a: &str, b: &str, c: &str, separator: char) -> Option<Date> {
    if a.len() == 4 {
        return civil(a, number(b)?, c);
    }
    let (day, month) = (number(a)?, number(b)?);
    let sure = separator == '.' || day > 12 || day == month;
    if sure { civil(c, month, a) } else { None }
}

/// Four digits of a year, a month, one or two digits of a day.
fn civil(year: &str, month: i8, day: &str) -> Option<Date> {
    let plain = year.len() == 4;
    let year = plain.then(|| year.parse::<i16>().ok())??;
    Date::new(year, month, number(day)?).ok()
}

/// A number of one or two digits.
fn number(digits: &str) -> Option<i8> {
    (1..=2).contains(&digits.len()).then(|| digits.parse().ok())?
}

#[derive(Debug, Clone, Copy)]
enum Token<'t> {
    /// Digits, and the mark behind them; a space where there is none.
    Number(&'t str, char),
    /// Letters likewise.
    Word(&'t str, char),
}

/// Numbers and words with what stands between them. `None`: something else is in it, or it is too long to be a date.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && tokens.len() < 8 {
        let digits = rest.starts_with(|c: char| c.is_ascii_digit());
        let inside = |c: char| if digits { c.is_ascii_digit() } else { c.is_ascii_lowercase() };
        let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
        let (token, behind) = rest.split_at(end);
        let next = behind.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | '/' | ','));
        let marks = &behind[..behind.len() - next.len()];
        // A number's mark may have spaces behind it, as in "31. 12. 2026"; two marks are no date.
        let mut marks = marks.chars().filter(|c| !c.is_whitespace());
        let mark = marks.next().unwrap_or(' ');
        if token.is_empty() || marks.next().is_some() {
            return None;
        }
        tokens.push(if digits { Token::Number(token, mark) } else { Token::Word(token, mark) });
        rest = next;
    }
    let ends = matches!(tokens.last(), Some(Token::Number(_, ' ' | '.') | Token::Word(_, ' ' | '.')));
    (rest.is_empty() && ends).then_some(tokens)
}

fn weekday(word: &str) -> Option<Weekday> {
    let names_it =
        |names: &[&str]| names.contains(&word) || word.strip_suffix("en").is_some_and(|w| names.contains(&w));
    WEEKDAYS.iter().find_map(|(day, names)| names_it(names).then_some(*day))
}

/// By its name; Finnish ones with an ending too: `joulukuuta`, `joulukuun`, `joulukuussa`.
fn month(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|names| {
        names.iter().any(|name| match word.strip_prefix(name) {
            Some("") => true,
            Some(ending) => name.ends_with("kuu") && matches!(ending, "ta" | "n" | "ssa"),
            None => false,
        })
    })?;
    i8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_day_in_many_forms() {
        let day = jiff::civil::date(2026, 12, 31);
        for text in [
            "2026-12-31",
            "2026.12.31",
            "2026/12/31",
            "20261231",
            "31.12.2026",
            "31. 12. 2026",
            "31/12/2026",
            "31-12-2026",
            "31 december 2026",
            "den 31 december 2026",
            "torsdag 31 december 2026",
            "torsdagen den 31 december 2026",
            "to-31-12-2026",
            "31. joulukuuta 2026",
            "torstaina 31. joulukuuta 2026",
            "to 31.12.2026",
            "31 December 2026",
            "Thursday, 31 December 2026",
            "31st December 2026",
            "December 31, 2026",
            "Dec 31 2026",
            "31 dec. 2026",
            "31-DEC-2026",
        ] {
            assert_eq!(date(text), Some(day), "{text}");
        }
        assert_eq!(date("1.2.2027"), Some(jiff::civil::date(2027, 2, 1)));
        assert_eq!(date("2027-2-1"), Some(jiff::civil::date(2027, 2, 1)));
        assert_eq!(date("5/5/2027"), Some(jiff::civil::date(2027, 5, 5)));
        assert_eq!(date("29.2.2028"), Some(jiff::civil::date(2028, 2, 29)));
        assert_eq!(date("8 kesäkuun 2027"), Some(jiff::civil::date(2027, 6, 8)));
    }

    #[test]
    fn what_is_no_date_or_could_be_two() {
        for text in [
            "",
            "31.12.",
            "31.12",
            "31.12.26",
            "26-12-31",
            "12/31/2026",
            "03/04/2026",
            "3-4-2026",
            "2026-02-30",
            "30.2.2026",
            "2026-13-01",
            "31.4.2027",
            "2026-12",
            "2026",
            "31 december",
            "fredag 31 december 2026",
            "31 foobar 2026",
            "2026-12-31 kl. 16",
            "2026-12-31T10:00",
            "2026-12.31",
            "2026--12-31",
            "0000-00-00",
            "99999-12-31",
            "2026-12-31-",
            "imorgon",
            "tomorrow",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "(\\PC|[0-9]{1,4}|[-./, ]|december|torsdag|den ){0,12}") {
            let _ = date(&text);
        }

        #[test]
        fn every_day(year in 1900i16..2200, month in 1i8..=12, day in 1i8..=28) {
            let wanted = Some(jiff::civil::date(year, month, day));
            prop_assert_eq!(date(&format!("{year}-{month:02}-{day:02}")), wanted);
            prop_assert_eq!(date(&format!("{day}.{month}.{year}")), wanted);
            let slashed = date(&format!("{day}/{month}/{year}"));
            prop_assert_eq!(slashed, wanted.filter(|_| day > 12 || day == month));
            let names = &MONTHS[usize::try_from(month - 1).unwrap()];
            for name in *names {
                prop_assert_eq!(date(&format!("{day} {name} {year}")), wanted);
            }
        }
    }
}
