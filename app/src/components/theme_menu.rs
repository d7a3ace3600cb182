//! The menu of themes: light, dark, or the operating system's.
//!
//! A menu button as in the WAI-ARIA Authoring Practices: arrows move, Enter chooses, Escape closes and returns the focus to
//! the button. See <https://www.w3.org/WAI/ARIA/apg/patterns/menu-button/>.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, Node};
use yew::prelude::*;

use super::icons;
use crate::browser;
use crate::i18n::{Language, Words};
use crate::styles;
use crate::theme::Theme;

/// The properties of the menu.
#[derive(Debug, PartialEq, Properties)]
pub struct Props {
    /// The language of the page.
    pub language: Language,
}

/// The menu.
#[component]
pub fn ThemeMenu(props: &Props) -> Html {
    let words = props.language.words();
    let theme = use_state_eq(remembered);
    let open = use_state_eq(|| false);
    let root = use_node_ref();
    let button = use_node_ref();

    // Another tab may change the theme.
    use_effect_with((), {
        let theme = theme.setter();
        move |()| {
            let listener = EventListener::new(&browser::window(), "storage", move |_| {
                let chosen = remembered();
                browser::apply_theme(chosen);
                theme.set(chosen);
            });
            move || drop(listener)
        }
    });
    // The chosen item takes the focus when the menu opens, and a click elsewhere closes it.
    use_effect_with(*open, {
        let (root, open) = (root.clone(), open.setter());
        move |is_open| {
            let listener = is_open.then(|| {
                focus(&root, "[aria-checked=true]");
                EventListener::new(&browser::document(), "pointerdown", move |event| {
                    let target = event
                        .target()
                        .and_then(|target| target.dyn_into::<Node>().ok());
                    if !root
                        .get()
                        .is_some_and(|root| root.contains(target.as_ref()))
                    {
                        open.set(false);
                    }
                })
            });
            move || drop(listener)
        }
    });

    let choose = Callback::from({
        let (theme, open, button) = (theme.setter(), open.setter(), button.clone());
        move |chosen: Theme| {
            browser::remember(browser::THEME, chosen.name());
            browser::apply_theme(chosen);
            theme.set(chosen);
            open.set(false);
            focus_self(&button);
        }
    });
    let onkeydown = Callback::from({
        let (root, button, open) = (root.clone(), button.clone(), open.setter());
        move |event: KeyboardEvent| {
            let step = match event.key().as_str() {
                "ArrowDown" => 1,
                "ArrowUp" => -1,
                "Escape" => {
                    open.set(false);
                    focus_self(&button);
                    return;
                }
                "Tab" => return open.set(false),
                _ => return,
            };
            event.prevent_default();
            move_focus(&root, step);
        }
    });
    let toggle = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };

    let items = Theme::ALL.into_iter().map(|item| {
        let chosen = item == *theme;
        html! {
            <button type="button" class="item" key={item.name()} role="menuitemradio" tabindex="-1"
                aria-checked={chosen.to_string()} data-theme-name={item.name()}
                onclick={choose.reform(move |_| item)}>
                { icon(item) }
                <span>{ word(item, words) }</span>
                <span class="chosen">{ chosen.then(icons::tick) }</span>
            </button>
        }
    });
    html! {
        <div class={styles::THEME_MENU} ref={root}>
            <button type="button" class="icon" ref={button} data-testid="theme" aria-label={words.theme} title={words.theme}
                aria-haspopup="menu" aria-expanded={open.to_string()} onclick={toggle}>{ icon(*theme) }</button>
            <div class="menu" role="menu" aria-label={words.theme} hidden={!*open} {onkeydown}>{ for items }</div>
        </div>
    }
}

fn remembered() -> Theme {
    Theme::from_name(&browser::remembered(browser::THEME).unwrap_or_default())
}

fn icon(theme: Theme) -> Html {
    match theme {
        Theme::Light => icons::sun(),
        Theme::Dark => icons::moon(),
        Theme::System => icons::screen(),
    }
}

fn word(theme: Theme, words: &Words) -> &'static str {
    match theme {
        Theme::Light => words.theme_light,
        Theme::Dark => words.theme_dark,
        Theme::System => words.theme_system,
    }
}

fn focus_self(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

fn focus(root: &NodeRef, selector: &str) {
    let found = root
        .cast::<HtmlElement>()
        .and_then(|root| root.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Moves the focus by one item, around the ends.
fn move_focus(root: &NodeRef, step: i8) {
    let focused = browser::document()
        .active_element()
        .and_then(|element| element.get_attribute("data-theme-name"))
        .map(|name| Theme::from_name(&name));
    let index = Theme::ALL
        .into_iter()
        .position(|theme| Some(theme) == focused)
        .unwrap_or_default();
    let next = if step > 0 {
        index + 1
    } else {
        index + Theme::ALL.len() - 1
    };
    let name = Theme::ALL[next % Theme::ALL.len()].name();
    focus(root, &format!("[data-theme-name={name}]"));
}
