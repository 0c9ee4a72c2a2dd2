//! Parses condition, key condition and projection expressions.
//!
//! Served are attribute names (no nested paths), values, comparisons, `attribute_exists`,
//! `attribute_not_exists`, `AND`, `OR`, `NOT` and parentheses round conditions. What DynamoDB has
//! besides is refused with a message that says so.
use std::cell::RefCell;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::reserved_words::is_reserved;
use super::tokens::{Token, tokenize};
use super::value::{parse_value, parts};
use super::{serialization, unsupported, validation};
use crate::aws::body::Body;
use crate::aws::error::AwsError;

/// A condition on an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    Or(Box<Condition>, Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    Compare(Comparator, Operand, Operand),
    Exists(String),
    NotExists(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// Name of an attribute.
    Attribute(String),
    Value(Value),
}

/// Names and values of a request, and which of them its expressions have used.
#[derive(Debug, Default)]
pub(super) struct Placeholders {
    names: Vec<(String, String)>,
    values: Vec<(String, Value)>,
    used: RefCell<BTreeSet<String>>,
}

impl Placeholders {
    /// Reads `ExpressionAttributeNames` and `ExpressionAttributeValues`. `expressions` are the
    /// members with expressions that the operation has: for names, and for values.
    pub(super) fn parse(
        body: Body<'_>,
        (for_names, for_values): (&[&str], &[&str]),
    ) -> Result<Placeholders, AwsError> {
        let has = |members: &[&str]| members.iter().any(|name| body.member(name).is_some());
        let mut placeholders = Placeholders::default();
        if let Some(names) = map(body, "ExpressionAttributeNames")? {
            if !has(for_names) {
                return Err(validation(
                    "ExpressionAttributeNames can only be specified when using expressions",
                ));
            }
            check_keys("ExpressionAttributeNames", names, '#')?;
            for (key, name) in names {
                let name =
                    name.as_str().ok_or_else(|| serialization("Unexpected field type"))?.to_owned();
                placeholders.names.push((key.clone(), name));
            }
        }
        if let Some(values) = map(body, "ExpressionAttributeValues")? {
            if !has(for_values) {
                return Err(validation(format!(
                    "ExpressionAttributeValues can only be specified when using expressions: {} is null",
                    for_values.first().unwrap_or(&"FilterExpression")
                )));
            }
            check_keys("ExpressionAttributeValues", values, ':')?;
            for (key, value) in values {
                let value = parse_value(value).map_err(|error| match error.code {
                    "ValidationException" => validation(format!(
                        "ExpressionAttributeValues contains invalid value: {} for key {key}",
                        error.message
                    )),
                    _ => error,
                })?;
                placeholders.values.push((key.clone(), value));
            }
        }
        Ok(placeholders)
    }

    fn name(&self, key: &str) -> Option<String> {
        self.used.borrow_mut().insert(key.to_owned());
        self.names.iter().find(|(one, _)| one == key).map(|(_, name)| name.clone())
    }

    fn value(&self, key: &str) -> Option<Value> {
        self.used.borrow_mut().insert(key.to_owned());
        self.values.iter().find(|(one, _)| one == key).map(|(_, value)| value.clone())
    }

    /// Returns an error if a name or value is in no expression. To be called after all were parsed.
    pub(super) fn check_unused(&self) -> Result<(), AwsError> {
        let used = self.used.borrow();
        let unused = |what: &str, keys: Vec<&String>| {
            let keys: Vec<_> =
                keys.into_iter().filter(|key| !used.contains(*key)).map(String::as_str).collect();
            if keys.is_empty() {
                return Ok(());
            }
            Err(validation(format!(
                "Value provided in {what} unused in expressions: keys: {{{}}}",
                keys.join(", ")
            )))
        };
        unused("ExpressionAttributeNames", self.names.iter().map(|(key, _)| key).collect())?;
        unused("ExpressionAttributeValues", self.values.iter().map(|(key, _)| key).collect())
    }
}

fn map<'a>(body: Body<'a>, member: &str) -> Result<Option<&'a Map<String, Value>>, AwsError> {
    let Some(value) = body.member(member) else { return Ok(None) };
    let map = value.as_object().ok_or_else(|| serialization("Unexpected field type"))?;
    if map.is_empty() {
        return Err(validation(format!("{member} must not be empty")));
    }
    Ok(Some(map))
}

fn check_keys(member: &str, map: &Map<String, Value>, first: char) -> Result<(), AwsError> {
    let is_valid = |key: &&String| {
        key.strip_prefix(first).is_some_and(|rest| {
            !rest.is_empty()
                && rest.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        })
    };
    match map.keys().find(|key| !is_valid(key)) {
        None => Ok(()),
        Some(key) => {
            Err(validation(format!("{member} contains invalid key: Syntax error; key: \"{key}\"")))
        }
    }
}

/// What is wrong with an expression that has no syntax error. DynamoDB reports the first of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Parentheses,
    UnknownFunction,
    Reserved,
    Undefined,
    Operand,
    Distinct,
    Function,
}

/// Parses the expression in a member of the request.
pub(super) struct Parser<'a> {
    /// Name of the member, for messages.
    member: &'static str,
    tokens: Vec<Token>,
    position: usize,
    placeholders: &'a Placeholders,
    faults: Vec<(Rank, String)>,
}

impl<'a> Parser<'a> {
    fn new(
        member: &'static str,
        text: &str,
        placeholders: &'a Placeholders,
    ) -> Result<Parser<'a>, AwsError> {
        let tokens = tokenize(text).map_err(|fault| invalid(member, &fault))?;
        if tokens.is_empty() {
            return Err(invalid(member, "The expression can not be empty;"));
        }
        Ok(Parser { member, tokens, position: 0, placeholders, faults: Vec::new() })
    }

    /// Parses a condition, if the request has the member.
    pub(super) fn condition(
        body: Body<'_>,
        member: &'static str,
        placeholders: &'a Placeholders,
    ) -> Result<Option<Condition>, AwsError> {
        let Some(text) = body.string(member)? else { return Ok(None) };
        let mut parser = Parser::new(member, text, placeholders)?;
        let condition = parser.or()?;
        parser.end()?;
        Ok(Some(condition))
    }

    /// Parses a projection, if the request has the member: names of attributes.
    pub(super) fn projection(
        body: Body<'_>,
        member: &'static str,
        placeholders: &'a Placeholders,
    ) -> Result<Option<Vec<String>>, AwsError> {
        let Some(text) = body.string(member)? else { return Ok(None) };
        let mut parser = Parser::new(member, text, placeholders)?;
        let mut names: Vec<String> = Vec::new();
        loop {
            let name = parser.attribute()?;
            if names.contains(&name) {
                let fault = format!(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [{name}], path two: [{name}]"
                );
                parser.fault(Rank::Function, fault);
            }
            names.push(name);
            if !parser.accept(",") {
                break;
            }
        }
        parser.end()?;
        Ok(Some(names))
    }

    fn or(&mut self) -> Result<Condition, AwsError> {
        let left = self.and()?;
        if self.accept_word("OR") {
            return Ok(Condition::Or(Box::new(left), Box::new(self.or()?)));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Condition, AwsError> {
        let left = self.not()?;
        if self.accept_word("AND") {
            return Ok(Condition::And(Box::new(left), Box::new(self.and()?)));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Condition, AwsError> {
        if self.accept_word("NOT") {
            return Ok(Condition::Not(Box::new(self.parenthesized()?)));
        }
        self.parenthesized()
    }

    fn parenthesized(&mut self) -> Result<Condition, AwsError> {
        if !self.accept("(") {
            return self.comparison_or_function();
        }
        let doubled = self.peek().is_some_and(|token| token.text == "(");
        let condition = self.or()?;
        if doubled && self.previous(1) == Some(")") && self.is_one_group() {
            self.fault(Rank::Parentheses, "The expression has redundant parentheses;".to_owned());
        }
        self.expect(")")?;
        Ok(condition)
    }

    /// Returns `true` if the parenthesis that was closed last opened directly after another one.
    fn is_one_group(&self) -> bool {
        let mut depth = 0_usize;
        for index in (0..self.position).rev() {
            match self.tokens[index].text.as_str() {
                ")" => depth += 1,
                "(" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index > 0 && self.tokens[index - 1].text == "(";
            }
        }
        false
    }

    fn comparison_or_function(&mut self) -> Result<Condition, AwsError> {
        if self.tokens.get(self.position + 1).is_some_and(|token| token.text == "(")
            && self.peek().is_some_and(Token::is_identifier)
        {
            return self.function();
        }
        let left = self.operand()?;
        let comparator = match self.peek().map(|token| token.text.as_str()) {
            Some("=") => Comparator::Equal,
            Some("<>") => Comparator::NotEqual,
            Some("<") => Comparator::Less,
            Some("<=") => Comparator::LessOrEqual,
            Some(">") => Comparator::Greater,
            Some(">=") => Comparator::GreaterOrEqual,
            Some(word) if ["BETWEEN", "IN"].contains(&word.to_ascii_uppercase().as_str()) => {
                return Err(unsupported(&format!("{word} in {}", self.member)));
            }
            _ => return Err(self.syntax_error()),
        };
        let operator = self.tokens[self.position].text.clone();
        self.position += 1;
        let right = self.operand()?;
        if let (Operand::Attribute(name), true) = (&left, left == right) {
            let fault = format!(
                "The first operand must be distinct from the remaining operands for this operator or function; operator: {operator}, first operand: [{name}]"
            );
            self.fault(Rank::Distinct, fault);
        }
        if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
            for operand in [&left, &right] {
                if let Operand::Value(value) = operand
                    && !["S", "N", "B"].contains(&parts(value).0)
                {
                    let fault = format!(
                        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {}",
                        parts(value).0
                    );
                    self.fault(Rank::Function, fault);
                }
            }
        }
        Ok(Condition::Compare(comparator, left, right))
    }

    fn function(&mut self) -> Result<Condition, AwsError> {
        let name = self.tokens[self.position].text.clone();
        self.position += 2;
        let mut operands = vec![self.operand()?];
        while self.accept(",") {
            operands.push(self.operand()?);
        }
        self.expect(")")?;
        match name.as_str() {
            "attribute_exists" | "attribute_not_exists" => {}
            "attribute_type" | "begins_with" | "contains" | "size" => {
                return Err(unsupported(&format!("{name} in {}", self.member)));
            }
            _ => self
                .fault(Rank::UnknownFunction, format!("Invalid function name; function: {name}")),
        }
        if operands.len() != 1 {
            let fault = format!(
                "Incorrect number of operands for operator or function; operator or function: {name}, number of operands: {}",
                operands.len()
            );
            self.fault(Rank::Operand, fault);
        }
        let path = match operands.swap_remove(0) {
            Operand::Attribute(path) => path,
            Operand::Value(_) => {
                let fault = format!(
                    "Operator or function requires a document path; operator or function: {name}"
                );
                self.fault(Rank::Function, fault);
                String::new()
            }
        };
        Ok(if name == "attribute_exists" {
            Condition::Exists(path)
        } else {
            Condition::NotExists(path)
        })
    }

    fn operand(&mut self) -> Result<Operand, AwsError> {
        let Some(key) = self.peek().map(|token| token.text.clone()) else {
            return Err(self.syntax_error());
        };
        if !key.starts_with(':') {
            return self.attribute().map(Operand::Attribute);
        }
        self.position += 1;
        let value = self.placeholders.value(&key);
        if value.is_none() {
            let fault = format!(
                "An expression attribute value used in expression is not defined; attribute value: {key}"
            );
            self.fault(Rank::Undefined, fault);
        }
        Ok(Operand::Value(value.unwrap_or_default()))
    }

    fn attribute(&mut self) -> Result<String, AwsError> {
        let Some(token) = self.peek().filter(|token| token.is_name()).cloned() else {
            return Err(self.syntax_error());
        };
        self.position += 1;
        if self.peek().is_some_and(|next| next.text == "." || next.text == "[") {
            return Err(unsupported(&format!("a nested path in {}", self.member)));
        }
        if !token.text.starts_with('#') {
            if is_reserved(&token.text) {
                let fault = format!(
                    "Attribute name is a reserved keyword; reserved keyword: {}",
                    token.text
                );
                self.fault(Rank::Reserved, fault);
            }
            return Ok(token.text);
        }
        let name = self.placeholders.name(&token.text);
        if name.is_none() {
            let fault = format!(
                "An expression attribute name used in the document path is not defined; attribute name: {}",
                token.text
            );
            self.fault(Rank::Undefined, fault);
        }
        Ok(name.unwrap_or_default())
    }

    fn end(mut self) -> Result<(), AwsError> {
        if self.peek().is_some() {
            return Err(self.syntax_error());
        }
        self.faults.sort_by_key(|(rank, _)| *rank);
        match self.faults.first() {
            None => Ok(()),
            Some((_, fault)) => Err(invalid(self.member, fault)),
        }
    }

    fn fault(&mut self, rank: Rank, message: String) {
        self.faults.push((rank, message));
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn previous(&self, back: usize) -> Option<&str> {
        let index = self.position.checked_sub(back)?;
        self.tokens.get(index).map(|token| token.text.as_str())
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.text == symbol);
        self.position += usize::from(found);
        found
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.text.eq_ignore_ascii_case(word));
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), AwsError> {
        if self.accept(symbol) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Returns the error for the token at the current position. `near` are the tokens around it.
    fn syntax_error(&self) -> AwsError {
        let token = self.peek().map_or("<EOF>", |token| token.text.as_str());
        let first = self.position.saturating_sub(1);
        let near: Vec<_> = self.tokens.iter().skip(first).take(self.position + 2 - first).collect();
        let mut text = String::new();
        for token in near {
            if !text.is_empty() && token.after_space {
                text.push(' ');
            }
            text.push_str(&token.text);
        }
        invalid(self.member, &format!("Syntax error; token: \"{token}\", near: \"{text}\""))
    }
}

fn invalid(member: &str, fault: &str) -> AwsError {
    validation(format!("Invalid {member}: {fault}"))
}
