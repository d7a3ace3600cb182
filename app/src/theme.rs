//! Every colour and measure, light and dark, as custom properties of the page.
//!
//! Which of the two is in force stands in `data-theme` of `<html>`: the script in `index.html` puts it there before the
//! first paint, and the theme menu changes it. Components name only properties, never colours.

use stylist::yew::Global;
use yew::prelude::*;

/// What the person has chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Always light.
    Light,
    /// Always dark.
    Dark,
    /// As the operating system says, also when it changes its mind.
    #[default]
    System,
}

impl Theme {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The word under which it is remembered.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    /// The opposite of [`name`](Self::name); whatever is no name means the operating system's.
    pub fn from_name(name: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|theme| theme.name() == name)
            .unwrap_or_default()
    }
}

/// The properties, and what all elements have in common.
#[component]
pub fn ThemeStyles() -> Html {
    html! { <Global css={stylist::css!(r#"
:root {
    --font: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
    --radius: 18px;
    --column: 760px;
    color-scheme: light;
    --bg: oklch(.985 .004 70);
    --surface: oklch(1 0 0);
    --raised: oklch(1 0 0);
    --line: oklch(.915 .008 70);
    --ink: oklch(.26 .02 265);
    --ink-2: oklch(.47 .02 265);
    --ink-3: oklch(.52 .018 265);
    --accent: oklch(.585 .19 38);
    --accent-ink: oklch(1 0 0);
    --accent-text: oklch(.53 .18 38);
    --own: oklch(.935 .045 55);
    --own-ink: oklch(.27 .04 40);
    --own-2: oklch(.46 .07 42);
    --other: oklch(1 0 0);
    --ok: oklch(.5 .13 155);
    --wait: oklch(.5 .11 70);
    --off: oklch(.52 .19 27);
    --tint: oklch(.965 .02 60);
    --name-l: .5;
    --name-c: .13;
    --shadow: 0 1px 2px oklch(.3 .02 265 / .06), 0 4px 16px oklch(.3 .02 265 / .05);
}
:root[data-theme="dark"] {
    color-scheme: dark;
    --bg: oklch(.185 .012 265);
    --surface: oklch(.215 .014 265);
    --raised: oklch(.25 .016 265);
    --line: oklch(.3 .018 265);
    --ink: oklch(.95 .006 80);
    --ink-2: oklch(.76 .015 265);
    --ink-3: oklch(.68 .018 265);
    --accent: oklch(.72 .165 45);
    --accent-ink: oklch(.2 .03 40);
    --accent-text: oklch(.78 .14 50);
    --own: oklch(.375 .085 40);
    --own-ink: oklch(.97 .015 70);
    --own-2: oklch(.84 .05 55);
    --other: oklch(.26 .016 265);
    --ok: oklch(.78 .15 158);
    --wait: oklch(.82 .13 80);
    --off: oklch(.74 .15 25);
    --tint: oklch(.27 .03 45);
    --name-l: .8;
    --name-c: .1;
    --shadow: 0 1px 2px oklch(0 0 0 / .3);
}
*, *::before, *::after { box-sizing: border-box; }
html, body { height: 100%; margin: 0; }
html { background: var(--bg); }
body { font: 15px/1.45 var(--font); background: var(--bg); color: var(--ink); -webkit-font-smoothing: antialiased; }
button { font: inherit; color: inherit; cursor: pointer; }
button:disabled { cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.papo-crashed { position: fixed; inset: auto 16px 16px; z-index: 9; display: flex; gap: 12px; align-items: center; justify-content: space-between; max-width: 560px; margin: auto; padding: 12px 16px; border-radius: 13px; border: 1px solid var(--off); background: var(--raised); color: var(--ink); }
.papo-crashed button { min-height: 36px; padding: 0 14px; border-radius: 9px; border: 1px solid var(--line); background: var(--tint); }
@media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important; }
}
    "#)} /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_is_remembered_by_its_name() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_name(theme.name()), theme);
        }
        assert_eq!(Theme::from_name("sepia"), Theme::System);
    }
}
