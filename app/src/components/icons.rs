//! The drawings. All of them are decoration: what they mean is said in words beside them or in a label.
//!
//! Each is put into the page as the text that it is; built element by element they would weigh three times as much.

use yew::prelude::*;

/// Papo's mark: two speech bubbles. As large as the style of the place says.
pub fn mark() -> Html {
    Html::from_html_unchecked(AttrValue::Static(concat!(
        r#"<svg class="mark" viewBox="0 0 36 36" aria-hidden="true">"#,
        r#"<path fill="var(--accent)" opacity=".28" d="M14 5h11a7 7 0 0 1 7 7v4.5a7 7 0 0 1-7 7h-.6l.9 4.2-5.6-4.2H14a7 7 0 0 1-7-7V12a7 7 0 0 1 7-7z"/>"#,
        r#"<path fill="var(--accent)" d="M10 11h10a6.5 6.5 0 0 1 6.5 6.5v3A6.5 6.5 0 0 1 20 27h-5.2l-5.4 4.4.8-4.4H10A6.5 6.5 0 0 1 3.5 20.5v-3A6.5 6.5 0 0 1 10 11z"/>"#,
        r#"<path stroke="var(--accent-ink)" stroke-width="3.4" stroke-linecap="round" d="M10.5 19h0M15.2 19h0M19.9 19h0"/></svg>"#,
    )))
}

/// A drawing of lines in the colour of the text: its size in CSS pixels, how thick its lines are, and its path.
macro_rules! lines {
    ($size:literal, $width:literal, $path:literal) => {
        Html::from_html_unchecked(AttrValue::Static(concat!(
            r#"<svg class="lines" width=""#,
            $size,
            r#"" stroke-width=""#,
            $width,
            r#"" viewBox="0 0 24 24" aria-hidden="true"><path d=""#,
            $path,
            r#""/></svg>"#
        )))
    };
}

/// The light theme.
pub fn sun() -> Html {
    lines!(
        18,
        2,
        "M12 7.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4M12 2.5v2M12 19.5v2M4.6 4.6 6 6M18 18l1.4 1.4M2.5 12h2M19.5 12h2M4.6 19.4 6 18M18 6l1.4-1.4"
    )
}

/// The dark theme.
pub fn moon() -> Html {
    lines!(
        18,
        2,
        "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"
    )
}

/// The operating system's theme.
pub fn screen() -> Html {
    lines!(18, 2, "M4 5h16v11H4zM9 20h6M12 16v4")
}

/// Send.
pub fn up() -> Html {
    lines!(20, 2.4, "M12 19V5M5.5 11.5 12 5l6.5 6.5")
}

/// Newer messages are below.
pub fn down() -> Html {
    lines!(16, 2.4, "M12 5v14M5.5 12.5 12 19l6.5-6.5")
}

/// It has arrived; it is the chosen one.
pub fn tick() -> Html {
    lines!(13, 2.8, "m4.5 12.5 5 5 10-11")
}

/// It is on its way.
pub fn clock() -> Html {
    lines!(12, 2.6, "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18M12 7v5l3 2")
}
