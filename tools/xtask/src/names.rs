//! The names of the built files, into which Trunk puts a hash of the contents: `papo-app-87341cf43b68a37e_bg.wasm`.

/// Whether a name contains a hash.
pub fn has_hash(name: &str) -> bool {
    name.split(['-', '_', '.']).any(is_hash)
}

/// Whether this part of a name is a hash: 64 bits in hexadecimal without leading zeros, so a few are shorter than 16 digits.
pub fn is_hash(part: &str) -> bool {
    (12..=16).contains(&part.len()) && part.bytes().all(|it| it.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn recognizes_hashes_without_leading_zeros() {
        for name in [
            "papo-app-87341cf43b68a37e_bg.wasm",
            "papo-app-39c7a54679c0095_bg.wasm",
            "boot-1b7a872446cd5ccf.js",
        ] {
            assert!(has_hash(name), "{name}");
        }
    }

    #[test]
    fn other_names_have_no_hash() {
        for name in [
            "index.html",
            "sign-in.js",
            "a-0123.js",
            "b-0123456789abcdeg.js",
        ] {
            assert!(!has_hash(name), "{name}");
        }
    }
}
