//! What people read, in Swedish, Finnish and English: `src/texts/<language>/<where>.ftl` (Project Fluent), compiled in.
//! Every key stands in all three languages, with the same arguments; a test holds that.
//!
//! ```ftl
//! too-large = The message is { $size }; { $limit } is the most that is taken.
//! ```

use std::collections::HashMap;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::domain::language::Language;

macro_rules! sources {
    ($tag:literal) => {
        concat!(
            include_str!(concat!($tag, "/smtp.ftl")),
            "\n",
            include_str!(concat!($tag, "/mail.ftl")),
            "\n",
            include_str!(concat!($tag, "/portal.ftl")),
        )
    };
}

fn source(language: Language) -> &'static str {
    match language {
        Language::Sv => sources!("sv"),
        Language::Fi => sources!("fi"),
        Language::En => sources!("en"),
    }
}

static BUNDLES: LazyLock<HashMap<Language, FluentBundle<FluentResource>>> =
    LazyLock::new(|| Language::ALL.into_iter().map(|language| (language, bundle(language))).collect());

/// What Fluent can read of a file is used; the test below sees to it that this is all of it.
fn bundle(language: Language) -> FluentBundle<FluentResource> {
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(partial, _)| partial);
    let tag = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolating marks are for mixed scripts in HTML; our texts also go into plain mail and SMTP.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The text of a key, its arguments put in. Numbers given as text stay text; give [`FluentValue`]s from numbers where
/// the text has plurals. A key that does not exist gives the key itself.
#[must_use]
pub fn text(language: Language, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
    let Some(bundle) = BUNDLES.get(&language) else { return key.to_owned() };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
    let args: FluentArgs<'_> = args.iter().map(|(name, value)| (*name, value.clone())).collect();
    bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Key → the names of its arguments, as they stand in the source.
    fn keys(language: Language) -> BTreeMap<String, Vec<String>> {
        FluentResource::try_new(source(language).to_owned())
            .unwrap_or_else(|(_, faults)| panic!("{language}: {faults:?}"));
        let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in source(language).lines().filter(|l| !l.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '\t', '}'])) {
                current = key.to_owned();
                assert!(keys.insert(current.clone(), Vec::new()).is_none(), "{language}: {key} stands twice");
            }
            for argument in line.split('$').skip(1) {
                let name: String = argument.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
                let names = keys.entry(current.clone()).or_default();
                if !names.contains(&name) {
                    names.push(name);
                    names.sort();
                }
            }
        }
        keys
    }

    #[test]
    fn all_languages_say_the_same() {
        assert_eq!(keys(Language::Sv), keys(Language::En));
        assert_eq!(keys(Language::Fi), keys(Language::En));
    }
}
