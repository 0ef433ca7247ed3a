//! What an authority asks by HTTP, and what it must be answered (RFC 8555 §8.3).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The answers to challenges that are open. Clones are the same.
#[derive(Clone, Default)]
pub struct Answers(Arc<Mutex<HashMap<String, String>>>);

impl Answers {
    /// To `GET /.well-known/acme-challenge/{token}`; `None`: nobody asked us to prove that.
    #[must_use]
    pub fn get(&self, token: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    /// Answers this until the value is dropped.
    pub(super) fn open(&self, token: &str, answer: &str) -> Open {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned(), answer.to_owned());
        Open { answers: self.clone(), token: token.to_owned() }
    }
}

/// An answer that is being given.
pub(super) struct Open {
    answers: Answers,
    token: String,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.answers.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_while_it_is_asked_for() {
        let answers = Answers::default();
        let open = answers.open("token", "token.thumbprint");
        assert_eq!(answers.clone().get("token").as_deref(), Some("token.thumbprint"));
        assert_eq!(answers.get("other"), None);
        drop(open);
        assert_eq!(answers.get("token"), None);
    }
}
