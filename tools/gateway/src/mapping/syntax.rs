//! Reads the expressions of mapping templates: references, literals and operators.

use serde_json::Value as Json;

use super::{Expression, Operator, Part, Template, json_path, methods};

/// Maximum depth of nested expressions. Each level takes a stack frame.
const MAX_DEPTH: usize = 32;
/// Maximum number of steps of a reference, and of operands of one precedence, which nest too.
const MAX_CHAIN: usize = 100;

/// Binary operators by precedence, weakest first. Longer symbols precede their prefixes.
const OPERATORS: &[&[(&str, Operator)]] = &[
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[
        ("*", Operator::Multiply),
        ("/", Operator::Divide),
        ("%", Operator::Remainder),
    ],
];

pub(super) struct Reader<'t> {
    pub(super) rest: &'t str,
}

impl<'t> Reader<'t> {
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn take(&mut self, token: &str) -> bool {
        self.rest.strip_prefix(token).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    /// Takes a token with blanks before it.
    pub(super) fn symbol(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// An identifier; empty when there is none.
    pub(super) fn name(&mut self) -> &'t str {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let starts = self
            .peek()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        let end = if starts {
            self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len())
        } else {
            0
        };
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// A reference in text; `None` for a `$` that is text.
    pub(super) fn reference(&mut self) -> Result<Option<Part>, String> {
        let start = self.rest;
        self.take("$");
        let is_quiet = self.take("!");
        let in_braces = self.take("{");
        let expression = self.path(0)?;
        let Some(expression) = expression.filter(|_| !in_braces || self.take("}")) else {
            self.rest = start;
            return Ok(None);
        };
        let written = &start[..start.len() - self.rest.len()];
        let otherwise = if is_quiet { "" } else { written }.to_owned();
        Ok(Some(Part::Reference {
            expression,
            otherwise,
        }))
    }

    /// What follows the `$` of a reference: a name, with properties, methods and indices.
    fn path(&mut self, depth: usize) -> Result<Option<Expression>, String> {
        let start = self.rest;
        let written = |reader: &Self| format!("${}", &start[..start.len() - reader.rest.len()]);
        let root = self.name();
        if root.is_empty() {
            return Ok(None);
        }
        let mut value = Expression::Variable(root.to_owned());
        for _ in 0..MAX_CHAIN {
            let before = self.rest;
            if self.take("[") {
                let index = self.expression(depth + 1)?;
                let Some(index) = index.filter(|_| self.symbol("]")) else {
                    self.rest = before;
                    return Ok(Some(value));
                };
                value = Expression::Property(Box::new(value), Box::new(index));
                continue;
            }
            let name = if self.take(".") { self.name() } else { "" };
            if name.is_empty() {
                // A dot that ends a sentence.
                self.rest = before;
                return Ok(Some(value));
            }
            if !self.take("(") {
                let name = Expression::Literal(name.into());
                value = Expression::Property(Box::new(value), Box::new(name));
                continue;
            }
            let arguments = self.arguments(depth + 1)?;
            let is_known = match &value {
                Expression::Variable(root) if root == "input" => {
                    ["path", "json", "params"].contains(&name)
                        && (name == "params" || has_path(arguments.as_deref()))
                }
                Expression::Variable(root) if root == "util" => methods::is_utility(name),
                _ => methods::is_method(name),
            };
            let Some(arguments) = arguments.filter(|_| is_known) else {
                return Err(written(self));
            };
            value = Expression::Call(Box::new(value), name.to_owned(), arguments);
        }
        Err(format!("${root} with more than {MAX_CHAIN} steps"))
    }

    /// The arguments of a call after its opening parenthesis; `None` when they are not expressions.
    fn arguments(&mut self, depth: usize) -> Result<Option<Vec<Expression>>, String> {
        let mut arguments = Vec::new();
        if self.symbol(")") {
            return Ok(Some(arguments));
        }
        loop {
            let Some(argument) = self.expression(depth)? else {
                return Ok(None);
            };
            arguments.push(argument);
            if self.symbol(")") {
                return Ok(Some(arguments));
            }
            if !self.symbol(",") {
                return Ok(None);
            }
        }
    }

    /// An expression; `None` when there is none.
    pub(super) fn expression(&mut self, depth: usize) -> Result<Option<Expression>, String> {
        self.binary(0, depth)
    }

    fn binary(&mut self, level: usize, depth: usize) -> Result<Option<Expression>, String> {
        let Some(operators) = OPERATORS.get(level) else {
            return self.operand(depth);
        };
        let Some(mut left) = self.binary(level + 1, depth)? else {
            return Ok(None);
        };
        for operands in 1.. {
            let found = operators.iter().find(|(symbol, _)| self.symbol(symbol));
            let Some((symbol, operator)) = found else {
                break;
            };
            if operands >= MAX_CHAIN {
                return Err(format!("more than {MAX_CHAIN} operands of {symbol}"));
            }
            let Some(right) = self.binary(level + 1, depth)? else {
                return Ok(None);
            };
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(Some(left))
    }

    fn operand(&mut self, depth: usize) -> Result<Option<Expression>, String> {
        if depth > MAX_DEPTH {
            return Err(format!("expressions nested deeper than {MAX_DEPTH} levels"));
        }
        self.rest = self.rest.trim_start();
        if self.take("!") {
            let operand = self.operand(depth + 1)?;
            return Ok(operand.map(|operand| Expression::Not(Box::new(operand))));
        }
        if self.take("(") {
            let inner = self.expression(depth + 1)?;
            return Ok(inner.filter(|_| self.symbol(")")));
        }
        if self.take("[") {
            return self.list(depth + 1);
        }
        if self.take("$") {
            self.take("!");
            let in_braces = self.take("{");
            let path = self.path(depth + 1)?;
            return Ok(path.filter(|_| !in_braces || self.take("}")));
        }
        if let Some(quote @ ('\'' | '"')) = self.peek() {
            return self.quoted(quote);
        }
        let sign = usize::from(self.rest.starts_with('-'));
        let end = self.rest[sign..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .map_or(self.rest.len(), |end| end + sign);
        let (word, rest) = self.rest.split_at(end);
        let literal = match word {
            "true" => Some(Json::Bool(true)),
            "false" => Some(Json::Bool(false)),
            "null" => Some(Json::Null),
            _ => serde_json::from_str(word).ok().filter(Json::is_number),
        };
        if literal.is_some() {
            self.rest = rest;
        }
        Ok(literal.map(Expression::Literal))
    }

    fn list(&mut self, depth: usize) -> Result<Option<Expression>, String> {
        let mut items = Vec::new();
        while !self.symbol("]") {
            let Some(item) = self.expression(depth)? else {
                return Ok(None);
            };
            items.push(item);
            if !self.symbol(",") && !self.rest.trim_start().starts_with(']') {
                return Ok(None);
            }
        }
        Ok(Some(Expression::List(items)))
    }

    /// A text in quotes. Text in double quotes is a template.
    fn quoted(&mut self, quote: char) -> Result<Option<Expression>, String> {
        let Some((text, rest)) = self.rest[1..].split_once(quote) else {
            return Ok(None);
        };
        self.rest = rest;
        // A JSON path starts with `$` and is not a reference.
        Ok(Some(if quote == '"' && !json_path::is_path(text) {
            Expression::Quoted(Template::parse(text)?)
        } else {
            Expression::Literal(text.into())
        }))
    }
}

/// Whether the only argument is a JSON path that can be followed, as far as it is known.
fn has_path(arguments: Option<&[Expression]>) -> bool {
    match arguments {
        Some([Expression::Literal(Json::String(path))]) => json_path::is_path(path),
        Some([_]) => true,
        _ => false,
    }
}
