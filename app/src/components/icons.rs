//! The icons. All of them are decoration: their meaning is in a text beside them or in a label.

use yew::prelude::*;

/// The logo: two speech bubbles. Sized by CSS.
pub fn mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 36 36" aria-hidden="true">
            <path class="back" d="M14 5h11a7 7 0 0 1 7 7v4.5a7 7 0 0 1-7 7h-.6l.9 4.2-5.6-4.2H14a7 7 0 0 1-7-7V12a7 7 0 0 1 7-7z" />
            <path class="front" d="M10 11h10a6.5 6.5 0 0 1 6.5 6.5v3A6.5 6.5 0 0 1 20 27h-5.2l-5.4 4.4.8-4.4H10A6.5 6.5 0 0 1 3.5 20.5v-3A6.5 6.5 0 0 1 10 11z" />
            <path class="dots" d="M10.5 19h0M15.2 19h0M19.9 19h0" />
        </svg>
    }
}

/// An icon of lines in the colour of the text: its size in CSS pixels, the width of its lines, and its path.
fn lines(size: &'static str, width: &'static str, path: &'static str) -> Html {
    html! {
        <svg class="lines" width={size} height={size} stroke-width={width} viewBox="0 0 24 24" aria-hidden="true">
            <path d={path} />
        </svg>
    }
}

/// The light theme.
pub fn sun() -> Html {
    lines(
        "18",
        "2",
        "M12 7.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M12 2.5v2M12 19.5v2M4.6 4.6 6 6M18 18l1.4 1.4M2.5 12h2M19.5 12h2M4.6 19.4 6 18M18 6l1.4-1.4",
    )
}

/// The dark theme.
pub fn moon() -> Html {
    lines(
        "18",
        "2",
        "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
    )
}

/// The operating system's theme.
pub fn screen() -> Html {
    lines("18", "2", "M4 5h16v11H4zM9 20h6M12 16v4")
}

/// Send.
pub fn up() -> Html {
    lines("20", "2.4", "M12 19V5M5.5 11.5 12 5l6.5 6.5")
}

/// Go to the newest messages.
pub fn down() -> Html {
    lines("16", "2.4", "M12 5v14M5.5 12.5 12 19l6.5-6.5")
}

/// Opens something below.
pub fn chevron() -> Html {
    lines("14", "2.4", "m6 9.5 6 6 6-6")
}

/// An address to copy.
pub fn link() -> Html {
    lines(
        "16",
        "2",
        "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1",
    )
}

/// An icon of an action.
fn action(path: &'static str) -> Html {
    lines("18", "2", path)
}

/// React.
pub fn smile() -> Html {
    action("M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M8.5 14.5a4.5 4.5 0 0 0 7 0M9 9.5v.01M15 9.5v.01")
}

/// Reply.
pub fn reply() -> Html {
    action("M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1")
}

/// Copy.
pub fn copy() -> Html {
    action("M9 9h10v11H9zM15 9V4H5v11h4")
}

/// Edit.
pub fn pencil() -> Html {
    action("M4 20l1-4.5L16.5 4 20 7.5 8.5 19z")
}

/// Delete.
pub fn bin() -> Html {
    action("M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5")
}

/// People.
pub fn people() -> Html {
    lines(
        "16",
        "2",
        "M9 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M2.5 20a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 6.5M18.5 14.5A6.5 6.5 0 0 1 21.5 20",
    )
}

/// Notifications are on.
pub fn bell() -> Html {
    action("M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4")
}

/// Notifications are off.
pub fn bell_off() -> Html {
    action("M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 21h4M4 4l16 16")
}

/// Cancel.
pub fn cross() -> Html {
    action("M6 6l12 12M18 6 6 18")
}

/// Acknowledged, or chosen.
pub fn tick() -> Html {
    lines("13", "2.8", "m4.5 12.5 5 5 10-11")
}

/// On its way.
pub fn clock() -> Html {
    lines(
        "13",
        "2.6",
        "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 7v5l3 2",
    )
}
