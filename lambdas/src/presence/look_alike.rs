//! Marks a name that looks like another person's name in the room.
//!
//! The mark is `#` and digits that belong to the person, as in `Ana#4f1c`. It distinguishes two people who happen to have
//! the same name, and it exposes someone who poses as another. As it is part of the name, every client shows it.

use std::collections::HashSet;
use std::fmt::Write as _;

use papo_protocol::{Person, PersonId, PersonName};
use ring::digest::{SHA256, digest};
use unicode_security::skeleton;

/// How many digits a mark has. Usually the first number is enough: longer marks are for someone who has searched for a key
/// with the digits of another person.
const DIGITS: [usize; 2] = [4, 16];

/// `person` with a mark if its name looks like that of one of the `others`, or if it ends like a marked name: the digits of
/// a mark are always those of its person.
///
/// People in `others` with the same id are ignored.
pub(super) fn distinguished<'a>(
    mut person: Person,
    others: impl Iterator<Item = &'a Person>,
) -> Person {
    let others = others.filter(|it| it.person_id != person.person_id);
    let taken: HashSet<_> = others
        .filter_map(|it| it.name.as_ref())
        .flat_map(shapes)
        .collect();
    let is_free = |name: &PersonName| shapes(name).iter().all(|it| !taken.contains(it));
    if let Some(name) = &person.name
        && (ends_with_mark(name) || !is_free(name))
    {
        let digits = digits(&person.person_id);
        let [mut marked, longer] = DIGITS.map(|count| marked(name, &digits[..count]));
        if !is_free(&marked) {
            marked = longer;
        }
        person.name = Some(marked);
    }
    person
}

/// What `name` looks like to a reader who does not pay attention to upper and lower case. Names that look alike have a
/// shape in common. Two are needed because a capital I looks like a small L, but is also the capital of `i`.
///
/// Source: <https://www.unicode.org/reports/tr39/#Confusable_Detection>.
fn shapes(name: &PersonName) -> [String; 2] {
    let name = name.as_str();
    let looks: String = skeleton(name).collect();
    [
        skeleton(&looks.to_lowercase()).collect(),
        skeleton(&name.to_lowercase()).collect(),
    ]
}

fn ends_with_mark(name: &PersonName) -> bool {
    let looks: String = skeleton(name.as_str()).collect();
    looks.rsplit_once('#').is_some_and(|(_, digits)| {
        let is_digit = |it: char| it.is_ascii_alphanumeric();
        DIGITS.contains(&digits.chars().count()) && digits.chars().all(is_digit)
    })
}

/// The person's hexadecimal digits.
fn digits(person: &PersonId) -> String {
    let hash = digest(
        &SHA256,
        format!("papo mark\n{}", person.as_str()).as_bytes(),
    );
    hash.as_ref()
        .iter()
        .fold(String::new(), |mut digits, byte| {
            // Writing to a string does not fail.
            let _ = write!(digits, "{byte:02x}");
            digits
        })
}

/// `name` and the mark. The name is shortened if it would be too long with the mark.
fn marked(name: &PersonName, digits: &str) -> PersonName {
    let mut name = name.as_str().to_owned();
    loop {
        match PersonName::parse(&format!("{name}#{digits}")) {
            Ok(marked) => return marked,
            // Ends, because the mark alone is a valid name.
            Err(_) => {
                name.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use papo_protocol::limits::NAME_CHARACTERS;

    use super::*;

    fn person(id: &str, name: &str) -> Person {
        Person {
            person_id: PersonId::new(id),
            name: Some(PersonName::parse(name).unwrap()),
        }
    }

    /// The name that a person called `name` gets where `others` are present.
    fn name_beside(name: &str, others: &[&str]) -> String {
        let others: Vec<_> = others.iter().map(|name| person(name, name)).collect();
        let named = distinguished(person("new", name), others.iter());
        named.name.unwrap().to_string()
    }

    #[track_caller]
    fn looks_like(name: &str, other: &str) {
        let marked = name_beside(name, &[other]);
        let (before, digits) = marked.rsplit_once('#').expect("a mark");
        assert_eq!((before, digits.len()), (name, 4), "beside {other}");
    }

    #[track_caller]
    fn is_free(name: &str, others: &[&str]) {
        assert_eq!(name_beside(name, others), name, "beside {others:?}");
    }

    #[test]
    fn a_name_that_looks_like_another_is_marked() {
        for (name, other) in [
            ("Ana", "Ana"),
            ("ana", "Ana"),
            ("ANA", "ana"),
            ("\u{410}n\u{430}", "Ana"),
            ("Jos\u{e9}", "Jose\u{301}"),
            ("Paulo Iima", "Paulo lima"),
            ("PAULO LIMA", "Paulo Lima"),
            ("Brun0", "BrunO"),
            ("\u{ff21}na", "Ana"),
            ("Marn", "Mam"),
        ] {
            looks_like(name, other);
        }
    }

    #[test]
    fn other_names_are_left_alone() {
        is_free("Ana", &[]);
        is_free("Ana", &["Anna", "Ana Lima", "Aná", "Bia"]);
        is_free("李小龙", &["李小明"]);
        is_free("Turma #2", &["Turma #1"]);
    }

    #[test]
    fn a_person_does_not_look_like_itself() {
        let ana = person("ana", "Ana");
        assert_eq!(distinguished(ana.clone(), [&ana].into_iter()), ana);
    }

    #[test]
    fn a_person_without_a_name_stays_without() {
        let unnamed = Person {
            person_id: PersonId::new("new"),
            name: None,
        };
        let ana = person("ana", "Ana");
        assert_eq!(distinguished(unnamed.clone(), [&ana].into_iter()), unnamed);
    }

    #[test]
    fn the_digits_at_the_end_are_always_those_of_the_person() {
        let own = name_beside("Ana", &["Ana"]);
        let forged = name_beside("Ana#0000", &[]);
        assert_eq!(
            forged,
            format!("Ana#0000{}", own.strip_prefix("Ana").unwrap())
        );
        let wide = name_beside("Ana\u{ff03}0000", &[]);
        assert!(wide.ends_with(own.strip_prefix("Ana").unwrap()), "{wide}");
    }

    #[test]
    fn a_mark_that_is_taken_is_made_longer() {
        let own = name_beside("Ana", &["Ana"]);
        let longer = name_beside("Ana", &["Ana", &own]);
        assert_eq!(longer.len(), "Ana#".len() + 16);
        assert!(longer.starts_with(&own), "{longer}");
    }

    #[test]
    fn a_long_name_is_shortened_for_the_mark() {
        for name in ["x".repeat(NAME_CHARACTERS), "👩\u{200d}💻".repeat(11)] {
            let marked = name_beside(&name, &[&name]);
            assert!(
                PersonName::parse(&marked).is_ok() && marked.contains('#'),
                "{marked}"
            );
        }
    }
}
