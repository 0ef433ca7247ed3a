//! A message's seal in plain words: what its signature is worth, who signed, who vouches, what is wrong with it.

use super::view::SealView;
use super::words::Words;
use crate::domain::record::Content;
use crate::domain::seal::{Signature, SignatureProblem, SignatureState, Voucher};

/// What is said of the message's seal; `None`: it had none. `office`: by the name shown.
pub(super) fn view(words: &Words, content: &Content, office: &str) -> Option<SealView> {
    let encrypted = content.encryption.is_some().then(|| words.t("seal-encrypted"));
    let Some(signature) = &content.signature else {
        return encrypted.map(|headline| SealView { word: "encrypted", headline, lines: Vec::new() });
    };
    let mut lines = Vec::new();
    if let Some(signer) = signer(signature) {
        lines.push(match signature.state {
            // Of what does not hold, nobody has signed it.
            SignatureState::Invalid | SignatureState::Unreadable => words.one("seal-names", "signer", signer),
            _ => words.one("seal-signer", "signer", signer),
        });
    }
    match &signature.vouched {
        Some(Voucher::Root(name)) if !name.is_empty() => lines.push(words.one("seal-root", "name", name)),
        Some(Voucher::Office) => lines.push(words.one("seal-office", "office", office)),
        _ => {}
    }
    // The headline has said it.
    let said = [SignatureProblem::ContentChanged, SignatureProblem::SignatureWrong];
    let problems = signature.problems.iter().filter(|problem| !said.contains(problem));
    lines.extend(problems.map(|problem| words.t(&format!("seal-problem-{}", problem.word()))));
    if let Some(signed) = signature.signed {
        lines.push(words.one("seal-when", "when", words.moment(signed)));
    }
    lines.extend(encrypted);
    let headline = words.t(&format!("seal-{}", signature.state.word()));
    Some(SealView { word: signature.state.word(), headline, lines })
}

/// `Taina Mäkelä (taina.makela@hel.example)`.
fn signer(signature: &Signature) -> Option<String> {
    let person = signature.signer.as_ref()?;
    match (person.name.as_deref(), person.address.as_str()) {
        (None, "") => None,
        (Some(name), "") => Some(name.to_owned()),
        (None, address) => Some(address.to_owned()),
        (Some(name), address) => Some(format!("{name} ({address})")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::domain::language::Language;
    use crate::domain::record::Person;

    fn said(language: Language, signature: Option<Signature>) -> Option<SealView> {
        let words = Words::new(language, TimeZone::UTC, Timestamp::UNIX_EPOCH);
        view(&words, &Content { signature, ..Content::default() }, "Registry")
    }

    #[test]
    fn every_state_and_problem_has_words_in_every_language() {
        use SignatureProblem as P;
        use SignatureState as S;
        let problems = vec![
            P::UnknownIssuer,
            P::NotOfToday,
            P::WrongUse,
            P::OtherAddress,
            P::WeakDigest,
            P::WeakKey,
            P::NoCertificate,
            P::Unsupported,
            P::Malformed,
            P::ContentChanged,
            P::SignatureWrong,
        ];
        for language in Language::ALL {
            for state in [S::Valid, S::ValidUnknownSigner, S::Partial, S::OpenpgpUnchecked, S::Unreadable, S::Invalid] {
                let mut signature = Signature::plain(state, problems.clone());
                signature.signed = Some(Timestamp::UNIX_EPOCH);
                signature.vouched = Some(Voucher::Office);
                signature.signer = Some(Person { name: Some("Taina".into()), address: "t@hel.example".into() });
                let view = said(language, Some(signature)).unwrap();
                assert_eq!(view.lines.len(), problems.len() - 2 + 3);
                for line in view.lines.iter().chain([&view.headline]) {
                    assert!(!line.starts_with("seal-") && line.contains(' '), "{line}");
                }
                assert!(view.lines[0].contains("Taina (t@hel.example)"));
            }
        }
        assert!(said(Language::Sv, None).is_none());
    }
}
