//! Light or dark.
//!
//! Every colour and measure is a custom property in `app/theme.css`; components name only properties, never colours. Which
//! of the two themes is in force stands in `data-theme` of `<html>`: the script in `index.html` puts it there before the
//! first paint, so that a dark page never flashes white, and the theme menu changes it. The sheet is part of the page for
//! the same reason.

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
