//! Shows one part of the page in the browser.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use papo_app::browser::{self, document, stylesheet};
use papo_app::chat::Chat;
use papo_app::components::composer::use_composer;
use papo_app::components::theme_menu::use_theme_menu;
use papo_app::components::timeline::use_timeline;
use papo_app::i18n::Language;
use papo_app::styles;
use papo_protocol::session::{Input, SocketId};
use papo_protocol::{RoomName, Session};
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::AppHandle;
use yew::prelude::*;

/// A part of the page, given the chat.
pub(crate) type Part = fn(Chat) -> Html;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PageProps {
    chat: Chat,
    part: Callback<Chat, Html>,
}

#[component]
pub(crate) fn Page(props: &PageProps) -> Html {
    props.part.emit(props.chat.clone())
}

#[component]
pub(crate) fn ThemeMenu(chat: &Chat) -> Html {
    use_theme_menu(chat.language)
}

#[component]
pub(crate) fn Composer(chat: &Chat) -> Html {
    use_composer(chat, true)
}

#[component]
pub(crate) fn Timeline(chat: &Chat) -> Html {
    use_timeline(chat)
}

/// A part of the page in its own element, which is removed when the test ends.
pub(crate) struct Stage {
    root: Element,
    app: Option<AppHandle<Page>>,
    session: Rc<RefCell<Session>>,
    revision: u32,
    pub(crate) socket: SocketId,
    part: Callback<Chat, Html>,
    pub(crate) inputs: Rc<RefCell<Vec<Input>>>,
    pub(crate) drafts: Rc<RefCell<Vec<String>>>,
}

impl Stage {
    pub(crate) fn show((session, socket): (Session, SocketId), part: Part) -> Self {
        stylesheet::add(styles::SHEET);
        let root = document().create_element("div").unwrap();
        document().body().unwrap().append_child(&root).unwrap();
        let mut stage = Self {
            root,
            app: None,
            session: Rc::new(RefCell::new(session)),
            revision: 0,
            socket,
            part: Callback::from(part),
            inputs: Rc::default(),
            drafts: Rc::default(),
        };
        let props = stage.props();
        stage.app =
            Some(yew::Renderer::<Page>::with_root_and_props(stage.root.clone(), props).render());
        stage
    }

    fn props(&self) -> PageProps {
        let (inputs, drafts) = (Rc::clone(&self.inputs), Rc::clone(&self.drafts));
        let chat = Chat {
            session: Rc::clone(&self.session),
            revision: self.revision,
            room: RoomName::default(),
            about: None,
            onabout: Callback::noop(),
            inputs: Callback::from(move |input| inputs.borrow_mut().push(input)),
            drafts: Callback::from(move |draft| drafts.borrow_mut().push(draft)),
            keeps: true,
            is_signed_in: false,
            language: Language::English,
        };
        let part = self.part.clone();
        PageProps { chat, part }
    }

    pub(crate) fn happens(&mut self, input: Input) {
        let _ = self.session.borrow_mut().step(input, 0, 0.0);
        self.revision += 1;
        let props = self.props();
        if let Some(app) = &mut self.app {
            app.update(props);
        }
    }

    pub(crate) fn find<T: JsCast>(&self, selector: &str) -> Option<T> {
        self.root
            .query_selector(selector)
            .unwrap()
            .and_then(|found| found.dyn_into().ok())
    }

    pub(crate) async fn wait_for<T: JsCast>(&self, selector: &str) -> T {
        wait_until(selector, || self.find::<T>(selector).is_some()).await;
        self.find(selector).unwrap()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            app.destroy();
        }
        self.root.remove();
    }
}

/// Polls `condition` until it is true, for at most 5 s.
pub(crate) async fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = browser::monotonic_now();
    while !condition() {
        assert!(
            browser::monotonic_now() - begun < 5_000,
            "waited 5 s for {what}"
        );
        TimeoutFuture::new(5).await;
    }
}
