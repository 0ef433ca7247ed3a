//! What the page templates are given: everything in words already, nothing to decide but whether it is there.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::appointment::AppointmentView;
use super::assets::STYLE_PATH;
use super::body::Piece;
use super::fault::Fault;
use super::visitor::Visitor;
use super::words::Words;
use crate::domain::language::Language;

/// Around every page.
pub struct Frame {
    /// The words of the page.
    pub w: Words,
    /// Who is signed in.
    pub name: Option<String>,
    /// Where the language switch comes back to.
    pub back: String,
    /// The style sheet.
    pub css: &'static str,
    /// Every language: tag, own name, whether it is the page's.
    pub languages: Vec<(&'static str, &'static str, bool)>,
    /// What the settings page, and nothing else, is part of.
    pub in_settings: bool,
}

impl Frame {
    pub(super) fn new(w: Words, visitor: &Visitor, back: impl Into<String>) -> Self {
        let own = |language| match language {
            Language::Sv => "Svenska",
            Language::Fi => "Suomi",
            Language::En => "English",
        };
        let languages = Language::ALL.map(|l| (l.tag(), own(l), l == w.language)).to_vec();
        let back = back.into();
        Self {
            w,
            name: visitor.account.as_ref().map(|account| account.name.clone()),
            in_settings: back.starts_with("/settings"),
            back,
            css: &STYLE_PATH,
            languages,
        }
    }

    /// For somebody who is not known, and cannot be.
    #[must_use]
    pub fn plain(w: Words, back: &str) -> Self {
        Self::new(w, &Visitor::default(), back)
    }
}

/// A page as an answer.
///
/// # Errors
/// The template failed, which it does only when the memory does.
pub fn page(status: StatusCode, template: &impl Template) -> Result<Response, Fault> {
    let html = template.render().map_err(|_| Fault::internal("a template could not be rendered"))?;
    Ok((status, Html(html)).into_response())
}

/// A time, for people and for programs.
pub(super) struct When {
    pub shown: String,
    pub iso: String,
}

/// A due date.
pub(super) struct Due {
    pub shown: String,
    pub iso: String,
    pub past: bool,
}

/// One line of the inbox.
pub(super) struct Row {
    pub href: String,
    pub unread: bool,
    pub office: String,
    pub subject: String,
    pub when: When,
    pub kind: &'static str,
    pub kind_shown: String,
    pub due: Option<Due>,
    pub attachments: Option<String>,
    pub automatic: bool,
}

#[derive(Template)]
#[template(path = "inbox.html")]
pub(super) struct InboxPage {
    pub frame: Frame,
    pub rows: Vec<Row>,
    pub unread: Option<String>,
    pub first_page: bool,
    pub older: Option<String>,
    pub waiting: bool,
}

/// Something to fetch.
pub(super) struct FileView {
    pub href: String,
    pub name: String,
    /// `PDF, 120 kB`.
    pub about: String,
    pub note: Option<String>,
    pub damaged: bool,
}

/// What is said right after a reply was handed in, and where the reply stands on the page.
pub(super) struct Thanks {
    pub words: String,
    pub href: String,
}

/// How far a reply has come.
pub(super) struct StateView {
    pub word: &'static str,
    pub label: String,
    pub detail: Option<String>,
}

/// One entry of the conversation.
pub(super) enum Entry {
    Record {
        href: String,
        here: bool,
        office: String,
        subject: String,
        when: When,
        kind: &'static str,
        kind_shown: String,
    },
    Reply {
        anchor: String,
        when: When,
        pieces: Vec<Piece>,
        files: Vec<FileView>,
        state: StateView,
    },
}

/// The form, as it was or as it comes back with what is wrong.
#[derive(Default)]
pub(super) struct ReplyForm {
    pub action: String,
    pub form_id: String,
    pub heading: String,
    pub text: String,
    pub limits: String,
    pub text_fault: Option<String>,
    pub files_fault: Option<String>,
    /// What is wrong with neither.
    pub notice: Option<String>,
    pub choose_again: bool,
}

impl ReplyForm {
    pub(super) fn has_faults(&self) -> bool {
        self.text_fault.is_some() || self.files_fault.is_some() || self.notice.is_some()
    }
}

/// What is said of a seal.
pub(super) struct SealView {
    /// The state, for the eye.
    pub word: &'static str,
    pub headline: String,
    pub lines: Vec<String>,
}

#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage {
    pub frame: Frame,
    pub subject: String,
    pub kind: &'static str,
    pub kind_shown: String,
    pub office: String,
    pub author: String,
    pub when: When,
    pub due: Option<Due>,
    pub case_reference: Option<String>,
    pub automatic: bool,
    pub seal: Option<SealView>,
    pub content_language: Option<String>,
    pub html_src: Option<String>,
    /// How high the frame is at first: without scripts it cannot know.
    pub html_height: &'static str,
    pub appointments: Vec<AppointmentView>,
    pub pieces: Vec<Piece>,
    pub files: Vec<FileView>,
    pub defects: Vec<String>,
    pub raw: FileView,
    pub entries: Vec<Entry>,
    /// Why there is no form, when there is none.
    pub reply_off: Option<String>,
    pub form: Option<ReplyForm>,
    pub sent: Option<Thanks>,
}

impl MessagePage {
    fn has_faults(&self) -> bool {
        self.form.as_ref().is_some_and(ReplyForm::has_faults)
    }
}

/// The HTML of a message, in its sandbox.
#[derive(Template)]
#[template(path = "sandbox.html")]
pub(super) struct SandboxPage {
    pub language: Option<String>,
    pub title: String,
    pub html: String,
}

/// A test citizen.
pub(super) struct TestCitizen {
    pub id: String,
    pub name: String,
    pub state: Option<String>,
    pub language: &'static str,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub frame: Frame,
    pub demo: bool,
    pub citizens: Vec<TestCitizen>,
    pub next: String,
}

#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct SettingsPage {
    pub frame: Frame,
    pub account_name: String,
    pub waiting: bool,
    pub notices_hint: String,
    pub notices: String,
    pub notices_fault: Option<String>,
    pub saved: bool,
}
