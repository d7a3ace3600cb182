//! Evaluates mapping templates.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Expression, Operator, Part, json_path, methods, methods::text};

/// Maximum number of iterations of all loops together; API Gateway allows as many for each
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>).
const MAX_ITERATIONS: usize = 1_000;
/// Largest result, and largest value of a variable, in bytes: beyond it no service takes a request.
const MAX_SIZE: usize = 1024 * 1024;

/// The values that references of a template refer to.
pub(super) struct Scope<'e> {
    event: &'e Json,
    body: &'e str,
    /// The body as JSON; `null` when it is not.
    parsed: Json,
    variables: BTreeMap<String, Json>,
    iterations: usize,
}

impl<'e> Scope<'e> {
    pub(super) fn new(event: &'e Json, body: &'e str) -> Self {
        Self {
            event,
            body,
            parsed: serde_json::from_str(body).unwrap_or_default(),
            variables: BTreeMap::new(),
            iterations: 0,
        }
    }

    pub(super) fn render(&mut self, parts: &[Part]) -> Result<String, String> {
        let mut rendered = String::new();
        for part in parts {
            match part {
                Part::Text(text) => rendered.push_str(text),
                Part::Reference {
                    expression,
                    otherwise,
                } => match self.value(expression)? {
                    Some(value) => rendered.push_str(&text(&value)),
                    None => rendered.push_str(otherwise),
                },
                Part::Set(name, expression) => {
                    let value = self.value(expression)?.unwrap_or_default();
                    if value.as_str().is_some_and(|text| text.len() > MAX_SIZE) {
                        return Err(format!("${name} is larger than 1 MB"));
                    }
                    self.variables.insert(name.clone(), value);
                }
                Part::If(branches, otherwise) => {
                    let mut chosen = otherwise;
                    for (test, parts) in branches {
                        if self.holds(test)? {
                            chosen = parts;
                            break;
                        }
                    }
                    rendered.push_str(&self.render(chosen)?);
                }
                Part::ForEach(name, list, body) => {
                    rendered.push_str(&self.for_each(name, list, body)?);
                }
            }
            if rendered.len() > MAX_SIZE {
                return Err("the result is larger than 1 MB".to_owned());
            }
        }
        Ok(rendered)
    }

    /// Renders `body` once for each item of `list`, with the item in the variable `name` and the state of the loop in `$foreach`.
    fn for_each(&mut self, name: &str, list: &Expression, body: &[Part]) -> Result<String, String> {
        let items = match self.value(list)? {
            Some(Json::Array(items)) => items,
            Some(Json::Object(map)) => map.into_iter().map(|(_, item)| item).collect(),
            _ => Vec::new(),
        };
        let count = items.len();
        let outer = self.variables.remove("foreach");
        let mut rendered = String::new();
        for (index, item) in items.into_iter().enumerate() {
            self.iterations += 1;
            if self.iterations > MAX_ITERATIONS {
                return Err(format!("more than {MAX_ITERATIONS} iterations"));
            }
            let state = json!({
                "index": index,
                "count": index + 1,
                "hasNext": index + 1 < count,
                "first": index == 0,
                "last": index + 1 == count,
            });
            self.variables.insert("foreach".to_owned(), state);
            self.variables.insert(name.to_owned(), item);
            rendered.push_str(&self.render(body)?);
            if rendered.len() > MAX_SIZE {
                break;
            }
        }
        self.variables.remove("foreach");
        self.variables
            .extend(outer.map(|state| ("foreach".to_owned(), state)));
        Ok(rendered)
    }

    /// The value; `None` for a reference to something that does not exist.
    fn value(&mut self, expression: &Expression) -> Result<Option<Json>, String> {
        Ok(match expression {
            Expression::Literal(value) => Some(value.clone()),
            Expression::Quoted(template) => Some(self.render(&template.0)?.into()),
            Expression::List(items) => Some(self.values(items)?.into()),
            Expression::Variable(name) => match name.as_str() {
                "context" => Some(self.event["requestContext"].clone()),
                "stageVariables" => Some(self.event["stageVariables"].clone()),
                name => self
                    .variables
                    .get(name)
                    .cloned()
                    .filter(|value| !value.is_null()),
            },
            Expression::Property(of, name) => self.property(of, name)?,
            Expression::Call(of, name, arguments) => self.call(of, name, arguments)?,
            Expression::Not(operand) => Some((!self.holds(operand)?).into()),
            Expression::Binary(operator, left, right) => self.binary(*operator, left, right)?,
        })
    }

    /// The values of all `expressions`; `null` for references to something that does not exist.
    fn values(&mut self, expressions: &[Expression]) -> Result<Vec<Json>, String> {
        let values = expressions.iter().map(|expression| self.value(expression));
        values.map(|value| Ok(value?.unwrap_or_default())).collect()
    }

    fn property(&mut self, of: &Expression, name: &Expression) -> Result<Option<Json>, String> {
        let name = self.value(name)?.unwrap_or_default();
        let root = match of {
            Expression::Variable(root) => root.as_str(),
            _ => "",
        };
        if root == "input" && name == "body" {
            return Ok(Some(self.body.into()));
        }
        let Some(of_value) = self.value(of)? else {
            return Ok(None);
        };
        let found = match (&of_value, &name) {
            (Json::Array(items), Json::Number(index)) => index
                .as_u64()
                .and_then(|index| items.get(usize::try_from(index).ok()?)),
            (_, Json::String(name)) => of_value.get(name),
            _ => None,
        };
        // Names that API Gateway's own variables do not have are empty, unlike other references.
        let is_own = matches!(root_of(of), Some("context" | "stageVariables" | "input"));
        Ok(found.cloned().or_else(|| is_own.then_some(Json::Null)))
    }

    fn call(
        &mut self,
        of: &Expression,
        name: &str,
        arguments: &[Expression],
    ) -> Result<Option<Json>, String> {
        let values = self.values(arguments)?;
        match of {
            Expression::Variable(root) if root == "input" => self.input(name, &values).map(Some),
            Expression::Variable(root) if root == "util" => {
                methods::utility(name, &text(values.first().unwrap_or(&Json::Null))).map(Some)
            }
            _ => {
                let of_value = self.value(of)?;
                Ok(of_value.and_then(|value| methods::call(&value, name, &values)))
            }
        }
    }

    /// The methods of `$input`.
    fn input(&self, method: &str, arguments: &[Json]) -> Result<Json, String> {
        if method == "params" {
            let parameters = |name: &str| match &self.event[name] {
                Json::Object(map) => Json::Object(map.clone()),
                _ => json!({}),
            };
            let (query, headers) = (parameters("queryStringParameters"), parameters("headers"));
            return Ok(match arguments.first() {
                None => json!({ "path": {}, "querystring": query, "header": headers }),
                Some(name) => {
                    let name = text(name);
                    let found = query.get(&name).or_else(|| headers.get(&name));
                    found.cloned().unwrap_or_else(|| "".into())
                }
            });
        }
        let path = arguments.first().map(text).unwrap_or_default();
        let Ok(found) = json_path::follow(&self.parsed, &path) else {
            return Err(format!("$input.{method}('{path}')"));
        };
        Ok(match (method, found) {
            ("json", found) => found
                .map_or_else(|| "\"\"".to_owned(), |found| found.to_string())
                .into(),
            (_, found) => found.unwrap_or_default(),
        })
    }

    fn holds(&mut self, expression: &Expression) -> Result<bool, String> {
        Ok(match self.value(expression)? {
            None | Some(Json::Null | Json::Bool(false)) => false,
            // Parameters that a request does not have are empty.
            Some(Json::String(text)) => !text.is_empty(),
            Some(_) => true,
        })
    }

    fn binary(
        &mut self,
        operator: Operator,
        left: &Expression,
        right: &Expression,
    ) -> Result<Option<Json>, String> {
        let holds = match operator {
            Operator::And => self.holds(left)? && self.holds(right)?,
            Operator::Or => self.holds(left)? || self.holds(right)?,
            _ => {
                let left = self.value(left)?.unwrap_or_default();
                let right = self.value(right)?.unwrap_or_default();
                return Ok(methods::operate(operator, &left, &right));
            }
        };
        Ok(Some(holds.into()))
    }
}

/// The variable that a reference starts with.
fn root_of(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Variable(root) => Some(root),
        Expression::Property(of, _) | Expression::Call(of, _, _) => root_of(of),
        _ => None,
    }
}
