//! The issuer and client that the page names.

/// The sign-in settings in a deployment's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The issuer's URL, as its discovery document and its tokens write it, without a slash at the end.
    pub issuer: String,
    /// The app's id at the issuer.
    pub client_id: String,
    /// The `scope` to ask for. `None` asks for an identity and, where the issuer knows `offline_access`, for renewal.
    pub scope: Option<String>,
    /// The API that the token is for, required by some issuers.
    pub audience: Option<String>,
}

impl Settings {
    /// Reads the settings from the page's `<meta>` elements. `None` if the page names no issuer.
    pub fn read(meta: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let value = |name: &str| {
            let value = meta(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        Some(Self {
            issuer: value("issuer")?.trim_end_matches('/').to_owned(),
            client_id: value("client-id").unwrap_or_default(),
            scope: value("scope"),
            audience: value("audience"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn read(metas: &[(&str, &str)]) -> Option<Settings> {
        Settings::read(|name| {
            let found = metas.iter().find(|(key, _)| *key == name)?;
            Some(found.1.to_owned())
        })
    }

    #[test]
    fn a_page_without_an_issuer_needs_no_sign_in() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("issuer", " "), ("client-id", "papo")]), None);
    }

    #[test]
    fn empty_values_count_as_missing() {
        let metas = [
            ("issuer", "https://id.example/"),
            ("client-id", "papo"),
            ("scope", ""),
        ];
        let settings = read(&metas).unwrap();
        assert_eq!(settings.issuer, "https://id.example");
        assert_eq!(settings.client_id, "papo");
        assert_eq!((settings.scope, settings.audience), (None, None));
    }
}
