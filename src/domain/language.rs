//! The three languages of everything that a person reads.

use std::fmt;
use std::str::FromStr;

/// Swedish, Finnish or English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Svenska.
    Sv,
    /// Suomi.
    Fi,
    /// English.
    #[default]
    En,
}

impl Language {
    /// All three, in the order in which pages offer them.
    pub const ALL: [Self; 3] = [Self::Sv, Self::Fi, Self::En];

    /// The tag of BCP 47: `sv`, `fi`, `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Sv => "sv",
            Self::Fi => "fi",
            Self::En => "en",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The text names no language that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a language is sv, fi or en")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|l| l.tag() == text).ok_or(UnknownLanguage)
    }
}

/// A text in three languages. English stands in where one is missing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// Svenska.
    pub sv: Option<String>,
    /// Suomi.
    pub fi: Option<String>,
    /// English.
    pub en: Option<String>,
}

impl Names {
    /// The text in this language, else in English, else in whichever there is; empty when there is none.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        let own = match language {
            Language::Sv => &self.sv,
            Language::Fi => &self.fi,
            Language::En => &self.en,
        };
        [own, &self.en, &self.sv, &self.fi].into_iter().find_map(Option::as_deref).unwrap_or_default()
    }
}
