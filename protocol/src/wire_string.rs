//! Strings that go over the wire, each kind with its own type.

/// Declares a type for such strings. Its module checks them when they are parsed; `opaque` ones are only compared.
macro_rules! wire_string {
    ($(#[$attribute:meta])* opaque $name:ident) => {
        wire_string! { $(#[$attribute])* $name }

        impl $name {
            /// Wraps a string that was assigned by the back end or by API Gateway.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }
        }
    };
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        pub struct $name(String);

        impl $name {
            /// The string as it appears on the wire.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use wire_string;
