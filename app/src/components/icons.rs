//! The drawings. All of them are decoration: what they mean is said in words beside them or in a label.

use yew::prelude::*;

/// Papo's mark: two speech bubbles.
pub fn mark(size: u8) -> Html {
    let size = size.to_string();
    html! {
        <svg width={size.clone()} height={size} viewBox="0 0 36 36" aria-hidden="true">
            <path fill="var(--accent)" opacity=".28" d="M14 5h11a7 7 0 0 1 7 7v4.5a7 7 0 0 1-7 7h-.6l.9 4.2-5.6-4.2H14a7 7 0 0 1-7-7V12a7 7 0 0 1 7-7z" />
            <path fill="var(--accent)" d="M10 11h10a6.5 6.5 0 0 1 6.5 6.5v3A6.5 6.5 0 0 1 20 27h-5.2l-5.4 4.4.8-4.4H10A6.5 6.5 0 0 1 3.5 20.5v-3A6.5 6.5 0 0 1 10 11z" />
            <g fill="var(--accent-ink)"><circle cx="10.5" cy="19" r="1.7" /><circle cx="15.2" cy="19" r="1.7" /><circle cx="19.9" cy="19" r="1.7" /></g>
        </svg>
    }
}

fn stroke(size: u8, width: &'static str, path: &'static str) -> Html {
    let size = size.to_string();
    html! {
        <svg width={size.clone()} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width={width}
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d={path} /></svg>
    }
}

/// The light theme.
pub fn sun() -> Html {
    stroke(
        18,
        "2",
        "M12 7.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M12 2.5v2M12 19.5v2M4.6 4.6 6 6M18 18l1.4 1.4M2.5 12h2M19.5 12h2M4.6 19.4 6 18M18 6l1.4-1.4",
    )
}

/// The dark theme.
pub fn moon() -> Html {
    stroke(
        18,
        "2",
        "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z",
    )
}

/// The operating system's theme.
pub fn screen() -> Html {
    stroke(18, "2", "M4 5h16v11H4zM9 20h6M12 16v4")
}

/// Send.
pub fn up() -> Html {
    stroke(20, "2.4", "M12 19V5M5.5 11.5 12 5l6.5 6.5")
}

/// Newer messages are below.
pub fn down() -> Html {
    stroke(16, "2.4", "M12 5v14M5.5 12.5 12 19l6.5-6.5")
}

/// It has arrived; it is the chosen one.
pub fn tick() -> Html {
    stroke(13, "2.8", "m4.5 12.5 5 5 10-11")
}

/// It is on its way.
pub fn clock() -> Html {
    stroke(12, "2.6", "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 7v5l3 2")
}
