//! Letters that are pictures in the fonts Symbol and Wingdings, in which Outlook writes bullets, arrows and smileys. No
//! telephone has these fonts.

/// The pictures as Unicode has them; other letters as they are.
pub(super) fn readable(text: &str) -> String {
    text.chars().map(|c| picture(c).unwrap_or(c)).collect()
}

/// The picture that a letter is.
pub(super) fn picture(c: char) -> Option<char> {
    // Word writes them in a private area too.
    let low = u32::from(c);
    let c = if (0xf020..=0xf0ff).contains(&low) { char::from_u32(low - 0xf000)? } else { c };
    Some(match c {
        '·' | 'l' => '•',
        'J' => '☺',
        'K' => '😐',
        'L' => '☹',
        'n' => '■',
        'o' | '¨' | 'q' => '□',
        'u' => '◆',
        'v' => '❖',
        'x' => '☒',
        'þ' => '☑',
        'ü' => '✓',
        'û' => '✗',
        '§' => '▪',
        'Ø' => '➢',
        'à' | 'è' => '→',
        'ß' => '←',
        '(' => '☎',
        '*' => '✉',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn bullets_and_smileys() {
        assert_eq!(super::readable("·\u{a0}"), "•\u{a0}");
        assert_eq!(super::readable("J \u{f0a7}ü"), "☺ ▪✓");
    }
}
