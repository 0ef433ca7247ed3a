//! Colours, and how they are read: contrast as in WCAG 2.2, and the same contrast on a dark ground.

use std::sync::LazyLock;

/// sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) [u8; 3]);

/// The page's own, in its light look.
pub(super) const GROUND: Colour = Colour([255, 255, 255]);
pub(super) const INK: Colour = Colour([0x14, 0x20, 0x2b]);
pub(super) const LINK: Colour = Colour([0x0b, 0x4f, 0x91]);
/// The page's ground in its dark look.
const DARK: Colour = Colour([0x10, 0x16, 0x1d]);
/// Luminance below which a ground is dark: letters as dark as the page's cannot be read on it.
const STAYS: f64 = 0.2;
/// The least that text may have against its ground (WCAG 2.2, 1.4.3).
const READABLE: f64 = 4.5;
/// Of a colour and its dark counterpart, each with .05 added: so white becomes the page's dark ground #10161d.
const PRODUCT: f64 = 1.05 * 0.0581;

/// Linear light of each value of a channel.
static LINEAR: LazyLock<[f64; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let c = f64::from(u8::try_from(value).unwrap_or(u8::MAX)) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    })
});

const NAMES: &[(&str, u32)] = &[
    ("aqua", 0x00_ffff),
    ("beige", 0xf5_f5dc),
    ("black", 0),
    ("blue", 0x00_00ff),
    ("brown", 0xa5_2a2a),
    ("crimson", 0xdc_143c),
    ("cyan", 0x00_ffff),
    ("darkblue", 0x00_008b),
    ("darkgray", 0xa9_a9a9),
    ("darkgreen", 0x00_6400),
    ("darkgrey", 0xa9_a9a9),
    ("darkred", 0x8b_0000),
    ("dimgray", 0x69_6969),
    ("dimgrey", 0x69_6969),
    ("firebrick", 0xb2_2222),
    ("fuchsia", 0xff_00ff),
    ("gold", 0xff_d700),
    ("gray", 0x80_8080),
    ("green", 0x00_8000),
    ("grey", 0x80_8080),
    ("ivory", 0xff_fff0),
    ("lightblue", 0xad_d8e6),
    ("lightgray", 0xd3_d3d3),
    ("lightgreen", 0x90_ee90),
    ("lightgrey", 0xd3_d3d3),
    ("lightyellow", 0xff_ffe0),
    ("lime", 0x00_ff00),
    ("magenta", 0xff_00ff),
    ("maroon", 0x80_0000),
    ("midnightblue", 0x19_1970),
    ("navy", 0x00_0080),
    ("olive", 0x80_8000),
    ("orange", 0xff_a500),
    ("orangered", 0xff_4500),
    ("pink", 0xff_c0cb),
    ("purple", 0x80_0080),
    ("red", 0xff_0000),
    ("royalblue", 0x41_69e1),
    ("silver", 0xc0_c0c0),
    ("skyblue", 0x87_ceeb),
    ("steelblue", 0x46_82b4),
    ("teal", 0x00_8080),
    ("violet", 0xee_82ee),
    ("white", 0xff_ffff),
    ("whitesmoke", 0xf5_f5f5),
    ("yellow", 0xff_ff00),
];

impl Colour {
    /// A colour of CSS: a name, `#…`, `rgb(…)`. What shines through is taken to lie on white; `None` for what is none,
    /// or lets everything through.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(hex) = text.strip_prefix('#') {
            return Self::hex(hex);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(inner) = lower.strip_prefix("rgba(").or_else(|| lower.strip_prefix("rgb(")) {
            return Self::rgb(inner.strip_suffix(')')?);
        }
        let at = NAMES.binary_search_by(|(name, _)| (*name).cmp(&*lower)).ok()?;
        let [_, r, g, b] = NAMES.get(at)?.1.to_be_bytes();
        Some(Self([r, g, b]))
    }

    /// As `bgcolor` has it, where the `#` may lack.
    pub(super) fn of_attribute(text: &str) -> Option<Self> {
        let bare = text.trim();
        Self::parse(bare).or_else(|| (bare.len() == 6).then(|| Self::hex(bare))?)
    }

    fn hex(hex: &str) -> Option<Self> {
        let digits: Option<Vec<u8>> = hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
        let digits = digits?;
        let channels: Vec<u8> = match digits.len() {
            3 | 4 => digits.iter().map(|digit| digit * 17).collect(),
            6 | 8 => digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |all, digit| all * 16 + digit)).collect(),
            _ => return None,
        };
        let (rgb, alpha) = channels.split_first_chunk::<3>()?;
        Self(*rgb).over_white(alpha.first().copied().unwrap_or(255))
    }

    fn rgb(inner: &str) -> Option<Self> {
        let mut values = inner.split([',', ' ', '/']).filter(|v| !v.is_empty());
        let mut rgb = [0; 3];
        for channel in &mut rgb {
            *channel = share(values.next()?, 255)?;
        }
        Self(rgb).over_white(values.next().map_or(Some(255), |alpha| share(alpha, 1))?)
    }

    fn over_white(self, alpha: u8) -> Option<Self> {
        (alpha > 0).then(|| self.mixed(GROUND, 256 - u32::from(alpha) - u32::from(alpha > 127)))
    }

    /// This colour with `share` of 256 parts of another.
    fn mixed(self, other: Self, share: u32) -> Self {
        let mut out = self;
        for (channel, towards) in out.0.iter_mut().zip(other.0) {
            let sum = u32::from(*channel) * (256 - share.min(256)) + u32::from(towards) * share.min(256);
            *channel = u8::try_from(sum / 256).unwrap_or(u8::MAX);
        }
        out
    }

    /// Relative luminance: 0 black, 1 white.
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|c| LINEAR[usize::from(c)]);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// From 1 to 21.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    /// Lighter or darker, until it has this luminance.
    fn with_luminance(self, wanted: f64) -> Self {
        let lighter = self.luminance() < wanted;
        let towards = if lighter { GROUND } else { Self([0; 3]) };
        let (mut low, mut high) = (0, 256);
        while low < high {
            let middle = u32::midpoint(low, high);
            let reached = self.mixed(towards, middle).luminance();
            if (lighter && reached >= wanted) || (!lighter && reached <= wanted) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        self.mixed(towards, low)
    }

    /// Whether it stays as it is on a dark page: a dark ground, with the letters on it.
    pub(super) fn stays_dark(self) -> bool {
        self.luminance() < STAYS
    }

    /// The counterpart on a dark page. Two colours keep the contrast that they have, up to what white allows.
    pub(super) fn dark(self) -> Self {
        if self == GROUND {
            return DARK;
        }
        self.with_luminance((PRODUCT / (self.luminance() + 0.05) - 0.05).clamp(0.0, 1.0))
    }

    /// The colour, or the nearest that can be read on this ground.
    pub(super) fn readable_on(self, ground: Self) -> Self {
        if self.contrast(ground) >= READABLE {
            return self;
        }
        let light = ground.luminance() + 0.05;
        let (above, below) = (light * (READABLE + 0.1) - 0.05, light / (READABLE + 0.1) - 0.05);
        self.with_luminance(if below >= 0.0 { below } else { above.min(1.0) })
    }

    /// `#14202b`.
    pub(super) fn written(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}

/// A number of at most `whole`, or per cent, as a share of 255.
fn share(text: &str, whole: u16) -> Option<u8> {
    let (number, whole) = match text.strip_suffix('%') {
        Some(number) => (number, 100.0),
        None => (text, f64::from(whole)),
    };
    let number: f64 = number.parse().ok().filter(|n: &f64| n.is_finite())?;
    let wanted = (number / whole * 255.0).clamp(0.0, 255.0);
    (0..=u8::MAX).rev().find(|value| f64::from(*value) <= wanted + 0.5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_are_read() {
        for (text, colour) in [
            ("#FFF", "#ffffff"),
            ("#0563C1", "#0563c1"),
            ("Navy", "#000080"),
            ("rgb(1, 2, 3)", "#010203"),
            ("rgb(100% 0% 0%)", "#ff0000"),
            ("rgba(0,0,0,.5)", "#7e7e7e"),
            ("#0000", ""),
            ("transparent", ""),
            ("rgba(0,0,0,0)", ""),
            ("url(x)", ""),
            ("#ggg", ""),
            ("windowtext", ""),
        ] {
            assert_eq!(Colour::parse(text).map(Colour::written).unwrap_or_default(), colour, "{text}");
        }
        assert_eq!(Colour::of_attribute("ff0000").map(Colour::written).as_deref(), Some("#ff0000"));
    }

    #[test]
    fn the_dark_page_is_the_light_one_turned() {
        assert!(GROUND.dark().luminance() < 0.01 && INK.dark().luminance() > 0.8);
        assert!((GROUND.dark().luminance() + 0.05 - PRODUCT / 1.05).abs() < 0.001);
        assert!(Colour([0, 0, 0xbf]).stays_dark() && INK.contrast(Colour([0x7c; 3])) < READABLE);
    }

    fn any_colour() -> impl Strategy<Value = Colour> {
        any::<[u8; 3]>().prop_map(Colour)
    }

    proptest! {
        #[test]
        fn what_is_made_readable_is(text in any_colour(), ground in any_colour()) {
            let made = text.readable_on(ground);
            prop_assert!(made.contrast(ground) >= 4.4, "{} on {}", made.written(), ground.written());
        }

        #[test]
        fn what_can_be_read_can_be_read_in_the_dark(text in any_colour(), ground in any_colour()) {
            let kept = text.contrast(ground).min(17.0) * 0.8;
            prop_assert!(text.dark().contrast(ground.dark()) >= kept, "{} on {}", text.written(), ground.written());
        }

        #[test]
        fn any_text_is_a_colour_or_none(text in "#?[0-9a-f(),.% rgb-]{0,20}") {
            let _ = Colour::parse(&text);
        }
    }
}
