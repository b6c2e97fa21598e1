//! The catalogue of facts: described where integrators look, and recorded.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;

use tributary_domain::kernel::facts::{FactKind, Field};

use crate::project::floors;
use crate::support::contract::assert_committed;

const HEADING: &str = "# Facts

What a tenant's log can say: `Event.kind` in the API, with the shape of `Event.data`.
Kinds are added, never renamed; a shape that loses or changes a field gets another
version (`Event.version`). Take a kind that you do not know as one that does not concern
you. The data is for the tenant's own people: a partner is told the kind alone.
`cargo test` keeps this file true.
";

fn line(field: &Field) -> String {
    let (name, of) = (field.name, (field.words)());
    format!("- `{name}`: {of}. {}\n", field.about)
}

/// Integrators read what the server records.
#[test]
fn the_described_facts_are_those_of_the_catalogue() {
    let mut text = HEADING.to_owned();
    for kind in FactKind::ALL {
        let api = kind.name().replace('.', "_").to_uppercase();
        let (about, noun) = (kind.about(), kind.noun().plain());
        writeln!(text, "\n## {api}\n").unwrap();
        writeln!(text, "{about} Subject: {noun}. Version {}.", kind.version()).unwrap();
        if !kind.fields().is_empty() {
            text.push('\n');
            kind.fields().iter().for_each(|field| text += &line(field));
        }
    }
    assert_committed("api/facts.md", &text);
}

/// A kind that nothing records is a promise that nobody keeps.
#[test]
fn every_fact_is_recorded_somewhere() {
    let mut unused: BTreeSet<String> = FactKind::ALL
        .iter()
        .map(|kind| format!("{kind:?}"))
        .collect();
    let mut files = Vec::new();
    floors::collect(&floors::sources(), &mut files);
    for file in files {
        if file.components().any(|part| part.as_os_str() == "facts") {
            continue;
        }
        let code = fs::read_to_string(&file).unwrap();
        let named: BTreeSet<&str> = code
            .split("Fact::")
            .skip(1)
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap())
            .collect();
        unused.retain(|kind| !named.contains(kind.as_str()));
    }
    assert!(unused.is_empty(), "{unused:?}");
}
