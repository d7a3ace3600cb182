//! Where one JSON value ends and the next begins.

use super::Value;

/// A place in a text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Option<()> {
        self.white_space();
        self.peek().is_none().then_some(())
    }

    /// The members of an object, which may hold values that are nested up to `depth - 1` deep.
    pub(super) fn object(&mut self, depth: u8) -> Option<Vec<(String, Value<'a>)>> {
        let mut members = Vec::new();
        self.sequence(b'{', b'}', |scanner| {
            let name = scanner.string()?;
            scanner.token(b':')?;
            members.push((name, scanner.value(depth.checked_sub(1)?)?));
            Some(())
        })?;
        Some(members)
    }

    /// The elements of an array, which may hold values that are nested up to `depth - 1` deep.
    pub(super) fn array(&mut self, depth: u8) -> Option<Vec<Value<'a>>> {
        let mut elements = Vec::new();
        self.sequence(b'[', b']', |scanner| {
            elements.push(scanner.value(depth.checked_sub(1)?)?);
            Some(())
        })?;
        Some(elements)
    }

    fn value(&mut self, depth: u8) -> Option<Value<'a>> {
        self.white_space();
        let start = self.at;
        match self.peek()? {
            b'{' => drop(self.object(depth)?),
            b'[' => drop(self.array(depth)?),
            b'"' => drop(self.string()?),
            b'-' | b'0'..=b'9' => self.number()?,
            _ => {
                let word = ["true", "false", "null"]
                    .into_iter()
                    .find(|word| self.rest().starts_with(word))?;
                self.at += word.len();
            }
        }
        Some(Value(self.text.get(start..self.at)?))
    }

    /// `open`, any number of elements with commas between them, `close`.
    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        mut element: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.token(open)?;
        if self.token(close).is_some() {
            return Some(());
        }
        loop {
            element(self)?;
            if self.token(b',').is_none() {
                return self.token(close);
            }
        }
    }

    /// A string, without its quotes and escapes.
    pub(super) fn string(&mut self) -> Option<String> {
        self.token(b'"')?;
        let mut read = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\u{1f}'))?;
            self.at += plain + 1;
            read.push_str(&rest[..plain]);
            match rest.as_bytes()[plain] {
                b'"' => return Some(read),
                b'\\' => read.push(self.escaped()?),
                _ => return None,
            }
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => char::from(letter),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.code_unit()?;
                // Characters beyond U+FFFF stand there as two halves, the high one first.
                let code = if let 0xd800..0xdc00 = first {
                    self.rest().strip_prefix("\\u")?;
                    self.at += 2;
                    let second = self.code_unit()?;
                    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                    0x1_0000 + ((first - 0xd800) << 10) + low
                } else {
                    first
                };
                char::from_u32(code)?
            }
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        self.at += 4;
        let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        all.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    fn number(&mut self) -> Option<()> {
        self.skip(b"-");
        if !self.skip(b"0") {
            self.digits()?;
        }
        if self.skip(b".") {
            self.digits()?;
        }
        if self.skip(b"eE") {
            self.skip(b"+-");
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        self.skip(b"0123456789").then_some(())?;
        while self.skip(b"0123456789") {}
        Some(())
    }

    /// Goes over one byte if it is one of these.
    fn skip(&mut self, any_of: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| any_of.contains(&byte));
        self.at += usize::from(found);
        found
    }

    /// Goes over white space and this byte. Stays behind the white space if the byte is not there.
    fn token(&mut self, byte: u8) -> Option<()> {
        self.white_space();
        self.skip(&[byte]).then_some(())
    }

    fn white_space(&mut self) {
        while self.skip(b" \t\n\r") {}
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        // Every step ends behind a whole character, so there is always a rest.
        self.text.get(self.at..).unwrap_or_default()
    }
}
